/// Numbers of resource limits on x86-64 (asm-generic/resource.h, getrlimit(2)).
package enum ResourceLimitType {
    /// In the order of their numbers, from 0.
    package static let names = [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS",
        "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS",
        "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ]

    package static func number(named name: String) -> UInt32? {
        names.firstIndex(of: name).map(UInt32.init)
    }
}
