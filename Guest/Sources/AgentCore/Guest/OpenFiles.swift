internal import Linux
internal import Protocols

/// How many files any process may have open, whatever its limits say: fs.nr_open of proc_sys_fs(5).
enum OpenFiles {
    /// What the kernel begins with.
    static let initial: UInt64 = 1 << 20
    /// More than this the kernel does not take: INT_MAX, a multiple of 64.
    private static let highest: UInt64 = 0x7fff_ffc0

    /// What the limits need where that is more than the kernel begins with. A limit above the highest number (none at
    /// all, for one) is refused by the kernel.
    static func maximum(for limits: [ResourceLimit]) -> UInt64? {
        // RLIMIT_NOFILE of asm-generic/resource.h.
        let numbers = limits.filter { $0.resource == 7 }.map { max($0.soft, $0.hard) }
        guard let wanted = numbers.max(), wanted > initial else { return nil }
        return min(wanted, highest)
    }

    static func setMaximum(_ number: UInt64) throws(Failure) {
        do throws(Errno) {
            try KernelFile.write("\(number)", to: "/proc/sys/fs/nr_open")
        } catch {
            throw Action.path("write sysctl", "fs.nr_open").failure(error)
        }
    }
}
