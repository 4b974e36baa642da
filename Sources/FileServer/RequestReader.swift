import Linux

/// The header that every request begins with (struct fuse_in_header).
struct RequestHeader {
    let opcode: UInt32
    /// Goes back with the reply.
    let unique: UInt64
    let node: UInt64
    let user: UInt32
    let group: UInt32
    /// Where the arguments end; extensions may follow them.
    let argumentsEnd: Int
}

/// Reads little-endian fields and strings of a request, which was copied out of the client's memory.
///
/// A field beyond the end is EINVAL. Every target of this package is little-endian.
struct RequestReader {
    private let bytes: [UInt8]
    private var position = 0
    private var end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
    }

    /// How many bytes are left.
    var remaining: Int {
        end - position
    }

    /// Reads the header and leaves the arguments to be read. `total` is how much the client sent.
    mutating func header(total: Int) throws(Errno) -> RequestHeader {
        let length = try Int(u32())
        let opcode = try u32()
        let unique = try u64()
        let node = try u64()
        let user = try u32()
        let group = try u32()
        _ = try u32()
        let extensions = try Int(u16()) * 8
        _ = try u16()
        guard length >= position, length <= total else { throw .invalidArgument }
        guard extensions <= length - position else { throw .invalidArgument }
        end = min(end, length - extensions)
        guard end >= position else { throw .invalidArgument }
        return RequestHeader(
            opcode: opcode, unique: unique, node: node, user: user, group: group, argumentsEnd: end)
    }

    private mutating func little<Number: FixedWidthInteger>() throws(Errno) -> Number {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { throw .invalidArgument }
        var value: Number = 0
        for index in 0..<size {
            value |= Number(truncatingIfNeeded: bytes[position + index]) << Number(index * 8)
        }
        position += size
        return value
    }

    mutating func u16() throws(Errno) -> UInt16 { try little() }
    mutating func u32() throws(Errno) -> UInt32 { try little() }
    mutating func u64() throws(Errno) -> UInt64 { try little() }

    /// A value that is signed or becomes a file offset: EINVAL above 2^63 - 1.
    mutating func offset() throws(Errno) -> Int64 {
        guard let value = Int64(exactly: try u64()) else { throw .invalidArgument }
        return value
    }

    mutating func time(seconds: UInt64, nanoseconds: UInt32) -> FileTime {
        FileTime(seconds: Int64(bitPattern: seconds), nanoseconds: nanoseconds)
    }

    mutating func skip(_ count: Int) throws(Errno) {
        guard count >= 0, remaining >= count else { throw .invalidArgument }
        position += count
    }

    /// The next bytes, as many as asked for.
    mutating func bytes(_ count: Int) throws(Errno) -> [UInt8] {
        let start = position
        try skip(count)
        return Array(bytes[start..<position])
    }

    /// What stands before the next zero, which is passed over.
    private mutating func string() throws(Errno) -> ArraySlice<UInt8> {
        let rest = bytes[position..<end]
        guard let zero = rest.firstIndex(of: 0) else { throw .invalidArgument }
        position = zero + 1
        return rest[..<zero]
    }

    /// The name of an entry in a folder.
    mutating func component() throws(Errno) -> FileName {
        try FileName(component: string())
    }

    /// Any string: a link's target, an attribute's name.
    mutating func text(limit: Int) throws(Errno) -> FileName {
        let text = try string()
        guard text.count <= limit else { throw .nameTooLong }
        return try FileName(bytes: text)
    }
}
