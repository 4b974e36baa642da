/// An instruction of classic BPF, struct sock_filter (linux/filter.h).
struct SocketFilter {
    var code: UInt16
    /// How many instructions to skip where a test holds, and where not.
    var skipIfTrue: UInt8 = 0
    var skipIfFalse: UInt8 = 0
    var operand: UInt32

    static let size = 8
    /// BPF_MAXINSNS (linux/bpf_common.h).
    static let maximumCount = 4096

    /// BPF_LD | BPF_W | BPF_ABS: a word of struct seccomp_data.
    static func load(_ offset: UInt32) -> SocketFilter {
        SocketFilter(code: 0x20, operand: offset)
    }

    /// BPF_JMP | BPF_K with BPF_JEQ, BPF_JGT and BPF_JSET.
    enum Test: UInt16 {
        case equal = 0x15
        case greater = 0x25
        case anyBit = 0x45
    }

    static func jump(
        if test: Test, _ operand: UInt32, then: Int = 0, otherwise: Int = 0
    ) -> SocketFilter {
        SocketFilter(
            code: test.rawValue, skipIfTrue: UInt8(then), skipIfFalse: UInt8(otherwise),
            operand: operand)
    }

    /// BPF_RET | BPF_K
    static func answer(_ value: UInt32) -> SocketFilter {
        SocketFilter(code: 0x06, operand: value)
    }

    /// As the kernel has it, on little-endian machines.
    var bytes: [UInt8] {
        let low = [
            UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), skipIfTrue,
            skipIfFalse,
        ]
        return low
            + stride(from: 0, to: 32, by: 8).map { UInt8(truncatingIfNeeded: operand >> $0) }
    }
}
