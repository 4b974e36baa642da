package import Linux
package import Protocols

/// A stream socket that carries frames. One thread uses it.
package struct FrameChannel: ~Copyable {
    package let socket: OwnedFD
    private var reader = FrameReader()

    package init(_ socket: consuming OwnedFD) {
        self.socket = socket
    }

    /// Copies of the descriptors go with the first byte (SCM_RIGHTS).
    package borrowing func send(
        _ message: some Message, passing descriptors: [Int32] = []
    ) throws(Errno) {
        let frame = Frame.encode(message)
        let sent = try UnixSocket.send(frame, descriptors: descriptors, to: socket)
        if sent < frame.count { try socket.writeAll(Array(frame[sent...])) }
    }

    /// The body of the next frame, after at most one read(2); nil when it has not arrived in full, or
    /// at the end of the stream, where `ended` turns true.
    package mutating func poll() throws(RuntimeError) -> [UInt8]? {
        if let body = try next() { return body }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try socket.read(upTo: 65536)
        } catch .connectionReset {
            bytes = []
        } catch {
            throw .system("read from the sandbox", error)
        }
        if bytes.isEmpty { ended = true }
        reader.append(bytes)
        return try next()
    }

    /// The other side has closed.
    package private(set) var ended = false

    /// Waits for the next message; nil at the end of the stream.
    package mutating func receive<M: Message>(_ type: M.Type) throws(RuntimeError) -> M? {
        while !ended {
            if let body = try poll() { return try Self.decode(type, body) }
        }
        return nil
    }

    package static func decode<M: Message>(_ type: M.Type, _ body: [UInt8]) throws(RuntimeError)
        -> M
    {
        do throws(MessageError) {
            return try M(decoding: body)
        } catch {
            throw .protocolViolation("\(error)")
        }
    }

    private mutating func next() throws(RuntimeError) -> [UInt8]? {
        do throws(MessageError) {
            return try reader.next()
        } catch {
            throw .protocolViolation("\(error)")
        }
    }
}
