import Glibc
import Linux
import Protocols
import Testing

/// The other end of a connection of the control socket.
final class ControlClient {
    private var socket: OwnedFD?
    private var reader = FrameReader()
    /// The sandbox has closed.
    private(set) var isOver = false

    init(_ socket: consuming OwnedFD) throws {
        try socket.setNonBlocking(true)
        self.socket = consume socket
    }

    func send(_ body: SandboxRequest.Body, passing descriptors: [Int32] = []) throws {
        try send(Frame.encode(SandboxRequest(container: "c", body: body)), passing: descriptors)
    }

    func send(_ bytes: [UInt8], passing descriptors: [Int32] = []) throws {
        guard let socket = socket.take() else { return }
        #expect(try UnixSocket.send(bytes, descriptors: descriptors, to: socket) == bytes.count)
        self.socket = consume socket
    }

    /// What has come by now.
    func replies() throws -> [SandboxReply] {
        guard let socket = socket.take() else { return [] }
        while let bytes = try? socket.read(upTo: 65536) {
            if bytes.isEmpty {
                isOver = true
                break
            }
            reader.append(bytes)
        }
        self.socket = consume socket
        var replies: [SandboxReply] = []
        while let frame = try reader.next() { replies.append(try SandboxReply(decoding: frame)) }
        return replies
    }

    func close() {
        socket = nil
    }
}

extension EventLoop {
    /// Lets everything happen that can happen now.
    func settle() throws {
        while try runOnce(timeoutMilliseconds: 20) {}
    }
}

/// A pipe whose writing end is passed on: whether all copies of that are closed shows at the other end.
final class Probe {
    let reading: OwnedFD
    private var writing: OwnedFD?

    init() throws {
        let pipe = try OwnedFD.pipe()
        try pipe.first.setNonBlocking(true)
        reading = try pipe.first.duplicate()
        writing = try pipe.second.duplicate()
    }

    /// Of the writing end.
    var number: Int32 { writing?.rawValue ?? -1 }

    /// Closes our copy and answers whether it was the last one.
    func isClosedElsewhere() -> Bool {
        writing = nil
        return (try? reading.read(upTo: 1).isEmpty) ?? false
    }
}
