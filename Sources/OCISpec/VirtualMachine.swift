/// The `vm` object (config-vm.md).
package struct VirtualMachine: Decodable, Equatable, Sendable {
    package var hypervisor: HypervisorEntry?
    package var kernel: KernelEntry?
    package var image: ImageEntry?
    package var hardware: HardwareEntry?

    enum CodingKeys: String, CodingKey {
        case hypervisor
        case kernel
        case image
        case hardware = "hwConfig"
    }

    /// Nothing is set.
    package init() {}
}

/// The program that runs virtual machines.
package struct HypervisorEntry: Decodable, Equatable, Sendable {
    package var path: String
    package var parameters: [String]?
}

/// The kernel of the guest.
package struct KernelEntry: Decodable, Equatable, Sendable {
    /// Absolute.
    package var path: String
    package var parameters: [String]?
    package var initrd: String?
}

/// The root image of the guest.
package struct ImageEntry: Decodable, Equatable, Sendable {
    package var path: String
    package var format: String
}

/// The hardware of the guest.
package struct HardwareEntry: Decodable, Equatable, Sendable {
    package var deviceTree: String?
    package var vcpus: UInt32?
    /// Bytes.
    package var memory: UInt64?
    package var dtdevs: [String]?
    package var iomems: [MemoryRange]?
    package var irqs: [UInt32]?

    /// Nothing is set.
    package init() {}
}

/// Physical memory that the guest may use.
package struct MemoryRange: Decodable, Equatable, Sendable {
    package var firstGFN: UInt64?
    package var firstMFN: UInt64
    package var count: UInt64

    enum CodingKeys: String, CodingKey {
        case firstGFN
        case firstMFN
        case count = "nrMFNs"
    }
}
