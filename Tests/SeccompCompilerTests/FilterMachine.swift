/// Runs a seccomp filter as the kernel does (seccomp(2), linux/filter.h), as far as libseccomp uses the instructions.
struct FilterMachine {
    enum Fault: Error, Equatable {
        case unknown(UInt16)
        case outside(Int)
    }

    private let program: [UInt64]
    private var accumulator: UInt32 = 0
    private var memory = [UInt32](repeating: 0, count: 16)

    /// The answer (SECCOMP_RET_*) for one struct seccomp_data.
    static func run(_ filter: [UInt8], _ data: [UInt32]) throws -> UInt32 {
        var machine = FilterMachine(filter)
        var index = 0
        while true {
            guard machine.program.indices.contains(index) else { throw Fault.outside(index) }
            switch try machine.step(machine.program[index], data) {
            case .answer(let value): return value
            case .skip(let count): index += 1 + count
            }
        }
    }

    private enum Next {
        case skip(Int)
        case answer(UInt32)
    }

    private init(_ filter: [UInt8]) {
        program = stride(from: 0, to: filter.count - 7, by: 8).map { start in
            filter[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private mutating func step(_ instruction: UInt64, _ data: [UInt32]) throws -> Next {
        let operand = UInt32(truncatingIfNeeded: instruction >> 32)
        let taken = Int(instruction >> 16 & 0xff)
        let notTaken = Int(instruction >> 24 & 0xff)
        func branch(_ condition: Bool) -> Next { .skip(condition ? taken : notTaken) }
        switch UInt16(truncatingIfNeeded: instruction) {
        case 0x20:  // BPF_LD | BPF_W | BPF_ABS
            let word = Int(operand) / 4
            guard operand % 4 == 0, data.indices.contains(word) else {
                throw Fault.outside(Int(operand))
            }
            accumulator = data[word]
        case 0x60: accumulator = memory[Int(operand) % 16]  // BPF_LD | BPF_MEM
        case 0x02: memory[Int(operand) % 16] = accumulator  // BPF_ST
        case 0x54: accumulator &= operand  // BPF_ALU | BPF_AND | BPF_K
        case 0x05: return .skip(Int(operand))  // BPF_JMP | BPF_JA
        case 0x15: return branch(accumulator == operand)  // BPF_JEQ
        case 0x25: return branch(accumulator > operand)  // BPF_JGT
        case 0x35: return branch(accumulator >= operand)  // BPF_JGE
        case 0x45: return branch(accumulator & operand != 0)  // BPF_JSET
        case 0x06: return .answer(operand)  // BPF_RET | BPF_K
        case let code: throw Fault.unknown(code)
        }
        return .skip(0)
    }
}
