/// An instruction that KVM's emulator does not carry out and the kernel's supervisor mode needs
/// (Intel SDM volume 2). Decoding is pure: bytes in, value out.
package struct AssistedInstruction: Equatable, Sendable {
    package enum Operation: Equatable, Sendable {
        /// INT3.
        case breakpoint
        /// WAIT, also called FWAIT.
        case wait
        /// POPCNT of this many bytes: 2, 4 or 8.
        case countBits(width: Int)
        /// CMPXCHG16B.
        case compareExchange16
        /// XSAVE, or XSAVEOPT, which may save more than it must.
        case saveState
        /// XRSTOR.
        case restoreState
    }

    package enum Segment: Equatable, Sendable {
        case flat
        case fs
        case gs
    }

    package enum Operand: Equatable, Sendable {
        case none
        /// A general register by its number.
        case register(Int)
        case memory(Memory)
    }

    /// base + index * scale + displacement, and the segment's base.
    package struct Memory: Equatable, Sendable {
        package var base: Int?
        package var index: Int?
        package var scale = 1
        package var displacement: Int64 = 0
        /// Relative to the address of the next instruction.
        package var instructionRelative = false
        package var segment = Segment.flat
    }

    package var operation: Operation
    package var operand = Operand.none
    /// The general register of ModRM's reg field.
    package var register = 0
    /// Of the whole instruction, in bytes.
    package var length: Int

    /// Decodes 64-bit code; nil for every other instruction, and where the bytes end too early.
    package init?(decoding code: [UInt8]) {
        var decoder = InstructionDecoder(code)
        guard let instruction = decoder.decode() else { return nil }
        self = instruction
    }

    internal init(_ operation: Operation, length: Int) {
        self.operation = operation
        self.length = length
    }
}

private struct InstructionDecoder {
    private let code: [UInt8]
    private var position = 0
    private var rex: UInt8 = 0
    private var repeatPrefix = false
    private var operandSizePrefix = false
    private var segment = AssistedInstruction.Segment.flat

    private var wide: Bool { rex & 8 != 0 }

    init(_ code: [UInt8]) {
        self.code = code
    }

    private mutating func next() -> UInt8? {
        guard position < code.count, position < 15 else { return nil }
        defer { position += 1 }
        return code[position]
    }

    private mutating func signed32() -> Int64? {
        var value: UInt32 = 0
        for shift in 0..<4 {
            guard let byte = next() else { return nil }
            value |= UInt32(byte) << UInt32(8 * shift)
        }
        return Int64(Int32(bitPattern: value))
    }

    /// The first byte after the prefixes.
    private mutating func skipPrefixes() -> UInt8? {
        while let byte = next() {
            switch byte {
            case 0xf3: repeatPrefix = true
            case 0x66: operandSizePrefix = true
            case 0x64: segment = .fs
            case 0x65: segment = .gs
            case 0xf0, 0x2e, 0x3e: break
            case 0x40...0x4f:
                rex = byte
                return next()
            default: return byte
            }
        }
        return nil
    }

    mutating func decode() -> AssistedInstruction? {
        switch skipPrefixes() {
        case 0xcc: return AssistedInstruction(.breakpoint, length: position)
        case 0x9b: return AssistedInstruction(.wait, length: position)
        case 0x0f: break
        default: return nil
        }
        guard let opcode = next(), let modrm = next() else { return nil }
        let extensionNumber = modrm >> 3 & 7
        guard let operation = operation(opcode, extensionNumber) else { return nil }
        guard let operand = operand(modrm) else { return nil }
        if case .register = operand {
            guard case .countBits = operation else { return nil }
        }
        var instruction = AssistedInstruction(operation, length: position)
        instruction.operand = operand
        instruction.register = Int(extensionNumber | (rex & 4) << 1)
        return instruction
    }

    private func operation(
        _ opcode: UInt8, _ number: UInt8
    ) -> AssistedInstruction.Operation? {
        switch (opcode, number) {
        case (0xb8, _) where repeatPrefix:
            .countBits(width: wide ? 8 : operandSizePrefix ? 2 : 4)
        case (0xc7, 1) where wide: .compareExchange16
        case (0xae, 4), (0xae, 6): repeatPrefix || operandSizePrefix ? nil : .saveState
        case (0xae, 5): repeatPrefix || operandSizePrefix ? nil : .restoreState
        default: nil
        }
    }

    /// ModRM, SIB and displacement (Intel SDM volume 2, 2.1.5).
    private mutating func operand(_ modrm: UInt8) -> AssistedInstruction.Operand? {
        let mode = modrm >> 6
        let low = modrm & 7
        let extended = Int(low | (rex & 1) << 3)
        if mode == 3 { return .register(extended) }
        var memory = AssistedInstruction.Memory()
        memory.segment = segment
        if low == 4 {
            guard let sib = next() else { return nil }
            let index = Int(sib >> 3 & 7 | (rex & 2) << 2)
            if index != 4 {
                memory.index = index
                memory.scale = 1 << Int(sib >> 6)
            }
            if sib & 7 == 5, mode == 0 {
                guard let displacement = signed32() else { return nil }
                memory.displacement = displacement
            } else {
                memory.base = Int(sib & 7 | (rex & 1) << 3)
            }
        } else if low == 5, mode == 0 {
            guard let displacement = signed32() else { return nil }
            memory.displacement = displacement
            memory.instructionRelative = true
        } else {
            memory.base = extended
        }
        if mode == 1 {
            guard let byte = next() else { return nil }
            memory.displacement = Int64(Int8(bitPattern: byte))
        } else if mode == 2 {
            guard let displacement = signed32() else { return nil }
            memory.displacement = displacement
        }
        return .memory(memory)
    }
}
