internal import CLinux

/// A name for an inode that needs no descriptor and outlives renames (name_to_handle_at(2)).
///
/// It says which inode, not just its number: a later file with the same number has another handle.
package struct FileHandle: Hashable, Sendable {
    private let type: Int32
    private let bytes: [UInt8]

    /// The handle of a descriptor's file; EOPNOTSUPP where the file system has none.
    package init(of file: borrowing OwnedFD) throws(Errno) {
        var raw = cl_handle()
        try Errno.check(unsafe cl_handle_of(file.rawValue, &raw))
        let size = min(Int(raw.size), MemoryLayout.size(ofValue: raw.bytes))
        type = raw.type
        // SAFETY: the size is bounded by the field's.
        bytes = unsafe withUnsafeBytes(of: &raw.bytes) { unsafe [UInt8]($0.prefix(size)) }
    }

    /// Opens the inode; `mount` is any open file (not O_PATH) of its file system. ESTALE where it is
    /// gone, EPERM without CAP_DAC_READ_SEARCH.
    package func open(on mount: borrowing OwnedFD, _ flags: Int32) throws(Errno) -> OwnedFD {
        var raw = cl_handle()
        raw.size = UInt32(bytes.count)
        raw.type = type
        // SAFETY: the handle has no more bytes than the field it was read from.
        unsafe withUnsafeMutableBytes(of: &raw.bytes) { unsafe $0.copyBytes(from: bytes) }
        return OwnedFD(
            taking: try Errno.check(unsafe cl_open_handle(mount.rawValue, &raw, flags)))
    }
}
