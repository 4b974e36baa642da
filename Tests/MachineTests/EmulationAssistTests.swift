import CLinux
import GuestMemory
import KVM
import Testing

/// Instructions in supervisor mode give what the processor gives: on a KVM that interprets it with our assist, on all
/// others without.
@Suite(.enabled(if: Host.runsMachines, Host.reason), .serialized)
struct EmulationAssistTests {
    /// CF, PF, AF, ZF, SF, OF.
    private static let arithmeticFlags: UInt64 = 0x8d5
    private static let zeroFlag: UInt64 = 0x40

    @Test func bitsAreCountedInAllWidths() throws {
        let guest = try GuestMachine(GuestCode.countBits)
        try guest.memory.store(UInt64(0x8000_0000_0000_0001), at: GuestMachine.data + 8)
        let registers = try guest.run(toPort: 0xf4)
        #expect(registers.rbx == 33)
        #expect(registers.rcx == 17)
        #expect(registers.rdx == 0xffff_ffff_ffff_0009)
        #expect(registers.rdi == 2)
        #expect(registers.rbp == 0)
        #expect(registers.r8 & Self.arithmeticFlags == Self.zeroFlag)
        #expect(registers.r9 == 33)
        #expect(registers.r10 & Self.arithmeticFlags == 0)
    }

    @Test func sixteenBytesAreExchanged() throws {
        let guest = try GuestMachine(GuestCode.compareExchange)
        try guest.memory.store(UInt64(1), at: GuestMachine.data)
        try guest.memory.store(UInt64(2), at: GuestMachine.data + 8)
        let registers = try guest.run(toPort: 0xf4)
        // First it finds 1 and 2, and puts 3 and 4 there; then it finds these.
        #expect((registers.r8 & 0xff, registers.r9 & 0xff) == (1, 0))
        #expect((registers.rax, registers.rdx) == (3, 4))
        #expect(try guest.memory.loadUInt64(at: GuestMachine.data) == 3)
        #expect(try guest.memory.loadUInt64(at: GuestMachine.data + 8) == 4)
    }

    @Test func aBreakpointReturnsBehindItself() throws {
        let guest = try GuestMachine(GuestCode.breakpoint)
        let registers = try guest.run(toPort: 0xf4)
        #expect(registers.r8 == 0x201)
        #expect(registers.r9 == GuestMachine.code + 7)
    }

    @Test func waitDoesNothing() throws {
        let registers = try GuestMachine(GuestCode.wait).run(toPort: 0xf4)
        #expect(registers.rbx == 8)
    }

    /// The program, the access's address, the flags of the page there, the fault's address and error code.
    @Test(
        arguments: [
            (GuestCode.compareExchangeAt, UInt64(0x2_0000), UInt64(0), UInt64(0x2_0000), UInt64(2)),
            (GuestCode.compareExchangeAt, 0x2_0000, 1, 0x2_0000, 3),
            (GuestCode.saveState, 0x2_0000, 0, 0x2_0000, 2),
            (GuestCode.saveState, 0x2_0000, 1, 0x2_0000, 3),
            (GuestCode.saveState, 0x1_ff80, 0, 0x2_0000, 2),
            (GuestCode.saveState, 0x1_ff80, 1, 0x2_0000, 3),
            (GuestCode.restoreState, 0x2_0000, 0, 0x2_0000, 0),
            (GuestCode.restoreState, 0x1_ff80, 0, 0x2_0000, 0),
        ] as [([UInt8], UInt64, UInt64, UInt64, UInt64)])
    func anOperandOnABadPageIsAPageFault(
        program: [UInt8], operand: UInt64, flags: UInt64, address: UInt64, code: UInt64
    ) throws {
        let guest = try GuestMachine(program)
        try guest.map(0x2_0000, flags: flags)
        try guest.change { (registers: inout kvm_regs) in registers.rdi = operand }
        let registers = try guest.run(toPort: 0xf6)
        // Which byte of the page it names is the processor's choice.
        #expect(registers.r8 & ~0xfff == address)
        // Processors are exact, the emulated ones of some hosts in the present bit only.
        #expect(registers.r9 & 1 == code & 1)
        #expect(guest.assisted == 0 || registers.r9 == code)
        #expect((GuestMachine.code..<GuestMachine.code + 64).contains(registers.r10))
        let untouched = try guest.memory.read(at: 0x1_ff80, count: 0x80).allSatisfy { $0 == 0 }
        #expect(guest.assisted == 0 || untouched)
    }

    @Test func afterItsPageFaultAnInstructionIsRepeated() throws {
        let guest = try GuestMachine(GuestCode.saveState)
        try guest.map(0x2_0000, flags: 1)
        try guest.change { (registers: inout kvm_regs) in registers.rdi = 0x2_0000 }
        let fault = try guest.run(toPort: 0xf6)
        try guest.map(0x2_0000, flags: 3)
        try guest.change { (registers: inout kvm_regs) in
            registers.rip = fault.r10
            registers.rax = 7
            registers.rdx = 0
        }
        try guest.change { (special: inout kvm_sregs) in special.cr3 = special.cr3 }
        _ = try guest.run(toPort: 0xf4)
        // FCW is never zero.
        #expect(try guest.memory.loadUInt16(at: 0x2_0000) == 0x37f)
    }

    @Test(
        arguments: [
            GuestCode.compareExchangeAt, GuestCode.saveState, GuestCode.restoreState,
        ], [UInt64(0x2_0008), 0x8000_0000_0000_0000])
    func aMisalignedOrImpossibleOperandIsAProtectionFault(
        program: [UInt8], operand: UInt64
    ) throws {
        let guest = try GuestMachine(program)
        try guest.change { (registers: inout kvm_regs) in registers.rdi = operand }
        #expect(try guest.run(toPort: 0xf7).r9 == 0)
    }
}
