import ArgumentParser
import ContainerRuntime
import OCISpec

/// `vmrun update`: other limits for a container.
struct UpdateCommand: Verb {
    static let name = "update"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Change the limits of a container.")

    @ParentCommand var vmrun: Vmrun

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "File with linux.resources in JSON, or - for stdin; other flags are ignored with it.",
            valueName: "path"))
    var resources: String?

    @Option(help: ArgumentHelp("Ignored: the guest has no block devices.", valueName: "weight"))
    var blkioWeight: UInt16?

    @Option(help: ArgumentHelp("Length of a period in microseconds.", valueName: "time"))
    var cpuPeriod: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Time per period in microseconds.", valueName: "time"))
    var cpuQuota: Int64?

    @Option(help: ArgumentHelp("Time that may be saved up.", valueName: "time"))
    var cpuBurst: UInt64?

    @Option(help: ArgumentHelp("Relative weight.", valueName: "shares"))
    var cpuShare: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Refused: cgroup v2 has none.", valueName: "time"))
    var cpuRtPeriod: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Refused: cgroup v2 has none.", valueName: "time"))
    var cpuRtRuntime: Int64?

    @Option(help: ArgumentHelp("Processors of the guest, such as 0-1.", valueName: "list"))
    var cpusetCpus: String?

    @Option(help: ArgumentHelp("Memory nodes of the guest.", valueName: "list"))
    var cpusetMems: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run only when nothing else does.", valueName: "0 or 1"))
    var cpuIdle: Int64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit, such as 64M; -1: none.", valueName: "size"))
    var memory: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Soft limit.", valueName: "size"))
    var memoryReservation: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit of memory and swap together.", valueName: "size"))
    var memorySwap: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Ignored: cgroup v2 has none.", valueName: "size"))
    var kernelMemory: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Ignored: cgroup v2 has none.", valueName: "size"))
    var kernelMemoryTcp: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Processes and threads; -1: any number.", valueName: "count"))
    var pidsLimit: Int64?

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        let id = try containerID(arguments, of: Self.name)
        let change = if let resources { try Update.read(resources) } else { try flags() }
        try Update.run(id, change, root: vmrun.stateRoot(), log: log)
        return 0
    }

    private func flags() throws(RuntimeError) -> Resources {
        var result = Resources()
        var cpu = CPU()
        cpu.shares = cpuShare
        cpu.quota = cpuQuota
        cpu.burst = cpuBurst
        cpu.period = cpuPeriod
        cpu.realtimeRuntime = cpuRtRuntime
        cpu.realtimePeriod = cpuRtPeriod
        cpu.cpus = cpusetCpus
        cpu.mems = cpusetMems
        cpu.idle = cpuIdle
        result.cpu = cpu
        var limits = Memory()
        limits.limit = try Self.size(memory, "memory")
        limits.reservation = try Self.size(memoryReservation, "memory-reservation")
        limits.swap = try Self.size(memorySwap, "memory-swap")
        limits.kernel = try Self.size(kernelMemory, "kernel-memory")
        limits.kernelTCP = try Self.size(kernelMemoryTcp, "kernel-memory-tcp")
        result.memory = limits
        var pids = Pids()
        pids.limit = pidsLimit
        result.pids = pids
        if let blkioWeight {
            var block = BlockIO()
            block.weight = blkioWeight
            result.blockIO = block
        }
        return result
    }

    private static func size(_ text: String?, _ flag: String) throws(RuntimeError) -> Int64? {
        guard let text else { return nil }
        if text == "-1" { return -1 }
        guard let size = ByteCount.parse(text).flatMap({ Int64(exactly: $0) }) else {
            throw .usage("invalid value for \(flag): \"\(text)\" is no size")
        }
        return size
    }
}
