import CLinux
import Glibc
import Linux

/// `FakeSandbox reap PIDFILE PROGRAM ARGUMENT...` does what conmon and containerd's shim do: runs the program, collects
/// the process of the pid file, which has become its child by then, and ends with that one's status.
enum Reaper {
    static func run(_ words: [String]) throws -> Int32 {
        // PR_SET_CHILD_SUBREAPER of linux/prctl.h.
        guard cl_prctl(36, 1, 0, 0, 0) == 0 else { return 94 }
        let child = try Child.spawn(
            words[1], arguments: Array(words.dropFirst()), environment: ["PATH=/usr/bin:/bin"],
            descriptors: [0, 1, 2])
        guard try child.wait() == .exited(0) else { return 95 }
        let bytes = try OwnedFD.open(words[0], O_RDONLY).readAll(limit: 100)
        guard let pid = Int32(String(decoding: bytes, as: UTF8.self)) else { return 96 }
        while let (ended, end) = next() {
            if ended == pid { return Int32(end.status) }
        }
        return 97
    }

    /// The next child that ends; nil without children.
    private static func next() -> (pid: Int32, end: ProcessEnd)? {
        var status: Int32 = 0
        let pid = unsafe waitpid(-1, &status, 0)
        guard pid > 0 else { return nil }
        let signal = status & 0x7f
        return (
            pid,
            signal != 0
                ? .killed(signal: signal) : .exited(UInt8(truncatingIfNeeded: status >> 8))
        )
    }
}
