internal import OCISpec
internal import Protocols

/// `linux.resources` in the files of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst).
extension CgroupLimit {
    /// What the guest gets, with the overhead, and what only the host can do. The resources have been accepted for the
    /// guest (`CgroupSettings`).
    static func v2(
        _ resources: Resources, _ overhead: HostOverhead
    ) throws(RuntimeError) -> [CgroupLimit] {
        var warnings: [SpecWarning] = []
        let unified = resources.unified ?? [:]
        return try CgroupSettings.make(resources, warnings: &warnings).map { setting in
            let field = unified[setting.name] == setting.value ? "unified" : ""
            return CgroupLimit(field, (setting.name, widened(setting, overhead)))
        } + cpuset(resources.cpu ?? CPU()) + block(resources.blockIO ?? BlockIO())
    }

    /// The same in both versions.
    static func cpuset(_ cpu: CPU) -> [CgroupLimit] {
        [("cpus", cpu.cpus ?? ""), ("mems", cpu.mems ?? "")].filter { !$0.1.isEmpty }.map {
            CgroupLimit("cpu." + $0.0, ("cpuset." + $0.0, $0.1), hostOnly: true)
        }
    }

    private static func widened(_ setting: Assignment, _ overhead: HostOverhead) -> String {
        guard let value = Int64(setting.value), value >= 0 else { return setting.value }
        func text(_ wide: Int64) -> String { wide < 0 ? "max" : String(wide) }
        return switch setting.name {
        case "memory.max", "memory.high": text(overhead.memory(value))
        case "memory.low", "memory.min": text(overhead.reservation(value))
        case "pids.max": text(overhead.processes(value))
        default: setting.value
        }
    }

    private static func block(_ block: BlockIO) -> [CgroupLimit] {
        let keys = [
            "throttleReadBpsDevice": "rbps", "throttleWriteBpsDevice": "wbps",
            "throttleReadIOPSDevice": "riops", "throttleWriteIOPSDevice": "wiops",
        ]
        let weight = (block.weight ?? 0) == 0 ? [] : [block.weight ?? 0]
        return weight.map { value in
            CgroupLimit(
                "blockIO.weight", ("io.bfq.weight", String(value)),
                ("io.weight", "default " + linear(value)), hostOnly: true)
        }
            + devices(block) { field, device in
                keys[field].map { key in
                    CgroupLimit(
                        "blockIO." + field,
                        ("io.max", "\(device.major):\(device.minor) \(key)=\(device.rate)"),
                        hostOnly: true)
                }
            } weight: { field, device in
                guard let value = device.weight else { return [] }
                let name = "\(device.major):\(device.minor) "
                return [
                    CgroupLimit(
                        field, ("io.bfq.weight", name + String(value)),
                        ("io.weight", name + linear(value)), hostOnly: true)
                ]
            }
    }

    /// 10...1000 to 1...10000, as runc does.
    private static func linear(_ weight: UInt16) -> String {
        let clamped = UInt64(min(max(weight, 10), 1000))
        return String(1 + (clamped - 10) * 9999 / 990)
    }
}
