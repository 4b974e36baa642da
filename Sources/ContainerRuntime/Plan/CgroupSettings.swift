internal import OCISpec
internal import Protocols

/// Translates `linux.resources`, which speaks cgroup v1, into files of cgroup v2 (cgroup-v2.rst).
///
/// Zero means "not set" where callers write zeros for what nobody asked for. Processors, memory nodes and block devices
/// are the host's: what is said of them holds for the sandbox (`CgroupLimit`), and the guest has no such things.
enum CgroupSettings {
    static func make(
        _ resources: Resources, warnings: inout [SpecWarning]
    ) throws(RuntimeError) -> [Assignment] {
        var settings: [Assignment] = []
        settings += try memory(resources.memory ?? Memory(), &warnings)
        settings += try cpu(resources.cpu ?? CPU())
        settings += pids(resources.pids)
        settings += try hugepages(resources.hugepageLimits ?? [])
        try refuse(resources)
        for (name, value) in (resources.unified ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard !name.contains("/"), name.contains("."), !name.hasPrefix(".") else {
                throw .unsupported(
                    path: "linux.resources.unified", reason: "\"\(name)\" is not a cgroup file")
            }
            settings.append(Assignment(name: name, value: value))
        }
        return settings
    }

    private static func limit(_ value: Int64) -> String {
        value < 0 ? "max" : String(value)
    }

    private static func memory(
        _ memory: Memory, _ warnings: inout [SpecWarning]
    ) throws(RuntimeError) -> [Assignment] {
        var settings: [Assignment] = []
        let limit = memory.limit ?? 0
        if limit != 0 { settings.append(Assignment(name: "memory.max", value: Self.limit(limit))) }
        if let reservation = memory.reservation, reservation != 0 {
            settings.append(Assignment(name: "memory.low", value: Self.limit(reservation)))
        }
        if let swap = try swap(memory.swap ?? 0, limit: limit) {
            settings.append(Assignment(name: "memory.swap.max", value: swap))
        }
        let unused: [(String, Bool)] = [
            ("kernel", (memory.kernel ?? 0) != 0), ("kernelTCP", (memory.kernelTCP ?? 0) != 0),
            ("swappiness", memory.swappiness != nil),
            ("disableOOMKiller", memory.disableOOMKiller == true),
            ("useHierarchy", memory.useHierarchy == false),
        ]
        for (field, used) in unused where used {
            warnings.append(
                "linux.resources.memory.\(field): cgroup v2 has no such setting; ignored")
        }
        // checkBeforeUpdate compares a new limit with what is in use, which is nothing yet.
        return settings
    }

    /// v1 limits memory and swap together, v2 swap alone.
    private static func swap(_ swap: Int64, limit: Int64) throws(RuntimeError) -> String? {
        if swap == 0 { return limit < 0 ? "max" : nil }
        if swap < 0 { return "max" }
        guard limit > 0 else {
            throw .unsupported(
                path: "linux.resources.memory.swap",
                reason: "unable to set swap limit without memory limit")
        }
        guard swap >= limit else {
            throw .unsupported(
                path: "linux.resources.memory.swap",
                reason: "memory+swap limit should be >= memory limit")
        }
        return String(swap - limit)
    }

    private static func cpu(_ cpu: CPU) throws(RuntimeError) -> [Assignment] {
        var settings: [Assignment] = []
        if let shares = cpu.shares, shares != 0 {
            // 2...262144 to 1...10000, linear, as runc and crun do.
            let clamped = min(max(shares, 2), 262_144)
            let weight = 1 + (clamped - 2) * 9999 / 262_142
            settings.append(Assignment(name: "cpu.weight", value: String(weight)))
        }
        if let idle = cpu.idle {
            settings.append(Assignment(name: "cpu.idle", value: String(idle)))
        }
        let quota = cpu.quota ?? 0
        let period = cpu.period ?? 0
        if quota != 0 || period != 0 {
            let first = quota > 0 ? String(quota) : "max"
            let second = period != 0 ? String(period) : "100000"
            settings.append(Assignment(name: "cpu.max", value: first + " " + second))
        }
        if let burst = cpu.burst {
            settings.append(Assignment(name: "cpu.max.burst", value: String(burst)))
        }
        let realtime = [
            ("realtimeRuntime", (cpu.realtimeRuntime ?? 0) != 0),
            ("realtimePeriod", (cpu.realtimePeriod ?? 0) != 0),
        ]
        for (field, used) in realtime where used {
            throw .unsupported(
                path: "linux.resources.cpu." + field,
                reason: "not supported: cgroup v2 has no such setting")
        }
        return settings
    }

    private static func pids(_ pids: Pids?) -> [Assignment] {
        guard let limit = pids?.limit, limit != 0 else { return [] }
        return [Assignment(name: "pids.max", value: Self.limit(limit))]
    }

    private static func hugepages(
        _ limits: [HugepageLimit]
    ) throws(RuntimeError) -> [Assignment] {
        var settings: [Assignment] = []
        for (index, limit) in limits.enumerated() {
            guard ["64KB", "2MB", "32MB", "1GB", "16GB"].contains(limit.pageSize) else {
                throw .unsupported(
                    path: "linux.resources.hugepageLimits[\(index)].pageSize",
                    reason: "\"\(limit.pageSize)\" is not a size of pages")
            }
            settings.append(
                Assignment(name: "hugetlb.\(limit.pageSize).max", value: String(limit.limit)))
        }
        return settings
    }

    private static func refuse(_ resources: Resources) throws(RuntimeError) {
        if (resources.network?.classID ?? 0) != 0 {
            throw .unsupported(
                path: "linux.resources.network.classID",
                reason: "not supported: cgroup v2 has no such setting")
        }
        if !(resources.network?.priorities ?? []).isEmpty {
            throw .unsupported(
                path: "linux.resources.network.priorities",
                reason: "not supported: cgroup v2 has no such setting")
        }
        if !(resources.rdma ?? [:]).isEmpty {
            throw .unsupported(
                path: "linux.resources.rdma", reason: "not supported: the guest has no such device")
        }
    }
}
