import Linux
import Protocols

/// One connection of the control socket, and the process of exec that belongs to it.
final class Caller {
    let socket: OwnedFD
    private var reader = FrameReader()
    private let passed = PassedDescriptors()
    var process: ExecProcess?
    private(set) var hasEnded = false

    init(_ socket: consuming OwnedFD) {
        self.socket = socket
    }

    /// What has come: after one read, which ends the connection where nothing comes any more.
    func requests() throws -> [SandboxRequest] {
        guard
            let (bytes, descriptors) = try? UnixSocket.receive(upTo: 65536, from: socket),
            !bytes.isEmpty
        else {
            hasEnded = true
            return []
        }
        passed.append(descriptors)
        reader.append(bytes)
        var requests: [SandboxRequest] = []
        while let frame = try reader.next() { requests.append(try SandboxRequest(decoding: frame)) }
        return requests
    }

    func takeDescriptors() -> PassedDescriptors {
        let taken = PassedDescriptors()
        taken.append(passed)
        return taken
    }

    /// Nobody may be there any more.
    func send(_ reply: SandboxReply) {
        do {
            try socket.writeAll(Frame.encode(reply))
        } catch {
            hasEnded = true
        }
    }

    func close() {
        hasEnded = true
    }
}
