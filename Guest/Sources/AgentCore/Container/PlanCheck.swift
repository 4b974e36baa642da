internal import Glibc
internal import Protocols

/// What a plan may not ask for: everything that the agent would otherwise leave out without a word.
enum PlanCheck {
    static func check(_ plan: ContainerPlan) throws(Failure) {
        try require(!plan.id.isEmpty, "a container has no id")
        try require(
            plan.namespaces & ~CloneFlags.namespaces == 0, "unknown namespaces are asked for")
        let joinable = CloneFlags.network | CloneFlags.ipc | CloneFlags.uts | CloneFlags.process
        try require(
            plan.joinedNamespaces & ~(plan.namespaces & joinable) == 0,
            "namespaces are joined that are not asked for, or cannot be joined")
        try require(
            plan.joinedNamespaces == 0 || plan.namespaces & CloneFlags.user == 0,
            "namespaces are joined from a new user namespace")
        for hook in plan.startContainerHooks {
            // OCI runtime specification, "POSIX-platform Hooks".
            try require(
                hook.path.hasPrefix("/"), "the path \"\(hook.path)\" of a hook is not absolute")
        }
        let needsCgroup = !plan.cgroupSettings.isEmpty || !plan.deviceRules.isEmpty
        try require(
            !needsCgroup || !Path.components(plan.cgroupPath).isEmpty,
            "cgroup settings or device rules without a cgroup")
        try check(cgroupSettings: plan.cgroupSettings)
        let hasTime = plan.namespaces & CloneFlags.time != 0
        try require(
            plan.timeOffsets.isEmpty || hasTime, "time offsets without a time namespace")
        let hasMaps = !plan.uidMappings.isEmpty || !plan.gidMappings.isEmpty
        let hasUser = plan.namespaces & CloneFlags.user != 0
        try require(!hasMaps || hasUser, "id mappings without a user namespace")
        try require(hasMaps || !hasUser, "a user namespace without id mappings")
        let hasUTS = plan.namespaces & CloneFlags.uts != 0
        try require(
            hasUTS || (plan.hostname.isEmpty && plan.domainname.isEmpty),
            "a hostname without a UTS namespace")
        for mount in plan.mounts { try check(mount) }
        for device in plan.devices { try check(device) }
        try check(plan.process)
    }

    static func check(cgroupSettings: [Assignment]) throws(Failure) {
        for setting in cgroupSettings { try check(cgroupFile: setting.name) }
    }

    /// A file in a container's own cgroup, and in none above or below.
    static func check(cgroupFile name: String) throws(Failure) {
        try require(
            !["", ".", ".."].contains(name) && !name.utf8.contains { $0 == 0 || $0 == 0x2f },
            "\"\(name)\" is no file of a cgroup")
    }

    static func check(_ plan: ProcessPlan) throws(Failure) {
        // -1 means to the kernel that the id, root's, is to stay.
        try require(
            plan.uid != UInt32.max && plan.gid != UInt32.max, "no user or group has the id -1")
        let newListener: UInt32 = 8
        try require(
            plan.seccompFlags & newListener == 0, "a seccomp listener is not supported yet")
        try require(
            plan.seccompFilter.count % 8 == 0 && plan.seccompFilter.count <= 4096 * 8,
            "the seccomp filter has no whole number of instructions, or too many")
        try require(
            !plan.terminal || plan.streams.stdin != 0, "a terminal without a stream for it")
        try require(
            !plan.terminal || (plan.streams.stdout == 0 && plan.streams.stderr == 0),
            "a terminal with more than one stream")
        if let score = plan.oomScoreAdjustment {
            try require((-1000...1000).contains(score), "oomScoreAdj is out of range")
        }
    }

    private static func check(_ mount: Mount) throws(Failure) {
        let path = mount.destination
        let components = Path.components(path)
        try require(!components.isEmpty, "a mount at \"\(path)\" is not supported")
        try require(
            mount.flags & MountFlags.remount == 0, "remount of \"\(path)\" is not supported")
        try require(!mount.type.isEmpty, "the mount at \"\(path)\" has no type")
        let isBind = mount.type == "bind"
        try require(
            isBind
                ? !mount.sharePath.isEmpty || mount.source.hasPrefix("/")
                : mount.sharePath.isEmpty,
            "the mount at \"\(path)\" has no path in the share, or needs none")
        try require(
            isBind || mount.flags & MountFlags.bind == 0,
            "the mount at \"\(path)\" is and is not a bind mount")
        try require(
            !mount.copyUp || mount.type == "tmpfs",
            "tmpcopyup at \"\(path)\" is for tmpfs only")
        try require(
            components[0] != "proc" || components.count == 1 || isInsideProc(components),
            "\"\(path)\" cannot be mounted because it is inside /proc")
    }

    /// What runc allows inside /proc: files that tools such as lxcfs provide.
    private static func isInsideProc(_ components: [String]) -> Bool {
        let allowed = [
            "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg",
            "slabinfo", "net/dev", "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
        ]
        return allowed.contains(components.dropFirst().joined(separator: "/"))
    }

    private static func check(_ device: Device) throws(Failure) {
        try require(
            device.uid != UInt32.max && device.gid != UInt32.max,
            "device \"\(device.path)\" belongs to nobody: no user or group has the id -1")
        let kinds = [S_IFCHR, S_IFBLK, S_IFIFO].map { UInt32($0) }
        try require(
            kinds.contains(device.mode & UInt32(S_IFMT)) && device.major < 1 << 12
                && device.minor < 1 << 20 && !Path.components(device.path).isEmpty,
            "device \"\(device.path)\" is none that can be made")
    }

    private static func require(_ condition: Bool, _ message: String) throws(Failure) {
        guard condition else { throw Failure(operation: "check the plan", message: message) }
    }
}
