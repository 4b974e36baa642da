import GuestMemory
import Linux
import Virtio
import VirtioTestDriver

/// A driver's queue and the device's view of it.
struct QueueFixture {
    static let allFeatures = Feature.version1 | Feature.indirectDescriptors | Feature.eventIndex

    var ram: DriverMemory
    var driver: DriverQueue
    var device: Virtqueue

    init(
        size: UInt16 = 8, features: UInt64 = allFeatures,
        configure: (inout QueueConfiguration) -> Void = { _ in }
    ) throws {
        ram = try DriverMemory()
        driver = DriverQueue(&ram, size: size)
        var configuration = driver.configuration
        configure(&configuration)
        device = Virtqueue(configuration, features: features, memory: ram.memory)
    }

    /// Writes these descriptors from number 0 on and makes the first one available.
    mutating func publish(_ descriptors: DriverDescriptor...) throws {
        for (index, descriptor) in descriptors.enumerated() {
            try driver.write(descriptor, to: UInt16(index))
        }
        try driver.publish(0)
    }

    /// Writes these descriptors to an indirect table, with descriptor 0 referring to it.
    mutating func publishTable(
        _ descriptors: DriverDescriptor..., count: UInt32? = nil, flags: UInt16 = 0
    ) throws {
        let table = ram.allocate(16 * descriptors.count)
        for (index, descriptor) in descriptors.enumerated() {
            try driver.write(descriptor, to: UInt16(index), of: table)
        }
        try driver.write(
            DriverDescriptor(
                table, count ?? UInt32(16 * descriptors.count),
                flags: DriverDescriptor.isTable | flags), to: 0)
        try driver.publish(0)
    }

    /// Lets so many chains of one descriptor go through the queue.
    mutating func cycle(_ count: Int) throws {
        for _ in 0..<count {
            try driver.publish(0)
            guard let chain = try device.pop() else { throw CycleBroken() }
            try device.push(head: chain.head, written: 0)
        }
    }

    struct CycleBroken: Error {}
}

extension DriverDescriptor {
    static func readable(
        _ address: UInt64, _ count: UInt32, next: UInt16? = nil
    ) -> DriverDescriptor {
        DriverDescriptor(address, count, flags: next == nil ? 0 : hasNext, next: next ?? 0)
    }

    static func writable(
        _ address: UInt64, _ count: UInt32, next: UInt16? = nil
    ) -> DriverDescriptor {
        DriverDescriptor(
            address, count, flags: deviceWrites | (next == nil ? 0 : hasNext), next: next ?? 0)
    }
}
