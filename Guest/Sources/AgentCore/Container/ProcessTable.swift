internal import Linux
internal import Protocols

/// Processes as the agent's own /proc shows them: all pids are those of the guest's first pid namespace.
enum ProcessTable {
    /// How many processes are told at most, and how many bytes of their arguments, so that a message has room for them.
    static let maximumCount = 4096
    private static let argumentsSize = 128 << 10
    private static let maximumArguments = 4096

    /// Those that still exist of these, by pid.
    static func entries(of pids: [Int32]) throws(Failure) -> [GuestProcess] {
        let pids = Set(pids).sorted()
        guard pids.count <= maximumCount else {
            throw Failure(message: "there are too many processes for one answer: \(pids.count)")
        }
        let limit = min(maximumArguments, argumentsSize / max(pids.count, 1))
        let uptime = (try? KernelFile.read("/proc/uptime")).flatMap(ProcessText.uptime) ?? 0
        return pids.compactMap { entry($0, uptime: uptime, argumentsLimit: limit) }
    }

    private static func entry(
        _ pid: Int32, uptime: UInt64, argumentsLimit: Int
    ) -> GuestProcess? {
        let folder = "/proc/\(pid)"
        guard let stat = try? KernelFile.read(folder + "/stat"),
            let status = try? KernelFile.read(folder + "/status"),
            var process = ProcessText.process(stat: stat)
        else { return nil }
        process.uid = ProcessText.effectiveUser(status: status)
        // The kernel sums the counters of all processors for this file, and not for the other.
        process.residentSize = ProcessText.residentSize(status: status) ?? process.residentSize
        process.uptime = uptime
        let line = try? KernelFile.read(folder + "/cmdline", upTo: argumentsLimit)
        process.arguments = ProcessText.arguments(line ?? [])
        return process
    }

    /// These and all that descend from them. Orphans of a container without a pid namespace of its own are not known.
    static func descendants(of pids: [Int32]) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for name in (try? KernelFile.folders(in: "/proc")) ?? [] {
            guard let pid = Int32(name), let stat = try? KernelFile.read("/proc/\(pid)/stat"),
                let process = ProcessText.process(stat: stat)
            else { continue }
            children[Int32(process.parent), default: []].append(pid)
        }
        var all = pids
        var index = 0
        while index < all.count {
            // Each is somebody's child once, so there is an end to it.
            all += children.removeValue(forKey: all[index]) ?? []
            index += 1
        }
        return all
    }
}

/// What files of /proc/PID say.
enum ProcessText {
    private static let pageSize: UInt64 = 4096

    /// proc_pid_stat(5); nil for what is none. The name is the process's choice, with any brackets and spaces.
    static func process(stat: String) -> GuestProcess? {
        guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"),
            open < close, let pid = UInt32(stat[..<open].dropLast())
        else { return nil }
        // The first of these is field 3 of the manual page.
        let fields = stat[stat.index(after: close)...].split(whereSeparator: \.isWhitespace)
        let number = { (field: Int) in UInt64(fields[field - 3]) ?? 0 }
        guard fields.count > 24 - 3, let state = fields[0].utf8.first else { return nil }
        var process = GuestProcess()
        process.pid = pid
        process.name = String(stat[stat.index(after: open)..<close])
        process.state = UInt32(state)
        process.parent = UInt32(truncatingIfNeeded: number(4))
        // Signed, as the kernel writes it.
        process.terminal = UInt32(truncatingIfNeeded: Int64(fields[7 - 3]) ?? 0)
        process.cpuTime = number(14) &+ number(15)
        process.startTime = number(22)
        process.virtualSize = number(23)
        process.residentSize = number(24) &* pageSize
        return process
    }

    /// The second of the four ids that proc_pid_status(5) has.
    static func effectiveUser(status: String) -> UInt32 {
        let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
        return line?.split(separator: "\t").dropFirst(2).first.flatMap { UInt32($0) } ?? 0
    }

    /// Bytes; nil for a process without memory.
    static func residentSize(status: String) -> UInt64? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        // "VmRSS:     4 kB"
        let words = line?.split(whereSeparator: \.isWhitespace).dropFirst()
        return words?.first.flatMap { UInt64($0) }.map { $0 &* 1024 }
    }

    /// proc_pid_cmdline(5): each ends with a zero, the last one perhaps not.
    static func arguments(_ line: [UInt8]) -> [String] {
        guard !line.isEmpty else { return [] }
        let whole = line.last == 0 ? line.dropLast() : line[...]
        return whole.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Hundredths of a second since the kernel began, which are clock ticks (proc_uptime(5)).
    static func uptime(_ text: String) -> UInt64? {
        guard let first = text.split(separator: " ").first else { return nil }
        return UInt64(first.filter { $0 != "." })
    }
}
