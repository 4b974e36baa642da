internal import CLinux
internal import Glibc

/// What a program does first. To be called before other threads start.
package enum ProcessSetup {
    /// Opens /dev/null for each of the standard streams that the caller has closed, so that no other file
    /// takes its number.
    package static func openStandardStreams() throws(Errno) {
        while true {
            let file = try OwnedFD.open("/dev/null", O_RDWR)
            guard file.rawValue <= 2 else { return }
            _ = file.release()
        }
    }

    /// Writing where nobody reads any more is an error, not a signal.
    package static func ignoreBrokenPipes() {
        _ = cl_signal_ignore(SIGPIPE)
    }

    /// The environment, the last one of equal names.
    package static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        // SAFETY: the array of the C library ends with nil, and nothing changes it in a program of one thread.
        while let entry = unsafe next.pointee {
            let parts = unsafe String(cString: entry).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe next = next.advanced(by: 1)
        }
        return variables
    }

    /// Whether the kernel lets this process make namespaces and mounts (CAP_SYS_ADMIN).
    package static var mayAdminister: Bool { cl_may_administer() == 1 }

    /// The user in whose name the kernel lets this process act.
    package static var effectiveUser: UInt32 { geteuid() }
    package static var effectiveGroup: UInt32 { getegid() }
}
