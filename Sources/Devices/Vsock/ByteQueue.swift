/// Bytes that come in pieces and leave in others, in order.
package struct ByteQueue: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0

    package init() {}

    package var count: Int { bytes.count - start }
    package var isEmpty: Bool { count == 0 }

    /// The bytes from the first one on.
    package var contents: ArraySlice<UInt8> { bytes[start...] }

    package mutating func append(_ more: [UInt8]) {
        bytes += more
    }

    /// Drops the first bytes: all, where there are fewer.
    package mutating func removeFirst(_ count: Int) {
        start += min(max(0, count), self.count)
        // What is gone is given back when it outweighs what is left.
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 65536)
            start = 0
        } else if start > 65536, start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
    }
}
