internal import CLinux
internal import Glibc

/// A moment as files carry it: seconds since 1970 and nanoseconds.
package struct FileTime: Hashable, Sendable {
    package var seconds: Int64
    package var nanoseconds: UInt32

    package init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// For `setTimes`: the moment of the call.
    package static let now = FileTime(seconds: 0, nanoseconds: (1 << 30) - 1)
    /// For `setTimes`: leave it as it is.
    package static let unchanged = FileTime(seconds: 0, nanoseconds: (1 << 30) - 2)
}

/// A device number in its two parts.
package struct DeviceNumber: Hashable, Sendable {
    package var major: UInt32
    package var minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}

/// What kind of file it is: the values of S_IFMT.
package enum FileType: UInt32, Sendable {
    case pipe = 0o010000
    case characterDevice = 0o020000
    case directory = 0o040000
    case blockDevice = 0o060000
    case regular = 0o100000
    case symbolicLink = 0o120000
    case socket = 0o140000

    package static let mask: UInt32 = 0o170000
}

/// What statx(2) tells of a file.
package struct FileStatus: Sendable {
    package var inode: UInt64 = 0
    /// In bytes.
    package var size: UInt64 = 0
    /// In units of 512 bytes.
    package var blocks: UInt64 = 0
    package var accessed = FileTime(seconds: 0, nanoseconds: 0)
    package var modified = FileTime(seconds: 0, nanoseconds: 0)
    package var changed = FileTime(seconds: 0, nanoseconds: 0)
    /// nil where the file system does not keep it.
    package var born: FileTime?
    /// Type and permissions.
    package var mode: UInt32 = 0
    package var links: UInt32 = 1
    package var user: UInt32 = 0
    package var group: UInt32 = 0
    package var blockSize: UInt32 = 4096
    package var special = DeviceNumber(major: 0, minor: 0)
    package var device = DeviceNumber(major: 0, minor: 0)
    package var mount: UInt64 = 0

    package init() {}

    /// nil for what statx(2) has no name for.
    package var type: FileType? {
        FileType(rawValue: mode & FileType.mask)
    }

    init(_ raw: cl_status) {
        inode = raw.ino
        size = raw.size
        blocks = raw.blocks
        accessed = FileTime(seconds: raw.atime, nanoseconds: raw.atime_ns)
        modified = FileTime(seconds: raw.mtime, nanoseconds: raw.mtime_ns)
        changed = FileTime(seconds: raw.ctime, nanoseconds: raw.ctime_ns)
        born = raw.has_btime == 0 ? nil : FileTime(seconds: raw.btime, nanoseconds: raw.btime_ns)
        mode = raw.mode
        links = raw.nlink
        user = raw.uid
        group = raw.gid
        blockSize = raw.blksize
        special = DeviceNumber(major: raw.rdev_major, minor: raw.rdev_minor)
        device = DeviceNumber(major: raw.dev_major, minor: raw.dev_minor)
        mount = raw.mount
    }
}

/// What statfs(2) tells of a file system.
package struct FileSystemStatus: Sendable {
    package var blocks: UInt64 = 0
    package var freeBlocks: UInt64 = 0
    package var availableBlocks: UInt64 = 0
    package var files: UInt64 = 0
    package var freeFiles: UInt64 = 0
    package var blockSize: UInt32 = 4096
    package var fragmentSize: UInt32 = 4096
    package var nameLength: UInt32 = 255
    /// The magic number of linux/magic.h.
    package var type: UInt32 = 0

    package init() {}

    init(_ raw: cl_fs_status) {
        blocks = raw.blocks
        freeBlocks = raw.bfree
        availableBlocks = raw.bavail
        files = raw.files
        freeFiles = raw.ffree
        blockSize = raw.bsize
        fragmentSize = raw.frsize
        nameLength = raw.namelen
        type = raw.type
    }
}
