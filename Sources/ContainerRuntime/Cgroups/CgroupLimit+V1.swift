internal import OCISpec

/// `linux.resources` in the files of cgroup v1 (Documentation/admin-guide/cgroup-v1). Zero means "not set".
extension CgroupLimit {
    static func v1(_ resources: Resources, _ overhead: HostOverhead) -> [CgroupLimit] {
        memory(resources.memory ?? Memory(), overhead) + cpu(resources.cpu ?? CPU())
            + pids(resources.pids, overhead) + block(resources.blockIO ?? BlockIO())
            + (resources.hugepageLimits ?? []).map { entry in
                CgroupLimit(
                    "hugepageLimits",
                    ("hugetlb.\(entry.pageSize).limit_in_bytes", String(entry.limit)))
            }
    }

    private static func memory(_ memory: Memory, _ overhead: HostOverhead) -> [CgroupLimit] {
        var limits: [CgroupLimit] = []
        let limit = memory.limit ?? 0
        if limit != 0 {
            limits.append(
                CgroupLimit(
                    "memory.limit", ("memory.limit_in_bytes", String(overhead.memory(limit)))))
        }
        if let reservation = memory.reservation, reservation != 0 {
            let value = String(overhead.reservation(reservation))
            limits.append(
                CgroupLimit("memory.reservation", ("memory.soft_limit_in_bytes", value)))
        }
        // Without limits of its own swap has none, as with runc.
        let swap = memory.swap ?? (limit < 0 ? -1 : 0)
        if swap != 0 {
            let value = swap < 0 ? -1 : swap - max(0, limit) + overhead.memory(max(0, limit))
            limits.append(
                CgroupLimit("memory.swap", ("memory.memsw.limit_in_bytes", String(value))))
        }
        return limits
    }

    private static func cpu(_ cpu: CPU) -> [CgroupLimit] {
        var limits: [CgroupLimit] = []
        func add(
            _ field: String, _ file: String, _ number: (some BinaryInteger)?,
            zeroMeansNone: Bool = true
        ) {
            guard let number, number != 0 || !zeroMeansNone else { return }
            limits.append(CgroupLimit("cpu." + field, (file, String(number))))
        }
        add("shares", "cpu.shares", cpu.shares)
        add("period", "cpu.cfs_period_us", cpu.period)
        add("quota", "cpu.cfs_quota_us", cpu.quota)
        add("burst", "cpu.cfs_burst_us", cpu.burst, zeroMeansNone: false)
        add("idle", "cpu.idle", cpu.idle, zeroMeansNone: false)
        return limits + cpuset(cpu)
    }

    private static func pids(_ pids: Pids?, _ overhead: HostOverhead) -> [CgroupLimit] {
        guard let limit = pids?.limit, limit != 0 else { return [] }
        let value = limit < 0 ? "max" : String(overhead.processes(limit))
        return [CgroupLimit("pids.limit", ("pids.max", value))]
    }

    private static func block(_ block: BlockIO) -> [CgroupLimit] {
        var limits: [CgroupLimit] = []
        if let weight = block.weight, weight != 0 {
            limits.append(
                CgroupLimit(
                    "blockIO.weight", ("blkio.weight", String(weight)),
                    ("blkio.bfq.weight", String(weight)), hostOnly: true))
        }
        if let weight = block.leafWeight, weight != 0 {
            limits.append(
                CgroupLimit(
                    "blockIO.leafWeight", ("blkio.leaf_weight", String(weight)), hostOnly: true))
        }
        let files = [
            "throttleReadBpsDevice": "read_bps", "throttleWriteBpsDevice": "write_bps",
            "throttleReadIOPSDevice": "read_iops", "throttleWriteIOPSDevice": "write_iops",
        ]
        return limits
            + devices(block) { field, device in
                files[field].map { file in
                    CgroupLimit(
                        "blockIO." + field,
                        (
                            "blkio.throttle.\(file)_device",
                            "\(device.major):\(device.minor) \(device.rate)"
                        ), hostOnly: true)
                }
            } weight: { field, device in
                let name = "\(device.major):\(device.minor) "
                let weight = device.weight.map { value in
                    CgroupLimit(
                        field, ("blkio.weight_device", name + String(value)),
                        ("blkio.bfq.weight_device", name + String(value)), hostOnly: true)
                }
                let leaf = device.leafWeight.map { value in
                    CgroupLimit(
                        field, ("blkio.leaf_weight_device", name + String(value)), hostOnly: true)
                }
                return [weight, leaf].compactMap { $0 }
            }
    }
}
