/// How messages are told apart on a stream: the length of the body as 4 little-endian bytes, then the body.
package enum Frame {
    /// The largest body that anybody sends.
    package static let maximumSize = 16 << 20
    /// The largest body that an agent sends. The host accepts no more from a guest.
    package static let maximumAgentSize = 1 << 20
    static let headerSize = 4

    /// The frame of a message, ready to be written.
    package static func encode(_ message: some Message) -> [UInt8] {
        let body = message.encoded()
        var frame: [UInt8] = []
        frame.reserveCapacity(headerSize + body.count)
        for shift in [0, 8, 16, 24] {
            frame.append(UInt8(truncatingIfNeeded: body.count >> shift))
        }
        frame += body
        return frame
    }
}

/// Takes the bodies of frames out of a stream that arrives in pieces of any size.
///
/// It never holds more than the limit and one piece.
package struct FrameReader: Sendable {
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0

    /// Reads frames whose bodies have at most `limit` bytes.
    package init(limit: Int = Frame.maximumSize) {
        self.limit = limit
    }

    /// True when no part of a frame is waiting for the rest: an end of the stream is clean here.
    package var isEmpty: Bool { buffer.count == start }

    /// Takes what was read from the stream.
    package mutating func append(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeSubrange(..<start)
            start = 0
        }
        buffer += bytes
    }

    /// The body of the next frame, nil when it has not arrived in full. After an error the stream is
    /// unusable.
    package mutating func next() throws(MessageError) -> [UInt8]? {
        guard buffer.count - start >= Frame.headerSize else { return nil }
        let length = (0..<Frame.headerSize).reduce(0) { $0 | Int(buffer[start + $1]) << (8 * $1) }
        guard length <= limit else { throw .frameTooLong(length) }
        let body = start + Frame.headerSize
        guard buffer.count - body >= length else { return nil }
        defer {
            start = body + length
            if isEmpty {
                buffer = []
                start = 0
            }
        }
        return Array(buffer[body..<body + length])
    }
}
