import OCISpec

@testable import SeccompCompiler

/// A system call as a filter sees it.
struct Call {
    /// AUDIT_ARCH_* (linux/audit.h).
    enum Architecture: UInt32 {
        case amd64 = 0xC000_003E
        case i386 = 0x4000_0003
        case aarch64 = 0xC000_00B7
    }

    var number: UInt32
    var architecture = Architecture.amd64
    var arguments: [UInt64] = []

    init(_ number: UInt32, _ architecture: Architecture = .amd64, _ arguments: UInt64...) {
        self.number = number
        self.architecture = architecture
        self.arguments = arguments
    }

    /// Of x32: bit 30 is set (asm/unistd.h).
    static func x32(_ number: UInt32) -> Call { Call(1 << 30 | number) }

    /// struct seccomp_data (linux/seccomp.h) in words: nr, arch, instruction_pointer, args[6].
    private var words: [UInt32] {
        let arguments = arguments + [UInt64](repeating: 0, count: 6 - arguments.count)
        return [number, architecture.rawValue, 0, 0]
            + arguments.flatMap {
                [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
            }
    }

    func answer(of program: SeccompProgram) throws -> Answer {
        try answer(ofFilter: program.filter)
    }

    func answer(ofFilter filter: [UInt8]) throws -> Answer {
        Answer(number: try FilterMachine.run(filter, words))
    }
}

/// SECCOMP_RET_* (linux/seccomp.h).
enum Answer: Equatable {
    case killProcess
    case killThread
    case trap
    case errno(UInt16)
    case trace(UInt16)
    case log
    case allow
    case unknown(UInt32)

    init(number: UInt32) {
        let value = UInt16(truncatingIfNeeded: number)
        switch number & 0xffff_0000 {
        case 0x8000_0000: self = .killProcess
        case 0x0000_0000: self = .killThread
        case 0x0003_0000: self = .trap
        case 0x0005_0000: self = .errno(value)
        case 0x7ff0_0000: self = .trace(value)
        case 0x7ffc_0000: self = .log
        case 0x7fff_0000: self = .allow
        default: self = .unknown(number)
        }
    }
}

/// Compiles the text of a `seccomp` object.
func compile(_ text: String) throws -> SeccompProgram {
    let tree = try JSONParser.parse(Array(text.utf8))
    return try SeccompProgram(TreeDecoder.decode(Seccomp.self, from: tree))
}
