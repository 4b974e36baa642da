/// A system call that a thread of vmrun-sandbox is allowed to make.
package struct JailCall: Sendable {
    /// What must be true of arguments; all parts of one.
    package struct Condition: Sendable {
        /// Counted from zero.
        var argument: UInt32
        var mask: UInt64
        var value: UInt64

        /// The lower 32 bits, which are all that the kernel looks at in a flag word or the number of an ioctl.
        static func argument(_ number: UInt32, is value: UInt64) -> Condition {
            Condition(argument: number, mask: 0xffff_ffff, value: value)
        }

        /// None of these bits.
        static func argument(_ number: UInt32, without bits: UInt64) -> Condition {
            Condition(argument: number, mask: bits, value: 0)
        }
    }

    package let name: String
    package let reason: String
    /// Any of these; empty: whatever the arguments are.
    var conditions: [[Condition]] = []
    /// Why no ordinary run needs it, where that is so.
    package private(set) var rareness: String?

    static func call(
        _ name: String, _ reason: String, where conditions: [[Condition]] = []
    ) -> JailCall {
        JailCall(name: name, reason: reason, conditions: conditions)
    }

    static func rare(
        _ name: String, _ reason: String, _ rareness: String, where conditions: [[Condition]] = []
    ) -> JailCall {
        JailCall(name: name, reason: reason, conditions: conditions, rareness: rareness)
    }
}
