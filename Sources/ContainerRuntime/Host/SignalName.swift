internal import Glibc

/// Names of signals on x86-64 (signal(7)).
package enum SignalName {
    /// In the order of their numbers, from 1.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    /// `SIGKILL` for 9; real-time signals by their number.
    package static func text(of signal: Int32) -> String {
        guard (1...Int32(names.count)).contains(signal) else { return "signal \(signal)" }
        return "SIG" + names[Int(signal) - 1]
    }

    /// For `TERM`, `SIGTERM`, `15` and `SIGRTMIN+3`; nil for what is no signal. The case does not matter.
    package static func number(of text: String) -> Int32? {
        if let number = Int32(text) { return (1...64).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return Int32(index) + 1 }
        // Older names for the same.
        if let alias = ["IOT": SIGABRT, "POLL": SIGIO, "CLD": SIGCHLD][name] { return alias }
        // The C library keeps the first two for itself (signal(7)).
        for (prefix, base) in [("RTMIN", Int32(34)), ("RTMAX", 64)] where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            guard let offset = rest.isEmpty ? 0 : Int32(rest) else { return nil }
            let number = base + offset
            return (34...64).contains(number) ? number : nil
        }
        return nil
    }
}
