internal import OCISpec
internal import Protocols

extension SandboxPlan {
    mutating func addLinux(_ linux: LinuxConfiguration) throws(RuntimeError) {
        try addNamespaces(linux)
        try addTimeOffsets(linux.timeOffsets ?? [:])
        addDevices(linux.devices ?? [])
        warnings += DeviceRule.warnings(linux.resources?.devices ?? [])
        container.deviceRules =
            (linux.resources?.devices ?? []).map(DeviceRule.init) + DeviceRule.defaults
        if let resources = linux.resources {
            container.cgroupSettings = try CgroupSettings.make(resources, warnings: &warnings)
        }
        container.sysctls = (linux.sysctl ?? [:]).sorted { $0.key < $1.key }.map {
            Assignment(name: $0.key, value: $0.value)
        }
        container.maskedPaths = linux.maskedPaths ?? []
        container.readonlyPaths = linux.readonlyPaths ?? []
        try addRootPropagation(linux.rootfsPropagation ?? "")
        try container.process.setPersonality(linux.personality)
        try container.process.addFilter(linux.seccomp)
        try refuse(linux)
        if !(linux.mountLabel ?? "").isEmpty {
            warnings.append("linux.mountLabel: the guest has no SELinux; ignored")
        }
        placement.cgroupsPath = linux.cgroupsPath ?? ""
        placement.resources = linux.resources ?? Resources()
    }

    /// What a namespace can mean across a VM: a new one is made in the guest. A missing one is the host's, which the guest
    /// does not see: the machine's own takes its place, with a warning; but a container that is to be on the host's
    /// network would have none.
    private mutating func addNamespaces(_ linux: LinuxConfiguration) throws(RuntimeError) {
        let entries = linux.namespaces ?? []
        for (index, entry) in entries.enumerated() {
            guard let kind = Namespace(rawValue: entry.type) else { continue }
            container.namespaces |= kind.cloneFlag
            guard let path = entry.path, !path.isEmpty else { continue }
            try join(kind, path, field: "linux.namespaces[\(index)].path")
        }
        if network.isUser { container.namespaces |= Namespace.network.cloneFlag }
        let missing = Namespace.allCases.filter { container.namespaces & $0.cloneFlag == 0 }
        for kind in missing {
            switch kind {
            case .network:
                throw .unsupported(
                    path: "linux.namespaces",
                    reason: "no network namespace, which means the host's network: a machine has "
                        + "its own; with the annotation io.vmrun.network=user it is one of user space"
                )
            case .pid, .ipc, .uts:
                warnings.append(
                    "linux.namespaces: no \(kind.rawValue) namespace: the container has its guest's, "
                        + "not the host's")
            case .mount:
                warnings.append(
                    "linux.namespaces: no mount namespace: the container has one of its own, not the host's"
                )
            case .cgroup, .user, .time: break
            }
        }
    }

    /// A namespace of the host can be joined where a container of vmrun has it (`SharedMachine`), or where it is that of
    /// a network, whose interfaces are carried over.
    private mutating func join(
        _ kind: Namespace, _ path: String, field: String
    ) throws(RuntimeError) {
        switch kind {
        case .network, .ipc, .uts, .pid: break
        case .mount, .user, .cgroup, .time:
            throw .unsupported(
                path: field,
                reason: "not supported yet: joining the \(kind.rawValue) namespace \(path)")
        }
        placement.joined.append(.init(kind: kind, path: path, field: field))
        if kind == .network { placement.network = .joined(path: path, field: field) }
    }

    private mutating func addTimeOffsets(_ offsets: [String: ClockOffset]) throws(RuntimeError) {
        for (clock, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            guard clock == "monotonic" || clock == "boottime" else {
                throw .unsupported(
                    path: "linux.timeOffsets", reason: "\"\(clock)\" is not monotonic or boottime")
            }
            guard (offset.nanoseconds ?? 0) < 1_000_000_000 else {
                throw .unsupported(
                    path: "linux.timeOffsets.\(clock).nanosecs", reason: "is a second or more")
            }
            container.timeOffsets.append(
                TimeOffset(
                    clock: clock, seconds: offset.seconds ?? 0,
                    nanoseconds: offset.nanoseconds ?? 0))
        }
    }

    private mutating func addRootPropagation(_ name: String) throws(RuntimeError) {
        guard !name.isEmpty else { return }
        guard let mode = MountOptions.propagations[name] else {
            throw .unsupported(
                path: "linux.rootfsPropagation", reason: "\"\(name)\" is not a propagation")
        }
        container.rootPropagation = mode
    }

    private func refuse(_ linux: LinuxConfiguration) throws(RuntimeError) {
        let fields: [(String, Bool, String)] = [
            (
                "netDevices", !(linux.netDevices ?? [:]).isEmpty,
                "not supported yet: a device of the host in the guest"
            ),
            ("intelRdt", linux.intelRDT != nil, "not supported: the guest has no resctrl"),
            ("memoryPolicy", linux.memoryPolicy != nil, "not supported: the guest has one node"),
        ]
        for (field, used, reason) in fields where used {
            throw .unsupported(path: "linux." + field, reason: reason)
        }
    }
}

extension IDMapping {
    init(_ entry: IDMappingEntry) {
        self.init(containerID: entry.containerID, hostID: entry.hostID, size: entry.size)
    }
}
