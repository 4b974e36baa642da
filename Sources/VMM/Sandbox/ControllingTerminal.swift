internal import CLinux
internal import Glibc
internal import Linux

/// The terminal that belongs to the session of this process, so that the kernel tells of its changes of size (SIGWINCH).
internal final class ControllingTerminal {
    private let descriptor: OwnedFD

    /// Takes over the slave of a pseudo terminal. This process must lead a session that has no terminal.
    init(_ descriptor: consuming OwnedFD) throws(Errno) {
        self.descriptor = descriptor
        try Errno.check(cl_ioctl_value(self.descriptor.rawValue, UInt(TIOCSCTTY), 0))
    }

    /// nil once the terminal is gone.
    var size: (rows: UInt32, columns: UInt32)? {
        guard let size = try? Terminal.size(of: descriptor.rawValue) else { return nil }
        return (UInt32(size.rows), UInt32(size.columns))
    }
}
