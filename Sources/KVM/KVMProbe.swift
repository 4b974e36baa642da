internal import Glibc
internal import GuestMemory
internal import Linux

/// Whether and how machines can run on this host: decided by running a few instructions, not by names.
package enum KVMProbe {
    package enum Result: Equatable, Sendable {
        /// There is no such device.
        case noDevice
        /// The device may not be opened by this user.
        case noPermission
        /// The device is there, but no machine runs: why.
        case unusable(String)
        /// A processor with hardware virtualization runs the guest.
        case hardware
        /// KVM interprets the guest's supervisor mode with an emulator that lacks instructions.
        case software
    }

    package static let device = "/dev/kvm"

    /// Makes a machine of one page of code and runs it. Takes about a millisecond.
    package static func run(device: String = device) -> Result {
        let descriptor: OwnedFD
        do throws(Errno) {
            descriptor = try OwnedFD.open(device, O_RDWR)
        } catch {
            switch error {
            case .noSuchFile, Errno(rawValue: ENXIO), Errno(rawValue: ENODEV): return .noDevice
            case .permissionDenied, .notPermitted: return .noPermission
            default: return .unusable("open: \(error)")
            }
        }
        do {
            return try run(Hypervisor(descriptor))
        } catch {
            return .unusable("\(error)")
        }
    }

    // Guest-physical addresses of the probe's pages.
    private static let pageTables: UInt64 = 0x1000
    private static let descriptorTable: UInt64 = 0x5000
    private static let code: UInt64 = 0x6000
    private static let stack: UInt64 = 0x8000

    /// popcnt %rax, %rax ; mov $0x5a, %al ; out %al, $0xf4
    private static let program: [UInt8] = [
        0xf3, 0x48, 0x0f, 0xb8, 0xc0, 0xb0, 0x5a, 0xe6, 0xf4,
    ]
    private static let answerPort: UInt16 = 0xf4
    private static let answer: UInt8 = 0x5a

    private static func run(_ hypervisor: consuming Hypervisor) throws -> Result {
        let missing = try hypervisor.missingExtensions()
        guard missing.isEmpty else {
            return .unusable("KVM lacks \(missing.joined(separator: ", "))")
        }
        let memory = try GuestMemory(size: 2 << 20)
        try memory.store(pageTables + 0x1003, at: pageTables)
        try memory.store(pageTables + 0x2003, at: pageTables + 0x1000)
        try memory.store(UInt64(0x83), at: pageTables + 0x2000)
        try memory.store(0x00af_9b00_0000_ffff as UInt64, at: descriptorTable + 16)
        try memory.store(0x00cf_9300_0000_ffff as UInt64, at: descriptorTable + 24)
        try memory.write(program, at: code)
        let machine = try hypervisor.makeVirtualMachine(memory: memory)
        let cpuid = try hypervisor.supportedCPUID()
        let vcpu = try machine.makeVCPU(id: 0, cpuid: cpuid.forProcessor(0, softwareKVM: false))
        try vcpu.prepare(
            LongModeEntry(
                instruction: code, pageTables: pageTables, descriptorTable: descriptorTable,
                stack: stack, argument: 0))
        return try judge(vcpu)
    }

    private static func judge(_ vcpu: borrowing VCPU) throws -> Result {
        // A signal may interrupt; a machine that does nothing else in ten tries is not usable.
        for _ in 0..<10 {
            switch try vcpu.run() {
            case .interrupted: continue
            case .emulationFailure: return .software
            case .portWrite(let access)
            where access.port == answerPort && vcpu.bytes(of: access) == [answer]:
                return .hardware
            case let exit: return .unusable("the probe's machine ended with \(exit)")
            }
        }
        return .unusable("the probe's machine does not run")
    }
}
