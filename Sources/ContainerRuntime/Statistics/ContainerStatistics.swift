internal import OCISpec

/// The statistics of `events`, in the form that runc prints.
struct ContainerStatistics {
    private let files: CgroupFiles
    private let interfaces: [InterfaceStatistics]

    init(_ files: CgroupFiles, _ interfaces: [InterfaceStatistics] = []) {
        self.files = files
        self.interfaces = interfaces
    }

    var json: JSONValue {
        [
            "cpu": cpu, "cpuset": [:], "memory": memory, "pids": pids, "blkio": blockIO,
            "hugetlb": [:], "intel_rdt": [:],
            "network_interfaces": interfaces.isEmpty ? .null : .array(interfaces.map(\.json)),
        ]
    }

    private static func json(_ number: UInt64) -> JSONValue { .number(String(number)) }

    /// cpu.stat counts microseconds, runc's statistics nanoseconds.
    private var cpu: JSONValue {
        let time = { (key: String) in
            Self.json(files.value(key, of: "cpu.stat").multipliedReportingOverflow(by: 1000).0)
        }
        let count = { (key: String) in Self.json(files.value(key, of: "cpu.stat")) }
        return [
            "usage": [
                "total": time("usage_usec"), "kernel": time("system_usec"),
                "user": time("user_usec"),
            ],
            "throttling": [
                "periods": count("nr_periods"), "throttledPeriods": count("nr_throttled"),
                "throttledTime": time("throttled_usec"),
            ],
        ]
    }

    private var memory: JSONValue {
        let raw = files.table("memory.stat").map { JSONValue.Member($0.key, Self.json($0.value)) }
        return [
            "cache": Self.json(files.value("file", of: "memory.stat")),
            "usage": entry(
                usage: "memory.current", limit: "memory.max", peak: "memory.peak",
                failures: files.value("max", of: "memory.events")),
            "swap": entry(
                usage: "memory.swap.current", limit: "memory.swap.max", peak: "", failures: 0),
            "kernel": ["limit": 0, "failcnt": 0], "kernelTCP": ["limit": 0, "failcnt": 0],
            "raw": .object(raw),
        ]
    }

    private func entry(
        usage: String, limit: String, peak: String, failures: UInt64
    ) -> JSONValue {
        [
            "limit": Self.json(files.number(limit) ?? 0),
            "usage": Self.json(files.number(usage) ?? 0), "max": Self.json(files.number(peak) ?? 0),
            "failcnt": Self.json(failures),
        ]
    }

    /// No limit is 0, as runc has it.
    private var pids: JSONValue {
        let limit = files.number("pids.max") ?? 0
        return [
            "current": Self.json(files.number("pids.current") ?? 0),
            "limit": Self.json(limit == UInt64.max ? 0 : limit),
        ]
    }

    private var blockIO: JSONValue {
        let all = files.devices("io.stat")
        let list = { (keys: [(String, String)]) -> JSONValue in
            .array(
                all.compactMap { entry in
                    guard let name = keys.first(where: { $0.0 == entry.key })?.1 else { return nil }
                    return [
                        "major": Self.json(entry.major), "minor": Self.json(entry.minor),
                        "op": .string(name), "value": Self.json(entry.value),
                    ]
                })
        }
        return [
            "ioServiceBytesRecursive": list([("rbytes", "Read"), ("wbytes", "Write")]),
            "ioServicedRecursive": list([("rios", "Read"), ("wios", "Write")]),
        ]
    }
}
