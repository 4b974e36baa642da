internal import Linux
internal import Protocols

/// The socket through which later calls of the CLI reach a running sandbox. Who may connect is decided by the mode of
/// the folder that it lies in. Belongs to the event loop's thread.
internal final class ControlServer {
    /// More than that many at the same time wait in the socket's queue. Every process of exec has one.
    private static let maximumConnections = 1024

    private let loop: EventLoop
    private let listener: OwnedFD
    private var watch: EventLoop.Registration?
    private var connections: [ObjectIdentifier: ControlConnection] = [:]
    /// Carries a request out and answers it on its connection, at once or later.
    private let handle: (SandboxRequest, ControlConnection) -> Void

    /// Takes over a listening stream socket.
    init(
        loop: EventLoop, listener: consuming OwnedFD,
        handle: @escaping (SandboxRequest, ControlConnection) -> Void
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
            let connection = try? ControlConnection(loop: loop, socket, onRequest: handle)
        else { return }
        let identity = ObjectIdentifier(connection)
        connections[identity] = connection
        connection.onEnd = { [weak self] in self?.drop(identity) }
        if connections.count >= Self.maximumConnections, let watch {
            loop.remove(watch)
            self.watch = nil
        }
    }

    private func drop(_ identity: ObjectIdentifier) {
        connections[identity] = nil
        if watch == nil { try? listen() }
    }
}
