internal import Glibc
import Linux

/// The errors that the server itself makes, beyond those it passes on.
extension Errno {
    /// A node id that the client does not hold.
    static let stale = Errno(rawValue: ESTALE)
    /// A handle that the client does not hold.
    static let badHandle = Errno(rawValue: EBADF)
    static let readOnly = Errno(rawValue: EROFS)
    static let crossDevice = Errno(rawValue: EXDEV)
    static let notDirectory = Errno(rawValue: ENOTDIR)
    static let isDirectory = Errno(rawValue: EISDIR)
    static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    static let tooManyFiles = Errno(rawValue: ENFILE)
    static let tooManyDescriptors = Errno(rawValue: EMFILE)
    static let tooBig = Errno(rawValue: E2BIG)
    static let outOfRange = Errno(rawValue: ERANGE)
    static let notTerminal = Errno(rawValue: ENOTTY)
    static let noData = Errno(rawValue: ENODATA)
    static let protocolError = Errno(rawValue: EPROTO)
    static let tooLarge = Errno(rawValue: EOVERFLOW)
    static let noDevice = Errno(rawValue: ENXIO)
}
