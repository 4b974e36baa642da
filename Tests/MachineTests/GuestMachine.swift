import CLinux
import Glibc
import GuestMemory
import Linux
import Testing

@testable import KVM

/// Whether machines run here. Where they do not, the tests are skipped with this as the reason.
enum Host {
    static let probe = KVMProbe.run()
    static let runsMachines = probe == .hardware || probe == .software
    static let reason: Comment = "no machine runs here: \(probe)"
}

/// A machine of one processor in 64-bit mode, with 2 MiB of RAM mapped to itself by pages of 4 KiB, a page of device
/// registers behind it, and handlers for #BP, #GP and #PF.
final class GuestMachine: @unchecked Sendable {
    // SAFETY of @unchecked: a test hands it from one thread to the other and never uses it on both.

    static let code: UInt64 = 0x1_0000
    /// Memory that programs work on.
    static let data: UInt64 = 0x2_0000
    /// Where device registers are, for the guest's code and for KVM.
    static let registers: UInt64 = 0x20_0000
    static let registersBus: UInt64 = 0xd000_0000

    private static let topTable: UInt64 = 0x1000
    private static let directory: UInt64 = 0x3000
    private static let pageTable: UInt64 = 0x4000
    private static let descriptors: UInt64 = 0x5000
    private static let gates: UInt64 = 0x6000
    private static let stack: UInt64 = 0x9000

    let memory: GuestMemory
    let machine: VirtualMachine
    let vcpu: VCPU
    private let assist: EmulationAssist
    /// How many instructions KVM has left to us.
    private(set) var assisted = 0

    /// A machine that has not been set up.
    private init() throws {
        memory = try GuestMemory(size: 2 << 20)
        assist = EmulationAssist(memory: memory)
        let hypervisor = try Hypervisor(OwnedFD.open(KVMProbe.device, O_RDWR))
        machine = try hypervisor.makeVirtualMachine(memory: memory)
        let software = Host.probe == .software
        let cpuid = try hypervisor.supportedCPUID().forProcessor(0, softwareKVM: software)
        vcpu = try machine.makeVCPU(id: 0, cpuid: cpuid)
    }

    convenience init(_ program: [UInt8]) throws {
        try self.init()
        try writeTables()
        try memory.write(program, at: Self.code)
        try vcpu.prepare(
            LongModeEntry(
                instruction: Self.code, pageTables: Self.topTable,
                descriptorTable: Self.descriptors, stack: Self.stack, argument: 0))
        try change { (special: inout kvm_sregs) in
            special.cr4 |= 1 << 9 | 1 << 10 | 1 << 18  // OSFXSR, OSXMMEXCPT, OSXSAVE
            special.idt.base = Self.gates
            special.idt.limit = 256 * 16 - 1
        }
        try enableExtendedState()
    }

    /// All of a machine between two instructions.
    struct Saved {
        var machine: MachineState
        var processor: ProcessorState
        var memory: [UInt8]
    }

    func save() throws -> Saved {
        let hypervisor = try Hypervisor(OwnedFD.open(KVMProbe.device, O_RDWR))
        let processor = try vcpu.save(registers: hypervisor.modelSpecificRegisters())
        return Saved(
            machine: try machine.save(), processor: processor,
            memory: try memory.read(at: 0, count: Int(memory.size)))
    }

    /// A new machine that goes on where another was saved.
    convenience init(_ saved: Saved) throws {
        try self.init()
        try memory.write(saved.memory, at: 0)
        try machine.restore(saved.machine)
        try vcpu.restore(saved.processor)
    }

    /// Sets XCR0 to x87, SSE and AVX. The guest does it too, but some emulated hosts do not tell KVM of it.
    private func enableExtendedState() throws {
        let setXCRs: UInt = 0x4188_aea7  // KVM_SET_XCRS, linux/kvm.h
        var registers = kvm_xcrs()
        registers.nr_xcrs = 1
        registers.xcrs.0.value = 7
        try vcpu.descriptor.call("KVM_SET_XCRS", setXCRs, &registers)
    }

    private func writeTables() throws {
        try memory.store(0x2003 as UInt64, at: Self.topTable)
        try memory.store(Self.directory | 3, at: 0x2000)
        try memory.store(Self.pageTable | 3, at: Self.directory)
        try memory.store(Self.registersBus | 0x83, at: Self.directory + 8)
        for page in UInt64(0)..<512 { try map(page << 12, flags: 3) }
        try memory.store(0x00af_9b00_0000_ffff as UInt64, at: Self.descriptors + 16)
        try memory.store(0x00cf_9300_0000_ffff as UInt64, at: Self.descriptors + 24)
        try handle(3, GuestCode.breakpointHandler)
        try handle(13, GuestCode.protectionHandler)
        try handle(14, GuestCode.faultHandler)
    }

    /// Sets the handler of an exception or interrupt.
    func handle(_ vector: UInt64, _ handler: [UInt8]) throws {
        let place = Self.code + 0x1000 + vector * 0x100
        try memory.write(handler, at: place)
        // An interrupt gate of code segment 0x10 (Intel SDM volume 3, 6.14.1).
        let low = place & 0xffff | 0x10 << 16 | 0x8e00 << 32 | (place >> 16 & 0xffff) << 48
        try memory.store(low, at: Self.gates + 16 * vector)
    }

    /// Maps a page of RAM to itself.
    func map(_ page: UInt64, flags: UInt64) throws {
        try memory.store(page | flags, at: Self.pageTable + 8 * (page >> 12))
    }

    func change(_ body: (inout kvm_regs) -> Void) throws {
        var registers = try vcpu.registers()
        body(&registers)
        try vcpu.set(registers)
    }

    func change(_ body: (inout kvm_sregs) -> Void) throws {
        var special = try vcpu.specialRegisters()
        body(&special)
        try vcpu.set(special)
    }

    /// Runs the guest until it needs more than an assist.
    func run() throws -> VCPUExit {
        while true {
            switch try vcpu.run() {
            case .emulationFailure:
                assisted += 1
                try assist.carryOut(on: vcpu)
            case .interrupted: continue
            case let exit: return exit
            }
        }
    }

    /// Runs the guest until it writes to this port; the registers it has then.
    func run(toPort port: UInt16 = 0xf4) throws -> kvm_regs {
        let exit = try run()
        guard case .portWrite(let access) = exit, access.port == port else {
            throw Unexpected(exit: exit)
        }
        return try vcpu.registers()
    }

    struct Unexpected: Error {
        let exit: VCPUExit
    }
}
