internal import CLinux

/// A process that has nothing to see of the host's file systems but one folder.
package enum Enclosure {
    /// What the kernel would not do.
    package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The system call.
        package var step: String
        package var errno: Errno

        package var description: String { "enter the container's root: \(step): \(errno)" }
    }

    /// Makes the open folder the root of this process, in a new mount namespace without anything else but a read-only
    /// proc where the folder has one (enclose.h has the details).
    ///
    /// Needs CAP_SYS_ADMIN; to be called once, before the process has threads. A process for which it has failed must
    /// end. `OpenFiles` goes on to work.
    package static func enter(
        _ folder: borrowing OwnedFD, readOnly: Bool
    ) throws(Failure) {
        var step: UnsafePointer<CChar>?
        let flags = readOnly ? Int32(CL_ENCLOSE_READONLY) : 0
        let result = unsafe cl_enclose(folder.rawValue, flags, &step)
        do throws(Errno) {
            OpenFiles.keep(OwnedFD(taking: try Errno.check(result)))
        } catch {
            // SAFETY: a constant string.
            throw Failure(step: unsafe step.map { unsafe String(cString: $0) } ?? "", errno: error)
        }
    }
}
