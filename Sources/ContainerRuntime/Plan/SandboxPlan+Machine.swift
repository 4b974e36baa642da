internal import OCISpec
internal import Protocols

/// What a machine has when its configuration does not say.
package struct MachineDefaults: Equatable, Sendable {
    /// Bytes.
    package var memorySize: UInt64 = 256 << 20
    package var cpuCount: UInt32 = 1

    package init() {}
}

extension SandboxPlan {
    /// What a limit of the container leaves to the kernel and the agent, in bytes.
    private static let overhead: UInt64 = 64 << 20
    private static let smallestMemory: UInt64 = 64 << 20
    private static let largestMemory: UInt64 = 1 << 40
    /// The unit of guest memory, in bytes.
    private static let memoryUnit: UInt64 = 2 << 20
    private static let mostCPUs: UInt32 = 64

    /// The machine, from the `vm` object, or else our annotations, or else the limits of the container.
    mutating func addMachine(
        _ configuration: Configuration, _ defaults: MachineDefaults
    ) throws(RuntimeError) {
        machine.memorySize = defaults.memorySize
        machine.cpuCount = defaults.cpuCount
        // Guest memory costs nothing until it is used, so a limit can always be made reachable.
        if let limit = configuration.linux?.resources?.memory?.limit, limit > 0 {
            let wanted = min(UInt64(limit), Self.largestMemory) + Self.overhead
            machine.memorySize = max(machine.memorySize, wanted)
        }
        try addAnnotations(configuration.annotations ?? [:])
        if let vm = configuration.virtualMachine { try addVM(vm) }
        machine.memorySize =
            (machine.memorySize + Self.memoryUnit - 1) / Self.memoryUnit * Self.memoryUnit
    }

    private mutating func setMemory(_ size: UInt64, _ path: String) throws(RuntimeError) {
        guard (Self.smallestMemory...Self.largestMemory).contains(size) else {
            throw .unsupported(path: path, reason: "\(size) bytes is not between 64 MiB and 1 TiB")
        }
        machine.memorySize = size
    }

    private mutating func setCPUs(_ count: UInt32, _ path: String) throws(RuntimeError) {
        guard (1...Self.mostCPUs).contains(count) else {
            throw .unsupported(path: path, reason: "\(count) is not between 1 and \(Self.mostCPUs)")
        }
        machine.cpuCount = count
    }

    /// Names below `io.vmrun.` are ours: one that is not known is a mistake, not another program's.
    private mutating func addAnnotations(
        _ annotations: [String: String]
    ) throws(RuntimeError) {
        for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix("io.vmrun.") else { continue }
            let path = "annotations[\"\(name)\"]"
            switch name {
            case "io.vmrun.memory":
                guard let size = ByteCount.parse(value) else {
                    throw .unsupported(
                        path: path, reason: "\"\(value)\" is not a size such as 512M")
                }
                try setMemory(size, path)
            case "io.vmrun.cpus":
                guard let count = UInt32(value) else {
                    throw .unsupported(path: path, reason: "\"\(value)\" is not a number")
                }
                try setCPUs(count, path)
            default: throw .unsupported(path: path, reason: "vmrun has no such annotation")
            }
        }
    }

    /// config-vm.md.
    private mutating func addVM(_ vm: VirtualMachine) throws(RuntimeError) {
        if vm.hypervisor != nil {
            throw .unsupported(path: "vm.hypervisor", reason: "not supported: vmrun has its own")
        }
        if vm.image != nil {
            throw .unsupported(path: "vm.image", reason: "not supported yet")
        }
        if let kernel = vm.kernel {
            try absolute(kernel.path, "vm.kernel.path")
            kernelPath = kernel.path
            machine.kernelParameters = (kernel.parameters ?? []).joined(separator: " ")
            if let image = kernel.initrd {
                try absolute(image, "vm.kernel.initrd")
                imagePath = image
            }
        }
        guard let hardware = vm.hardware else { return }
        if let memory = hardware.memory { try setMemory(memory, "vm.hwConfig.memory") }
        if let count = hardware.vcpus { try setCPUs(count, "vm.hwConfig.vcpus") }
        let ofXen: [(String, Bool)] = [
            ("deviceTree", hardware.deviceTree != nil),
            ("dtdevs", !(hardware.dtdevs ?? []).isEmpty),
            ("iomems", !(hardware.iomems ?? []).isEmpty),
            ("irqs", !(hardware.irqs ?? []).isEmpty),
        ]
        for (field, used) in ofXen where used {
            throw .unsupported(
                path: "vm.hwConfig." + field, reason: "not supported: no device is passed through")
        }
    }

    private func absolute(_ path: String, _ field: String) throws(RuntimeError) {
        guard path.hasPrefix("/") else {
            throw .unsupported(path: field, reason: "must be an absolute path")
        }
    }
}

/// Sizes as people write them.
package enum ByteCount {
    /// `268435456`, `512M`, `512MiB`, `2g`: powers of 1024. nil where it is none or does not fit.
    package static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isNumber && $0.isASCII }
        let shifts: [String: UInt64] = [
            "": 0, "b": 0, "k": 10, "kib": 10, "kb": 10, "m": 20, "mib": 20, "mb": 20, "g": 30,
            "gib": 30, "gb": 30,
        ]
        guard let number = UInt64(digits),
            let shift = shifts[text.dropFirst(digits.count).lowercased()]
        else { return nil }
        let (size, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : size
    }
}
