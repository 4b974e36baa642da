internal import Linux
internal import Protocols

/// The connection to the host for requests and messages: frames in both directions, never blocking.
final class ControlChannel {
    /// What comes out of the connection.
    enum Event {
        case request(AgentRequest)
        /// A frame that is no request: host and agent do not speak the same language.
        case garbage(MessageError)
        /// The connection has ended.
        case ended
    }

    private let loop: EventLoop
    private let socket: OwnedFD
    private let handler: (Event) -> Void
    private var reader = FrameReader()
    private var unsent: ArraySlice<UInt8> = []
    private var registration: EventLoop.Registration?

    init(
        _ loop: EventLoop, _ socket: consuming OwnedFD, handler: @escaping (Event) -> Void
    ) throws(Errno) {
        try socket.setNonBlocking(true)
        self.loop = loop
        self.socket = consume socket
        self.handler = handler
        registration = try loop.add(self.socket, .readable) { [weak self] readiness in
            self?.isReady(readiness)
        }
    }

    /// Stops listening; the connection is closed with its owner.
    func close() {
        if let registration { loop.remove(registration) }
        registration = nil
    }

    /// True while messages wait for the host to read.
    var hasUnsent: Bool { !unsent.isEmpty }

    /// Sends a message, now or when the connection takes it.
    func send(_ message: AgentMessage) {
        let wasIdle = unsent.isEmpty
        unsent += Frame.encode(message)
        if wasIdle { flush() }
    }

    private func isReady(_ readiness: Readiness) {
        if readiness.contains(.writable) { flush() }
        if readiness != .writable { receive() }
    }

    private func flush() {
        while !unsent.isEmpty {
            do throws(Errno) {
                // SAFETY: bytes have no padding.
                unsent = unsent.dropFirst(try unsafe socket.write(unsent.span.bytes))
            } catch .wouldBlock {
                return watch([.readable, .writable])
            } catch {
                // The reading side reports the end.
                unsent = []
            }
        }
        unsent = []
        watch(.readable)
    }

    private var watched: Readiness = .readable

    private func watch(_ interest: Readiness) {
        guard let registration, interest != watched else { return }
        watched = interest
        try? loop.change(registration, interest)
    }

    private func receive() {
        do throws(Errno) {
            let bytes = try socket.read(upTo: 65536)
            guard !bytes.isEmpty else { return end() }
            reader.append(bytes)
        } catch .wouldBlock {
            return
        } catch {
            return end()
        }
        deliver()
    }

    private func deliver() {
        do throws(MessageError) {
            while registration != nil, let body = try reader.next() {
                handler(.request(try AgentRequest(decoding: body)))
            }
        } catch {
            close()
            handler(.garbage(error))
        }
    }

    private func end() {
        close()
        handler(.ended)
    }
}
