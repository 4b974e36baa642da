internal import GuestMemory
internal import Linux
internal import Virtio

/// The queue from the guest (virtio 1.2, 5.1.6.2): each chain is a header and a packet, which go to a tap as they are. The
/// tap checks the header.
internal struct TransmitQueue: Sendable {
    /// How a turn has ended.
    enum Outcome: Equatable, Sendable {
        /// The driver has nothing more, and will notify.
        case drained
        /// There may be more: the turn was long enough.
        case more
        /// The tap takes nothing now.
        case blocked
        /// So long nothing may pass.
        case limited(milliseconds: Int64)
    }

    private static let packetsPerTurn = 64

    private let memory: GuestMemory
    private var queue: Virtqueue

    init(_ queue: Virtqueue, memory: GuestMemory) {
        self.queue = queue
        self.memory = memory
    }

    var progress: QueueProgress { queue.progress }

    /// Whether the driver is to be interrupted for what a turn has done.
    mutating func needsInterrupt() throws(VirtqueueError) -> Bool {
        try queue.needsInterrupt()
    }

    /// Moves packets to the tap, until they are so many bytes; without one they are dropped. Never waits.
    mutating func send(
        to tap: HostLink?, _ counters: inout NetworkCounters.Direction, atMost budget: Int64 = .max
    ) throws(VirtqueueError) -> Outcome {
        let start = counters.bytes
        for _ in 0..<Self.packetsPerTurn {
            guard counters.bytes &- start < UInt64(max(0, budget)) else { return .more }
            guard let chain = try queue.pop() else {
                guard try queue.enableNotifications() else { return .drained }
                continue
            }
            guard write(chain, to: tap, &counters) else {
                queue.undoPop()
                return .blocked
            }
            try queue.push(head: chain.head, written: 0)
        }
        return .more
    }

    /// False where the tap cannot take the packet now. What it does not want to take is dropped.
    private func write(
        _ chain: DescriptorChain, to tap: HostLink?, _ counters: inout NetworkCounters.Direction
    ) -> Bool {
        guard let tap, let packet = try? memory.vector(chain.readable),
            packet.count > NetworkHeader.count, packet.count <= PacketLength.maximum
        else {
            counters.drops &+= 1
            return true
        }
        do throws(Errno) {
            try tap.write(packet)
            counters.add(packetOf: packet.count)
        } catch {
            guard error != .wouldBlock else { return false }
            counters.drops &+= 1
        }
        return true
    }
}
