internal import Glibc
internal import Linux

/// Lines for the kernel's log (in the guest, the error stream is /dev/kmsg).
enum Log {
    /// The levels of syslog(3) that are used.
    enum Level: Int {
        case error = 3
        case warning = 4
        case information = 6
    }

    /// One line, in one write, so that lines of several writers do not mix.
    static func write(_ level: Level, _ text: String) {
        let line = "<\(level.rawValue)>vmrun-agent: \(text)\n"
        let bytes = Array(line.utf8.prefix(900))
        // SAFETY: the array outlives the call. A log that takes nothing is no reason to stop.
        unsafe bytes.withUnsafeBytes { _ = unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
