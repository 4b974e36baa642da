internal import Devices
internal import Linux
internal import Protocols

/// One caller of the control socket: frames in both directions, and descriptors that come with requests. Belongs to the
/// event loop's thread.
internal final class ControlConnection {
    /// As many come with one request at most (SCM_MAX_FD); a caller that passes more and more is not served.
    private static let maximumDescriptors = 253
    private static let readSize = 65536

    private let loop: EventLoop
    private let socket: OwnedFD
    private var reader = FrameReader()
    private var output = ByteQueue()
    private var watch: EventLoop.Registration?
    private let received = PassedDescriptors()
    private let onRequest: (SandboxRequest, ControlConnection) -> Void
    /// Called once, when the caller is gone or makes no sense.
    internal var onEnd: () -> Void = {}

    /// Takes over a connected stream socket.
    init(
        loop: EventLoop, _ socket: consuming OwnedFD,
        onRequest: @escaping (SandboxRequest, ControlConnection) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.socket = socket
        self.onRequest = onRequest
        try self.socket.setNonBlocking(true)
        watch = try loop.add(self.socket, .readable) { [weak self] in self?.ready($0) }
    }

    deinit {
        if let watch { loop.remove(watch) }
    }

    /// What has come with the requests up to now; the caller's from now on.
    func takeDescriptors() -> PassedDescriptors {
        let taken = PassedDescriptors()
        taken.append(received)
        return taken
    }

    /// Nothing happens where the caller is gone.
    func send(_ reply: SandboxReply) {
        guard watch != nil else { return }
        output.append(Frame.encode(reply))
        flush()
    }

    /// Ends it from this side, without `onEnd`.
    func close() {
        guard let watch else { return }
        loop.remove(watch)
        self.watch = nil
        received.removeAll()
        try? UnixSocket.shutdown(socket, .both)
    }

    private func ready(_ readiness: Readiness) {
        if readiness.contains(.writable) { flush() }
        if watch != nil, readiness != .writable { receive() }
    }

    /// One read per event: a caller that never stops sending does not hold up the loop.
    private func receive() {
        do {
            let (bytes, descriptors) = try UnixSocket.receive(upTo: Self.readSize, from: socket)
            received.append(descriptors)
            guard !bytes.isEmpty, received.count <= Self.maximumDescriptors else { return end() }
            reader.append(bytes)
            while watch != nil, let frame = try reader.next() {
                let request = try SandboxRequest(decoding: frame)
                received.mark(blocking: request.blockingDescriptors)
                onRequest(request, self)
            }
        } catch let error as Errno where error == .wouldBlock {
        } catch {
            end()
        }
    }

    private func flush() {
        guard let watch else { return }
        do throws(Errno) {
            while !output.isEmpty {
                // SAFETY: the array outlives the span of its bytes.
                let count = unsafe try socket.write(Array(output.contents).span.bytes)
                output.removeFirst(count)
            }
            try loop.change(watch, .readable)
        } catch .wouldBlock {
            try? loop.change(watch, [.readable, .writable])
        } catch {
            end()
        }
    }

    private func end() {
        guard watch != nil else { return }
        close()
        onEnd()
    }
}
