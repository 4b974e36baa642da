/// What a sandbox needs on the host beyond what its container may use in the guest: limits of the container hold in the
/// guest, and those of the sandbox are wide enough that none ends a container that keeps to its own.
struct HostOverhead: Equatable, Sendable {
    /// Of the sandbox process itself: its code, threads, buffers and the kernel's memory for its open files, in bytes.
    static let sandboxMemory: UInt64 = 32 << 20
    /// One page table entry of 8 bytes per page of 4096, in the process and in KVM, and as much again.
    static let tablesDivisor: UInt64 = 128
    /// Of the sandbox: one per processor of the machine (`MachineShape.processors`), and as many others.
    static let threads: Int64 = 128

    /// Bytes.
    var machineMemory: UInt64

    /// Bytes for a container that may use that many, none for no limit (-1):
    ///
    ///     max(limit + 64 MiB, memory of the machine) + memory of the machine / 128 + 32 MiB
    ///
    /// The guest's kernel and agent take the 64 MiB (`MachineShape.overhead`). What the guest has freed goes back with
    /// a delay, so all of its memory may be in use here for a while, and none of that can be reclaimed.
    func memory(_ limit: Int64) -> Int64 {
        guard limit >= 0 else { return limit }
        let (wanted, overflow) = UInt64(limit).addingReportingOverflow(MachineShape.overhead)
        guard !overflow else { return -1 }
        let sum =
            max(wanted, machineMemory) + machineMemory / Self.tablesDivisor + Self.sandboxMemory
        return Int64(exactly: sum) ?? -1
    }

    /// Bytes of a guarantee: as much more as a limit would get.
    func reservation(_ reservation: Int64) -> Int64 {
        guard reservation >= 0 else { return reservation }
        let extra =
            MachineShape.overhead + machineMemory / Self.tablesDivisor + Self.sandboxMemory
        let (sum, overflow) = reservation.addingReportingOverflow(Int64(extra))
        return overflow ? -1 : sum
    }

    /// Processes and threads: none of the guest's counts here, but each that is started from outside has a process of
    /// the host that stands for it.
    func processes(_ limit: Int64) -> Int64 {
        guard limit >= 0 else { return limit }
        let (sum, overflow) = limit.addingReportingOverflow(Self.threads)
        return overflow ? -1 : sum
    }
}
