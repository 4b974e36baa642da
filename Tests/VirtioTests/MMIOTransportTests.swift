import Testing
import Virtio
import VirtioTestDriver

/// Registers of the MMIO transport: virtio 1.2, 4.2.2.
@Suite struct MMIOTransportTests {
    private typealias Register = MMIORegister

    private func driver(
        _ device: FakeDevice = FakeDevice(),
        interrupt: DeviceInterrupt = DeviceInterrupt(raise: {})
    ) -> TransportDriver {
        TransportDriver(MMIOTransport(device, interrupt: interrupt))
    }

    @Test(
        arguments: [
            (MMIORegister.magicValue, UInt64(0x7472_6976)), (MMIORegister.version, 2),
            (MMIORegister.deviceID, 42), (MMIORegister.vendorID, 0x6e72_6d76),
            (MMIORegister.status, 0), (MMIORegister.interruptStatus, 0),
            (MMIORegister.queueSizeMax, 256), (MMIORegister.queueReady, 0),
            (MMIORegister.configurationGeneration, 0),
            // No shared memory region: a length and base of all ones (4.2.2.1).
            (MMIORegister.sharedMemoryLengthLow, 0xffff_ffff), (0xb4, 0xffff_ffff),
            (0xb8, 0xffff_ffff), (0xbc, 0xffff_ffff),
        ] as [(UInt64, UInt64)])
    func aRegisterReadsAfterPowerOnAs_4_2_2_1(register: UInt64, value: UInt64) {
        #expect(UInt64(driver().read(register)) == value)
    }

    @Test(arguments: [
        // Registers that can only be written, and places where there is none.
        UInt64(0x14), 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x38, 0x3c, 0x40, 0x48, 0x4c, 0x50,
        0x54, 0x64, 0x68, 0x74, 0x80, 0x84, 0x90, 0xa0, 0xa8, 0xac, 0xc0, 0xf8, 0x02, 0x71,
    ])
    func whatCannotBeReadReadsAsZero(register: UInt64) {
        #expect(driver().read(register) == 0)
    }

    @Test(arguments: [1, 2, 8])
    func registersHave32BitsOnly_4_2_2_2(size: Int) {
        var driver = driver()
        #expect(driver.transport.read(MMIORegister.magicValue, size: size) == 0)
        #expect(driver.transport.write(MMIORegister.status, size: size, value: 1) == .none)
        #expect(driver.read(MMIORegister.status) == 0)
    }

    @Test(arguments: [
        (UInt32(0), UInt32(0x3000_0000)), (1, 1), (2, 0), (3, 0), (.max, 0),
    ])
    func deviceFeaturesComeByHalves(half: UInt32, value: UInt32) {
        var driver = driver()
        driver.write(Register.deviceFeaturesSelect, half)
        #expect(driver.read(Register.deviceFeatures) == value)
    }

    @Test(arguments: [(UInt32(0), UInt32(256)), (1, 8), (2, 0), (.max, 0)])
    func aQueueThatIsNotThereHasSizeZero_4_2_3_2(queue: UInt32, size: UInt32) {
        var driver = driver()
        driver.write(Register.queueSelect, queue)
        #expect(driver.read(Register.queueSizeMax) == size)
    }

    @Test(arguments: [
        (UInt64(0), 1, UInt64(0x01)), (3, 1, 0x04), (0, 2, 0x0201), (2, 2, 0x0403),
        (0, 4, 0x0403_0201), (4, 4, 0x0908_0605), (0, 8, 0x0908_0605_0403_0201),
        // Across the end, and beyond it.
        (7, 1, 0x09), (6, 4, 0x0908), (8, 1, 0), (8, 4, 0), (0xe00, 4, 0), (0xffff_ffff, 8, 0),
    ])
    func configurationIsReadInAllWidths(offset: UInt64, size: Int, value: UInt64) {
        let driver = driver(FakeDevice(configuration: [1, 2, 3, 4, 5, 6, 8, 9]))
        #expect(driver.transport.read(Register.configuration + offset, size: size) == value)
    }

    @Test func configurationCannotBeWritten() {
        var driver = driver(FakeDevice(configuration: [1, 2, 3, 4]))
        #expect(driver.write(Register.configuration, .max) == .none)
        #expect(driver.transport.read(Register.configuration, size: 4) == 0x0403_0201)
    }

    @Test func aChangeOfTheConfigurationIsSeenAndCounted_4_2_2_2() {
        let interrupt = DeviceInterrupt(raise: {})
        let device = FakeDevice(configuration: [1, 2])
        let driver = TransportDriver(MMIOTransport(device, interrupt: interrupt))
        let before = driver.read(Register.configurationGeneration)
        #expect(driver.read(Register.configurationGeneration) == before)
        device.change([3, 4])
        interrupt.signalConfigurationChange()
        #expect(driver.transport.read(Register.configuration, size: 2) == 0x0403)
        #expect(driver.read(Register.configurationGeneration) != before)
        #expect(driver.read(Register.interruptStatus) == 2)
    }

    @Test func interruptBitsStayUntilTheyAreAcknowledged() {
        let interrupt = DeviceInterrupt(raise: {})
        var driver = driver(interrupt: interrupt)
        interrupt.signalUsedBuffer()
        interrupt.signalConfigurationChange()
        #expect(driver.read(Register.interruptStatus) == 3)
        driver.write(Register.interruptAcknowledge, 1)
        #expect(driver.read(Register.interruptStatus) == 2)
        driver.write(Register.interruptAcknowledge, .max)
        #expect(driver.read(Register.interruptStatus) == 0)
    }

    @Test func aResetClearsInterruptsAndQueues_4_2_2_1() throws {
        let interrupt = DeviceInterrupt(raise: {})
        var driver = driver(interrupt: interrupt)
        var ram = try DriverMemory()
        let queue = DriverQueue(&ram, size: 8)
        _ = driver.bringUp(features: Feature.common, queues: [queue.configuration])
        interrupt.signalUsedBuffer()
        #expect(driver.write(Register.status, 0) == .reset)
        #expect(driver.read(Register.status) == 0)
        #expect(driver.read(Register.interruptStatus) == 0)
        #expect(driver.read(Register.queueReady) == 0)
        #expect(driver.transport.activation().features == 0)
        let initial = [QueueConfiguration](repeating: QueueConfiguration(), count: 2)
        #expect(driver.transport.activation().queues == initial)
    }
}
