import GuestMemory
import Testing
import Virtio
import VirtioTestDriver

/// Descriptor chains: virtio 1.2, 2.7.4 and 2.7.5.
@Suite struct VirtqueueChainTests {
    @Test func aChainKeepsTheOrderOfItsBuffers() throws {
        var queue = try QueueFixture()
        try queue.publish(
            .readable(0x1000, 16, next: 1), .readable(0x2000, 8, next: 2),
            .writable(0x3000, 4, next: 3), .writable(0x4000, 2))
        let chain = try #require(try queue.device.pop())
        #expect(chain.head == 0)
        #expect(
            chain.readable == [
                MemoryPiece(address: 0x1000, count: 16), MemoryPiece(address: 0x2000, count: 8),
            ])
        #expect(
            chain.writable == [
                MemoryPiece(address: 0x3000, count: 4), MemoryPiece(address: 0x4000, count: 2),
            ])
        #expect(chain.readableCount == 24)
        #expect(chain.writableCount == 6)
    }

    @Test func descriptorsMayBeLinkedInAnyOrder() throws {
        var queue = try QueueFixture()
        try queue.driver.write(.readable(0x1000, 1, next: 2), to: 7)
        try queue.driver.write(.readable(0x2000, 2, next: 0), to: 2)
        try queue.driver.write(.writable(0x3000, 3), to: 0)
        try queue.driver.publish(7)
        let chain = try #require(try queue.device.pop())
        #expect(chain.head == 7)
        #expect(chain.readable.map(\.address) == [0x1000, 0x2000])
        #expect(chain.writable.map(\.address) == [0x3000])
    }

    @Test func aBufferMayBeEmpty() throws {
        var queue = try QueueFixture()
        try queue.publish(.readable(0x1000, 0, next: 1), .writable(0x2000, 0))
        let chain = try #require(try queue.device.pop())
        #expect(chain.readableCount == 0)
        #expect(chain.writable == [MemoryPiece(address: 0x2000, count: 0)])
    }

    @Test func theNextFieldCountsOnlyWithItsFlag() throws {
        var queue = try QueueFixture()
        try queue.publish(DriverDescriptor(0x1000, 4, flags: 0, next: 0xffff))
        #expect(try queue.device.pop()?.readable.count == 1)
    }

    @Test func aChainAsLongAsTheQueueIsTaken() throws {
        var queue = try QueueFixture(size: 4)
        try queue.publish(
            .readable(0, 1, next: 1), .readable(0, 1, next: 2), .readable(0, 1, next: 3),
            .readable(0, 1))
        #expect(try queue.device.pop()?.readable.count == 4)
    }

    @Test(arguments: [UInt16(8), 9, 0x7fff, 0xffff])
    func aHeadOutsideTheTableIsRefused(head: UInt16) throws {
        var queue = try QueueFixture(size: 8)
        try queue.driver.publish(head)
        #expect(throws: VirtqueueError.descriptorOutOfRange(head)) { try queue.device.pop() }
    }

    @Test(arguments: [UInt16(8), 0xffff])
    func aLinkOutsideTheTableIsRefused(next: UInt16) throws {
        var queue = try QueueFixture(size: 8)
        try queue.publish(.readable(0x1000, 4, next: next))
        #expect(throws: VirtqueueError.descriptorOutOfRange(next)) { try queue.device.pop() }
    }

    @Test(arguments: [UInt16(1), 2, 4, 8])
    func aLoopIsRefusedAtEverySize(size: UInt16) throws {
        var queue = try QueueFixture(size: size)
        for index in 0..<size {
            try queue.driver.write(.readable(0x1000, 1, next: (index + 1) % size), to: index)
        }
        try queue.driver.publish(0)
        #expect(throws: VirtqueueError.chainTooLong) { try queue.device.pop() }
    }

    @Test func aReadableBufferAfterAWritableOneIsRefused_2_7_4_2() throws {
        var queue = try QueueFixture()
        try queue.publish(.writable(0x1000, 4, next: 1), .readable(0x2000, 4))
        #expect(throws: VirtqueueError.readableAfterWritable) { try queue.device.pop() }
    }

    @Test func buffersOfMoreThanFourGiBTogetherAreRefused_2_7_5_2() throws {
        var queue = try QueueFixture()
        try queue.publish(.readable(0, 0xffff_ffff, next: 1), .writable(0, 1))
        #expect(throws: VirtqueueError.tooManyBytes) { try queue.device.pop() }
    }

    @Test func buffersOfAlmostFourGiBTogetherAreTaken() throws {
        var queue = try QueueFixture()
        try queue.publish(.readable(0, 0xffff_fffe, next: 1), .writable(0, 1))
        let chain = try #require(try queue.device.pop())
        #expect(chain.readableCount + chain.writableCount == 0xffff_ffff)
    }

    @Test func whatABufferPointsAtIsTheUsersBusiness() throws {
        var queue = try QueueFixture()
        try queue.publish(.readable(.max, 8))
        let chain = try #require(try queue.device.pop())
        #expect(throws: GuestMemoryError.self) { try queue.ram.memory.vector(chain.readable) }
    }
}

/// Indirect descriptors: virtio 1.2, 2.7.5.3.
@Suite struct VirtqueueIndirectTests {
    @Test func anIndirectTableIsTheChain() throws {
        var queue = try QueueFixture(size: 4)
        try queue.publishTable(
            .readable(0x1000, 1, next: 1), .readable(0x2000, 2, next: 2),
            .writable(0x3000, 3, next: 3), .writable(0x4000, 4))
        let chain = try #require(try queue.device.pop())
        #expect(chain.head == 0)
        #expect(chain.readable.map(\.address) == [0x1000, 0x2000])
        #expect(chain.writable.map(\.address) == [0x3000, 0x4000])
    }

    @Test func theWriteFlagOfTheReferenceIsIgnored_2_7_5_3_2() throws {
        var queue = try QueueFixture()
        try queue.publishTable(.readable(0x1000, 1), flags: DriverDescriptor.deviceWrites)
        let chain = try #require(try queue.device.pop())
        #expect(chain.readable.count == 1)
        #expect(chain.writable.isEmpty)
    }

    @Test func normalDescriptorsMayComeBeforeTheTable_2_7_5_3_2() throws {
        var queue = try QueueFixture()
        let table = queue.ram.allocate(32)
        try queue.driver.write(.readable(0x2000, 2, next: 1), to: 0, of: table)
        try queue.driver.write(.writable(0x3000, 3), to: 1, of: table)
        try queue.publish(
            .readable(0x1000, 1, next: 1),
            DriverDescriptor(table, 32, flags: DriverDescriptor.isTable))
        let chain = try #require(try queue.device.pop())
        #expect(chain.readable.map(\.address) == [0x1000, 0x2000])
        #expect(chain.writable.map(\.address) == [0x3000])
    }

    @Test func theOrderRuleHoldsAcrossTheTable() throws {
        var queue = try QueueFixture()
        let table = queue.ram.allocate(16)
        try queue.driver.write(.readable(0x2000, 2), to: 0, of: table)
        try queue.publish(
            .writable(0x1000, 1, next: 1),
            DriverDescriptor(table, 16, flags: DriverDescriptor.isTable))
        #expect(throws: VirtqueueError.readableAfterWritable) { try queue.device.pop() }
    }

    @Test(arguments: [UInt32(0), 1, 15, 17, 144, 0xffff_fff0])
    func aTableOfBadSizeIsRefused(count: UInt32) throws {
        var queue = try QueueFixture(size: 8)
        try queue.publishTable(.readable(0x1000, 1), count: count)
        #expect(throws: VirtqueueError.badIndirectTable) { try queue.device.pop() }
    }

    @Test func aTableIsRefusedWhereTheFeatureWasNotAccepted() throws {
        var queue = try QueueFixture(features: Feature.version1)
        try queue.publishTable(.readable(0x1000, 1))
        #expect(throws: VirtqueueError.badIndirectTable) { try queue.device.pop() }
    }

    @Test func aTableInATableIsRefused_2_7_5_3_1() throws {
        var queue = try QueueFixture()
        try queue.publishTable(DriverDescriptor(0x1000, 16, flags: DriverDescriptor.isTable))
        #expect(throws: VirtqueueError.badIndirectTable) { try queue.device.pop() }
    }

    @Test func aTableWithASuccessorIsRefused_2_7_5_3_1() throws {
        var queue = try QueueFixture()
        try queue.publishTable(.readable(0x1000, 1), flags: DriverDescriptor.hasNext)
        #expect(throws: VirtqueueError.badIndirectTable) { try queue.device.pop() }
    }

    @Test func aLinkOutsideTheIndirectTableIsRefused() throws {
        var queue = try QueueFixture(size: 8)
        try queue.publishTable(.readable(0x1000, 1, next: 2), .readable(0x2000, 1))
        #expect(throws: VirtqueueError.descriptorOutOfRange(2)) { try queue.device.pop() }
    }

    @Test func aLoopInTheIndirectTableIsRefused() throws {
        var queue = try QueueFixture(size: 4)
        try queue.publishTable(.readable(0x1000, 1, next: 1), .readable(0x2000, 1, next: 0))
        #expect(throws: VirtqueueError.chainTooLong) { try queue.device.pop() }
    }

    @Test func aTableAndItsPredecessorsTogetherMayNotExceedTheQueue() throws {
        var queue = try QueueFixture(size: 2)
        let table = queue.ram.allocate(32)
        try queue.driver.write(.readable(0x2000, 1, next: 1), to: 0, of: table)
        try queue.driver.write(.readable(0x3000, 1), to: 1, of: table)
        try queue.publish(
            .readable(0x1000, 1, next: 1),
            DriverDescriptor(table, 32, flags: DriverDescriptor.isTable))
        #expect(throws: VirtqueueError.chainTooLong) { try queue.device.pop() }
    }

    @Test(arguments: [0x10_0000, 0xc000_0000, UInt64.max, UInt64.max - 15])
    func aTableOutsideOfMemoryIsRefused(address: UInt64) throws {
        var queue = try QueueFixture()
        try queue.publish(DriverDescriptor(address, 16, flags: DriverDescriptor.isTable))
        #expect(throws: VirtqueueError.ringOutsideMemory) { try queue.device.pop() }
    }
}
