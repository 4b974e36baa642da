/// The instructions of a device filter: 8 bytes each, as linux/bpf.h has them.
///
/// The kernel hands over struct bpf_cgroup_dev_ctx (access << 16 | type, major, minor) in register 1 and takes
/// 1 for yes, 0 for no in register 0.
struct BPFProgram {
    /// BPF_PROG_TYPE_CGROUP_DEVICE
    static let cgroupDevice: UInt64 = 15
    /// BPF_CGROUP_DEVICE
    static let attachDevice: UInt32 = 6

    private(set) var instructions: [UInt64] = []

    private enum Register: UInt64 {
        case answer = 0
        case context = 1
        case type = 2
        case access = 3
        case major = 4
        case minor = 5
        case scratch = 6
    }

    private enum Operation: UInt64 {
        case loadWord = 0x61
        case moveNumber = 0xb7
        case moveRegister = 0xbf
        case andNumber = 0x57
        case shiftRight = 0x77
        case jumpIfNotEqual = 0x55
        case jumpIfEqual = 0x15
        case exit = 0x95
    }

    init(_ filter: DeviceFilter) {
        add(.loadWord, .type, .context, offset: 0)
        add(.moveRegister, .access, .type)
        add(.andNumber, .type, number: 0xffff)
        add(.shiftRight, .access, number: 16)
        add(.loadWord, .major, .context, offset: 4)
        add(.loadWord, .minor, .context, offset: 8)
        for exception in filter.exceptions {
            add(exception, answer: filter.allowsOthers ? 0 : 1)
        }
        answer(filter.allowsOthers ? 1 : 0)
    }

    /// Answers if the device is the exception's and the access concerns it.
    private mutating func add(_ exception: DeviceFilter.Exception, answer value: UInt32) {
        var block = BPFProgram()
        block.add(.moveRegister, .scratch, .access)
        // To be allowed all that is asked for must be allowed; one thing that is denied denies it.
        let mask = value == 1 ? 7 & ~exception.access.rawValue : exception.access.rawValue
        block.add(.andNumber, .scratch, number: mask)
        var tests: [(Operation, Register, UInt32)] = [
            (.jumpIfNotEqual, .type, exception.type),
            (value == 1 ? .jumpIfNotEqual : .jumpIfEqual, .scratch, 0),
        ]
        if let major = exception.major { tests.append((.jumpIfNotEqual, .major, major)) }
        if let minor = exception.minor { tests.append((.jumpIfNotEqual, .minor, minor)) }
        let answerLength = 2
        for (index, (operation, register, number)) in tests.enumerated() {
            // A jump leads behind the answer.
            let distance = tests.count - index - 1 + answerLength
            block.add(operation, register, offset: UInt64(distance), number: number)
        }
        block.answer(value)
        instructions += block.instructions
    }

    private init() {}

    private mutating func answer(_ value: UInt32) {
        add(.moveNumber, .answer, number: value)
        add(.exit, .answer)
    }

    private mutating func add(
        _ operation: Operation, _ destination: Register, _ source: Register = .answer,
        offset: UInt64 = 0, number: UInt32 = 0
    ) {
        instructions.append(
            operation.rawValue | destination.rawValue << 8 | source.rawValue << 12
                | offset << 16 | UInt64(number) << 32)
    }
}
