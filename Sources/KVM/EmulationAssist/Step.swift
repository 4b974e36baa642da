internal import CLinux
internal import GuestMemory

/// One instruction, carried out on the state that the processor had before it.
internal struct Step {
    enum Failure: Error {
        case kvm(KVMError)
        case walk(PageWalk.Failure)
        case unknown
    }

    let registers: kvm_regs
    private let special: kvm_sregs
    private let walk: PageWalk
    private let memory: GuestMemory

    init(memory: GuestMemory, registers: kvm_regs, special: kvm_sregs) {
        self.memory = memory
        self.registers = registers
        self.special = special
        walk = PageWalk(
            memory: memory, cr3: special.cr3, writeProtect: special.cr0 & 1 << 16 != 0)
    }

    /// Up to 15 bytes at RIP; fewer where the next page is missing.
    var code: [UInt8] {
        let toPageEnd = 4096 - Int(registers.rip & 4095)
        if let bytes = try? walk.read(registers.rip, count: 15) { return bytes }
        return (try? walk.read(registers.rip, count: min(15, toPageEnd))) ?? []
    }

    func run(on vcpu: borrowing VCPU) throws(Failure) {
        // In user mode the processor itself is the judge: what it does not know is an invalid opcode.
        guard special.cs.selector & 3 == 0 else { throw .walk(.exception(.invalidOpcode)) }
        guard let instruction = AssistedInstruction(decoding: code) else { throw .unknown }
        var after = registers
        after.rip = after.rip &+ UInt64(instruction.length)
        switch instruction.operation {
        case .breakpoint:
            try set(after, vcpu)
            return try kvm { () throws(KVMError) in try vcpu.inject(.breakpoint) }
        case .wait:
            break
        case .countBits(let width):
            try countBits(instruction, width, &after)
        case .compareExchange16:
            try compareExchange(instruction, &after)
        case .saveState:
            try saveState(instruction, vcpu)
        case .restoreState:
            try restoreState(instruction, vcpu)
        }
        try set(after, vcpu)
    }

    private func set(_ registers: kvm_regs, _ vcpu: borrowing VCPU) throws(Failure) {
        try kvm { () throws(KVMError) in try vcpu.set(registers) }
    }

    private func kvm<T>(_ body: () throws(KVMError) -> T) throws(Failure) -> T {
        do throws(KVMError) { return try body() } catch { throw .kvm(error) }
    }

    private func walking<T>(_ body: () throws(PageWalk.Failure) -> T) throws(Failure) -> T {
        do throws(PageWalk.Failure) { return try body() } catch { throw .walk(error) }
    }

    private func address(_ instruction: AssistedInstruction) throws(Failure) -> UInt64 {
        guard case .memory(let operand) = instruction.operand else { throw .unknown }
        var address = UInt64(bitPattern: operand.displacement)
        if let base = operand.base { address &+= registers[general: base] }
        if let index = operand.index {
            address &+= registers[general: index] &* UInt64(operand.scale)
        }
        if operand.instructionRelative {
            address &+= registers.rip &+ UInt64(instruction.length)
        }
        switch operand.segment {
        case .flat: break
        case .fs: address &+= special.fs.base
        case .gs: address &+= special.gs.base
        }
        return address
    }

    /// CF, PF, AF, ZF, SF and OF.
    private static let arithmeticFlags: UInt64 = 0x8d5
    private static let zeroFlag: UInt64 = 0x40

    private func countBits(
        _ instruction: AssistedInstruction, _ width: Int, _ after: inout kvm_regs
    ) throws(Failure) {
        var value: UInt64
        if case .register(let number) = instruction.operand {
            value = registers[general: number]
        } else {
            let source = try address(instruction)
            let bytes = try walking { () throws(PageWalk.Failure) in
                try walk.read(source, count: width)
            }
            value = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        if width < 8 { value &= 1 << UInt64(8 * width) - 1 }
        let count = UInt64(value.nonzeroBitCount)
        let old = registers[general: instruction.register]
        after[general: instruction.register] = width == 2 ? old & ~0xffff | count : count
        after.rflags &= ~Self.arithmeticFlags
        if value == 0 { after.rflags |= Self.zeroFlag }
    }

    private func compareExchange(
        _ instruction: AssistedInstruction, _ after: inout kvm_regs
    ) throws(Failure) {
        let target = try address(instruction)
        guard target % 16 == 0 else { throw .walk(.exception(.generalProtection)) }
        let physical = try walking { () throws(PageWalk.Failure) in
            try walk.translate(target, write: true)
        }
        do throws(GuestMemoryError) {
            let found = try memory.compareExchange16(
                at: physical, expected: (registers.rax, registers.rdx),
                desired: (registers.rbx, registers.rcx))
            after.rax = found.low
            after.rdx = found.high
            after.rflags &= ~Self.zeroFlag
            if found.exchanged { after.rflags |= Self.zeroFlag }
        } catch {
            throw .walk(.noMemory(physical))
        }
    }

    /// The components that the instruction asks for and XCR0 has.
    private func requested(_ vcpu: borrowing VCPU) throws(Failure) -> (
        mask: UInt64, enabled: UInt64
    ) {
        let enabled = try kvm { () throws(KVMError) in try vcpu.extendedControl() }
        return ((registers.rdx << 32 | registers.rax & 0xffff_ffff) & enabled, enabled)
    }

    private func saveState(
        _ instruction: AssistedInstruction, _ vcpu: borrowing VCPU
    ) throws(Failure) {
        let (mask, _) = try requested(vcpu)
        let target = try address(instruction)
        guard target % 64 == 0 else { throw .walk(.exception(.generalProtection)) }
        let image = try kvm { () throws(KVMError) in try vcpu.extendedState() }
        let layout = vcpu.xsaveLayout
        try walking { () throws(PageWalk.Failure) in
            // A fault is a write's, though what is not saved is read first.
            let size = layout.size(of: mask)
            _ = try walk.ranges(target, count: size, write: true)
            let area = try walk.read(target, count: size)
            try walk.write(image.saving(mask, over: area, layout: layout), at: target)
        }
    }

    private func restoreState(
        _ instruction: AssistedInstruction, _ vcpu: borrowing VCPU
    ) throws(Failure) {
        let (mask, enabled) = try requested(vcpu)
        let source = try address(instruction)
        guard source % 64 == 0 else { throw .walk(.exception(.generalProtection)) }
        let layout = vcpu.xsaveLayout
        let area = try walking { () throws(PageWalk.Failure) in
            try walk.read(source, count: layout.size(of: mask))
        }
        var image = try kvm { () throws(KVMError) in try vcpu.extendedState() }
        do throws(ProcessorException) {
            try image.restore(mask, from: area, enabled: enabled, layout: layout)
        } catch {
            throw .walk(.exception(error))
        }
        let restored = image
        try kvm { () throws(KVMError) in try vcpu.set(restored) }
    }
}

extension kvm_regs {
    /// A general register by its number in ModRM and REX.
    fileprivate subscript(general number: Int) -> UInt64 {
        get { self[keyPath: Self.general[number & 15]] }
        set { self[keyPath: Self.general[number & 15]] = newValue }
    }

    private static let general: [any WritableKeyPath<kvm_regs, UInt64> & Sendable] = [
        \.rax, \.rcx, \.rdx, \.rbx, \.rsp, \.rbp, \.rsi, \.rdi,
        \.r8, \.r9, \.r10, \.r11, \.r12, \.r13, \.r14, \.r15,
    ]
}
