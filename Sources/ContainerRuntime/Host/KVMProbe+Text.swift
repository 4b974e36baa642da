package import KVM

/// What the probe's answer means for a person and for a program.
extension KVMProbe.Result {
    package var isUsable: Bool { self == .hardware || self == .software }

    /// The word of `vmrun check --json`.
    package var name: String {
        switch self {
        case .noDevice: "no-device"
        case .noPermission: "no-permission"
        case .unusable: "unusable"
        case .hardware: "hardware"
        case .software: "software"
        }
    }

    /// What was found, in one line.
    package var summary: String {
        switch self {
        case .noDevice: "there is no \(KVMProbe.device)"
        case .noPermission: "\(KVMProbe.device) may not be opened by this user"
        case .unusable(let reason): reason
        case .hardware: "\(KVMProbe.device) runs guests on the processor"
        case .software: "\(KVMProbe.device) works, but interprets guests in software"
        }
    }

    /// What a person can do about it, in one line.
    package var advice: String {
        switch self {
        case .noDevice:
            "switch on virtualization in the firmware, or nested virtualization for this virtual machine, "
                + "then load the module: modprobe kvm_intel or kvm_amd"
        case .noPermission: "run vmrun as root, or add the user to the group of \(KVMProbe.device)"
        case .unusable: "try a newer kernel, or another host"
        case .hardware: "nothing needs to be done"
        case .software:
            "nothing needs to be done; guests are 10 to 100 times slower than on a processor's own "
                + "virtualization"
        }
    }

    /// nil where virtual machines can be run.
    package var error: RuntimeError? {
        isUsable ? nil : .noVirtualMachines("no virtual machines here: \(summary); \(advice)")
    }
}
