import Testing
import Virtio
import VirtioTestDriver

/// Registers that are saved and brought back, as a template's copies do it.
@Suite struct MMIOSavedTests {
    private let interrupts = Counter()

    private func transport(_ device: FakeDevice = FakeDevice()) -> MMIOTransport {
        let interrupts = interrupts
        return MMIOTransport(device, interrupt: DeviceInterrupt { interrupts.increment() })
    }

    private func queue(_ address: UInt64, size: UInt16) -> QueueConfiguration {
        var queue = QueueConfiguration()
        queue.size = size
        queue.ready = true
        queue.descriptorTable = address
        queue.driverArea = address + 0x1_0000_0000
        queue.deviceArea = address + 0x2_0000_0000
        return queue
    }

    private var queues: [QueueConfiguration] { [queue(0x1000, size: 64), queue(0x5000, size: 8)] }

    /// A driver that has come to its end.
    private func broughtUp() throws -> TransportDriver {
        var driver = TransportDriver(transport())
        let features = Feature.version1 | Feature.eventIndex
        let activation = driver.bringUp(features: features, queues: queues)
        _ = try #require(activation)
        return driver
    }

    @Test func aDeviceThatWasInUseIsActivatedAgain() throws {
        let saved = try broughtUp().transport.saved
        var copy = transport()

        #expect(copy.restore(saved) == .activate)
        #expect(copy.activation().features == Feature.version1 | Feature.eventIndex)
        #expect(copy.activation().queues == queues)
        #expect(copy.saved == saved)
    }

    @Test func aDriverDoesNotNoticeIt() throws {
        var before = try broughtUp()
        before.write(MMIORegister.queueSelect, 1)
        before.write(MMIORegister.deviceFeaturesSelect, 1)
        var copy = transport()
        _ = copy.restore(before.transport.saved)
        var after = TransportDriver(copy)

        for register in stride(from: MMIORegister.magicValue, to: MMIORegister.configuration, by: 4)
        {
            #expect(after.read(register) == before.read(register))
        }
        #expect(after.write(MMIORegister.queueNotify, 1) == .notify(queue: 1))
        #expect(after.write(MMIORegister.status, 0) == .reset)
    }

    @Test func aDriverThatHadNotComeToItsEndGoesOn() throws {
        var before = TransportDriver(transport())
        before.negotiate(features: Feature.version1)
        before.configure(queue: 0, queue(0x1000, size: 4))
        var copy = transport()
        let effect = copy.restore(before.transport.saved)
        var after = TransportDriver(copy)
        after.configure(queue: 1, queue(0x5000, size: 2))

        #expect(effect == MMIOTransport.Effect.none)
        #expect(after.add(status: DriverStatus.driverOK) == .activate)
        #expect(after.transport.activation().queues.map(\.size) == [4, 2])
        #expect(after.transport.activation().features == Feature.version1)
    }

    @Test func aDeviceThatNobodyHasUsedIsAsAfterPowerOn() {
        var copy = transport()
        #expect(copy.restore(transport().saved) == MMIOTransport.Effect.none)
        #expect(copy.saved == transport().saved)
    }

    @Test(arguments: [[], [256], [256, 8, 8]] as [[UInt16]])
    func registersOfADeviceWithOtherQueuesAreRefused(sizes: [UInt16]) throws {
        var copy = transport(FakeDevice(queueSizes: sizes))
        let before = copy.saved

        #expect(copy.restore(try broughtUp().transport.saved) == nil)
        #expect(copy.saved == before)
    }

    @Test func registersOfADeviceWithOtherFeaturesAreRefused() throws {
        var copy = transport(FakeDevice(features: Feature.version1))
        let before = copy.saved

        #expect(copy.restore(try broughtUp().transport.saved) == nil)
        #expect(copy.saved == before)
        #expect(interrupts.value == 0)
    }

    @Test func featuresThatNobodyTookAreNoObstacle() throws {
        var copy = transport(FakeDevice(features: Feature.version1 | Feature.eventIndex | 1))

        #expect(copy.restore(try broughtUp().transport.saved) == .activate)
    }

    @Test func anInterruptThatWaitedComesBackWithItsEdge_4_2_2() throws {
        let device = FakeDevice()
        let interrupt = DeviceInterrupt {}
        var before = TransportDriver(MMIOTransport(device, interrupt: interrupt))
        _ = before.bringUp(features: Feature.version1, queues: queues)
        interrupt.signalUsedBuffer()
        interrupt.signalConfigurationChange()
        var copy = transport(device)
        _ = copy.restore(before.transport.saved)
        var after = TransportDriver(copy)

        #expect(before.transport.saved.interruptStatus == 3)
        #expect(interrupts.value == 1)
        #expect(after.read(MMIORegister.interruptStatus) == 3)
        after.write(MMIORegister.interruptAcknowledge, 1)
        #expect(after.read(MMIORegister.interruptStatus) == 2)
        after.write(MMIORegister.interruptAcknowledge, 2)
        #expect(after.transport.saved.interruptStatus == 0)
    }

    @Test func withoutAnInterruptThatWaitedThereIsNoEdge() throws {
        var copy = transport()
        _ = copy.restore(try broughtUp().transport.saved)

        #expect(interrupts.value == 0)
        #expect(copy.read(MMIORegister.interruptStatus, size: 4) == 0)
    }
}
