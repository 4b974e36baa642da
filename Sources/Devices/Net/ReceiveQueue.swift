internal import GuestMemory
internal import Linux
internal import Virtio

/// The queue to the guest (virtio 1.2, 5.1.6.3): packets of a tap go straight into the buffers that the driver has posted.
///
/// Nobody knows how long a packet is before it is read, so buffers for the longest are taken from the queue beforehand.
/// Those that were not needed are kept for the next one.
internal struct ReceiveQueue: Sendable {
    /// How a turn has ended.
    enum Outcome: Equatable, Sendable {
        /// The tap has no more packets.
        case drained
        /// There may be more: the turn was long enough.
        case more
        /// The driver has posted too little, and will notify when there is more.
        case starved
        /// The tap does not exist any more.
        case gone
        /// So long nothing may pass.
        case limited(milliseconds: Int64)
    }

    private struct Buffer {
        let head: UInt16
        let vector: IOVector
    }

    private enum Supply { case enough, short, busy }

    private static let packetsPerTurn = 64

    private let memory: GuestMemory
    private var queue: Virtqueue
    /// Places of the queue: no more chains than these can be posted.
    private let size: Int
    private let mergeable: Bool
    /// What has to be posted before a packet is read, in bytes.
    private let needed: Int
    /// Taken from the queue, and not given back yet.
    private var buffers: [Buffer] = []
    private var byteCount = 0
    private var pieceCount = 0

    init(_ queue: Virtqueue, size: UInt16, features: UInt64, memory: GuestMemory) {
        self.queue = queue
        self.size = Int(size)
        self.memory = memory
        mergeable = features & NetworkFeature.mergeableBuffers != 0
        let segments = NetworkFeature.guestSegmentation4 | NetworkFeature.guestSegmentation6
        needed = features & segments != 0 ? PacketLength.maximum : PacketLength.ordinary
    }

    /// How far the queue has come; buffers that are kept do not count.
    var progress: QueueProgress {
        var copy = self
        copy.putBack()
        return copy.queue.progress
    }

    /// Puts the buffers that are kept back into the queue.
    mutating func putBack() {
        for _ in buffers { queue.undoPop() }
        buffers = []
        byteCount = 0
        pieceCount = 0
    }

    /// Whether the driver is to be interrupted for what a turn has done.
    mutating func needsInterrupt() throws(VirtqueueError) -> Bool {
        try queue.needsInterrupt()
    }

    /// Moves packets to the guest, until they are so many bytes. Never waits.
    mutating func receive(
        from tap: HostLink, _ counters: inout NetworkCounters.Direction, atMost budget: Int64 = .max
    ) throws(VirtqueueError) -> Outcome {
        let start = counters.bytes
        for _ in 0..<Self.packetsPerTurn {
            guard counters.bytes &- start < UInt64(max(0, budget)) else { return .more }
            switch try collect() {
            case .short: return .starved
            case .busy: return .more
            case .enough: break
            }
            if let end = try readPacket(from: tap, &counters) { return end }
        }
        return .more
    }

    /// Takes buffers until the longest packet fits.
    private mutating func collect() throws(VirtqueueError) -> Supply {
        // What is given back unused counts as well: a driver cannot make this longer than its queue is.
        for _ in 0..<(2 * size) {
            if hasAll { return .enough }
            guard let chain = try queue.pop() else {
                if hasEnough { return .enough }
                guard try queue.enableNotifications() else { return .short }
                continue
            }
            let vector = (try? memory.vector(chain.writable)) ?? IOVector()
            if vector.count >= NetworkHeader.count {
                buffers.append(Buffer(head: chain.head, vector: vector))
                byteCount += vector.count
                pieceCount += vector.pieceCount
            } else if buffers.isEmpty {
                try queue.push(head: chain.head, written: 0)
            } else {
                // Its turn comes when those before it are used: only the last ones can be put back.
                queue.undoPop()
                return .enough
            }
        }
        return size > 0 ? .busy : .short
    }

    /// More is of no use, or cannot come.
    private var hasAll: Bool {
        guard mergeable else { return !buffers.isEmpty }
        return byteCount >= PacketLength.maximum || buffers.count >= size
            || pieceCount > IOVector.messagePieceLimit - size
    }

    private var hasEnough: Bool {
        mergeable ? byteCount >= needed : !buffers.isEmpty
    }

    /// How the turn ends, or nil where it goes on.
    private mutating func readPacket(
        from tap: HostLink, _ counters: inout NetworkCounters.Direction
    ) throws(VirtqueueError) -> Outcome? {
        let count: Int
        let room: Int
        do throws(Errno) {
            let target = try target()
            room = target.count
            count = try tap.read(into: target)
        } catch {
            switch error {
            case .wouldBlock: return .drained
            // The kernel has dropped a packet.
            case .invalidArgument, .noMemory, .badAddress: counters.drops &+= 1
            default: return .gone
            }
            return nil
        }
        guard count > 0 else { return .gone }
        // What does not fit was lost on the way; the buffers are good for the next packet.
        guard count >= NetworkHeader.count, count <= room else {
            counters.drops &+= 1
            return nil
        }
        try deliver(count)
        counters.add(packetOf: count)
        return nil
    }

    private func target() throws(Errno) -> IOVector {
        var target = IOVector()
        for buffer in buffers {
            try target.append(buffer.vector)
            if !mergeable { break }
        }
        return target
    }

    /// Gives the buffers with a packet to the driver, all at once (5.1.6.4).
    private mutating func deliver(_ count: Int) throws(VirtqueueError) {
        var used: [UsedChain] = []
        var left = count
        for buffer in buffers where left > 0 {
            let part = min(left, buffer.vector.count)
            used.append(UsedChain(head: buffer.head, written: UInt32(part)))
            left -= part
            byteCount -= buffer.vector.count
            pieceCount -= buffer.vector.pieceCount
        }
        // Without mergeable buffers it has to be 1, and is.
        let number = UInt16(used.count)
        buffers.first?.vector.dropFirst(NetworkHeader.bufferCountOffset).copyIn([
            UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8),
        ])
        buffers.removeFirst(used.count)
        try queue.push(used)
    }
}
