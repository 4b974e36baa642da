/// Bytes of a message, read in the order of this machine. What is asked for beyond their end is an error.
internal struct MessageBytes {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    /// An integer `offset` bytes after the beginning.
    func integer<Value: FixedWidthInteger>(
        at offset: Int, _ part: String
    ) throws(NetlinkError) -> Value {
        let size = MemoryLayout<Value>.size
        guard offset >= 0, offset <= count - size else { throw .malformed(part) }
        let start = bytes.startIndex + offset
        return bytes[start..<(start + size)].reversed().reduce(Value(0)) {
            $0 << 8 | Value(truncatingIfNeeded: $1)
        }
    }

    func from(_ offset: Int, _ part: String) throws(NetlinkError) -> ArraySlice<UInt8> {
        guard offset >= 0, offset <= count else { throw .malformed(part) }
        return bytes[(bytes.startIndex + offset)...]
    }
}

/// Rounds up to the alignment of messages and attributes (NLMSG_ALIGNTO, NLA_ALIGNTO).
internal func aligned(_ count: Int) -> Int {
    (count + 3) & ~3
}

extension FixedWidthInteger {
    /// In the order of this machine, which is little-endian.
    internal var messageBytes: [UInt8] {
        (0..<MemoryLayout<Self>.size).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    }
}
