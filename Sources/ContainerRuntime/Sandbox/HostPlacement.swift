internal import Glibc
internal import Linux
internal import OCISpec
internal import Protocols

/// Where the sandbox of a container is on the host: in the container's control group and network namespace, and alone
/// in a pid namespace. Its mount namespace has what the caller's has, until it encloses itself (`Enclosure`). One thread uses it.
///
/// Without CAP_SYS_ADMIN the sandbox stays in the namespaces of its caller, and joins none.
final class HostPlacement {
    private let plan: PlacementPlan
    private let overhead: HostOverhead
    private let cgroup: HostCgroup
    private let isPrivileged = ProcessSetup.mayAdminister
    /// nil: a new one.
    private var network: OwnedFD?

    /// Opens what there is, and makes nothing yet.
    init(_ plan: SandboxPlan, systemdCgroup: Bool) throws(RuntimeError) {
        self.plan = plan.placement
        overhead = HostOverhead(machineMemory: plan.machine.memorySize)
        let id = plan.container.id
        let path =
            systemdCgroup
            ? try CgroupPath(systemd: plan.placement.cgroupsPath, id: id)
            : CgroupPath(plan.placement.cgroupsPath, id: id)
        cgroup = HostCgroup(path, in: try HostCgroup.hierarchies())
        switch plan.placement.network {
        case .new: network = nil
        case .joined(let path, let field): network = try Self.openNetwork(path, field)
        }
    }

    private static func openNetwork(
        _ path: String, _ field: String
    ) throws(RuntimeError) -> OwnedFD {
        let file = try RuntimeError.wrap("\(field): open \(path)") { () throws(Errno) in
            // Opening must not wait: the file may be anything.
            try OwnedFD.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        }
        guard let flag = file.namespaceFlag, flag == Namespace.network.cloneFlag else {
            throw .unsupported(path: field, reason: "\(path) is not a network namespace")
        }
        return file
    }

    /// The folders of the control group, whether they are there yet or not.
    var cgroupFolders: [String] { cgroup.folders.map(\.path) }

    /// Makes the control group with its limits; where the host does not let us, the container runs without, with one
    /// warning if anybody has asked for it.
    func make(guarded guardian: borrowing Guard, _ log: Log) throws(RuntimeError) {
        try RuntimeError.wrap("guard the cgroup") { () throws(Errno) in
            for path in cgroupFolders { try guardian.protect(cgroup: path) }
        }
        let failures = try cgroup.make()
        let isWanted = !plan.cgroupsPath.isEmpty || plan.limitsSomething
        for failure in failures {
            let place = cgroup.folders.isEmpty ? "; the sandbox stays in its caller's" : ""
            log.write(isWanted ? .warning : .debug, "cgroup of the host: \(failure)\(place)")
        }
        guard !cgroup.folders.isEmpty else { return }
        let limits = plan.resources.withoutQuota
        for warning in try cgroup.update(limits, overhead) { log.write(.warning, warning) }
    }

    /// The container is there: from now on its sandbox has no more of the processors than it. The start of a machine is
    /// not the container's doing, and would take long on a small share.
    func limitProcessors(_ log: Log) throws(RuntimeError) {
        guard let quota = plan.resources.quotaAlone, !cgroup.folders.isEmpty else { return }
        for warning in try cgroup.update(quota, overhead) { log.write(.warning, warning) }
    }

    /// Borrows from this object.
    var ofChild: Child.Placement {
        var placement = Child.Placement(alone: isPrivileged)
        placement.cgroups = cgroup.entrances.map(\.number)
        if network != nil { placement.network = .joined(network?.rawValue ?? -1) }
        return placement
    }

    /// The same for one that stands for a container in another's machine, which has namespaces that others may join: this
    /// one tells its pid to others, so it is in no pid namespace of its own.
    var ofStandIn: Child.Placement {
        var placement = ofChild
        placement.newProcessNamespace = false
        return placement
    }

    /// What the child could not do.
    func words(for step: Child.PlacementError.Step, program: String) -> String {
        cgroup.words(for: step, program: program)
    }

    /// The sandbox is gone: takes its control group away.
    func remove() {
        CgroupRemains.remove(cgroupFolders)
    }
}

extension Child.Placement {
    /// With signals as messages; where it may be alone, with namespaces of its own.
    init(alone: Bool) {
        self.init()
        blockedSignals = .messages
        guard alone else { return }
        newProcessNamespace = true
        newMessageNamespaces = true
        network = .new
        mounts = .new
    }
}

extension PlacementPlan {
    /// Device rules hold in the guest alone.
    fileprivate var limitsSomething: Bool {
        var others = resources
        others.devices = nil
        return others != Resources()
    }
}

extension Resources {
    /// Without what bounds the time on processors.
    var withoutQuota: Resources {
        var others = self
        others.cpu?.quota = nil
        others.cpu?.period = nil
        others.cpu?.burst = nil
        return others
    }

    /// That alone; nil where there is none.
    var quotaAlone: Resources? {
        guard let cpu, cpu.quota != nil || cpu.period != nil || cpu.burst != nil else { return nil }
        var processors = CPU()
        processors.quota = cpu.quota
        processors.period = cpu.period
        processors.burst = cpu.burst
        var quota = Resources()
        quota.cpu = processors
        return quota
    }
}

extension HostCgroup {
    /// What a child that was to be placed here could not do.
    func words(for step: Child.PlacementError.Step, program: String) -> String {
        switch step {
        case .start: "make the namespaces of the sandbox"
        case .cgroup(let index): "join the cgroup \(folders[index].path)"
        case .network: "join the network namespace"
        case .mounts: "make the mount namespace of the sandbox"
        case .execute: "start \(program)"
        }
    }
}
