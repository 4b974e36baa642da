package import Virtio

/// The registers of the MMIO transport (virtio 1.2, table 4.1), as a driver names them.
package enum MMIORegister {
    package static let magicValue: UInt64 = 0x00
    package static let version: UInt64 = 0x04
    package static let deviceID: UInt64 = 0x08
    package static let vendorID: UInt64 = 0x0c
    package static let deviceFeatures: UInt64 = 0x10
    package static let deviceFeaturesSelect: UInt64 = 0x14
    package static let driverFeatures: UInt64 = 0x20
    package static let driverFeaturesSelect: UInt64 = 0x24
    package static let queueSelect: UInt64 = 0x30
    package static let queueSizeMax: UInt64 = 0x34
    package static let queueSize: UInt64 = 0x38
    package static let queueReady: UInt64 = 0x44
    package static let queueNotify: UInt64 = 0x50
    package static let interruptStatus: UInt64 = 0x60
    package static let interruptAcknowledge: UInt64 = 0x64
    package static let status: UInt64 = 0x70
    package static let queueDescriptorLow: UInt64 = 0x80
    package static let queueDescriptorHigh: UInt64 = 0x84
    package static let queueDriverLow: UInt64 = 0x90
    package static let queueDriverHigh: UInt64 = 0x94
    package static let queueDeviceLow: UInt64 = 0xa0
    package static let queueDeviceHigh: UInt64 = 0xa4
    package static let sharedMemoryLengthLow: UInt64 = 0xb0
    package static let configurationGeneration: UInt64 = 0xfc
    package static let configuration: UInt64 = 0x100
}

/// Device status bits (virtio 1.2, 2.1).
package enum DriverStatus {
    package static let acknowledge: UInt32 = 1
    package static let driver: UInt32 = 2
    package static let driverOK: UInt32 = 4
    package static let featuresOK: UInt32 = 8
    package static let failed: UInt32 = 128
}

/// A driver in front of a device's registers.
package struct TransportDriver {
    package var transport: MMIOTransport

    package init(_ transport: MMIOTransport) {
        self.transport = transport
    }

    /// Reads a 32-bit register.
    package func read(_ register: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: transport.read(register, size: 4))
    }

    /// Writes a 32-bit register.
    @discardableResult
    package mutating func write(_ register: UInt64, _ value: UInt32) -> MMIOTransport.Effect {
        transport.write(register, size: 4, value: UInt64(value))
    }

    /// Reads the status, adds bits and writes it, as drivers do.
    @discardableResult
    package mutating func add(status bits: UInt32) -> MMIOTransport.Effect {
        write(MMIORegister.status, read(MMIORegister.status) | bits)
    }

    /// Both halves of the features that the device offers.
    package mutating func offeredFeatures() -> UInt64 {
        var features: UInt64 = 0
        for half in UInt32(0)..<2 {
            write(MMIORegister.deviceFeaturesSelect, half)
            features |= UInt64(read(MMIORegister.deviceFeatures)) << UInt64(32 * half)
        }
        return features
    }

    /// Writes both halves of the features that the driver wants.
    package mutating func accept(features: UInt64) {
        for half in UInt32(0)..<2 {
            write(MMIORegister.driverFeaturesSelect, half)
            write(
                MMIORegister.driverFeatures,
                UInt32(truncatingIfNeeded: features >> UInt64(32 * half)))
        }
    }

    /// The steps of 3.1.1 up to FEATURES_OK; whether the device has left that bit set.
    @discardableResult
    package mutating func negotiate(features: UInt64) -> Bool {
        write(MMIORegister.status, 0)
        add(status: DriverStatus.acknowledge)
        add(status: DriverStatus.driver)
        accept(features: features)
        add(status: DriverStatus.featuresOK)
        return read(MMIORegister.status) & DriverStatus.featuresOK != 0
    }

    /// Tells the device where a queue is (4.2.3.2).
    package mutating func configure(queue index: UInt32, _ queue: QueueConfiguration) {
        func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }
        func high(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value >> 32) }
        write(MMIORegister.queueSelect, index)
        write(MMIORegister.queueSize, UInt32(queue.size))
        write(MMIORegister.queueDescriptorLow, low(queue.descriptorTable))
        write(MMIORegister.queueDescriptorHigh, high(queue.descriptorTable))
        write(MMIORegister.queueDriverLow, low(queue.driverArea))
        write(MMIORegister.queueDriverHigh, high(queue.driverArea))
        write(MMIORegister.queueDeviceLow, low(queue.deviceArea))
        write(MMIORegister.queueDeviceHigh, high(queue.deviceArea))
        write(MMIORegister.queueReady, queue.ready ? 1 : 0)
    }

    /// The whole of 3.1.1: features, queues, DRIVER_OK. What the device is activated with, or nil.
    package mutating func bringUp(
        features: UInt64, queues: [QueueConfiguration]
    ) -> Activation? {
        guard negotiate(features: features) else { return nil }
        for (index, queue) in queues.enumerated() {
            configure(queue: UInt32(index), queue)
        }
        guard add(status: DriverStatus.driverOK) == .activate else { return nil }
        return transport.activation()
    }
}
