internal import CLinux

/// The state of a processor that begins in 64-bit mode: paging on, flat segments, interrupts off, the way a 64-bit
/// kernel is entered (Documentation/arch/x86/boot.rst, "64-bit boot protocol").
package struct LongModeEntry: Sendable {
    /// Address of the first instruction.
    package var instruction: UInt64
    /// Guest-physical address of the PML4.
    package var pageTables: UInt64
    /// Of four descriptors; selector 0x10 is the code's, 0x18 the data's.
    package var descriptorTable: UInt64
    package var stack: UInt64
    /// RSI.
    package var argument: UInt64

    package init(
        instruction: UInt64, pageTables: UInt64, descriptorTable: UInt64, stack: UInt64,
        argument: UInt64
    ) {
        self.instruction = instruction
        self.pageTables = pageTables
        self.descriptorTable = descriptorTable
        self.stack = stack
        self.argument = argument
    }
}

extension VCPU {
    /// Puts the processor into the state; before its first `run`.
    package borrowing func prepare(_ entry: LongModeEntry) throws(KVMError) {
        var special = try specialRegisters()
        var code = kvm_segment()
        code.limit = 0xffff_ffff
        code.selector = 0x10
        code.type = 11
        code.present = 1
        code.s = 1
        code.l = 1
        code.g = 1
        var data = code
        data.selector = 0x18
        data.type = 3
        data.l = 0
        data.db = 1
        special.cs = code
        (special.ds, special.es, special.fs, special.gs, special.ss) = (
            data, data, data, data, data
        )
        special.gdt.base = entry.descriptorTable
        special.gdt.limit = 31
        special.idt.base = 0
        special.idt.limit = 0
        special.cr3 = entry.pageTables
        special.cr4 = 1 << 5  // PAE
        special.cr0 = 0x8005_0033  // PG, AM, WP, NE, ET, MP, PE
        special.efer = 0xd00  // NXE, LMA, LME
        try set(special)
        var registers = kvm_regs()
        registers.rip = entry.instruction
        registers.rflags = 2
        registers.rsi = entry.argument
        registers.rsp = entry.stack
        try set(registers)
    }
}
