import GuestMemory
import Testing
import Virtio
import VirtioTestDriver

/// A queue that goes on in another process, where a saved machine's has stopped: virtio 1.2, 2.7.
@Suite struct VirtqueueProgressTests {
    /// The device's side as a copy makes it, over the same memory.
    private func restored(_ fixture: QueueFixture) -> Virtqueue {
        Virtqueue(
            fixture.driver.configuration, features: QueueFixture.allFeatures,
            memory: fixture.ram.memory, progress: fixture.device.progress)
    }

    @Test func aNewQueueHasNoProgress() throws {
        #expect(try QueueFixture().device.progress == QueueProgress())
    }

    @Test func nothingIsTakenTwice_2_7_6() throws {
        var fixture = try QueueFixture()
        try fixture.cycle(3)
        var copy = restored(fixture)

        #expect(try copy.pop() == nil)
        #expect(try copy.hasAvailable() == false)
    }

    @Test(arguments: [0, 1, 3, 8, 100, 65535, 65536, 65543])
    func theNextChainIsTheNext_2_7_13(count: Int) throws {
        var fixture = try QueueFixture()
        try fixture.cycle(count)
        let buffer = fixture.ram.buffer(16)
        try fixture.driver.write(.writable(buffer.address, 16), to: 5)
        try fixture.driver.publish(5)
        var copy = restored(fixture)

        let chain = try #require(try copy.pop())
        try copy.push(head: chain.head, written: 7)

        #expect(chain.head == 5)
        #expect(chain.writable == [buffer])
        #expect(try fixture.driver.usedIndex() == UInt16(truncatingIfNeeded: count + 1))
        let element = try fixture.driver.usedElement(UInt16(count % 8))
        #expect(element.head == 5)
        #expect(element.written == 7)
        #expect(copy.progress.nextAvailable == UInt16(truncatingIfNeeded: count + 1))
    }

    @Test func aChainThatWaitedIsTaken_2_7_6() throws {
        var fixture = try QueueFixture()
        try fixture.cycle(2)
        try fixture.driver.publish(1)
        try fixture.driver.publish(2)
        var copy = restored(fixture)

        #expect(try copy.pop()?.head == 1)
        #expect(try copy.pop()?.head == 2)
        #expect(try copy.pop() == nil)
    }

    @Test func anInterruptThatWasNotAskedForYetIsNotLost_2_7_7_2() throws {
        var fixture = try QueueFixture()
        try fixture.driver.setUsedEvent(2)
        try fixture.cycle(2)
        let early = try fixture.device.needsInterrupt()
        try fixture.cycle(1)
        var copy = restored(fixture)

        #expect(!early)
        #expect(try copy.needsInterrupt())
        #expect(try copy.needsInterrupt() == false)
    }

    @Test func anInterruptThatWasAskedForComesOnce_2_7_7_2() throws {
        var fixture = try QueueFixture()
        try fixture.driver.setUsedEvent(2)
        try fixture.cycle(3)
        let asked = try fixture.device.needsInterrupt()
        var copy = restored(fixture)

        #expect(asked)
        #expect(try copy.needsInterrupt() == false)
    }

    @Test func progressBeyondTheRingIsAnError_2_7_6() throws {
        let fixture = try QueueFixture()
        var progress = QueueProgress()
        progress.nextAvailable = 1
        var copy = Virtqueue(
            fixture.driver.configuration, features: QueueFixture.allFeatures,
            memory: fixture.ram.memory, progress: progress)

        #expect(throws: VirtqueueError.availableIndexTooFar(0)) { try copy.pop() }
    }

    @Test func anActivationHandsEachQueueItsProgress() throws {
        var ram = try DriverMemory()
        let queues = (0..<3).map { _ in DriverQueue(&ram, size: 4) }
        let progress = (UInt16(1)...2).map { number in
            var progress = QueueProgress()
            progress.nextAvailable = number
            progress.nextUsed = 10 + number
            progress.lastAsked = 20 + number
            return progress
        }
        let activation = Activation(
            features: Feature.common, queues: queues.map(\.configuration),
            interrupt: DeviceInterrupt {}, progress: progress)

        // What there is too few of begins anew.
        #expect(
            activation.makeQueues(ram.memory).map(\.progress) == progress + [QueueProgress()])
    }
}
