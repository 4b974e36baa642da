import Testing

@testable import KVM

/// An instruction as an assembler and a disassembler see it, and what the decoder is to make of it.
struct Encoding: Sendable, CustomTestStringConvertible {
    let assembly: String
    let bytes: [UInt8]
    /// nil where the instruction is none of ours.
    let instruction: AssistedInstruction?

    init(_ assembly: String, _ bytes: [UInt8]) {
        self.assembly = assembly
        self.bytes = bytes
        instruction = nil
    }

    init(
        _ assembly: String, _ bytes: [UInt8], _ operation: AssistedInstruction.Operation,
        _ operand: AssistedInstruction.Operand = .none, register: Int = 0
    ) {
        self.assembly = assembly
        self.bytes = bytes
        var instruction = AssistedInstruction(operation, length: bytes.count)
        instruction.operand = operand
        instruction.register = register
        self.instruction = instruction
    }

    var testDescription: String { assembly }
}

extension AssistedInstruction.Operand {
    static func at(
        base: Int? = nil, index: Int? = nil, scale: Int = 1, displacement: Int64 = 0,
        relative: Bool = false, segment: AssistedInstruction.Segment = .flat
    ) -> AssistedInstruction.Operand {
        var memory = AssistedInstruction.Memory()
        memory.base = base
        memory.index = index
        memory.scale = scale
        memory.displacement = displacement
        memory.instructionRelative = relative
        memory.segment = segment
        return .memory(memory)
    }
}

extension Encoding {
    /// Assembled by GNU as; the text is what objdump says of the bytes (AT&T syntax).
    static let assisted: [Encoding] = [
        Encoding("int3", [0xcc], .breakpoint),
        Encoding("fwait", [0x9b], .wait),
        Encoding(
            "popcnt %rax,%rax", [0xf3, 0x48, 0x0f, 0xb8, 0xc0],
            .countBits(width: 8), .register(0), register: 0),
        Encoding(
            "popcnt %r8,%rax", [0xf3, 0x49, 0x0f, 0xb8, 0xc0],
            .countBits(width: 8), .register(8), register: 0),
        Encoding(
            "popcnt %rax,%r8", [0xf3, 0x4c, 0x0f, 0xb8, 0xc0],
            .countBits(width: 8), .register(0), register: 8),
        Encoding(
            "popcnt %r15,%r9", [0xf3, 0x4d, 0x0f, 0xb8, 0xcf],
            .countBits(width: 8), .register(15), register: 9),
        Encoding(
            "popcnt %ecx,%edx", [0xf3, 0x0f, 0xb8, 0xd1],
            .countBits(width: 4), .register(1), register: 2),
        Encoding(
            "popcnt %r10d,%r11d", [0xf3, 0x45, 0x0f, 0xb8, 0xda],
            .countBits(width: 4), .register(10), register: 11),
        Encoding(
            "popcnt %cx,%dx", [0x66, 0xf3, 0x0f, 0xb8, 0xd1],
            .countBits(width: 2), .register(1), register: 2),
        Encoding(
            "popcnt %r12w,%r13w", [0x66, 0xf3, 0x45, 0x0f, 0xb8, 0xec],
            .countBits(width: 2), .register(12), register: 13),
        Encoding(
            "popcnt (%rbx),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x03],
            .countBits(width: 8), .at(base: 3), register: 0),
        Encoding(
            "popcnt (%r9),%ecx", [0xf3, 0x41, 0x0f, 0xb8, 0x09],
            .countBits(width: 4), .at(base: 9), register: 1),
        Encoding(
            "popcnt (%rdi),%si", [0x66, 0xf3, 0x0f, 0xb8, 0x37],
            .countBits(width: 2), .at(base: 7), register: 6),
        Encoding(
            "popcnt 0x8(%rbx),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x43, 0x08],
            .countBits(width: 8), .at(base: 3, displacement: 0x8), register: 0),
        Encoding(
            "popcnt -0x8(%rbp),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x45, 0xf8],
            .countBits(width: 8), .at(base: 5, displacement: -0x8), register: 0),
        Encoding(
            "popcnt 0x12345678(%rbx),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x83, 0x78, 0x56, 0x34, 0x12],
            .countBits(width: 8), .at(base: 3, displacement: 0x12345678), register: 0),
        Encoding(
            "popcnt -0x12345678(%r14),%rax",
            [0xf3, 0x49, 0x0f, 0xb8, 0x86, 0x88, 0xa9, 0xcb, 0xed],
            .countBits(width: 8), .at(base: 14, displacement: -0x12345678), register: 0),
        Encoding(
            "popcnt (%rsp),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x04, 0x24],
            .countBits(width: 8), .at(base: 4), register: 0),
        Encoding(
            "popcnt 0x10(%rsp),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x44, 0x24, 0x10],
            .countBits(width: 8), .at(base: 4, displacement: 0x10), register: 0),
        Encoding(
            "popcnt (%r12),%rax", [0xf3, 0x49, 0x0f, 0xb8, 0x04, 0x24],
            .countBits(width: 8), .at(base: 12), register: 0),
        Encoding(
            "popcnt 0x10(%r12),%rax", [0xf3, 0x49, 0x0f, 0xb8, 0x44, 0x24, 0x10],
            .countBits(width: 8), .at(base: 12, displacement: 0x10), register: 0),
        Encoding(
            "popcnt 0x0(%rbp),%rax", [0xf3, 0x48, 0x0f, 0xb8, 0x45, 0x00],
            .countBits(width: 8), .at(base: 5), register: 0),
        Encoding(
            "popcnt 0x0(%r13),%rax", [0xf3, 0x49, 0x0f, 0xb8, 0x45, 0x00],
            .countBits(width: 8), .at(base: 13), register: 0),
        Encoding(
            "popcnt (%rax,%rcx,1),%rdx", [0xf3, 0x48, 0x0f, 0xb8, 0x14, 0x08],
            .countBits(width: 8), .at(base: 0, index: 1, scale: 1), register: 2),
        Encoding(
            "popcnt (%rax,%rcx,2),%rdx", [0xf3, 0x48, 0x0f, 0xb8, 0x14, 0x48],
            .countBits(width: 8), .at(base: 0, index: 1, scale: 2), register: 2),
        Encoding(
            "popcnt (%rax,%r12,4),%rdx", [0xf3, 0x4a, 0x0f, 0xb8, 0x14, 0xa0],
            .countBits(width: 8), .at(base: 0, index: 12, scale: 4), register: 2),
        Encoding(
            "popcnt 0x40(%r13,%r14,8),%rdx", [0xf3, 0x4b, 0x0f, 0xb8, 0x54, 0xf5, 0x40],
            .countBits(width: 8), .at(base: 13, index: 14, scale: 8, displacement: 0x40),
            register: 2),
        Encoding(
            "popcnt 0x0(%r13,%r14,8),%rdx", [0xf3, 0x4b, 0x0f, 0xb8, 0x54, 0xf5, 0x00],
            .countBits(width: 8), .at(base: 13, index: 14, scale: 8), register: 2),
        Encoding(
            "popcnt 0x1000(,%rdi,8),%rdx",
            [0xf3, 0x48, 0x0f, 0xb8, 0x14, 0xfd, 0x00, 0x10, 0x00, 0x00],
            .countBits(width: 8), .at(index: 7, scale: 8, displacement: 0x1000), register: 2),
        Encoding(
            "popcnt -0x1000(,%r8,4),%rdx",
            [0xf3, 0x4a, 0x0f, 0xb8, 0x14, 0x85, 0x00, 0xf0, 0xff, 0xff],
            .countBits(width: 8), .at(index: 8, scale: 4, displacement: -0x1000), register: 2),
        Encoding(
            "popcnt 0x7fff0000,%rdx", [0xf3, 0x48, 0x0f, 0xb8, 0x14, 0x25, 0x00, 0x00, 0xff, 0x7f],
            .countBits(width: 8), .at(displacement: 0x7fff0000), register: 2),
        Encoding(
            "popcnt 0x40(%rip),%rdx", [0xf3, 0x48, 0x0f, 0xb8, 0x15, 0x40, 0x00, 0x00, 0x00],
            .countBits(width: 8), .at(displacement: 0x40, relative: true), register: 2),
        Encoding(
            "popcnt -0x40(%rip),%r10", [0xf3, 0x4c, 0x0f, 0xb8, 0x15, 0xc0, 0xff, 0xff, 0xff],
            .countBits(width: 8), .at(displacement: -0x40, relative: true), register: 10),
        Encoding(
            "popcnt %gs:0x40(%rip),%rdx",
            [0x65, 0xf3, 0x48, 0x0f, 0xb8, 0x15, 0x40, 0x00, 0x00, 0x00],
            .countBits(width: 8), .at(displacement: 0x40, relative: true, segment: .gs), register: 2
        ),
        Encoding(
            "popcnt %gs:(%rax),%rdx", [0x65, 0xf3, 0x48, 0x0f, 0xb8, 0x10],
            .countBits(width: 8), .at(base: 0, segment: .gs), register: 2),
        Encoding(
            "popcnt %fs:0x28,%rdx",
            [0x64, 0xf3, 0x48, 0x0f, 0xb8, 0x14, 0x25, 0x28, 0x00, 0x00, 0x00],
            .countBits(width: 8), .at(displacement: 0x28, segment: .fs), register: 2),
        Encoding(
            "cmpxchg16b (%rsi)", [0x48, 0x0f, 0xc7, 0x0e],
            .compareExchange16, .at(base: 6), register: 1),
        Encoding(
            "lock cmpxchg16b (%rsi)", [0xf0, 0x48, 0x0f, 0xc7, 0x0e],
            .compareExchange16, .at(base: 6), register: 1),
        Encoding(
            "lock cmpxchg16b %gs:(%rsi)", [0x65, 0xf0, 0x48, 0x0f, 0xc7, 0x0e],
            .compareExchange16, .at(base: 6, segment: .gs), register: 1),
        Encoding(
            "cmpxchg16b 0x20(%r15,%rax,2)", [0x49, 0x0f, 0xc7, 0x4c, 0x47, 0x20],
            .compareExchange16, .at(base: 15, index: 0, scale: 2, displacement: 0x20), register: 1),
        Encoding(
            "xsave64 (%rdi)", [0x48, 0x0f, 0xae, 0x27], .saveState, .at(base: 7), register: 4),
        Encoding("xsave (%rdi)", [0x0f, 0xae, 0x27], .saveState, .at(base: 7), register: 4),
        Encoding(
            "xsave64 0x240(%r11)", [0x49, 0x0f, 0xae, 0xa3, 0x40, 0x02, 0x00, 0x00],
            .saveState, .at(base: 11, displacement: 0x240), register: 4),
        Encoding(
            "xsaveopt64 (%rdi)", [0x48, 0x0f, 0xae, 0x37],
            .saveState, .at(base: 7), register: 6),
        Encoding("xsaveopt (%rdi)", [0x0f, 0xae, 0x37], .saveState, .at(base: 7), register: 6),
        Encoding(
            "xrstor64 (%rdi)", [0x48, 0x0f, 0xae, 0x2f],
            .restoreState, .at(base: 7), register: 5),
        Encoding("xrstor (%rdi)", [0x0f, 0xae, 0x2f], .restoreState, .at(base: 7), register: 5),
        Encoding(
            "xrstor64 -0x40(%rax)", [0x48, 0x0f, 0xae, 0x68, 0xc0],
            .restoreState, .at(base: 0, displacement: -0x40), register: 5),
        Encoding(
            "cs popcnt %rax,%rax", [0x2e, 0xf3, 0x48, 0x0f, 0xb8, 0xc0],
            .countBits(width: 8), .register(0), register: 0),
        Encoding(
            "ds xrstor64 (%rdi)", [0x3e, 0x48, 0x0f, 0xae, 0x2f],
            .restoreState, .at(base: 7), register: 5),
    ]

    /// What KVM's emulator knows itself, or nobody needs.
    static let others: [Encoding] = [
        Encoding("nop", [0x90]),
        Encoding("ud2", [0x0f, 0x0b]),
        Encoding("hlt", [0xf4]),
        Encoding("cmpxchg8b (%rsi)", [0x0f, 0xc7, 0x0e]),
        Encoding("xsavec64 (%rdi)", [0x48, 0x0f, 0xc7, 0x27]),
        Encoding("xsaves64 (%rdi)", [0x48, 0x0f, 0xc7, 0x2f]),
        Encoding("xrstors64 (%rdi)", [0x48, 0x0f, 0xc7, 0x1f]),
        Encoding("lfence", [0x0f, 0xae, 0xe8]),
        Encoding("mfence", [0x0f, 0xae, 0xf0]),
        Encoding("sfence", [0x0f, 0xae, 0xf8]),
        Encoding("clflush (%rdi)", [0x0f, 0xae, 0x3f]),
        Encoding("clflushopt (%rdi)", [0x66, 0x0f, 0xae, 0x3f]),
        Encoding("clwb (%rdi)", [0x66, 0x0f, 0xae, 0x37]),
        Encoding("fxsave64 (%rdi)", [0x48, 0x0f, 0xae, 0x07]),
        Encoding("fxrstor64 (%rdi)", [0x48, 0x0f, 0xae, 0x0f]),
        Encoding("ldmxcsr (%rdi)", [0x0f, 0xae, 0x17]),
        Encoding("stmxcsr (%rdi)", [0x0f, 0xae, 0x1f]),
        Encoding("ptwrite %rax", [0xf3, 0x48, 0x0f, 0xae, 0xe0]),
        Encoding("rdfsbase %rax", [0xf3, 0x48, 0x0f, 0xae, 0xc0]),
        Encoding("tpause %ecx", [0x66, 0x0f, 0xae, 0xf1]),
        Encoding("clrssbsy (%rdi)", [0xf3, 0x0f, 0xae, 0x37]),
        Encoding("rdrand %rax", [0x48, 0x0f, 0xc7, 0xf0]),
        Encoding("rdseed %rax", [0x48, 0x0f, 0xc7, 0xf8]),
        Encoding("lzcnt %rax,%rdx", [0xf3, 0x48, 0x0f, 0xbd, 0xd0]),
        Encoding("tzcnt %rax,%rdx", [0xf3, 0x48, 0x0f, 0xbc, 0xd0]),
        Encoding("ud1 %eax,%edx", [0x0f, 0xb9, 0xd0]),
        Encoding("popcnt (%eax),%rdx", [0x67, 0xf3, 0x48, 0x0f, 0xb8, 0x10]),
        Encoding("mov %rax,%rbx", [0x48, 0x89, 0xc3]),
        Encoding("syscall", [0x0f, 0x05]),
        Encoding("vmcall", [0x0f, 0x01, 0xc1]),
        Encoding("int $3, two bytes", [0xcd, 0x03]),
        Encoding("xsave with a register", [0x0f, 0xae, 0xe0]),
        Encoding("cmpxchg16b with a register", [0x48, 0x0f, 0xc7, 0xc9]),
        Encoding("REX before a prefix", [0x48, 0xf3, 0x0f, 0xb8, 0xc0]),
        Encoding("jmpe, which popcnt is without its prefix", [0x0f, 0xb8, 0xc0]),
    ]
}
