import Devices
import GuestMemory
import Linux
import Synchronization
import Virtio
import VirtioTestDriver

/// A guest's side of a network device, and the other end of its tap: a packet socket.
final class NetworkGuest {
    /// VIRTIO_NET_F_GUEST_TSO4 and GUEST_TSO6, VIRTIO_NET_F_MRG_RXBUF.
    static let guestSegmentation: UInt64 = 1 << 7 | 1 << 8
    static let mergeableBuffers: UInt64 = 1 << 15
    static let mac: [UInt8] = [0x02, 0, 0, 1, 2, 3]

    var ram: DriverMemory
    var receive: DriverQueue
    var transmit: DriverQueue
    private(set) var device: NetworkDevice
    let interrupts = Counter()
    let reports = Counter()
    private var wire: PacketWire?
    private var posted: [UInt16: MemoryPiece] = [:]
    private let features: UInt64

    /// With a tap and an active driver, where not told otherwise.
    init(
        without absent: UInt64 = 0, queueSize: UInt16 = 256, attached: Bool = true
    ) throws {
        ram = try DriverMemory(size: 64 << 20)
        receive = DriverQueue(&ram, size: queueSize)
        transmit = DriverQueue(&ram, size: queueSize)
        device = try Self.makeDevice(ram.memory, reports)
        features = device.features & ~absent
        try activate()
        if attached { try attach() }
    }

    deinit {
        device.detach()
    }

    static func makeDevice(_ memory: GuestMemory, _ reports: Counter) throws -> NetworkDevice {
        let device = try NetworkDevice(memory: memory, mac: mac) { _ in reports.increment() }
        try device.start(name: "net")
        return device
    }

    func activate(progress: [QueueProgress] = []) throws {
        let interrupts = interrupts
        let interrupt = DeviceInterrupt { interrupts.increment() }
        var driver = TransportDriver(MMIOTransport(device, interrupt: interrupt))
        let queues = [receive.configuration, transmit.configuration]
        guard driver.bringUp(features: features, queues: queues) != nil else { throw Errno.io }
        device.activate(
            Activation(
                features: features, queues: queues, interrupt: interrupt, progress: progress))
    }

    func attach() throws {
        let (wire, end) = try PacketWire.make()
        self.wire = wire
        try device.attach(taps: end)
    }

    /// Goes on with another device, as a machine that is saved and restored does.
    func moveToAnotherDevice() throws {
        device.detach()
        let progress = device.progress()
        device = try Self.makeDevice(ram.memory, reports)
        try activate(progress: progress)
        try attach()
    }

    /// Fresh rings, which a driver makes after a reset.
    func clearQueues() {
        receive = DriverQueue(&ram, size: receive.size)
        transmit = DriverQueue(&ram, size: transmit.size)
        posted = [:]
    }
}

// The driver.
extension NetworkGuest {
    static func packet(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        [UInt8](repeating: 0, count: 12)
            + (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) &+ seed }
    }

    /// Posts buffers for packets.
    func post(_ count: Int, size: Int) throws {
        for _ in 0..<count {
            let piece = ram.buffer(size)
            guard let head = try receive.add(writable: [piece]) else { throw Errno.noSpace }
            posted[head] = piece
        }
        ringReceive()
    }

    func ringReceive() { device.bells[0].event.signal() }
    func ringTransmit() { device.bells[1].event.signal() }

    func send(_ packet: [UInt8]) throws {
        guard try transmit.add(readable: [ram.buffer(packet)]) != nil else { throw Errno.noSpace }
        ringTransmit()
    }

    /// What `body` answers, which is asked until it does.
    func waiting<T>(_ seconds: Int = 5, _ body: () throws -> T?) throws -> T? {
        let end = ContinuousClock().now + .seconds(seconds)
        repeat {
            if let result = try body() { return result }
            _ = try EventLoop().runOnce(timeoutMilliseconds: 1)
        } while ContinuousClock().now < end
        return nil
    }

    /// The next chain that the device has given back.
    func returned() throws -> UInt32? {
        try waiting { try transmit.take()?.written }
    }

    /// The next packet, and how many buffers it has filled.
    func received() throws -> (bytes: [UInt8], buffers: Int)? {
        try waiting { try takeReceived() }
    }

    func takeReceived() throws -> (bytes: [UInt8], buffers: Int)? {
        guard var bytes = try takeBuffer() else { return nil }
        guard bytes.count >= 12 else { return (bytes, 1) }
        let buffers = Int(bytes[10]) | Int(bytes[11]) << 8
        for _ in 1..<max(1, buffers) {
            // They come together (5.1.6.4).
            guard let more = try takeBuffer() else { throw Errno.io }
            bytes += more
        }
        return (bytes, buffers)
    }

    private func takeBuffer() throws -> [UInt8]? {
        guard let (head, written) = try receive.take() else { return nil }
        guard let piece = posted.removeValue(forKey: head) else { return [] }
        return try ram.memory.read(at: piece.address, count: Int(written))
    }
}

// The other end of the tap.
extension NetworkGuest {
    func transfer(_ packet: [UInt8]) throws {
        guard let wire else { throw Errno.io }
        let done: Void? = try waiting {
            do throws(Errno) {
                // SAFETY: the array outlives the call.
                _ = try unsafe wire.file.write(packet.span.bytes)
                return ()
            } catch {
                guard error == .wouldBlock else { throw error }
                return nil
            }
        }
        if done == nil { throw Errno.wouldBlock }
    }

    /// The next packet that the guest has sent; empty where the tap was closed.
    func arrived(within seconds: Int = 5) throws -> [UInt8]? {
        try waiting(seconds) { try takeArrived() }
    }

    func takeArrived() throws -> [UInt8]? {
        try wire?.take()
    }

    func cutWire() { wire = nil }
}
