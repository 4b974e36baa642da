internal import CLinux

/// A process that has nothing to see of the host's file systems but one folder.
package enum Enclosure {
    /// What the kernel would not do.
    package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The system call.
        package var step: String
        package var errno: Errno

        package var description: String { "enclose the process: \(step): \(errno)" }
    }

    /// Makes a copy of the open folder the root of this process, in a new mount namespace whose root is another, with a
    /// read-only proc where the folder has one (enclose.h has the details); without a folder both are empty.
    ///
    /// Needs CAP_SYS_ADMIN; to be called once, before the process has threads. A process for which it has failed must
    /// end. `OpenFiles` goes on to work.
    package static func enter(_ folder: Int32?, readOnly: Bool) throws(Failure) {
        let flags = readOnly ? Int32(CL_TREE_READONLY) : 0
        OpenFiles.keep(
            try unsafe wrap { step in unsafe cl_enclose(folder ?? -1, flags, step) })
    }

    /// A copy of the mount with the open file as its root, attached nowhere (enclose.h), with or without what is mounted
    /// below it. Nothing in it can be executed or names a device.
    package static func copy(
        _ file: Int32, recursive: Bool, readOnly: Bool
    ) throws(Failure) -> OwnedFD {
        var flags = CL_TREE_NOEXEC
        if recursive { flags |= CL_TREE_RECURSIVE }
        if readOnly { flags |= CL_TREE_READONLY }
        return try unsafe wrap { step in unsafe cl_copy_tree(file, Int32(flags), step) }
    }

    @unsafe private static func wrap(
        _ call: (UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    ) throws(Failure) -> OwnedFD {
        var step: UnsafePointer<CChar>?
        let result = unsafe call(&step)
        do throws(Errno) {
            return OwnedFD(taking: try Errno.check(result))
        } catch {
            // SAFETY: a constant string.
            throw Failure(step: unsafe step.map { unsafe String(cString: $0) } ?? "", errno: error)
        }
    }
}
