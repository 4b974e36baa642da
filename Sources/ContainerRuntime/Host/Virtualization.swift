internal import Glibc
internal import KVM
internal import Linux

/// Whether virtual machines can be run here.
package enum Virtualization: Equatable, Sendable {
    /// There is no /dev/kvm.
    case noDevice
    /// /dev/kvm may not be opened.
    case noPermission
    /// /dev/kvm is there and does not do what vmrun needs.
    case unusable(String)
    /// The processor runs guests.
    case hardware
    /// KVM interprets what guests do in supervisor mode: slow, and vmrun helps where it cannot.
    case software

    package static let device = "/dev/kvm"

    /// Asks the machine.
    package static func probe() -> Virtualization {
        do throws(Errno) {
            return probe(try OwnedFD.open(device, O_RDWR))
        } catch {
            switch error {
            case .noSuchFile, Errno(rawValue: ENXIO), Errno(rawValue: ENODEV): return .noDevice
            case .permissionDenied, .notPermitted: return .noPermission
            default: return .unusable("open \(device): \(error)")
            }
        }
    }

    private static func probe(_ descriptor: consuming OwnedFD) -> Virtualization {
        do throws(KVMError) {
            let missing = try Hypervisor(descriptor).missingExtensions()
            guard missing.isEmpty else {
                return .unusable("this KVM lacks " + missing.joined(separator: ", "))
            }
            return .software
        } catch {
            return .unusable(error.description)
        }
    }

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
        case .noDevice: "there is no \(Self.device)"
        case .noPermission: "\(Self.device) may not be opened by this user"
        case .unusable(let reason): reason
        case .hardware: "\(Self.device) runs guests on the processor"
        case .software: "\(Self.device) works, but interprets guests in software"
        }
    }

    /// What a person can do about it, in one line.
    package var advice: String {
        switch self {
        case .noDevice:
            "switch on virtualization in the firmware, or nested virtualization for this virtual machine, "
                + "then load the module: modprobe kvm_intel or kvm_amd"
        case .noPermission: "run vmrun as root, or add the user to the group of \(Self.device)"
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
