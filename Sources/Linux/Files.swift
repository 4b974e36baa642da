internal import CLinux
internal import Glibc

/// Calls on the file that a descriptor names (O_PATH is enough but where it says otherwise), and on the
/// entries of a folder, whose names are single components. None follows a symbolic link.
extension OwnedFD {
    package borrowing func status(of name: FileName = .empty) throws(Errno) -> FileStatus {
        var raw = cl_status()
        // SAFETY: here and below the zero-terminated name outlives the call.
        try Errno.check(unsafe cl_status(rawValue, name.terminated, &raw))
        return FileStatus(raw)
    }

    package borrowing func fileSystemStatus() throws(Errno) -> FileSystemStatus {
        var raw = cl_fs_status()
        try Errno.check(unsafe cl_fs_status(rawValue, &raw))
        return FileSystemStatus(raw)
    }

    /// openat2(2) that cannot leave the folder: no `..`, no symbolic link, no magic link.
    package borrowing func openBeneath(
        _ name: FileName, _ flags: Int32, mode: UInt32 = 0
    ) throws(Errno) -> OwnedFD {
        let folder = rawValue
        return OwnedFD(
            taking: try Errno.retrying {
                // SAFETY: the name outlives the call.
                unsafe cl_open_beneath(folder, name.terminated, flags, mode)
            })
    }

    /// openat2(2) that follows the entry, for /proc/self/fd.
    package borrowing func openFollowing(
        _ name: FileName, _ flags: Int32
    ) throws(Errno) -> OwnedFD {
        let folder = rawValue
        return OwnedFD(
            taking: try Errno.retrying {
                // SAFETY: the name outlives the call.
                unsafe cl_open_following(folder, name.terminated, flags, 0)
            })
    }

    /// An unnamed file in this folder (O_TMPFILE).
    package borrowing func openUnnamed(_ flags: Int32, mode: UInt32) throws(Errno) -> OwnedFD {
        let folder = rawValue
        let temporary: Int32 = 0o20_000_000 | O_DIRECTORY
        return OwnedFD(
            taking: try Errno.retrying {
                unsafe cl_open_following(folder, ".", flags | temporary, mode)
            })
    }

    package borrowing func makeDirectory(_ name: FileName, mode: UInt32) throws(Errno) {
        try Errno.check(unsafe cl_mkdirat(rawValue, name.terminated, mode))
    }

    /// mknod(2): the type is part of the mode.
    package borrowing func makeNode(
        _ name: FileName, mode: UInt32, device: DeviceNumber
    ) throws(Errno) {
        try Errno.check(
            unsafe cl_mknodat(rawValue, name.terminated, mode, device.major, device.minor))
    }

    package borrowing func makeSymbolicLink(_ name: FileName, to target: FileName) throws(Errno) {
        try Errno.check(unsafe cl_symlinkat(target.terminated, rawValue, name.terminated))
    }

    /// Gives a file one more name: that of this folder's entry, or where the entry is a symbolic link, such as one of
    /// /proc/self/fd, what it leads to.
    package borrowing func link(
        following entry: FileName, into folder: borrowing OwnedFD, as name: FileName
    ) throws(Errno) {
        try Errno.check(
            unsafe cl_linkat(
                rawValue, entry.terminated, folder.rawValue, name.terminated, AT_SYMLINK_FOLLOW))
    }

    package borrowing func remove(_ name: FileName, directory: Bool) throws(Errno) {
        try Errno.check(
            unsafe cl_unlinkat(rawValue, name.terminated, directory ? AT_REMOVEDIR : 0))
    }

    /// renameat2(2); flags are RENAME_*.
    package borrowing func rename(
        _ name: FileName, into folder: borrowing OwnedFD, as newName: FileName, flags: UInt32
    ) throws(Errno) {
        try Errno.check(
            unsafe cl_renameat2(
                rawValue, name.terminated, folder.rawValue, newName.terminated, flags))
    }

    /// Where the symbolic link that this O_PATH descriptor names points to.
    package borrowing func linkTarget() throws(Errno) -> [UInt8] {
        let number = rawValue
        let target: (Int, [UInt8]) = try unsafe filling(4096) { buffer, size in
            // SAFETY: the kernel writes no more than `size` bytes.
            unsafe cl_readlink_fd(number, buffer.assumingMemoryBound(to: CChar.self), size)
        }
        return target.1
    }

    /// A value of -1 leaves user or group as it is.
    package borrowing func setOwner(user: UInt32, group: UInt32) throws(Errno) {
        try Errno.check(cl_chown_fd(rawValue, user, group))
    }

    /// Permissions of the entry, a link in /proc/self/fd included, which is followed.
    package borrowing func setMode(following name: FileName, _ mode: UInt32) throws(Errno) {
        try Errno.check(unsafe cl_chmodat(rawValue, name.terminated, mode))
    }

    package borrowing func setTimes(accessed: FileTime, modified: FileTime) throws(Errno) {
        try Errno.check(
            cl_set_times_fd(
                rawValue, accessed.seconds, accessed.nanoseconds, modified.seconds,
                modified.nanoseconds))
    }

    /// ftruncate(2) of a file open for writing.
    package borrowing func setSize(_ size: Int64) throws(Errno) {
        let number = rawValue
        try Errno.retrying { cl_ftruncate(number, size) }
    }

    /// getdents64(2) of a folder open for reading: records of linux_dirent64, empty at the end.
    package borrowing func directoryRecords(upTo size: Int) throws(Errno) -> [UInt8] {
        let number = rawValue
        // SAFETY: the kernel writes no more than `size` bytes.
        return try unsafe filling(size) { unsafe cl_getdents(number, $0, $1) }.1
    }

    package borrowing func seek(to offset: Int64, whence: Int32) throws(Errno) -> Int64 {
        try Errno.check(cl_lseek(rawValue, offset, whence))
    }

    package borrowing func allocate(mode: Int32, offset: Int64, length: Int64) throws(Errno) {
        let number = rawValue
        try Errno.retrying { cl_fallocate(number, mode, offset, length) }
    }

    /// copy_file_range(2): how many bytes were copied.
    package borrowing func copy(
        from offset: Int64, to target: borrowing OwnedFD, at targetOffset: Int64, length: Int
    ) throws(Errno) -> Int {
        let source = rawValue
        let number = target.rawValue
        return try Errno.retrying {
            cl_copy_file_range(source, offset, number, targetOffset, length)
        }
    }

    package borrowing func synchronize() throws(Errno) {
        try Errno.check(cl_fsync(rawValue))
    }

    /// Writes back the whole file system of a descriptor that is not O_PATH.
    package borrowing func synchronizeFileSystem() throws(Errno) {
        try Errno.check(cl_syncfs(rawValue))
    }

    /// An ioctl(2) whose argument is a block of bytes that the kernel reads and overwrites. The block
    /// has to be as large as the request makes it, at the least.
    package borrowing func control(_ request: UInt, _ block: inout [UInt8]) throws(Errno) -> Int32 {
        let number = rawValue
        // SAFETY: the caller's block has the size that is encoded in the request.
        let result = unsafe block.withUnsafeMutableBytes {
            unsafe cl_ioctl(number, request, $0.baseAddress)
        }
        return try Errno.check(result)
    }
}

/// Runs a call that fills a buffer, and answers its value and the bytes it has written.
func filling(
    _ size: Int, _ call: (UnsafeMutableRawPointer, Int) -> Int
) throws(Errno) -> (Int, [UInt8]) {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
        guard let base = buffer.baseAddress else { return }
        // SAFETY: the buffer has room for `size` bytes; the call writes as many as it answers.
        result = unsafe call(UnsafeMutableRawPointer(base), size)
        used = max(0, min(result, size))
    }
    return (try Errno.check(result), bytes)
}
