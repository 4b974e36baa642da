internal import CSeccomp
internal import Linux
package import OCISpec

/// What seccomp(2) gets: a filter that libseccomp has made of a profile, with runc's meaning of it.
package struct SeccompProgram: Equatable, Sendable {
    /// An array of struct sock_filter for x86-64; empty: no filter.
    package private(set) var filter: [UInt8] = []
    /// SECCOMP_FILTER_FLAG_*.
    package private(set) var flags: UInt32 = 0

    /// Compiles `linux.seccomp`; without a profile, or with one that says nothing, there is no filter.
    package init(_ profile: Seccomp?) throws(SeccompError) {
        guard let profile, !profile.isEmpty else { return }
        let compiler = try ProfileCompiler(profile)
        filter = try compiler.program()
        flags = try Self.flags(profile.flags)
    }

    /// What nobody asks for is SPEC_ALLOW, as with runc: without it older kernels slow every filtered process down.
    private static func flags(_ names: [String]?) throws(SeccompError) -> UInt32 {
        var flags: UInt32 = 0
        for (index, name) in (names ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]).enumerated() {
            guard let bit = SeccompNames.flagBits[name] else {
                throw SeccompError(
                    path: "flags[\(index)]", reason: "seccomp flag \(name) is not known to vmrun")
            }
            flags |= bit
        }
        return flags
    }
}

extension Seccomp {
    fileprivate var isEmpty: Bool { defaultAction.isEmpty && (syscalls ?? []).isEmpty }
}
