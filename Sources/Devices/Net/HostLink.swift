internal import Linux

/// The host's end of a network device: moves packets with their headers, one at a time, and never waits. Any thread may
/// use it.
///
/// A tap (or a packet socket) keeps packets apart itself. A stream socket has their lengths in front of them, and no
/// headers of virtio (`PacketStream`).
internal final class HostLink: Sendable {
    let descriptor: OwnedFD
    private let isStream: Bool
    private let stream = Lock(PacketStream())

    init(tap: consuming OwnedFD) throws(Errno) {
        try tap.setNonBlocking(true)
        descriptor = tap
        isStream = false
    }

    init(stream socket: consuming OwnedFD) throws(Errno) {
        try socket.setNonBlocking(true)
        descriptor = socket
        isStream = true
    }

    /// What packets for this driver may be.
    func prepare(features: UInt64) {
        // A packet socket in place of a tap has no such setting.
        if !isStream { try? descriptor.setTapOffloads(NetworkFeature.offloads(features)) }
    }

    /// Whether an interface with several queues is to give packets to this one. Of one that gets none nothing may be read,
    /// written or waited for.
    func setEnabled(_ enabled: Bool) throws(Errno) {
        guard !isStream else { return }
        do throws(Errno) {
            try descriptor.setTapQueue(enabled: enabled)
        } catch {
            // A packet socket in place of a tap has no such setting.
            guard error == .noSuchControl else { throw error }
        }
    }

    /// One packet with its header. Answers how long it is: more than the memory where it does not fit. Zero where there is
    /// nobody at the other end any more; EAGAIN where there is none now.
    func read(into memory: IOVector) throws(Errno) -> Int {
        guard isStream else { return try memory.readMessage(from: descriptor) }
        return try stream.withLock { stream throws(Errno) in
            while true {
                if let frame = try stream.nextFrame() {
                    memory.copyIn([UInt8](repeating: 0, count: NetworkHeader.count) + frame)
                    return NetworkHeader.count + frame.count
                }
                let bytes = try descriptor.read(upTo: PacketStream.readSize)
                guard !bytes.isEmpty else { return 0 }
                stream.received(bytes)
            }
        }
    }

    /// One packet with its header; EAGAIN where it cannot be taken now. A stream takes none with work for the other end.
    func write(_ packet: IOVector) throws(Errno) {
        guard isStream else { return try packet.writeMessage(to: descriptor) }
        try stream.withLock { stream throws(Errno) in
            try flush(&stream)
            try stream.send(packet)
            // What is left goes with the next turn.
            do throws(Errno) { try flush(&stream) } catch .wouldBlock {}
        }
    }

    /// Nothing of a packet waits to be written; EAGAIN where something still does.
    func flush() throws(Errno) {
        guard isStream else { return }
        try stream.withLock { stream throws(Errno) in try flush(&stream) }
    }

    /// A packet has come already, of which the descriptor tells nothing any more.
    var holdsPacket: Bool { isStream && stream.withLock { $0.holdsFrame } }

    private func flush(_ stream: inout PacketStream) throws(Errno) {
        while !stream.unsent.isEmpty {
            // SAFETY: the array outlives the span of its bytes.
            let count = unsafe try descriptor.write(Array(stream.unsent).span.bytes)
            stream.sent(count)
        }
    }
}
