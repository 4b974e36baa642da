/// Runs the instructions of a device filter as the kernel does (Documentation/bpf/standardization/instruction-set.rst),
/// as far as a filter may use them.
struct BPFMachine {
    enum Fault: Error, Equatable {
        case unknown(UInt64)
        case outside(Int)
    }

    private var registers = [UInt64](repeating: 0, count: 11)

    /// The answer for a context of three words: access and type, major, minor.
    static func run(_ program: [UInt64], _ context: [UInt32]) throws -> UInt64 {
        var machine = BPFMachine()
        var index = 0
        while true {
            guard program.indices.contains(index) else { throw Fault.outside(index) }
            guard let next = try machine.step(program[index], context) else {
                return machine.registers[0]
            }
            index += 1 + next
        }
    }

    /// Carries one instruction out: how far to jump, or nil at the end.
    private mutating func step(_ instruction: UInt64, _ context: [UInt32]) throws -> Int? {
        let destination = Int(instruction >> 8 & 0xf)
        let source = Int(instruction >> 12 & 0xf)
        let offset = Int(Int16(truncatingIfNeeded: instruction >> 16))
        let number = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: instruction >> 32)))
        switch instruction & 0xff {
        case 0x61:  // BPF_LDX | BPF_MEM | BPF_W
            guard source == 1, offset % 4 == 0, context.indices.contains(offset / 4) else {
                throw Fault.outside(offset)
            }
            registers[destination] = UInt64(context[offset / 4])
        case 0xb7: registers[destination] = number
        case 0xbf: registers[destination] = registers[source]
        case 0x57: registers[destination] &= number
        case 0x77: registers[destination] >>= number
        case 0x55: return registers[destination] != number ? offset : 0
        case 0x15: return registers[destination] == number ? offset : 0
        case 0x95: return nil
        default: throw Fault.unknown(instruction)
        }
        return 0
    }
}
