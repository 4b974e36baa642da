import Testing
import Virtio
import VirtioTestDriver

/// How a driver brings a device up: virtio 1.2, 2.1, 3.1.1 and 4.2.3.
@Suite struct MMIONegotiationTests {
    private typealias Register = MMIORegister
    private static let acknowledged = DriverStatus.acknowledge
    private static let driven = acknowledged | DriverStatus.driver
    private static let agreed = driven | DriverStatus.featuresOK
    private static let running = agreed | DriverStatus.driverOK

    /// A driver that has got so far.
    private func driver(at status: UInt32, _ device: FakeDevice = FakeDevice()) -> TransportDriver {
        var driver = TransportDriver(
            MMIOTransport(device, interrupt: DeviceInterrupt(raise: {})))
        if status >= Self.acknowledged { driver.add(status: DriverStatus.acknowledge) }
        if status >= Self.driven { driver.add(status: DriverStatus.driver) }
        if status >= Self.agreed {
            driver.accept(features: Feature.version1)
            driver.add(status: DriverStatus.featuresOK)
        }
        if status >= Self.running { driver.add(status: DriverStatus.driverOK) }
        return driver
    }

    /// All values that a driver can write in a state, and the state after it: one is legal.
    @Test(arguments: [(UInt32(0), UInt32(1)), (1, 3), (3, 11), (11, 15), (15, 15)])
    func onlyTheStepsOf_3_1_1_AreTaken(status: UInt32, next: UInt32) {
        for value in UInt32(1)...255 {
            var driver = driver(at: status)
            if status == 3 { driver.accept(features: Feature.version1) }
            let effect = driver.write(Register.status, value)
            let failed = value & DriverStatus.failed != 0
            let expected = failed ? status | DriverStatus.failed : value == next ? next : status
            #expect(driver.read(Register.status) == expected, "\(status): \(value)")
            #expect(effect == (expected == 15 && status == 11 ? .activate : .none))
        }
    }

    @Test(arguments: [UInt32(0), 1, 3, 11, 15])
    func zeroIsAResetInEveryState(status: UInt32) {
        var driver = driver(at: status)
        #expect(driver.write(Register.status, 0) == .reset)
        #expect(driver.read(Register.status) == 0)
    }

    @Test func aFailedDeviceIsReset() {
        var driver = driver(at: Self.driven)
        driver.add(status: DriverStatus.failed)
        #expect(driver.write(Register.status, 0) == .reset)
        #expect(driver.read(Register.status) == 0)
    }

    @Test(arguments: [
        (Feature.version1, true), (Feature.common, true),
        (Feature.version1 | Feature.eventIndex, true),
        // Without VIRTIO_F_VERSION_1 (6.1), and with bits that were not offered (2.2.2).
        (0, false), (Feature.eventIndex | Feature.indirectDescriptors, false),
        (Feature.version1 | 1, false), (Feature.version1 | 1 << 63, false), (.max, false),
    ])
    func featuresAreAcceptedOrFeaturesOKStaysClear_3_1_1(features: UInt64, accepted: Bool) {
        var driver = driver(at: 0)
        #expect(driver.negotiate(features: features) == accepted)
    }

    @Test func aRefusedDriverMayAskForLess() {
        var driver = driver(at: Self.driven)
        driver.accept(features: .max)
        driver.add(status: DriverStatus.featuresOK)
        driver.accept(features: Feature.version1)
        driver.add(status: DriverStatus.featuresOK)
        #expect(driver.read(Register.status) == Self.agreed)
        #expect(driver.transport.activation().features == Feature.version1)
    }

    @Test(arguments: [UInt32(0), 1, 11, 15])
    func featuresCannotBeChangedInOtherStates_2_2(status: UInt32) {
        var driver = driver(at: status)
        let before = driver.transport.activation().features
        driver.accept(features: Feature.common)
        #expect(driver.transport.activation().features == before)
    }

    @Test func aHalfThatIsNotThereIsIgnored() {
        var driver = driver(at: Self.driven)
        driver.accept(features: Feature.version1)
        driver.write(Register.driverFeaturesSelect, 2)
        driver.write(Register.driverFeatures, .max)
        #expect(driver.transport.activation().features == Feature.version1)
    }

    @Test func activationHasWhatTheDriverSaid() throws {
        var ram = try DriverMemory()
        let first = DriverQueue(&ram, size: 128).configuration
        var second = DriverQueue(&ram, size: 8).configuration
        second.descriptorTable |= 0x1234_5678 << 32
        second.driverArea |= 0x9abc_def0 << 32
        second.deviceArea |= 0x8765_4321 << 32
        var driver = driver(at: 0)
        let activation = driver.bringUp(features: Feature.common, queues: [first, second])
        #expect(activation?.features == Feature.common)
        #expect(activation?.queues == [first, second])
    }

    @Test(arguments: [
        UInt32(0), 3, 5, 255, 257, 512, 0x1_0000, 0x1_0001, 0x8000_0000, .max,
    ])
    func aBadQueueSizeLeavesTheQueueWithoutOne(size: UInt32) {
        var driver = driver(at: Self.agreed)
        driver.write(Register.queueSize, size)
        driver.write(Register.queueReady, 1)
        #expect(driver.read(Register.queueReady) == 0)
        #expect(driver.transport.activation().queues[0].size == 0)
    }

    @Test(arguments: [UInt32(1), 2, 4, 64, 256])
    func everyPowerOfTwoUpToTheMaximumIsAQueueSize(size: UInt32) {
        var driver = driver(at: Self.agreed)
        driver.write(Register.queueSize, size)
        driver.write(Register.queueReady, 1)
        #expect(driver.read(Register.queueReady) == 1)
        #expect(driver.transport.activation().queues[0].size == UInt16(size))
    }

    @Test(arguments: [UInt32(0), 1, 3, 15])
    func queuesAreConfiguredBetweenFeaturesAndDriverOKOnly(status: UInt32) throws {
        var ram = try DriverMemory()
        let queue = DriverQueue(&ram, size: 8).configuration
        var driver = driver(at: status)
        driver.configure(queue: 0, queue)
        #expect(driver.transport.activation().queues[0] == QueueConfiguration())
    }

    @Test func aReadyQueueCannotBeMoved_4_2_2_2() throws {
        var ram = try DriverMemory()
        let queue = DriverQueue(&ram, size: 8).configuration
        let other = DriverQueue(&ram, size: 4).configuration
        var driver = driver(at: Self.agreed)
        driver.configure(queue: 0, queue)
        driver.write(Register.queueSize, UInt32(other.size))
        driver.write(Register.queueDescriptorLow, UInt32(other.descriptorTable))
        driver.write(Register.queueDriverLow, UInt32(other.driverArea))
        driver.write(Register.queueDeviceHigh, 7)
        #expect(driver.transport.activation().queues[0] == queue)
    }

    @Test func aQueueThatIsTakenBackCanBeMoved() throws {
        var ram = try DriverMemory()
        var driver = driver(at: Self.agreed)
        driver.configure(queue: 0, DriverQueue(&ram, size: 8).configuration)
        driver.write(Register.queueReady, 0)
        #expect(driver.read(Register.queueReady) == 0)
        let other = DriverQueue(&ram, size: 4).configuration
        driver.configure(queue: 0, other)
        #expect(driver.transport.activation().queues[0] == other)
    }

    @Test(arguments: [UInt32(2), 3, .max])
    func aQueueThatIsNotThereCannotBeConfigured(queue: UInt32) throws {
        var ram = try DriverMemory()
        var driver = driver(at: Self.agreed)
        driver.configure(queue: queue, DriverQueue(&ram, size: 8).configuration)
        #expect(driver.read(Register.queueReady) == 0)
        #expect(
            driver.transport.activation().queues == [QueueConfiguration(), QueueConfiguration()])
    }

    @Test(arguments: [(UInt32(0), 0), (1, 1)])
    func aNotificationNamesItsQueue(value: UInt32, queue: Int) {
        var driver = driver(at: Self.running)
        #expect(driver.write(Register.queueNotify, value) == .notify(queue: queue))
    }

    @Test(arguments: [UInt32(2), 0xffff, 0x1_0000, .max])
    func aNotificationOfNoQueueIsIgnored(value: UInt32) {
        var driver = driver(at: Self.running)
        #expect(driver.write(Register.queueNotify, value) == .none)
    }

    @Test(arguments: [UInt32(0), 1, 3, 11])
    func aNotificationBeforeDriverOKIsIgnored_2_1_2(status: UInt32) {
        var driver = driver(at: status)
        #expect(driver.write(Register.queueNotify, 0) == .none)
    }
}
