/// What is wrong with a profile, or what libseccomp does not take of it.
package struct SeccompError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Of the field, below the `seccomp` object: `syscalls[2].args[0].op`. Empty: the whole.
    package var path: String
    package var reason: String

    package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }
}
