package import OCISpec
package import Protocols

extension ProcessPlan {
    /// Resolves a validated process; `path` is the place of the object for errors and warnings.
    init(
        _ process: Process, path: String, warnings: inout [SpecWarning]
    ) throws(RuntimeError) {
        self.init()
        arguments = process.args ?? []
        environment = Self.unique(process.env ?? [])
        workingDirectory = process.cwd
        uid = process.user?.uid ?? 0
        gid = process.user?.gid ?? 0
        additionalGIDs = process.user?.additionalGIDs ?? []
        umask = process.user?.umask
        capabilities = process.capabilities.map(CapabilitySets.init)
        resourceLimits = (process.rlimits ?? []).compactMap { entry in
            ResourceLimitType.number(named: entry.type).map {
                ResourceLimit(resource: $0, soft: entry.soft, hard: entry.hard)
            }
        }
        noNewPrivileges = process.noNewPrivileges ?? false
        terminal = process.terminal ?? false
        terminalRows = process.consoleSize?.height ?? 0
        terminalColumns = process.consoleSize?.width ?? 0
        oomScoreAdjustment = process.oomScoreAdj
        scheduler = try process.scheduler.map { entry throws(RuntimeError) in
            try Scheduler(entry, path: path + ".scheduler")
        }
        ioPriority = try process.ioPriority.map { entry throws(RuntimeError) in
            try Self.ioPriority(entry, path: path + ".ioPriority")
        }
        warn(process, path, &warnings)
    }

    /// Of equal names the last value, in the place of the first, as runc has it: programs take the first that they find.
    private static func unique(_ environment: [String]) -> [String] {
        var places: [[UInt8]: Int] = [:]
        var result: [String] = []
        for entry in environment {
            let name = Array(entry.utf8.prefix { $0 != UInt8(ascii: "=") })
            if let place = places[name] {
                result[place] = entry
            } else {
                places[name] = result.count
                result.append(entry)
            }
        }
        return result
    }

    /// Of one more process of a container: it has the container's personality and an affinity of its own.
    package init(
        executing process: Process, in configuration: Configuration,
        warnings: inout [SpecWarning]
    ) throws(RuntimeError) {
        try self.init(process, path: "process", warnings: &warnings)
        try setPersonality(configuration.linux?.personality)
        if let affinity = process.execCPUAffinity {
            cpuAffinity = affinity.final ?? affinity.initial ?? ""
        }
    }

    /// personality(2): PER_LINUX and PER_LINUX32.
    mutating func setPersonality(_ entry: Personality?) throws(RuntimeError) {
        guard let entry else { return }
        let domains: [String: UInt32] = ["LINUX": 0x0000, "LINUX32": 0x0008]
        guard let domain = domains[entry.domain] else {
            throw .unsupported(
                path: "linux.personality.domain",
                reason: "\"\(entry.domain)\" is not LINUX or LINUX32")
        }
        guard (entry.flags ?? []).isEmpty else {
            throw .unsupported(path: "linux.personality.flags", reason: "no flag is supported")
        }
        personality = domain
    }

    /// Labels of the host's security modules mean nothing to the guest's kernel, which has none of them.
    private func warn(_ process: Process, _ path: String, _ warnings: inout [SpecWarning]) {
        let unused: [(String, Bool, String)] = [
            (
                "apparmorProfile", !(process.apparmorProfile ?? "").isEmpty,
                "the guest has no AppArmor; ignored"
            ),
            (
                "selinuxLabel", !(process.selinuxLabel ?? "").isEmpty,
                "the guest has no SELinux; ignored"
            ),
            ("commandLine", process.commandLine != nil, "is for Windows; ignored"),
            ("user.username", process.user?.username != nil, "is for Windows; ignored"),
            (
                "execCPUAffinity", process.execCPUAffinity != nil,
                "is for processes started by exec; not used here"
            ),
        ]
        for (field, used, text) in unused where used {
            warnings.append("\(path).\(field): \(text)")
        }
    }

    /// ioprio_set(2): three bits of class above thirteen of priority.
    private static func ioPriority(
        _ entry: IOPriority, path: String
    ) throws(RuntimeError) -> UInt32 {
        let classes: [String: UInt32] = [
            "IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3,
        ]
        guard let number = classes[entry.schedulingClass] else {
            throw .unsupported(
                path: path + ".class", reason: "\"\(entry.schedulingClass)\" is not a class")
        }
        return number << 13 | UInt32(clamping: entry.priority)
    }
}

extension CapabilitySets {
    /// Names that are unknown have been warned about by the validation.
    ///
    /// The kernel raises a capability in the ambient set only where it is permitted and inheritable
    /// (capabilities(7)). Others are left out without a word, as runc does: its own default configuration
    /// has three of them.
    init(_ capabilities: Capabilities) {
        self.init()
        func mask(_ names: [String]?) -> UInt64 {
            (names ?? []).compactMap(Capability.bit).reduce(0, |)
        }
        bounding = mask(capabilities.bounding)
        effective = mask(capabilities.effective)
        permitted = mask(capabilities.permitted)
        inheritable = mask(capabilities.inheritable)
        ambient = mask(capabilities.ambient) & permitted & inheritable
    }
}

extension Scheduler {
    /// Policies and flags of sched_setattr(2) (linux/sched.h).
    fileprivate init(_ entry: SchedulerEntry, path: String) throws(RuntimeError) {
        let policies: [String: UInt32] = [
            "SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_IDLE": 5,
            "SCHED_DEADLINE": 6,
        ]
        let known: [String: UInt64] = [
            "SCHED_FLAG_RESET_ON_FORK": 0x1, "SCHED_FLAG_RECLAIM": 0x2,
            "SCHED_FLAG_DL_OVERRUN": 0x4, "SCHED_FLAG_KEEP_POLICY": 0x8,
            "SCHED_FLAG_KEEP_PARAMS": 0x10, "SCHED_FLAG_UTIL_CLAMP_MIN": 0x20,
            "SCHED_FLAG_UTIL_CLAMP_MAX": 0x40,
        ]
        guard let policy = policies[entry.policy] else {
            throw .unsupported(
                path: path + ".policy", reason: "\"\(entry.policy)\" is not a policy")
        }
        self.init()
        self.policy = policy
        for (index, name) in (entry.flags ?? []).enumerated() {
            guard let flag = known[name] else {
                throw .unsupported(path: "\(path).flags[\(index)]", reason: "unknown: \(name)")
            }
            flags |= flag
        }
        nice = entry.nice ?? 0
        priority = UInt32(clamping: entry.priority ?? 0)
        runtime = entry.runtime ?? 0
        deadline = entry.deadline ?? 0
        period = entry.period ?? 0
    }
}
