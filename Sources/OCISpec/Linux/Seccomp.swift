/// Filters of system calls.
package struct Seccomp: Decodable, Equatable, Sendable {
    package var defaultAction: String
    package var defaultErrnoRet: UInt32?
    package var architectures: [String]?
    package var flags: [String]?
    package var listenerPath: String?
    package var listenerMetadata: String?
    package var syscalls: [SeccompRule]?
}

/// What happens to some system calls.
package struct SeccompRule: Decodable, Equatable, Sendable {
    package var names: [String]
    package var action: String
    package var errnoRet: UInt32?
    package var args: [SeccompArgument]?
}

/// A condition on an argument of a system call.
package struct SeccompArgument: Decodable, Equatable, Sendable {
    package var index: UInt32
    package var value: UInt64
    package var valueTwo: UInt64?
    package var op: String
}
