/// One stream between a port of the guest and a port of the host: the protocol without descriptors or queues.
///
/// Primer (virtio 1.2, 5.10.6). A REQUEST is answered by RESPONSE or RST. Data travels in RW packets. Each side tells in
/// every packet how large its buffer is and how many bytes have left it (`bufferSize`, `forwardedCount`); the other side
/// must not have more bytes under way than fit (credit). SHUTDOWN says what its sender will not do any more, one
/// direction at a time; when both are done on both sides the one that sees it sends RST and the stream is gone.
///
/// The guest is not trusted: sending beyond its credit is an error that ends the stream, and nothing else grows with
/// what it sends.
package struct VsockConnection: Sendable {
    /// How many bytes from the guest are kept while the host's side does not take them.
    package static let bufferSize: UInt32 = 256 << 10

    /// What a packet from the guest asks for.
    package enum Event: Equatable, Sendable {
        case none
        /// Payload to be appended to what waits for the host's side.
        case data
        /// The guest wants to know how much it may send.
        case creditRequested
        /// The guest sends nothing more, or takes nothing more.
        case closed(VsockHeader.Shutdown)
        /// The stream is gone, or the guest has broken the protocol: it is to be reset.
        case gone
    }

    package let hostPort: UInt32
    package let guestPort: UInt32

    /// Bytes that wait for the host's side, in order.
    package private(set) var backlog = ByteQueue()
    private var peerBufferSize: UInt32
    private var peerForwarded: UInt32
    private var sent: UInt32 = 0
    private var received: UInt32 = 0
    private var forwarded: UInt32 = 0
    private var announced: UInt32 = 0
    /// What each side has said that it will not do any more.
    package private(set) var guestDone: VsockHeader.Shutdown = []
    package private(set) var hostDone: VsockHeader.Shutdown = []

    /// A stream that the guest asks for with this REQUEST.
    package init(request: VsockHeader) {
        hostPort = request.destinationPort
        guestPort = request.sourcePort
        peerBufferSize = request.bufferSize
        peerForwarded = request.forwardedCount
    }

    /// How many bytes may be sent to the guest now.
    package var credit: Int {
        let underWay = sent &- peerForwarded
        return underWay < peerBufferSize ? Int(peerBufferSize - underWay) : 0
    }

    /// Whether bytes for the guest are wanted at all.
    package var mayStillSend: Bool {
        !guestDone.contains(.receive) && !hostDone.contains(.send)
    }

    /// Whether the guest has closed its socket and all that it sent was handed over: the stream is to be reset, which
    /// is what the guest waits for.
    package var isFinished: Bool {
        backlog.isEmpty && guestDone == .both
    }

    /// Takes a packet of this stream; of `data` the payload goes to `receive` next.
    package mutating func handle(_ header: VsockHeader) -> Event {
        peerBufferSize = header.bufferSize
        peerForwarded = header.forwardedCount
        switch VsockHeader.Operation(rawValue: header.operation) {
        case .readWrite:
            let waiting = received &- forwarded
            let room = Self.bufferSize - waiting
            guard header.length <= room, !guestDone.contains(.send) else { return .gone }
            return .data
        case .creditUpdate:
            return .none
        case .creditRequest:
            return .creditRequested
        case .shutdown:
            let flags = VsockHeader.Shutdown(
                rawValue: header.flags & VsockHeader.Shutdown.both.rawValue)
            guestDone.formUnion(flags)
            return .closed(guestDone)
        case .request, .response, .reset, nil:
            return .gone
        }
    }

    /// Appends the payload of a packet that `handle` has called `data`.
    package mutating func receive(_ payload: [UInt8]) {
        received &+= UInt32(payload.count)
        if hostDone.contains(.receive) {
            forwarded &+= UInt32(payload.count)
        } else {
            backlog.append(payload)
        }
    }

    /// The host's side has taken the first bytes of the backlog.
    package mutating func forward(_ count: Int) {
        backlog.removeFirst(count)
        forwarded &+= UInt32(count)
    }

    /// The host's side takes nothing more: what waits is dropped.
    package mutating func stopReceiving() {
        forward(backlog.count)
        hostDone.insert(.receive)
    }

    package mutating func stopSending() {
        hostDone.insert(.send)
    }

    /// Whether the guest should hear that there is room again: it may be waiting for that.
    package var shouldAnnounceCredit: Bool {
        forwarded &- announced >= Self.bufferSize / 4 && !guestDone.contains(.send)
    }

    /// The header of a packet to the guest; `sending` bytes of payload will follow.
    package mutating func header(
        _ operation: VsockHeader.Operation, sending count: Int = 0,
        flags: VsockHeader.Shutdown = []
    ) -> VsockHeader {
        sent &+= UInt32(count)
        announced = forwarded
        var header = VsockHeader()
        header.sourcePort = hostPort
        header.destinationPort = guestPort
        header.length = UInt32(count)
        header.operation = operation.rawValue
        header.flags = flags.rawValue
        header.bufferSize = Self.bufferSize
        header.forwardedCount = forwarded
        return header
    }
}
