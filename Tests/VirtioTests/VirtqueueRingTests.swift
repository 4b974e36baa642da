import GuestMemory
import Testing
import Virtio
import VirtioTestDriver

/// Available and used ring: virtio 1.2, 2.7.6 and 2.7.8.
@Suite struct VirtqueueRingTests {
    @Test func anEmptyQueueHasNoChain() throws {
        var queue = try QueueFixture()
        #expect(try !queue.device.hasAvailable())
        #expect(try queue.device.pop() == nil)
    }

    @Test func chainsComeInTheOrderOfTheRing() throws {
        var queue = try QueueFixture(size: 4)
        for head in [UInt16(2), 0, 3] {
            try queue.driver.write(.readable(0x1000, 1), to: head)
            try queue.driver.publish(head)
        }
        #expect(try queue.device.hasAvailable())
        #expect(try queue.device.pop()?.head == 2)
        #expect(try queue.device.pop()?.head == 0)
        #expect(try queue.device.pop()?.head == 3)
        #expect(try queue.device.pop() == nil)
    }

    @Test func aChainThatWasPutBackComesAgain() throws {
        var queue = try QueueFixture()
        try queue.publish(.readable(0x1000, 1))
        let first = try queue.device.pop()
        queue.device.undoPop()
        #expect(try queue.device.hasAvailable())
        #expect(try queue.device.pop() == first)
        #expect(try queue.device.pop() == nil)
    }

    @Test func whatIsPushedIsInTheUsedRing() throws {
        var queue = try QueueFixture(size: 4)
        try queue.device.push(head: 3, written: 0x1234_5678)
        try queue.device.push(head: 1, written: 0)
        #expect(try queue.driver.usedIndex() == 2)
        #expect(try queue.driver.usedElement(0) == (3, 0x1234_5678))
        #expect(try queue.driver.usedElement(1) == (1, 0))
    }

    @Test func chainsThatArePushedTogetherAreSeenTogether() throws {
        var queue = try QueueFixture(size: 4)
        try queue.device.push([UsedChain(head: 2, written: 7), UsedChain(head: 0, written: 1)])
        #expect(try queue.driver.usedIndex() == 2)
        #expect(try queue.driver.usedElement(0) == (2, 7))
        #expect(try queue.driver.usedElement(1) == (0, 1))
        try queue.device.push([])
        #expect(try queue.driver.usedIndex() == 2)
    }

    @Test(arguments: [UInt16(1), 2, 4, 8])
    func indexesWrapAfter65535(size: UInt16) throws {
        var queue = try QueueFixture(size: size)
        try queue.driver.write(.readable(0x1000, 1), to: 0)
        try queue.cycle(65534)
        try queue.cycle(4)
        #expect(try queue.driver.usedIndex() == 2)
        #expect(try !queue.device.hasAvailable())
    }

    @Test(arguments: [UInt16(1), 2, 4, 8])
    func aFullRingAcrossTheWrapIsRead(size: UInt16) throws {
        var queue = try QueueFixture(size: size)
        for head in 0..<size { try queue.driver.write(.readable(0x1000, 1), to: head) }
        try queue.cycle(Int(UInt16.max - size / 2))
        for head in 0..<size { try queue.driver.publish(head) }
        for head in 0..<size { #expect(try queue.device.pop()?.head == head) }
        #expect(try queue.device.pop() == nil)
    }

    @Test(arguments: [UInt16(9), 10, 0x8000, 0xffff])
    func moreChainsThanPlacesAreRefused(index: UInt16) throws {
        var queue = try QueueFixture(size: 8)
        try queue.driver.setAvailableIndex(index)
        #expect(throws: VirtqueueError.availableIndexTooFar(index)) { try queue.device.pop() }
        #expect(throws: VirtqueueError.availableIndexTooFar(index)) {
            try queue.device.hasAvailable()
        }
    }

    @Test func anIndexThatGoesBackIsRefused() throws {
        var queue = try QueueFixture(size: 8)
        try queue.driver.write(.readable(0x1000, 1), to: 0)
        try queue.cycle(3)
        try queue.driver.setAvailableIndex(2)
        #expect(throws: VirtqueueError.availableIndexTooFar(2)) { try queue.device.pop() }
    }

    @Test(arguments: [0x10_0000, 0xc000_0000, UInt64.max - 3, 0x2001])
    func anAvailableRingOutsideOfMemoryOrMisalignedIsRefused(address: UInt64) throws {
        var queue = try QueueFixture { $0.driverArea = address }
        #expect(throws: VirtqueueError.ringOutsideMemory) { try queue.device.pop() }
    }

    @Test(arguments: [0xf_fffc, UInt64.max - 3])
    func anAvailableRingThatLeavesMemoryIsRefused(address: UInt64) throws {
        var queue = try QueueFixture(size: 8) { $0.driverArea = address }
        try? queue.ram.memory.store(UInt16(1), at: address + 2)
        #expect(throws: VirtqueueError.ringOutsideMemory) { try queue.device.pop() }
    }

    @Test(arguments: [0x10_0000, 0xf_fffc, UInt64.max - 7, 0xc000_0000])
    func aUsedRingOutsideOfMemoryIsRefused(address: UInt64) throws {
        var queue = try QueueFixture { $0.deviceArea = address }
        #expect(throws: VirtqueueError.ringOutsideMemory) {
            try queue.device.push(head: 0, written: 0)
        }
    }

    @Test(arguments: [0x10_0000, 0xf_fff8, UInt64.max - 15])
    func aDescriptorTableOutsideOfMemoryIsRefused(address: UInt64) throws {
        var queue = try QueueFixture { $0.descriptorTable = address }
        try queue.driver.publish(0)
        #expect(throws: VirtqueueError.ringOutsideMemory) { try queue.device.pop() }
    }

    @Test func aQueueThatIsNotReadyIsNeverTouched_4_2_2_1() throws {
        var queue = try QueueFixture { $0.ready = false }
        try queue.publish(.readable(0x1000, 1))
        #expect(try !queue.device.hasAvailable())
        #expect(try queue.device.pop() == nil)
        #expect(try !queue.device.enableNotifications())
        try queue.device.push(head: 0, written: 0)
        #expect(try !queue.device.needsInterrupt())
        #expect(try queue.driver.usedIndex() == 0)
    }

    @Test func aQueueWithoutPlacesIsNeverTouched() throws {
        var queue = try QueueFixture { $0 = QueueConfiguration() }
        #expect(try queue.device.pop() == nil)
        #expect(try !queue.device.enableNotifications())
        try queue.device.push(head: 0, written: 0)
        #expect(try !queue.device.needsInterrupt())
    }
}
