import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// The entropy source: virtio 1.2, 5.4.
@Suite struct RNGDeviceTests {
    private final class Guest {
        var ram: DriverMemory
        var queue: DriverQueue
        let device: RNGDevice
        let interrupts = Counter()

        init(features: UInt64 = Feature.common) throws {
            ram = try DriverMemory()
            queue = DriverQueue(&ram, size: 8)
            device = try RNGDevice(memory: ram.memory)
            let interrupts = interrupts
            var driver = TransportDriver(
                MMIOTransport(device, interrupt: DeviceInterrupt { interrupts.increment() }))
            guard
                let activation = driver.bringUp(
                    features: features, queues: [queue.configuration])
            else { throw Errno.io }
            device.activate(activation)
        }
    }

    @Test func aDriverFindsAnEntropySource_5_4() throws {
        let device = try RNGDevice(memory: GuestMemory(size: 4096))
        #expect(device.type == 4)
        #expect(device.configuration.isEmpty)
        #expect(device.queueSizes.count == 1)
    }

    @Test func aBufferIsFilled_5_4_6() throws {
        let guest = try Guest()
        let buffer = guest.ram.buffer(64)
        try guest.queue.add(writable: [buffer])
        guest.device.process()
        #expect(try guest.queue.take()?.written == 64)
        #expect(Set(try guest.ram.bytes(buffer)).count > 20)
        #expect(guest.interrupts.value == 1)
    }

    @Test func buffersThatWaitedForTheDeviceAreFilled() throws {
        let guest = try Guest()
        guest.device.reset()
        try guest.queue.add(writable: [guest.ram.buffer(8)])
        guest.device.process()
        #expect(try guest.queue.take() == nil)
    }

    @Test func anotherDeviceGoesOnWithTheProgress() throws {
        let guest = try Guest()
        let first = guest.ram.buffer(8)
        try guest.queue.add(writable: [first])
        guest.device.process()
        let progress = guest.device.progress()
        try guest.ram.memory.write([UInt8](repeating: 0, count: 8), at: first.address)
        let other = try RNGDevice(memory: guest.ram.memory)
        other.activate(
            Activation(
                features: Feature.common, queues: [guest.queue.configuration],
                interrupt: DeviceInterrupt {}, progress: progress))
        try guest.queue.add(writable: [guest.ram.buffer(16)])
        other.process()

        #expect(progress.map(\.nextAvailable) == [1])
        #expect(other.progress().map(\.nextUsed) == [2])
        #expect(try guest.queue.take()?.written == 8)
        #expect(try guest.queue.take()?.written == 16)
        // Not filled again.
        #expect(try guest.ram.bytes(first) == [UInt8](repeating: 0, count: 8))
        guest.device.reset()
        #expect(guest.device.progress() == [])
    }

    @Test func twoBuffersDiffer() throws {
        let guest = try Guest()
        let buffers = (guest.ram.buffer(32), guest.ram.buffer(32))
        try guest.queue.add(writable: [buffers.0])
        try guest.queue.add(writable: [buffers.1])
        guest.device.process()
        #expect(try guest.ram.bytes(buffers.0) != guest.ram.bytes(buffers.1))
    }

    @Test func aLargeBufferIsFilledInPart() throws {
        let guest = try Guest()
        let buffer = guest.ram.buffer(100_000)
        try guest.queue.add(writable: [buffer])
        guest.device.process()
        let written = try #require(try guest.queue.take()?.written)
        #expect((1...4096).contains(written))
        #expect(try guest.ram.bytes(buffer)[Int(written)...].allSatisfy { $0 == 0 })
    }

    @Test func aBufferThatTheDeviceMayNotWriteIsLeftAlone_5_4_6_1() throws {
        let guest = try Guest()
        let buffer = guest.ram.buffer(64)
        try guest.queue.add(readable: [buffer])
        guest.device.process()
        #expect(try guest.queue.take()?.written == 0)
        #expect(try guest.ram.bytes(buffer).allSatisfy { $0 == 0 })
    }

    @Test(arguments: [0xd000_0000, 1 << 20, UInt64.max - 3])
    func aBufferOutsideOfMemoryIsGivenBackEmpty(address: UInt64) throws {
        let guest = try Guest()
        try guest.queue.add(writable: [MemoryPiece(address: address, count: 64)])
        guest.device.process()
        #expect(try guest.queue.take()?.written == 0)
    }

    @Test func aBrokenQueueIsNotUsedAgain() throws {
        let guest = try Guest()
        try guest.queue.publish(0xffff)
        guest.device.process()
        try guest.queue.setAvailableIndex(0)
        try guest.queue.add(writable: [guest.ram.buffer(8)])
        guest.device.process()
        #expect(try guest.queue.take() == nil)
    }

    /// A driver that notifies only where the device asks for it, against a device that runs on another thread: a chain
    /// that nobody is told of would wait for ever.
    @Test(.timeLimit(.minutes(1))) func noBufferIsForgotten() throws {
        let guest = try Guest()
        let buffer = guest.ram.buffer(1)
        let stop = try Bell()
        let device = guest.device
        let thread = try Thread.start(name: "rng") {
            guard let loop = try? EventLoop() else { return }
            _ = try? loop.add(device.bell.event.descriptor, .readable) { _ in device.process() }
            _ = try? loop.add(stop.event.descriptor, .readable) { _ in loop.stop() }
            try? loop.run()
        }
        let clock = ContinuousClock()
        var forgotten = false
        var turn = 0
        while turn < 30_000, !forgotten {
            let before = guest.queue.availableIndex
            if try guest.queue.add(writable: [buffer]) != nil {
                turn += 1
                if try guest.queue.needsNotification(since: before) { device.bell.event.signal() }
                while try guest.queue.take() != nil {}
                continue
            }
            let end = clock.now + .seconds(2)
            while try guest.queue.take() == nil, !forgotten { forgotten = clock.now > end }
        }
        stop.event.signal()
        thread.join()
        #expect(!forgotten, "after \(turn) buffers")
    }
}
