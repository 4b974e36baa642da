internal import Glibc
internal import Linux
package import OCISpec
internal import Protocols

/// The verb `update`: other limits for a container.
package enum Update {
    package static func run(
        _ id: ContainerID, _ resources: Resources, root: String, log: Log
    ) throws(RuntimeError) {
        var warnings: [SpecWarning] = []
        let settings = try CgroupSettings.make(resources, warnings: &warnings)
        let container = try ExistingContainer(id, root: root, locked: true)
        switch try container.status() {
        case .created, .running, .paused: break
        case .stopped, .creating: throw .notRunning
        }
        if let limit = resources.memory?.limit, limit > 0,
            UInt64(limit) > container.record.memorySize
        {
            warnings.append(
                "memory: the container's machine has \(container.record.memorySize >> 20) MiB, "
                    + "and that stays its limit")
        }
        if !settings.isEmpty {
            var client = try container.client()
            try client.ask(.updateContainer(container: id.text, settings: settings))
        }
        let overhead = HostOverhead(machineMemory: container.record.memorySize)
        let cgroup = try container.cgroup()
        if !cgroup.folders.isEmpty { warnings += try cgroup.update(resources, overhead) }
        for warning in warnings { log.write(.warning, warning) }
    }

    /// Reads `linux.resources` from a file, or from stdin for `-`.
    package static func read(_ path: String) throws(RuntimeError) -> Resources {
        let bytes = try RuntimeError.wrap("open \(path)") { () throws(Errno) in
            let file = try path == "-" ? OwnedFD.duplicating(0) : OwnedFD.open(path, O_RDONLY)
            return try file.readAll(limit: 16 << 20)
        }
        do throws(SpecError) {
            return try TreeDecoder.decode(Resources.self, from: JSONParser.parse(bytes))
        } catch {
            throw .document(file: path, error)
        }
    }
}
