internal import CSeccomp

/// The words of config-linux.md, "Seccomp", that the compiler understands.
package enum SeccompNames {
    package static var actions: [String] { SeccompAction.named.keys.sorted() }
    package static var operators: [String] { comparisons.keys.sorted() }
    /// Those that the linked libseccomp knows, too.
    package static var architectures: [String] {
        libraryNames.keys.filter { architecture(named: $0) != nil }.sorted()
    }
    package static var flags: [String] { flagBits.keys.sorted() }

    /// Of the linked library: `2.5.4`.
    package static var libraryVersion: String {
        // SAFETY: the library's constant.
        guard let version = unsafe seccomp_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    static let comparisons: [String: scmp_compare] = [
        "SCMP_CMP_NE": SCMP_CMP_NE, "SCMP_CMP_LT": SCMP_CMP_LT, "SCMP_CMP_LE": SCMP_CMP_LE,
        "SCMP_CMP_EQ": SCMP_CMP_EQ, "SCMP_CMP_GE": SCMP_CMP_GE, "SCMP_CMP_GT": SCMP_CMP_GT,
        "SCMP_CMP_MASKED_EQ": SCMP_CMP_MASKED_EQ,
    ]

    /// Bits of seccomp(2). The last one shapes notifications alone, which no filter here sends, and the kernel refuses
    /// it without them.
    static let flagBits: [String: UInt32] = [
        "SECCOMP_FILTER_FLAG_TSYNC": 1 << 0, "SECCOMP_FILTER_FLAG_LOG": 1 << 1,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 1 << 2, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": 0,
    ]

    /// libseccomp's token of an architecture; nil where one of both does not know it.
    static func architecture(named name: String) -> UInt32? {
        guard let libraryName = libraryNames[name] else { return nil }
        // SAFETY: the string outlives the call.
        let token = unsafe seccomp_arch_resolve_name(libraryName)
        return token == 0 ? nil : token
    }

    private static let libraryNames = [
        "SCMP_ARCH_X86": "x86", "SCMP_ARCH_X86_64": "x86_64", "SCMP_ARCH_X32": "x32",
        "SCMP_ARCH_ARM": "arm", "SCMP_ARCH_AARCH64": "aarch64",
        "SCMP_ARCH_LOONGARCH64": "loongarch64", "SCMP_ARCH_M68K": "m68k",
        "SCMP_ARCH_MIPS": "mips", "SCMP_ARCH_MIPS64": "mips64",
        "SCMP_ARCH_MIPS64N32": "mips64n32", "SCMP_ARCH_MIPSEL": "mipsel",
        "SCMP_ARCH_MIPSEL64": "mipsel64", "SCMP_ARCH_MIPSEL64N32": "mipsel64n32",
        "SCMP_ARCH_PPC": "ppc", "SCMP_ARCH_PPC64": "ppc64", "SCMP_ARCH_PPC64LE": "ppc64le",
        "SCMP_ARCH_S390": "s390", "SCMP_ARCH_S390X": "s390x", "SCMP_ARCH_SH": "sh",
        "SCMP_ARCH_SHEB": "sheb", "SCMP_ARCH_PARISC": "parisc",
        "SCMP_ARCH_PARISC64": "parisc64", "SCMP_ARCH_RISCV64": "riscv64",
    ]
}
