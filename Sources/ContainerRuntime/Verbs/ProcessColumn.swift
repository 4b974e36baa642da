internal import Linux
internal import Protocols

/// A column of `ps`, with the names and titles of ps(1).
enum ProcessColumn: String, CaseIterable, Sendable {
    case uid
    case user
    case pid
    case ppid
    case cpu = "c"
    case start = "stime"
    case terminal = "tty"
    case time
    case elapsed = "etime"
    case state = "stat"
    case virtualSize = "vsz"
    case residentSize = "rss"
    case name = "comm"
    case command = "args"
    /// The same under another title.
    case longCommand = "command"

    /// Other names of ps(1) for the same.
    private static let aliases: [String: ProcessColumn] = [
        "cmd": .command, "ucmd": .name, "euid": .uid, "euser": .user,
        "tt": .terminal, "tname": .terminal, "s": .state, "state": .state, "vsize": .virtualSize,
        "rssize": .residentSize, "cputime": .time, "start": .start, "start_time": .start,
        "pcpu": .cpu, "%cpu": .cpu,
    ]
    private static let full: [ProcessColumn] = [
        .user, .pid, .ppid, .cpu, .start, .terminal, .time, .command,
    ]
    /// BSD's.
    private static let short: [ProcessColumn] = [.pid, .terminal, .state, .time, .longCommand]
    /// Clock ticks of a second (`GuestProcess`).
    private static let ticks: UInt64 = 100

    /// What the options of ps(1) ask for, of which these are known: `-e`, `-A`, `-a`, `-x`, `-f` and `-o LIST`. None:
    /// `-ef`, as runc does.
    static func chosen(by options: [String]) throws(RuntimeError) -> [ProcessColumn] {
        var columns: [ProcessColumn] = []
        var flags: Set<Character> = []
        var rest = options[...]
        while let option = rest.popFirst() {
            var letters = option.hasPrefix("-") ? option.dropFirst() : option[...]
            while let letter = letters.popFirst() {
                switch letter {
                case "e", "A", "a", "x", "u", "f": flags.insert(letter)
                case "o":
                    let list = letters.isEmpty ? rest.popFirst() ?? "" : String(letters)
                    letters = ""
                    columns += try named(list)
                default: throw .usage("ps: unknown option \"\(option)\"")
                }
            }
        }
        guard columns.isEmpty else { return columns }
        return flags.contains("x") && flags.isDisjoint(with: ["u", "f"]) ? short : full
    }

    private static func named(_ list: String) throws(RuntimeError) -> [ProcessColumn] {
        var columns: [ProcessColumn] = []
        for name in list.split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let column = ProcessColumn(rawValue: String(name)) ?? aliases[String(name)] else {
                throw .usage("ps: unknown column \"\(name)\"")
            }
            columns.append(column)
        }
        return columns
    }

    var title: String {
        switch self {
        case .user: "UID"
        case .uid: "UID"
        case .name, .longCommand: "COMMAND"
        case .command: "CMD"
        case .elapsed: "ELAPSED"
        default: rawValue.uppercased()
        }
    }

    /// How wide at least where it is aligned to the right, as ps(1) has it; nil where to the left. Seven digits are those
    /// of the largest pid that Linux gives.
    var rightAlignedWidth: Int? {
        switch self {
        case .pid, .ppid: 7
        case .uid, .cpu, .time, .elapsed, .virtualSize, .residentSize: 0
        case .user, .start, .terminal, .state, .name, .command, .longCommand: nil
        }
    }

    /// What the guest says is printed without control characters.
    func text(_ process: GuestProcess) -> String {
        switch self {
        case .uid: String(process.uid)
        case .user: process.uid == 0 ? "root" : String(process.uid)
        case .pid: String(process.pid)
        case .ppid: String(process.parent)
        case .cpu: String(Self.usage(of: process))
        case .start: Self.startText(process)
        case .terminal: process.terminal == 0 ? "?" : Self.terminalName(process.terminal)
        case .time: Self.clock(process.cpuTime / Self.ticks)
        case .elapsed: Self.clock(Self.elapsed(process))
        case .state: Self.printable(String(UnicodeScalar(UInt8(clamping: process.state))))
        case .virtualSize: String(process.virtualSize >> 10)
        case .residentSize: String(process.residentSize >> 10)
        case .name: Self.printable(process.name)
        case .command, .longCommand:
            process.arguments.isEmpty
                ? "[\(Self.printable(process.name))]"
                : Self.printable(process.arguments.joined(separator: " "))
        }
    }

    /// Seconds since it began.
    private static func elapsed(_ process: GuestProcess) -> UInt64 {
        process.uptime > process.startTime ? (process.uptime - process.startTime) / ticks : 0
    }

    /// Percent of a processor since it began.
    private static func usage(of process: GuestProcess) -> UInt64 {
        let seconds = max(1, elapsed(process))
        return min(999, process.cpuTime / ticks &* 100 / seconds)
    }

    /// The time of day in UTC when it began.
    private static func startText(_ process: GuestProcess) -> String {
        let second: UInt64 = 1_000_000_000
        let age = min(elapsed(process), WallClock.now() / second)
        let text = WallClock.text(ofNanosecond: WallClock.now() - age * second)
        // 2024-05-06T07:08:09...
        return String(text.dropFirst(11).prefix(5))
    }

    private static func clock(_ seconds: UInt64) -> String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map { number in
            number < 10 ? "0\(number)" : String(number)
        }.joined(separator: ":")
    }

    /// Major 136 and those that follow are pseudo terminals (devices.txt of Linux).
    private static func terminalName(_ device: UInt32) -> String {
        let major = device >> 8 & 0xfff
        let minor = device & 0xff | device >> 12 & 0xf_ff00
        return (136...143).contains(major) ? "pts/\((major - 136) << 8 + minor)" : "?"
    }

    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
