// A driver of a network card that posts and sends what the bytes say, with a packet socket behind the queues.
@testable import Devices
import GuestMemory
import Linux
import Virtio

/// Each six bytes are one step.
func fuzzNetwork(_ input: ArraySlice<UInt8>) {
    guard let guest = try? NetworkGuest(features: input.first ?? 0) else { return }
    var rest = input
    while rest.count >= 6 {
        guard (try? guest.step(Array(rest.prefix(6)))) != nil else { return }
        rest = rest.dropFirst(6)
    }
}

private final class NetworkGuest {
    private static let size: UInt16 = 16
    private static let tables: UInt64 = 0x1000
    private static let buffers: UInt64 = 0x1_0000
    /// The control queue's number.
    private static let control: UInt64 = 4

    private let memory: GuestMemory
    private let tap: HostLink
    private let wire: HostLink
    private var receive: ReceiveQueue
    private var transmit: TransmitQueue
    private var counters = NetworkCounters()
    /// A card of two queue pairs, of which the control queue alone is in use.
    private let card: NetworkDevice
    private var indexes: [UInt16] = [0, 0, 0, 0, 0]

    init(features byte: UInt8) throws {
        let memory = try GuestMemory(size: 1 << 20)
        self.memory = memory
        let isStream = byte & 0x80 != 0
        let pair = try isStream ? UnixSocket.pair() : UnixSocket.packetPair()
        tap =
            try isStream
            ? HostLink(stream: pair.first.duplicate()) : HostLink(tap: pair.first.duplicate())
        wire = try HostLink(tap: pair.second.duplicate())
        // Without some of mergeable buffers, segments, event indexes.
        let absent =
            UInt64(byte & 1) << 15 | UInt64(byte >> 1 & 3) << 7 | UInt64(byte >> 3 & 1) << 29
        let features = NetworkFeature.all & ~absent
        func configuration(_ number: UInt64) -> QueueConfiguration {
            var configuration = QueueConfiguration()
            configuration.size = Self.size
            configuration.ready = true
            configuration.descriptorTable = Self.tables + number << 12
            configuration.driverArea = Self.tables + number << 12 + 0x400
            configuration.deviceArea = Self.tables + number << 12 + 0x800
            return configuration
        }
        func queue(_ number: UInt64) -> Virtqueue {
            Virtqueue(configuration(number), features: features, memory: memory)
        }
        receive = ReceiveQueue(queue(0), size: Self.size, features: features, memory: memory)
        transmit = TransmitQueue(queue(1), memory: memory)
        let mac: [UInt8] = [2, 0, 0, 0, 0, 1]
        card = try NetworkDevice(memory: memory, mac: mac, pairCount: 2) { _ in }
        card.activate(
            Activation(
                features: card.features & ~absent,
                queues: [QueueConfiguration](repeating: QueueConfiguration(), count: 4)
                    + [configuration(Self.control)],
                interrupt: DeviceInterrupt {}))
    }

    /// One of the things that a guest, or the host's network, can do. An error ends the use of the queues.
    func step(_ bytes: [UInt8]) throws {
        switch bytes[0] % 8 {
        case 0...3: try add(Int(bytes[0] & 1), bytes)
        case 4: try memory.write(Array(bytes[2...]), at: Self.tables + UInt64(bytes[1]) << 5)
        case 5:
            let packet = [UInt8](repeating: bytes[1], count: Int(bytes[2]) << 8 | Int(bytes[3]))
            // SAFETY: the array outlives the call.
            _ = try? unsafe wire.descriptor.write(packet.span.bytes)
        case 6: _ = try? wire.descriptor.read(upTo: 70_000)
        default:
            receive.putBack()
            try memory.write(bytes, at: Self.buffers + UInt64(bytes[2]) << 8)
            try add(Int(Self.control), bytes)
        }
        card.processCommands()
        precondition([[1, 0], [2, 0]].contains(card.settings))
        if try receive.receive(from: tap, &counters.toGuest) == .gone {
            // An empty packet cannot be told from the end.
            return
        }
        _ = try transmit.send(to: bytes[1] & 1 == 0 ? tap : nil, &counters.fromGuest)
        for progress in [receive.progress, transmit.progress] {
            precondition(progress.nextAvailable == progress.nextUsed)
        }
    }

    /// Makes one chain of up to four descriptors available, indirect or not.
    private func add(_ queue: Int, _ bytes: [UInt8]) throws {
        let base = Self.tables + UInt64(queue) << 12
        let slot = indexes[queue] % Self.size
        let count = UInt64(bytes[1] >> 6) + 1
        let indirect = bytes[0] & 0x80 != 0
        let table = indirect ? Self.tables + 0x3000 + UInt64(slot) * 64 : base
        for index in 0..<count {
            let place = table + 16 * (indirect ? index : (UInt64(slot) + index) % UInt64(Self.size))
            let far = bytes[0] & 0x40 != 0 ? UInt64(bytes[5]) << 16 : 0
            try memory.store(Self.buffers + far + UInt64(bytes[2]) << 8, at: place)
            try memory.store(UInt32(bytes[3]) << UInt32(bytes[4] & 15), at: place + 8)
            let wrong: UInt16 = bytes[0] & 0x20 != 0 ? UInt16(bytes[5] & 7) : 0
            let isLast = index + 1 == count
            // Of a command the last one is for the answer.
            let isWritable = queue == 0 || queue == Int(Self.control) && isLast
            let flags: UInt16 = (isWritable ? 2 : 0) | (isLast ? 0 : 1)
            try memory.store(flags ^ wrong, at: place + 12)
            let next = indirect ? UInt16(index + 1) : (slot + UInt16(index) + 1) % Self.size
            try memory.store(next, at: place + 14)
        }
        if indirect {
            try memory.store(table, at: base + 16 * UInt64(slot))
            try memory.store(UInt32(16 * count), at: base + 16 * UInt64(slot) + 8)
            try memory.store(UInt16(4), at: base + 16 * UInt64(slot) + 12)
        }
        try memory.store(slot, at: base + 0x404 + 2 * UInt64(slot))
        indexes[queue] &+= 1
        try memory.store(indexes[queue], at: base + 0x402)
    }
}
