internal import CLinux
internal import Glibc

/// An error number of the kernel (errno(3)): the error of everything in this module.
package struct Errno: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The text of strerror(3) with the first letter lowered, as Go's syscall package and so runc spell it.
    package var description: String {
        guard let text = unsafe cl_errno_text(rawValue) else { return "errno \(rawValue)" }
        // SAFETY: a constant string of the C library, zero-terminated and never freed.
        let message = unsafe String(cString: text)
        return message.prefix(1).lowercased() + message.dropFirst()
    }

    /// The symbolic name, such as `ENOENT`.
    package var name: String {
        guard let text = unsafe cl_errno_name(rawValue) else { return "E\(rawValue)" }
        // SAFETY: a constant string of the C library, zero-terminated and never freed.
        return unsafe String(cString: text)
    }

    /// The value of a CLinux call, which is negative where it failed.
    @discardableResult
    package static func check<T: SignedInteger & FixedWidthInteger>(_ result: T) throws(Errno) -> T
    {
        guard result >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: 0 - result)) }
        return result
    }

    /// Like `check`, and calls again while a signal interrupts.
    @discardableResult
    package static func retrying<T: SignedInteger & FixedWidthInteger>(
        _ call: () -> T
    ) throws(Errno) -> T {
        while true {
            let result = call()
            if result != T(-EINTR) { return try check(result) }
        }
    }

    package static let permissionDenied = Errno(rawValue: EACCES)
    package static let notPermitted = Errno(rawValue: EPERM)
    package static let noSuchFile = Errno(rawValue: ENOENT)
    package static let notADirectory = Errno(rawValue: ENOTDIR)
    package static let fileExists = Errno(rawValue: EEXIST)
    package static let wouldBlock = Errno(rawValue: EAGAIN)
    package static let inProgress = Errno(rawValue: EINPROGRESS)
    package static let interrupted = Errno(rawValue: EINTR)
    package static let noSuchDeviceOrAddress = Errno(rawValue: ENXIO)
    package static let invalidArgument = Errno(rawValue: EINVAL)
    package static let noSuchProcess = Errno(rawValue: ESRCH)
    package static let notSupported = Errno(rawValue: EOPNOTSUPP)
    package static let noSystemCall = Errno(rawValue: ENOSYS)
    package static let brokenPipe = Errno(rawValue: EPIPE)
    package static let connectionReset = Errno(rawValue: ECONNRESET)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let badAddress = Errno(rawValue: EFAULT)
    package static let noSpace = Errno(rawValue: ENOSPC)
    package static let noMemory = Errno(rawValue: ENOMEM)
    package static let messageTooLong = Errno(rawValue: EMSGSIZE)
    package static let timedOut = Errno(rawValue: ETIMEDOUT)
    package static let io = Errno(rawValue: EIO)
    /// ENOTTY
    package static let noSuchControl = Errno(rawValue: ENOTTY)
}
