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
    /// The machine, from the `vm` object, or else our annotations, or else the limits of the container.
    mutating func addMachine(
        _ configuration: Configuration, _ defaults: MachineDefaults
    ) throws(RuntimeError) {
        machine.memorySize = defaults.memorySize
        machine.cpuCount = defaults.cpuCount
        deriveShape(configuration.linux?.resources)
        deriveShapeOfPod(configuration.annotations ?? [:])
        try addAnnotations(configuration.annotations ?? [:])
        if let vm = configuration.virtualMachine { try addVM(vm) }
    }

    /// Guest memory costs nothing until it is used, so a limit can always be made reachable; and a quota of processor
    /// time can be used up by as many processors only.
    mutating func deriveShape(_ resources: Resources?) {
        if let limit = resources?.memory?.limit, limit > 0 {
            let wanted = min(UInt64(limit), MachineShape.memory.upperBound)
            machine.memorySize = max(
                machine.memorySize,
                MachineShape.memoryClass(atLeast: wanted + MachineShape.overhead))
        }
        if let quota = resources?.cpu?.quota, quota > 0 {
            let period = max(1, resources?.cpu?.period ?? 100_000)
            // Rounded up.
            let count = UInt32(clamping: (UInt64(quota) - 1) / period + 1)
            machine.cpuCount = max(
                machine.cpuCount, MachineShape.processorClass(atLeast: count))
        }
    }

    private mutating func setMemory(_ size: UInt64, _ path: String) throws(RuntimeError) {
        machine.memorySize = try MachineShape.checkMemory(size, path)
    }

    private mutating func setCPUs(_ count: UInt32, _ path: String) throws(RuntimeError) {
        machine.cpuCount = try MachineShape.checkProcessors(count, path)
    }

    static let annotationPrefix = "io.vmrun."

    /// Names below the prefix are ours: one that is not known is a mistake, not another program's.
    private mutating func addAnnotations(
        _ annotations: [String: String]
    ) throws(RuntimeError) {
        for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(Self.annotationPrefix),
                !Self.networkAnnotations.contains(name)
            else { continue }
            let path = "annotations[\"\(name)\"]"
            switch name {
            case Self.annotationPrefix + "memory":
                guard let size = ByteCount.parse(value) else {
                    throw .unsupported(
                        path: path, reason: "\"\(value)\" is not a size such as 512M")
                }
                try setMemory(size, path)
            case Self.annotationPrefix + "cpus":
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
    /// `268435456`, `512M`, `512Mi`, `512MiB`, `2g`: powers of 1024. nil where it is none or does not fit.
    package static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isNumber && $0.isASCII }
        let shifts: [String: UInt64] = [
            "": 0, "b": 0, "k": 10, "ki": 10, "kib": 10, "kb": 10, "m": 20, "mi": 20, "mib": 20,
            "mb": 20, "g": 30, "gi": 30, "gib": 30, "gb": 30,
        ]
        guard let number = UInt64(digits),
            let shift = shifts[text.dropFirst(digits.count).lowercased()]
        else { return nil }
        let (size, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : size
    }
}
