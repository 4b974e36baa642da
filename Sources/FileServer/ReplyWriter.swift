import Linux

/// Builds the bytes of a reply, with room for its header (struct fuse_out_header) in front.
struct ReplyWriter {
    private(set) var bytes = [UInt8](repeating: 0, count: Wire.replyHeaderSize)

    private mutating func little(_ value: some FixedWidthInteger, size: Int) {
        for index in 0..<size {
            bytes.append(UInt8(truncatingIfNeeded: value >> (index * 8)))
        }
    }

    mutating func u16(_ value: UInt16) { little(value, size: 2) }
    mutating func u32(_ value: UInt32) { little(value, size: 4) }
    mutating func u64(_ value: UInt64) { little(value, size: 8) }
    mutating func i64(_ value: Int64) { little(value, size: 8) }

    mutating func zeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    mutating func append(_ more: some Collection<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Zeros up to the next multiple of eight.
    mutating func pad() {
        zeros((8 - bytes.count % 8) % 8)
    }

    /// The header of a reply of `length` bytes in all; the error is negated as the protocol wants it.
    static func header(length: Int, error: Errno?, unique: UInt64) -> [UInt8] {
        var writer = ReplyWriter()
        writer.bytes.removeAll(keepingCapacity: true)
        writer.u32(UInt32(truncatingIfNeeded: length))
        writer.u32(UInt32(bitPattern: 0 - min(max(error?.rawValue ?? 0, 0), 511)))
        writer.u64(unique)
        return writer.bytes
    }

    /// Fills in the header of these bytes.
    mutating func finish(unique: UInt64) {
        let header = ReplyWriter.header(length: bytes.count, error: nil, unique: unique)
        bytes.replaceSubrange(0..<Wire.replyHeaderSize, with: header)
    }
}

/// A file's attributes as the client is told them.
struct Attributes {
    var status: FileStatus
    /// FUSE_ATTR_*.
    var flags: UInt32 = 0
}

extension ReplyWriter {
    /// struct fuse_attr, 88 bytes.
    mutating func attributes(_ attributes: Attributes) {
        let status = attributes.status
        u64(status.inode)
        u64(status.size)
        u64(status.blocks)
        i64(status.accessed.seconds)
        i64(status.modified.seconds)
        i64(status.changed.seconds)
        u32(status.accessed.nanoseconds)
        u32(status.modified.nanoseconds)
        u32(status.changed.nanoseconds)
        u32(status.mode)
        u32(status.links)
        u32(status.user)
        u32(status.group)
        u32(status.special.encoded)
        u32(status.blockSize)
        u32(attributes.flags)
    }

    /// struct fuse_entry_out, 128 bytes. Node zero says that there is no such entry.
    mutating func entry(node: UInt64, attributes: Attributes, cache: CachePolicy) {
        let timeout = cache.seconds
        u64(node)
        u64(0)  // generation: node ids are never used again
        u64(timeout)
        u64(timeout)
        u32(0)
        u32(0)
        self.attributes(attributes)
    }

    /// struct fuse_attr_out, 104 bytes.
    mutating func attributesReply(_ attributes: Attributes, cache: CachePolicy) {
        u64(cache.seconds)
        u32(0)
        u32(0)
        self.attributes(attributes)
    }

    /// struct fuse_open_out, 16 bytes.
    mutating func opened(handle: UInt64, flags: UInt32) {
        u64(handle)
        u32(flags)
        u32(0)
    }

    /// struct fuse_write_out and fuse_getxattr_out, 8 bytes.
    static func count(_ count: Int) -> ReplyWriter {
        var reply = ReplyWriter()
        reply.u32(UInt32(truncatingIfNeeded: count))
        reply.u32(0)
        return reply
    }

    /// struct fuse_dirent: 24 bytes, the name, and zeros up to a multiple of eight.
    mutating func directoryEntry(_ entry: DirectoryEntry) {
        u64(entry.inode)
        u64(entry.next)
        u32(UInt32(truncatingIfNeeded: entry.name.count))
        u32(UInt32(entry.type))
        append(entry.name)
        pad()
    }

    /// How many bytes `directoryEntry` appends.
    static func size(of entry: DirectoryEntry) -> Int {
        (24 + entry.name.count + 7) & ~7
    }
}

extension DeviceNumber {
    /// As in fuse_attr.rdev and fuse_mknod_in.rdev (new_encode_dev of the kernel).
    var encoded: UInt32 {
        (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)
    }

    init(encoded: UInt32) {
        self.init(
            major: (encoded & 0xfff00) >> 8, minor: (encoded & 0xff) | ((encoded >> 12) & 0xfff00))
    }
}

extension CachePolicy {
    /// How long entries and attributes hold.
    var seconds: UInt64 {
        switch self {
        case .never: 0
        case .automatic: 1
        case .always: 86400
        }
    }
}
