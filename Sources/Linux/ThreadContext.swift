internal import CLinux

/// What the kernel keeps for each thread and a file server changes: umask, working directory, the owner
/// of new files, capabilities.
package enum ThreadContext {
    /// Gives the calling thread its own umask (0) and working directory, once (unshare(2) of CLONE_FS).
    package static func prepare(folder: borrowing OwnedFD) throws(Errno) {
        try Errno.check(cl_thread_folder(folder.rawValue))
    }

    /// Runs calls that make files as if this user had made them, with the thread's capabilities kept.
    /// EPERM where the user is not known in this user namespace. As another user than root: as oneself.
    package static func assuming<Value>(
        user: UInt32, group: UInt32, umask: UInt32, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try Errno.check(cl_assume(user, group))
        let before = cl_umask(umask & 0o777)
        defer {
            _ = cl_umask(before)
            cl_resume()
        }
        return try body()
    }

    /// Runs calls that clear set-user-id and set-group-id bits as they do for users of this group without
    /// CAP_FSETID; without one: as ever.
    package static func clearingSetID<Value: ~Copyable>(
        for group: UInt32?, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        guard let group else { return try body() }
        try Errno.check(cl_clear_set_id(group))
        defer { cl_keep_set_id() }
        return try body()
    }

    /// Raises the soft limit of open files to the hard one, and answers it.
    package static func raiseOpenFiles() throws(Errno) -> Int {
        Int(try Errno.check(cl_raise_open_files()))
    }
}
