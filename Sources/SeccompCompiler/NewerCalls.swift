internal import CSeccomp
internal import Glibc

/// What runc puts before a filter that refuses what it does not name: a system call with a higher number than all that
/// the profile knows fails with ENOSYS, so that a C library that is newer than the profile takes the older call.
///
/// Only architectures that a guest can call as have a part; others go to the filter, which refuses them.
struct NewerCalls {
    /// Bit 30 of the number tells x32 from x86-64; the kernel calls both by the same architecture (asm/unistd.h).
    private static let x32Bit: UInt32 = 1 << 30
    /// Offsets in struct seccomp_data (linux/seccomp.h).
    private static let numberOffset: UInt32 = 0
    private static let architectureOffset: UInt32 = 4

    /// The last one first: how far a part jumps depends on what follows it.
    private(set) var instructions: [SocketFilter] = []

    /// `names` are all that the profile has, `architectures` libseccomp's tokens, the native one among them.
    init(names: [String], architectures: [UInt32]) {
        guard let x86 = SeccompNames.architecture(named: "SCMP_ARCH_X86"),
            let x32 = SeccompNames.architecture(named: "SCMP_ARCH_X32")
        else { return }
        let native = LibraryFilter.nativeArchitecture
        let parts: [(token: UInt32, audit: UInt32, x32: Bool?)] = [
            (x86, x86, nil), (x32, native, true), (native, native, false),
        ]
        for part in parts where architectures.contains(part.token) {
            let numbers = names.compactMap {
                LibraryFilter.number(ofSystemCall: $0, on: part.token)
            }
            guard let last = numbers.max(), last > 0 else { continue }
            prepend(architecture: part.audit, x32: part.x32, last: UInt32(last))
        }
    }

    /// Goes on with the next part where the call is of another kind, and with the filter where it is one to look at.
    private mutating func prepend(architecture: UInt32, x32: Bool?, last: UInt32) {
        let rest = instructions.count
        var part: [SocketFilter] = [
            .jump(if: .greater, last, otherwise: 1 + rest),
            .answer(cs_action_errno(UInt16(ENOSYS))),
        ]
        if let x32 {
            let next = part.count
            part.insert(
                .jump(
                    if: .anyBit, Self.x32Bit, then: x32 ? 0 : next, otherwise: x32 ? next : 0),
                at: 0)
        }
        part.insert(.load(Self.numberOffset), at: 0)
        part.insert(.jump(if: .equal, architecture, otherwise: part.count), at: 0)
        part.insert(.load(Self.architectureOffset), at: 0)
        instructions = part + instructions
    }
}
