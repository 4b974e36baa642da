internal import Glibc

/// Flags of open(2), as the server uses them and as clients send them (the numbers of x86-64 and generic).
enum OpenFlags {
    /// What stands for an inode in the table: it can be neither read nor written.
    static let path: Int32 = 0o10_000_000 | O_NOFOLLOW
    static let directory: Int32 = O_RDONLY | O_DIRECTORY
    static let accessMode: Int32 = O_ACCMODE
    static let readOnly: Int32 = O_RDONLY
    static let writeOnly: Int32 = O_WRONLY
    static let readWrite: Int32 = O_RDWR
    static let exclusive: Int32 = O_EXCL
    static let create: Int32 = O_CREAT
    static let noFollow: Int32 = O_NOFOLLOW
    static let truncate: Int32 = O_TRUNC
    static let append: Int32 = O_APPEND
    static let nonBlocking: Int32 = O_NONBLOCK
    static let synchronous: Int32 = O_SYNC
    static let direct: Int32 = 0o40000
    static let noAccessTime: Int32 = 0o1_000_000

    /// The flags that are passed on to a file of the host. Whatever makes, follows or blocks is left
    /// out; O_APPEND too, since each WRITE says where it goes.
    static func sanitized(_ flags: UInt32, features: Features, options: Options) -> Int32 {
        let asked = Int32(bitPattern: flags)
        var kept = asked & (accessMode | truncate | synchronous | noAccessTime)
        if options.directIO { kept |= asked & direct }
        // A page that is written in part is read first, and the page cache is shared by all handles.
        if features.contains(.writeback), kept & accessMode == writeOnly {
            kept = kept & ~accessMode | readWrite
        }
        return kept
    }

    /// Whether a file opened so could be changed.
    static func mutates(_ flags: UInt32) -> Bool {
        let asked = Int32(bitPattern: flags)
        return asked & accessMode != readOnly || asked & truncate != 0
    }
}
