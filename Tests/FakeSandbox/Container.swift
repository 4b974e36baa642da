import ContainerRuntime
import Glibc
import Linux
import Protocols

/// What the fake does in the place of a container.
final class Container {
    let configuration: SandboxConfiguration
    let arguments: [String]
    private let report: FrameChannel
    let listener: OwnedFD
    let signals: SignalFD
    var hasStarted = false
    var isFrozen = false
    var callers: [Caller] = []
    /// Those that were added to the machine, by their ids.
    var members: [String: Member] = [:]
    var taps: [UInt32: PassedDescriptors] = [:]
    /// What was said of the interface of a slot.
    var told: [UInt32: String] = [:]
    /// How often the statistics were asked for.
    var readings = 0

    /// Those of vmrun-sandbox.
    static var forwardedSignals: SignalSet {
        var set = SignalSet.all
        for signal in [
            SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPIPE,
            SIGCHLD, SIGTTIN, SIGTTOU, 32, 33, 34,
        ] {
            set.bits &= ~(1 << UInt64(signal - 1))
        }
        return set
    }

    init(_ configuration: SandboxConfiguration) throws {
        self.configuration = configuration
        let numbers = configuration.descriptors
        for number in [numbers.stdin, numbers.stdout, numbers.stderr] where number >= 0 {
            // The real one never blocks on them.
            try OwnedFD.duplicating(number).setNonBlocking(false)
        }
        signals = try SignalFD(blocking: Self.forwardedSignals)
        arguments = configuration.container.process.arguments
        report = FrameChannel(OwnedFD(taking: configuration.descriptors.report))
        listener = OwnedFD(taking: configuration.descriptors.control)
    }

    func play() throws {
        ProcessSetup.ignoreBrokenPipes()
        switch arguments[0] {
        case "die": Self.crash()
        case "crash":
            try OwnedFD(taking: 2).writeAll(Array("Fatal error: out of luck\n".utf8))
            exit(3)
        case "fail":
            for line in arguments.dropFirst(2) {
                try OwnedFD.duplicating(2).writeAll(Array("\(line)\n".utf8))
            }
            try report.send(SandboxReport.failure(Failure(message: arguments[1])))
            exit(1)
        case "missing":
            let failure = Failure(kind: .programNotFound, message: arguments[1])
            try report.send(SandboxReport.failure(failure))
            exit(1)
        case "hang": while true { pause() }
        case "origin", "reluctant":
            if configuration.container.process.terminal {
                let slave = configuration.descriptors.stdin
                guard ioctl(slave, UInt(TIOCSCTTY), 0) == 0 else { exit(93) }
            }
            try refuseTemplate(upTo: Int(arguments[1]) ?? 0)
            fallthrough
        default:
            try report.send(SandboxReport.created)
            try serve()
        }
    }

    /// Dies of SIGSEGV. Process 1 of a pid namespace cannot send itself a signal that ends it.
    static func crash() {
        // Not of the handler that prints a backtrace.
        _ = signal(SIGSEGV, SIG_DFL)
        // SAFETY: nobody maps this page; the fault is what is wanted.
        unsafe UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
    }

    /// The container's process begins.
    func start() throws {
        hasStarted = true
        switch arguments[0] {
        case "exit": end(Int32(arguments[1]) ?? 91)
        case "panic":
            let failure = Failure(message: "the guest's kernel has panicked: no init")
            try report.send(SandboxReport.failure(failure))
            end(255)
        case "killed": Self.crash()
        case "cat": try copy()
        case "terminal": try beTerminal()
        case "environment": try describe()
        case "enclosed": try describeEnclosure()  // and waits
        case "origin":
            try say(try origin())
            end(0)
        default: try say("started\n")
        }
    }

    /// All that is left of exec's processes ends with the machine.
    func end(_ status: Int32) -> Never {
        for caller in callers { tell(caller, orElse: 137) }
        exit(status)
    }

    /// `template N` or `boot`, with the rest of the line.
    private func origin() throws -> String {
        guard configuration.descriptors.templateState >= 0 else {
            return "boot of \(configuration.machine.memorySize >> 20) MiB\n"
        }
        let file = try OwnedFD.duplicating(configuration.descriptors.templateState)
        return String(decoding: try file.read(upTo: 100, at: 0), as: UTF8.self)
    }

    /// Refuses the first templates that were made.
    private func refuseTemplate(upTo last: Int) throws {
        let words = try origin().split(whereSeparator: \.isWhitespace)
        guard words[0] == "template", let number = Int(words[1]), number <= last else { return }
        let failure = Failure(kind: .badTemplate, message: "it is number \(number)")
        try report.send(SandboxReport.failure(failure))
        exit(1)
    }

    /// `wait` survives USR1 alone.
    func take(_ signal: UInt32) throws {
        try say("signal \(signal)\n")
        if signal != UInt32(SIGUSR1) { end(128 + Int32(signal)) }
    }

    func say(_ text: String) throws {
        let number = configuration.descriptors
        let output = try OwnedFD.duplicating(number.stdout < 0 ? number.stdin : number.stdout)
        try output.writeAll(Array(text.utf8))
    }

    private func copy() throws {
        let input = try OwnedFD.duplicating(configuration.descriptors.stdin)
        let output = try OwnedFD.duplicating(configuration.descriptors.stdout)
        while true {
            let bytes = try input.read(upTo: 65536)
            if bytes.isEmpty { exit(0) }
            try output.writeAll(bytes)
        }
    }

    /// Says the size, then repeats what is typed until a `q`, and every new size.
    private func beTerminal() throws {
        let slave = configuration.descriptors.stdin
        _ = ioctl(slave, UInt(TIOCSCTTY), 0)
        let keys = try OwnedFD.duplicating(slave)
        try saySize(of: slave)
        while true {
            var poll = Poll()
            let signal = poll.add(signals.descriptor.rawValue, reading: true)
            let key = poll.add(slave, reading: true)
            try poll.wait()
            if poll.isReady(signal), let number = signals.next() {
                guard number == SIGWINCH else { exit(128 + number) }
                try saySize(of: slave)
            }
            guard poll.isReady(key) else { continue }
            let bytes = try keys.read(upTo: 100)
            if bytes.contains(UInt8(ascii: "q")) { exit(7) }
            try say("<" + String(decoding: bytes, as: UTF8.self) + ">")
        }
    }

    private func saySize(of slave: Int32) throws {
        let size = try Terminal.size(of: slave)
        try say("size \(size.rows)x\(size.columns)\n")
    }

    /// Says what the process was given, one item per line.
    private func describe() throws {
        let folder = try OwnedFD.open("/proc/self/fd", O_RDONLY | O_DIRECTORY)
        let numbers = try folder.names().map { String(decoding: $0.bytes, as: UTF8.self) }
            .filter { $0 != String(folder.rawValue) }
        try say("descriptors \(numbers.count)\n")
        try say("shares \(configuration.shares.map(\.name).joined(separator: " "))\n")
        try say("folder \(try OwnedFD.target(ofLink: "/proc/self/cwd"))\n")
        try say("session \(getsid(0) == getpid())\n")
        try say("environment \(ProcessSetup.environment().keys.sorted())\n")
        exit(0)
    }

    /// Makes the root of the container its own, and says what it sees then, one item per line.
    private func describeEnclosure() throws {
        let root = try Enclosure.reopen(configuration.shares[0].descriptor)
        let share = root.rawValue
        let file = try OwnedFD.memoryFile("kept")
        let shared = try Enclosure.copy(share, recursive: true, readOnly: false)
        var volumes: [Enclosure.Shown] = []
        for mount in configuration.container.mounts {
            guard let volume = configuration.shares.first(where: { $0.name == mount.sharePath })
            else { continue }
            let source = try Enclosure.reopen(volume.descriptor)
            let tree = try Enclosure.copy(
                source.rawValue, recursive: volume.recursive, readOnly: volume.view.readonly)
            volumes.append(.init(tree.release(), at: mount.destination))
        }
        try Enclosure.enter(
            share, readOnly: configuration.container.rootReadonly, showing: volumes)
        let names = try OwnedFD.open("/", O_RDONLY | O_DIRECTORY).names()
        try say("/ \(names.map { String(decoding: $0.bytes, as: UTF8.self) }.sorted())\n")
        if let below = try? shared.open(at: "below", O_RDONLY | O_DIRECTORY).names() {
            try say("below \(below.map { String(decoding: $0.bytes, as: UTF8.self) }.sorted())\n")
        }
        try say("pid \(getpid())\n")
        let mounts = try? OwnedFD.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 20)
        try say("mounts \(mounts?.count(where: { $0 == UInt8(ascii: "\n") }) ?? 0)\n")
        let above = try OpenFiles.folder().open(at: "..", O_RDONLY | O_DIRECTORY).status()
        let own = try OpenFiles.folder().status()
        try say("above the descriptors: \(above.inode == own.inode ? "nothing" : "something")\n")
        // Descriptors from before, and their names.
        let again = try OpenFiles.folder().open(at: String(file.rawValue), O_RDWR)
        try again.writeAll([1])
        try shared.makeDirectory("through-the-share", mode: 0o700)
        try say("descriptors work\n")
    }
}
