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

    /// A copy of a mount (`copy`) that those see who enter the process's namespace, at a path below its root.
    package struct Shown: Sendable {
        let tree: Int32
        let place: String

        /// The descriptor is borrowed.
        package init(_ tree: Int32, at place: String) {
            self.tree = tree
            self.place = place
        }
    }

    /// Makes a copy of the open folder the root of this process, in a new mount namespace whose root is another, with a
    /// read-only proc where the folder has one (enclose.h has the details); without a folder both are empty. In the namespace
    /// are the `shown` as well, as far as the folder has files to mount them on.
    ///
    /// Needs CAP_SYS_ADMIN; to be called once, before the process has threads. A process for which it has failed must
    /// end. `OpenFiles` goes on to work.
    package static func enter(
        _ folder: Int32?, readOnly: Bool, showing shown: [Shown] = []
    ) throws(Failure) {
        let flags = readOnly ? Int32(CL_TREE_READONLY) : 0
        let descriptors = try unsafe wrap { step in
            unsafe Child.withStrings(shown.map(\.place)) { places in
                // SAFETY: the strings outlive the call, one for each.
                let entries = unsafe shown.indices.map { index in
                    unsafe cl_shown(tree: shown[index].tree, place: places[index])
                }
                return unsafe cl_enclose(
                    folder ?? -1, flags, entries, Int32(entries.count), step)
            }
        }
        OpenFiles.keep(descriptors)
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

    /// The file of a descriptor from the mount namespace of which this process has a copy, in that copy: only there can
    /// its mount be copied, and with it is what was mounted below it meanwhile (enclose.h).
    package static func reopen(_ file: Int32) throws(Failure) -> OwnedFD {
        try unsafe wrap { step in unsafe cl_reopen(file, step) }
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
