import Devices
import FileServer
import Foundation
import GuestMemory
import Linux
import Virtio
import VirtioTestDriver

/// A guest's side of the file system device: FUSE requests (linux/fuse.h) through the driver's queues.
final class FuseGuest {
    let folder: URL
    private(set) var device: FileSystemDevice
    let interrupts = Counter()
    var ram: DriverMemory
    var highPriority: DriverQueue
    var requests: DriverQueue
    private var driver: TransportDriver
    private var nextUnique: UInt64 = 1

    /// With a temporary folder, which goes with this object.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "vmrun-devices-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        ram = try DriverMemory(size: 64 << 20)
        highPriority = DriverQueue(&ram, size: 64)
        requests = DriverQueue(&ram, size: 512)
        device = try Self.makeDevice(folder, ram.memory)
        let interrupts = interrupts
        driver = TransportDriver(
            MMIOTransport(device, interrupt: DeviceInterrupt { interrupts.increment() }))
        try device.start()
        try activate()
    }

    deinit {
        device.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func makeDevice(_ folder: URL, _ memory: GuestMemory) throws -> FileSystemDevice
    {
        let server = try FileServer(root: OwnedFD.open(folder.path, O_RDONLY | O_DIRECTORY))
        return try FileSystemDevice(memory: memory, server: server) { _ in }
    }

    /// Goes on with another device, as a machine that is saved and restored does.
    func moveToAnotherDevice() throws {
        let progress = device.progress()
        device.stop()
        device = try Self.makeDevice(folder, ram.memory)
        try device.start()
        device.activate(driver.transport.activation(progress: progress))
    }

    func activate() throws {
        let queues = [highPriority.configuration, requests.configuration]
        guard let activation = driver.bringUp(features: Feature.common, queues: queues) else {
            throw Errno.io
        }
        device.activate(activation)
    }

    /// The queues as they are before a driver begins.
    func clearQueues() throws {
        highPriority = DriverQueue(&ram, size: 64)
        requests = DriverQueue(&ram, size: 512)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    /// struct fuse_in_header and arguments.
    func request(_ opcode: UInt32, node: UInt64 = 1, _ arguments: [UInt8] = []) -> [UInt8] {
        defer { nextUnique += 1 }
        return UInt32(40 + arguments.count).bytes + opcode.bytes + nextUnique.bytes + node.bytes
            + UInt32(getuid()).bytes + UInt32(getgid()).bytes + UInt32(1).bytes + [0, 0, 0, 0]
            + arguments
    }

    func kick() {
        device.requestBell.event.signal()
    }

    /// Makes a request available without waiting; where its reply will be.
    func submit(_ bytes: [UInt8], room: Int = 4096) throws -> MemoryPiece {
        let reply = ram.buffer(room)
        guard try requests.add(readable: [try ram.buffer(bytes)], writable: [reply]) != nil else {
            throw Errno.noSpace
        }
        kick()
        return reply
    }

    /// Waits until the device has given a chain back; nil where it does not.
    func wait() throws -> Int? {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(10)
        while clock.now < end {
            if let used = try requests.take() { return Int(used.written) }
            usleep(200)
        }
        return nil
    }

    /// A request and the bytes of its reply.
    func call(_ bytes: [UInt8], room: Int = 4096) throws -> [UInt8] {
        let reply = try submit(bytes, room: room)
        guard let written = try wait() else { throw Errno.io }
        return try ram.memory.read(at: reply.address, count: written)
    }

    /// FUSE_INIT of protocol 7.38, with FUSE_INIT_EXT not offered.
    func initialize() throws -> [UInt8] {
        try call(
            request(
                26,
                UInt32(7).bytes + UInt32(38).bytes + UInt32(1 << 20).bytes + UInt32(0).bytes
                    + [UInt8](repeating: 0, count: 48)))
    }
}

extension FixedWidthInteger {
    /// Little-endian.
    var bytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> Self(8 * $0)) }
    }

    init(_ bytes: [UInt8], at offset: Int) {
        self = (0..<Self.bitWidth / 8).reduce(0) { $0 | Self(bytes[offset + $1]) << Self(8 * $1) }
    }
}
