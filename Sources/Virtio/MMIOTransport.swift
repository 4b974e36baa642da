/// The registers of a device on the MMIO transport (virtio 1.2, 4.2.2): a state machine without memory, threads or
/// side effects. What a write asks for is returned, and carried out by the caller; of the device it asks what is in the
/// configuration space, which may change.
///
/// Owned by whoever serialises the accesses of the virtual processors.
package struct MMIOTransport: Sendable {
    /// What the caller is to do after a write.
    package enum Effect: Equatable, Sendable {
        case none
        /// The driver is ready; queues and features are in `activation`.
        case activate
        case reset
        /// The driver has made buffers available in a queue.
        case notify(queue: Int)
    }

    /// Device status bits (2.1).
    private enum Status {
        static let acknowledge: UInt32 = 1
        static let driver: UInt32 = 2
        static let driverOK: UInt32 = 4
        static let featuresOK: UInt32 = 8
        static let needsReset: UInt32 = 64
        static let failed: UInt32 = 128
    }

    private enum Register {
        static let magic: UInt64 = 0x00
        static let version: UInt64 = 0x04
        static let deviceID: UInt64 = 0x08
        static let vendorID: UInt64 = 0x0c
        static let deviceFeatures: UInt64 = 0x10
        static let deviceFeaturesSelect: UInt64 = 0x14
        static let driverFeatures: UInt64 = 0x20
        static let driverFeaturesSelect: UInt64 = 0x24
        static let queueSelect: UInt64 = 0x30
        static let queueSizeMax: UInt64 = 0x34
        static let queueSize: UInt64 = 0x38
        static let queueReady: UInt64 = 0x44
        static let queueNotify: UInt64 = 0x50
        static let interruptStatus: UInt64 = 0x60
        static let interruptAcknowledge: UInt64 = 0x64
        static let status: UInt64 = 0x70
        static let queueDescriptorLow: UInt64 = 0x80
        static let queueDescriptorHigh: UInt64 = 0x84
        static let queueDriverLow: UInt64 = 0x90
        static let queueDriverHigh: UInt64 = 0x94
        static let queueDeviceLow: UInt64 = 0xa0
        static let queueDeviceHigh: UInt64 = 0xa4
        static let sharedMemoryLengthLow: UInt64 = 0xb0
        static let sharedMemoryBaseHigh: UInt64 = 0xbc
        static let configurationGeneration: UInt64 = 0xfc
        static let configuration: UInt64 = 0x100
    }

    /// Where writes of QueueNotify go, relative to the device: for ioeventfds.
    package static let notifyOffset = Register.queueNotify

    private let deviceID: UInt32
    private let offered: UInt64
    private let queueSizes: [UInt16]
    private let device: any VirtioDevice
    private let interrupt: DeviceInterrupt

    /// What the driver has written so far.
    package struct Registers: Equatable, Sendable {
        package var status: UInt32 = 0
        package var deviceFeaturesSelect: UInt32 = 0
        package var driverFeaturesSelect: UInt32 = 0
        package var accepted: UInt64 = 0
        package var queueSelect: UInt32 = 0
        package var queues: [QueueConfiguration] = []
        /// InterruptStatus, which the device sets.
        package var interruptStatus: UInt32 = 0

        package init() {}
    }

    private var registers: Registers

    /// The registers of a device after power-on.
    package init(_ device: any VirtioDevice, interrupt: DeviceInterrupt) {
        deviceID = device.type
        offered = device.features
        queueSizes = device.queueSizes
        self.device = device
        self.interrupt = interrupt
        registers = Self.afterReset(queueSizes)
    }

    private static func afterReset(_ queueSizes: [UInt16]) -> Registers {
        var registers = Registers()
        registers.queues = queueSizes.map { _ in QueueConfiguration() }
        return registers
    }

    /// What the device needs to begin; with `progress` and `settings`, to go on.
    package func activation(
        progress: [QueueProgress] = [], settings: [UInt8] = []
    ) -> Activation {
        Activation(
            features: registers.accepted, queues: registers.queues, interrupt: interrupt,
            progress: progress, settings: settings)
    }

    /// All registers, to be brought back by `restore`.
    package var saved: Registers {
        var saved = registers
        saved.interruptStatus = interrupt.status
        return saved
    }

    /// Brings saved registers back and says what is to be done; nil where they are not of such a device.
    package mutating func restore(_ saved: Registers) -> Effect? {
        guard saved.queues.count == queueSizes.count, saved.accepted & ~offered == 0 else {
            return nil
        }
        registers = saved
        interrupt.restore(saved.interruptStatus)
        return saved.status & Status.driverOK != 0 ? .activate : Effect.none
    }

    /// A read of `size` bytes; what is not there reads as zero.
    package func read(_ offset: UInt64, size: Int) -> UInt64 {
        if offset >= Register.configuration {
            return configurationBytes(offset - Register.configuration, size)
        }
        // Everything below is 32 bits wide (4.2.2.2).
        guard size == 4 else { return 0 }
        return UInt64(register(offset))
    }

    private func configurationBytes(_ offset: UInt64, _ size: Int) -> UInt64 {
        let configuration = device.configuration
        guard size > 0, offset < UInt64(configuration.count) else { return 0 }
        let bytes = configuration[Int(offset)...].prefix(size)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func register(_ offset: UInt64) -> UInt32 {
        switch offset {
        case Register.magic: 0x7472_6976
        case Register.version: 2
        case Register.deviceID: deviceID
        case Register.vendorID: 0x6e72_6d76
        case Register.deviceFeatures: half(offered, registers.deviceFeaturesSelect)
        case Register.queueSizeMax: UInt32(selectedQueue.map { queueSizes[$0] } ?? 0)
        case Register.queueReady: selectedQueue.map { registers.queues[$0].ready } ?? false ? 1 : 0
        case Register.interruptStatus: interrupt.status
        case Register.status: registers.status
        case Register.configurationGeneration: interrupt.configurationGeneration
        case Register.sharedMemoryLengthLow...Register.sharedMemoryBaseHigh: UInt32.max
        default: 0
        }
    }

    private func half(_ value: UInt64, _ select: UInt32) -> UInt32 {
        select < 2 ? UInt32(truncatingIfNeeded: value >> UInt64(32 * select)) : 0
    }

    private var selectedQueue: Int? {
        registers.queueSelect < UInt32(registers.queues.count) ? Int(registers.queueSelect) : nil
    }

    /// A write of `size` bytes. What is not there, or not allowed now, is ignored.
    package mutating func write(_ offset: UInt64, size: Int, value: UInt64) -> Effect {
        guard size == 4, offset < Register.configuration else { return .none }
        let value = UInt32(truncatingIfNeeded: value)
        switch offset {
        case Register.deviceFeaturesSelect: registers.deviceFeaturesSelect = value
        case Register.driverFeaturesSelect: registers.driverFeaturesSelect = value
        case Register.driverFeatures: acceptFeatures(value)
        case Register.queueSelect: registers.queueSelect = value
        case Register.queueNotify: return notify(value)
        case Register.interruptAcknowledge: interrupt.acknowledge(value)
        case Register.status: return setStatus(value)
        default: configureQueue(offset, value)
        }
        return .none
    }

    private func notify(_ value: UInt32) -> Effect {
        guard registers.status & Status.driverOK != 0, value < UInt32(registers.queues.count) else {
            return .none
        }
        return .notify(queue: Int(value))
    }

    private mutating func acceptFeatures(_ value: UInt32) {
        guard registers.status & (Status.driver | Status.featuresOK) == Status.driver,
            registers.driverFeaturesSelect < 2
        else { return }
        let shift = UInt64(32 * registers.driverFeaturesSelect)
        registers.accepted = registers.accepted & ~(0xffff_ffff << shift) | UInt64(value) << shift
    }

    private mutating func configureQueue(_ offset: UInt64, _ value: UInt32) {
        let settable = registers.status & (Status.featuresOK | Status.driverOK) == Status.featuresOK
        guard settable, let index = selectedQueue else { return }
        if offset == Register.queueReady {
            registers.queues[index].ready = value == 1 && registers.queues[index].size > 0
            return
        }
        guard !registers.queues[index].ready else { return }
        func low(_ old: UInt64) -> UInt64 { old & 0xffff_ffff_0000_0000 | UInt64(value) }
        func high(_ old: UInt64) -> UInt64 { old & 0xffff_ffff | UInt64(value) << 32 }
        switch offset {
        case Register.queueSize:
            let legal = value > 0 && value <= UInt32(queueSizes[index]) && value & (value - 1) == 0
            registers.queues[index].size = legal ? UInt16(value) : 0
        case Register.queueDescriptorLow:
            registers.queues[index].descriptorTable = low(registers.queues[index].descriptorTable)
        case Register.queueDescriptorHigh:
            registers.queues[index].descriptorTable = high(registers.queues[index].descriptorTable)
        case Register.queueDriverLow:
            registers.queues[index].driverArea = low(registers.queues[index].driverArea)
        case Register.queueDriverHigh:
            registers.queues[index].driverArea = high(registers.queues[index].driverArea)
        case Register.queueDeviceLow:
            registers.queues[index].deviceArea = low(registers.queues[index].deviceArea)
        case Register.queueDeviceHigh:
            registers.queues[index].deviceArea = high(registers.queues[index].deviceArea)
        default: break
        }
    }

    /// The legal steps of the driver's initialization (3.1.1); everything else but reset and FAILED is ignored.
    private mutating func setStatus(_ value: UInt32) -> Effect {
        if value == 0 {
            reset()
            return .reset
        }
        if value & Status.failed != 0 {
            registers.status |= Status.failed
            return .none
        }
        let old = registers.status
        switch (old, value) {
        case (0, Status.acknowledge),
            (Status.acknowledge, Status.acknowledge | Status.driver):
            registers.status = value
        case (Status.acknowledge | Status.driver, old | Status.featuresOK):
            // Refused by not setting the bit, which the driver reads back.
            let acceptable =
                registers.accepted & ~offered == 0 && registers.accepted & Feature.version1 != 0
            if acceptable { registers.status = value }
        case (Status.acknowledge | Status.driver | Status.featuresOK, old | Status.driverOK):
            registers.status = value
            return .activate
        default:
            break
        }
        return .none
    }

    private mutating func reset() {
        registers = Self.afterReset(queueSizes)
        interrupt.acknowledge(UInt32.max)
    }
}
