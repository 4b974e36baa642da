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
}
