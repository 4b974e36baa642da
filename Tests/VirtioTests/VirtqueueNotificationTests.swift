import GuestMemory
import Testing
import Virtio
import VirtioTestDriver

/// Who is told what and when: virtio 1.2, 2.7.7, 2.7.9 and 2.7.10.
@Suite struct VirtqueueNotificationTests {
    private static let withoutEventIndex = Feature.version1

    @Test func nothingPushedNeedsNoInterrupt() throws {
        var queue = try QueueFixture(features: Self.withoutEventIndex)
        #expect(try !queue.device.needsInterrupt())
    }

    @Test func aPushNeedsOneInterrupt() throws {
        var queue = try QueueFixture(features: Self.withoutEventIndex)
        try queue.device.push(head: 0, written: 0)
        #expect(try queue.device.needsInterrupt())
        #expect(try !queue.device.needsInterrupt())
    }

    @Test func theDriversFlagSuppressesInterrupts_2_7_7_2() throws {
        var queue = try QueueFixture(features: Self.withoutEventIndex)
        try queue.driver.setNoInterrupt(true)
        try queue.device.push(head: 0, written: 0)
        #expect(try !queue.device.needsInterrupt())
        try queue.driver.setNoInterrupt(false)
        try queue.device.push(head: 0, written: 0)
        #expect(try queue.device.needsInterrupt())
    }

    @Test func usedEventIsIgnoredWithoutEventIndex_2_7_7_2() throws {
        var queue = try QueueFixture(features: Self.withoutEventIndex)
        try queue.driver.setUsedEvent(100)
        try queue.device.push(head: 0, written: 0)
        #expect(try queue.device.needsInterrupt())
    }

    @Test func theDriversFlagIsIgnoredWithEventIndex_2_7_7_2() throws {
        var queue = try QueueFixture()
        try queue.driver.setNoInterrupt(true)
        try queue.driver.setUsedEvent(0)
        try queue.device.push(head: 0, written: 0)
        #expect(try queue.device.needsInterrupt())
    }

    /// An interrupt is due if, and only if, the entry that `used_event` names was pushed since the last question:
    /// for every size up to 8, every start near the wrap, every count and every `used_event` around.
    @Test(arguments: [UInt16(1), 2, 4, 8])
    func usedEventDecidesAroundTheWrap_2_7_7_2(size: UInt16) throws {
        var queue = try QueueFixture(size: size)
        try push(Int(UInt16.max - 2 * size), &queue.device)
        _ = try queue.device.needsInterrupt()
        var start = UInt16.max - 2 * size
        while start != 2 * size {
            for count in 0...size { try checkEvents(queue, from: start, count: count) }
            try push(1, &queue.device)
            _ = try queue.device.needsInterrupt()
            start &+= 1
        }
    }

    private func push(_ count: Int, _ device: inout Virtqueue) throws {
        for _ in 0..<count { try device.push(head: 0, written: 0) }
    }

    private func checkEvents(_ queue: QueueFixture, from start: UInt16, count: UInt16) throws {
        let pushed = Set((0..<count).map { start &+ $0 })
        for distance in 0..<6 * queue.driver.size {
            let event = start &- 2 * queue.driver.size &+ distance
            var device = queue.device
            try queue.driver.setUsedEvent(event)
            try push(Int(count), &device)
            let asked = try device.needsInterrupt()
            #expect(
                asked == pushed.contains(event),
                "start \(start), pushed \(count), used_event \(event)")
        }
    }

    @Test(arguments: [UInt16(1), 2, 4, 8])
    func availableEventIsTheNextChain_2_7_10(size: UInt16) throws {
        var queue = try QueueFixture(size: size)
        try queue.driver.write(.readable(0x1000, 1), to: 0)
        try queue.cycle(Int(UInt16.max - size))
        for step in 0..<2 * size {
            #expect(try !queue.device.enableNotifications())
            #expect(try queue.driver.availableEvent() == UInt16.max - size &+ step)
            let before = queue.driver.availableIndex
            try queue.cycle(1)
            #expect(try queue.driver.needsNotification(since: before))
            let later = queue.driver.availableIndex
            try queue.cycle(1)
            #expect(try !queue.driver.needsNotification(since: later))
            try queue.rewind(to: later)
        }
    }

    @Test func aChainThatCameBeforeTheDeviceAskedIsTold() throws {
        var queue = try QueueFixture()
        #expect(try !queue.device.enableNotifications())
        try queue.publish(.readable(0x1000, 1))
        #expect(try queue.device.enableNotifications())
    }

    @Test func withoutEventIndexTheUsedRingHasNoEvent() throws {
        var queue = try QueueFixture(features: Self.withoutEventIndex)
        try queue.ram.memory.store(
            UInt16(0xabcd), at: queue.driver.used + 4 + 8 * UInt64(queue.driver.size))
        _ = try queue.device.enableNotifications()
        #expect(try queue.driver.availableEvent() == 0xabcd)
    }

    @Test func theUsedRingsFlagsStayZero_2_7_10() throws {
        var queue = try QueueFixture(features: Self.withoutEventIndex)
        _ = try queue.device.enableNotifications()
        try queue.device.push(head: 0, written: 0)
        #expect(try queue.ram.memory.loadUInt16(at: queue.driver.used) == 0)
    }

    @Test func aUsedEventOutsideOfMemoryIsRefused() throws {
        var queue = try QueueFixture { $0.driverArea = (1 << 20) - 8 }
        try queue.device.push(head: 0, written: 0)
        #expect(throws: VirtqueueError.ringOutsideMemory) { try queue.device.needsInterrupt() }
    }
}

extension QueueFixture {
    /// Takes back what was made available since this index.
    fileprivate mutating func rewind(to index: UInt16) throws {
        while driver.availableIndex != index {
            device.undoPop()
            try driver.setAvailableIndex(driver.availableIndex &- 1)
        }
    }
}

@Suite struct DeviceInterruptTests {
    @Test func everySignalRaisesTheLine() {
        let count = Counter()
        let interrupt = DeviceInterrupt { count.increment() }
        interrupt.signalUsedBuffer()
        interrupt.signalConfigurationChange()
        #expect(count.value == 2)
    }
}
