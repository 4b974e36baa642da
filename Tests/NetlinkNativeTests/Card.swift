import Devices
import GuestMemory
import Linux
import Netlink
import Virtio
import VirtioTestDriver

/// A guest with a network card on a tap.
final class Card {
    private static let bufferSize = 1536

    private var ram: DriverMemory
    private var receive: DriverQueue
    private var transmit: DriverQueue
    private var posted: [UInt16: MemoryPiece] = [:]
    let device: NetworkDevice

    /// `absent` are features that the driver does not take.
    init(taps: PassedDescriptors, without absent: UInt64 = 0) throws {
        var ram = try DriverMemory(size: 16 << 20)
        receive = DriverQueue(&ram, size: 256)
        transmit = DriverQueue(&ram, size: 256)
        device = try NetworkDevice(memory: ram.memory, mac: [2, 0, 0, 0, 0, 1]) { _ in }
        self.ram = ram
        var driver = TransportDriver(MMIOTransport(device, interrupt: DeviceInterrupt {}))
        guard
            let activation = driver.bringUp(
                features: device.features & ~absent,
                queues: [receive.configuration, transmit.configuration])
        else { throw Errno.io }
        try device.start(name: "net")
        try device.attach(taps: taps)
        device.activate(activation)
        for _ in 0..<256 {
            let piece = self.ram.buffer(Self.bufferSize)
            guard let head = try receive.add(writable: [piece]) else { throw Errno.noSpace }
            posted[head] = piece
        }
        device.bells[0].event.signal()
    }

    deinit {
        device.detach()
    }

    func send(_ packet: [UInt8]) throws {
        try transmit.add(readable: [ram.buffer(packet)])
        device.bells[1].event.signal()
    }

    /// The next packet of this protocol of Ethernet within some time, with its header.
    func received(protocol number: [UInt8], _ milliseconds: Int = 2000) throws -> [UInt8]? {
        let end = ContinuousClock().now + .milliseconds(milliseconds)
        repeat {
            if let packet = try takePacket() {
                if packet.count > 26, packet[24...25] == number[...] { return packet }
            } else {
                _ = try EventLoop().runOnce(timeoutMilliseconds: 1)
            }
        } while ContinuousClock().now < end
        return nil
    }

    private func takePacket() throws -> [UInt8]? {
        guard var packet = try takeBuffer() else { return nil }
        guard packet.count >= 12 else { return packet }
        for _ in 1..<max(1, Int(packet[10]) | Int(packet[11]) << 8) {
            guard let more = try takeBuffer() else { throw Errno.io }
            packet += more
        }
        return packet
    }

    private func takeBuffer() throws -> [UInt8]? {
        guard let (head, written) = try receive.take() else { return nil }
        guard let piece = posted.removeValue(forKey: head) else { throw Errno.io }
        let bytes = try ram.memory.read(at: piece.address, count: Int(written))
        let before = receive.availableIndex
        guard let again = try receive.add(writable: [piece]) else { throw Errno.noSpace }
        posted[again] = piece
        if try receive.needsNotification(since: before) { device.bells[0].event.signal() }
        return bytes
    }
}

/// A segment of TCP over IPv4, as a guest gives it to its card.
enum Segment {
    static let ipv4: [UInt8] = [0x08, 0x00]

    /// A header of virtio that leaves the checksum open, and segmentation where `size` is not 0 (5.1.6).
    static func header(size: UInt16) -> [UInt8] {
        let type: UInt8 = size > 0 ? 1 : 0
        return [1, type, 54, 0, UInt8(size & 0xff), UInt8(size >> 8), 34, 0, 16, 0, 0, 0]
    }

    /// With so many bytes of content.
    static func packet(_ count: Int, size: UInt16) -> [UInt8] {
        let total = 40 + count
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + ipv4
        let ip: [UInt8] =
            [0x45, 0, UInt8(total >> 8), UInt8(total & 0xff), 0, 1, 0x40, 0, 64, 6, 0, 0]
            + [10, 0, 0, 1, 10, 0, 0, 2]
        let tcp: [UInt8] = [4, 0, 4, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        return header(size: size) + ethernet + ip + tcp + content
    }
}
