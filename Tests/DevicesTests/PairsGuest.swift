import Devices
import GuestMemory
import Linux
import Virtio
import VirtioTestDriver

/// A guest's side of a network device with several queue pairs, and the other ends of its links: packet sockets.
final class PairsGuest {
    /// VIRTIO_NET_F_STATUS, CTRL_VQ, MQ.
    static let status: UInt64 = 1 << 16
    static let multiqueue: UInt64 = 1 << 17 | 1 << 22

    var ram: DriverMemory
    let device: NetworkDevice
    /// Receive and transmit queue of each pair, then the control queue.
    var queues: [DriverQueue]
    private(set) var wires: [PacketWire] = []
    private(set) var transport: MMIOTransport
    let interrupts = Counter()
    let reports = Counter()

    /// With an active driver.
    init(pairs: Int = 2, without absent: UInt64 = 0, settings: [UInt8] = []) throws {
        var ram = try DriverMemory(size: 32 << 20)
        queues = (0..<2 * pairs).map { _ in DriverQueue(&ram, size: 256) }
        if pairs > 1 { queues.append(DriverQueue(&ram, size: 4)) }
        self.ram = ram
        let reports = reports
        device = try NetworkDevice(
            memory: ram.memory, mac: NetworkGuest.mac, pairCount: pairs
        ) { _ in reports.increment() }
        let interrupts = interrupts
        transport = MMIOTransport(device, interrupt: DeviceInterrupt { interrupts.increment() })
        try device.start(name: "net")
        var driver = TransportDriver(transport)
        guard
            driver.bringUp(
                features: device.features & ~absent, queues: queues.map(\.configuration)) != nil
        else { throw Errno.io }
        transport = driver.transport
        device.activate(transport.activation(settings: settings))
    }

    deinit {
        device.stop()
    }

    /// With so many links.
    func attach(_ count: Int, limits: RateLimits = RateLimits()) throws {
        let taps = PassedDescriptors()
        wires = []
        for _ in 0..<count {
            let (wire, end) = try PacketWire.make()
            wires.append(wire)
            taps.append(end)
        }
        try device.attach(taps: taps, limits: limits)
    }

    func cutWires() { wires = [] }

    /// What the device answers to a command; nil where it gives no answer.
    func command(_ bytes: [UInt8], pieces: Int = 1) throws -> UInt8? {
        let answer = ram.buffer(1)
        try ram.memory.write([0xee], at: answer.address)
        let size = max(1, bytes.count / pieces)
        let parts = try stride(from: 0, to: bytes.count, by: size).map {
            try ram.buffer(Array(bytes[$0..<min($0 + size, bytes.count)]))
        }
        try queues[queues.count - 1].add(readable: parts, writable: [answer])
        device.processCommands()
        guard try queues[queues.count - 1].take()?.written == 1 else { return nil }
        return try ram.bytes(answer)[0]
    }

    /// VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET.
    func usePairs(_ count: UInt16) throws -> UInt8? {
        try command([4, 0, UInt8(count & 0xff), UInt8(count >> 8)])
    }

    func send(_ packet: [UInt8], pair: Int) throws {
        try queues[2 * pair + 1].add(readable: [ram.buffer(packet)])
        device.bells[2 * pair + 1].event.signal()
    }

    func post(_ count: Int, pair: Int) throws {
        for _ in 0..<count { try queues[2 * pair].add(writable: [ram.buffer(1536)]) }
        device.bells[2 * pair].event.signal()
    }

    /// The length of the next packet that comes to a pair.
    func received(pair: Int, milliseconds: Int = 5000) throws -> UInt32? {
        try waiting(milliseconds) { try self.queues[2 * pair].take()?.written }
    }

    func transfer(_ packet: [UInt8], wire: Int) throws {
        // SAFETY: the array outlives the call.
        _ = try unsafe wires[wire].file.write(packet.span.bytes)
    }

    /// The next packet that the guest has sent.
    func arrived(wire: Int, milliseconds: Int = 5000) throws -> [UInt8]? {
        try waiting(milliseconds) { try self.wires[wire].take() }
    }

    func waiting<T>(_ milliseconds: Int, _ body: () throws -> T?) throws -> T? {
        let end = ContinuousClock().now + .milliseconds(milliseconds)
        repeat {
            if let result = try body() { return result }
            _ = try EventLoop().runOnce(timeoutMilliseconds: 1)
        } while ContinuousClock().now < end
        return nil
    }
}
