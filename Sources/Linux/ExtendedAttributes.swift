internal import CLinux

/// Extended attributes (xattr(7)) of the file behind a descriptor that may be O_PATH and name any kind
/// of file, a symbolic link too.
///
/// The thread's working directory has to be /proc/self/fd (`ThreadContext.prepare`).
package enum ExtendedAttributes {
    /// The value; ERANGE where it is longer than `limit` bytes. With a limit of zero: nothing.
    package static func value(
        of name: FileName, on file: borrowing OwnedFD, limit: Int
    ) throws(Errno) -> [UInt8] {
        let path = FileName(number: file.rawValue)
        // SAFETY: here and below the names outlive the call, and the kernel keeps to the size.
        return try unsafe filling(limit) {
            unsafe cl_getxattr(path.terminated, name.terminated, $0, $1)
        }.1
    }

    /// How many bytes the value has.
    package static func size(
        of name: FileName, on file: borrowing OwnedFD
    ) throws(Errno) -> Int {
        let path = FileName(number: file.rawValue)
        return try Errno.check(unsafe cl_getxattr(path.terminated, name.terminated, nil, 0))
    }

    /// All names, each ended by a zero; at most 64 KiB (XATTR_LIST_MAX).
    package static func names(on file: borrowing OwnedFD) throws(Errno) -> [UInt8] {
        let path = FileName(number: file.rawValue)
        return try unsafe filling(65536) { buffer, size in
            unsafe cl_listxattr(
                path.terminated, buffer.assumingMemoryBound(to: CChar.self), size)
        }.1
    }

    /// Flags are XATTR_CREATE and XATTR_REPLACE.
    package static func set(
        _ name: FileName, to value: [UInt8], flags: Int32, on file: borrowing OwnedFD
    ) throws(Errno) {
        let path = FileName(number: file.rawValue)
        try Errno.check(
            unsafe cl_setxattr(path.terminated, name.terminated, value, value.count, flags))
    }

    package static func remove(_ name: FileName, on file: borrowing OwnedFD) throws(Errno) {
        let path = FileName(number: file.rawValue)
        try Errno.check(unsafe cl_removexattr(path.terminated, name.terminated))
    }
}
