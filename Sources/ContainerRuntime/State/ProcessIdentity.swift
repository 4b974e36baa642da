internal import Glibc
internal import Linux

/// A process by its pid and the time of its start, which tells it from a later one with the same pid.
package struct ProcessIdentity: Equatable, Sendable {
    package var pid: Int32
    /// Clock ticks since the boot (field 22 of proc_pid_stat(5)).
    package var startTime: UInt64

    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has this pid now; nil where there is none, or only its exit status is left.
    package init?(running pid: Int32) {
        guard let file = try? OwnedFD.open("/proc/\(pid)/stat", O_RDONLY),
            let bytes = try? file.readAll(limit: 4096),
            // The name in parentheses may have spaces and parentheses of its own.
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        // Field 3 comes first here.
        guard fields.count > 19, let time = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        let state = fields[0].first
        guard state != UInt8(ascii: "Z"), state != UInt8(ascii: "X") else { return nil }
        self.init(pid: pid, startTime: time)
    }

    package var isRunning: Bool { ProcessIdentity(running: pid) == self }
}
