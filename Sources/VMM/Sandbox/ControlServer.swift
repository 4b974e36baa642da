internal import Devices
internal import Linux
internal import Protocols

/// The socket through which later calls of the CLI reach a running sandbox. Who may connect is decided by the mode of
/// the folder that it lies in. Belongs to the event loop's thread.
internal final class ControlServer {
    /// More than that many at the same time wait in the socket's queue.
    private static let maximumConnections = 16
    private static let maximumRequest = 64 << 10

    private let loop: EventLoop
    private let listener: OwnedFD
    private var watch: EventLoop.Registration?
    private var channels: [Int: FrameChannel] = [:]
    private var nextNumber = 0
    /// Carries a request out and answers it, at once or later.
    private let handle: (SandboxRequest, @escaping (SandboxReply) -> Void) -> Void

    /// Takes over a listening stream socket.
    init(
        loop: EventLoop, listener: consuming OwnedFD,
        handle: @escaping (SandboxRequest, @escaping (SandboxReply) -> Void) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.listener = listener
        self.handle = handle
        try self.listener.setNonBlocking(true)
        try listen()
    }

    private func listen() throws(Errno) {
        watch = try loop.add(listener, .readable) { [weak self] _ in self?.accept() }
    }

    private func accept() {
        guard let socket = try? UnixSocket.accept(listener),
            let stream = try? HostStream(loop: loop, both: socket)
        else { return }
        let number = nextNumber
        nextNumber += 1
        channels[number] = FrameChannel(
            stream, limit: Self.maximumRequest,
            onFrame: { [weak self] in self?.receive($0, from: number) },
            onEnd: { [weak self] in self?.drop(number) })
        if channels.count >= Self.maximumConnections, let watch {
            loop.remove(watch)
            self.watch = nil
        }
    }

    private func receive(_ frame: [UInt8], from number: Int) {
        guard let request = try? SandboxRequest(decoding: frame) else { return drop(number) }
        handle(request) { [weak self] reply in self?.channels[number]?.send(reply) }
    }

    private func drop(_ number: Int) {
        channels.removeValue(forKey: number)?.close()
        if watch == nil { try? listen() }
    }
}
