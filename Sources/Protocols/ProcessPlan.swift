/// One process of a container.
package struct ProcessPlan: Equatable, Sendable {
    package var arguments: [String] = []
    package var environment: [String] = []
    package var workingDirectory = ""
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    package var additionalGIDs: [UInt32] = []
    /// nil: inherited.
    package var umask: UInt32?
    /// nil: the process keeps all that it has.
    package var capabilities: CapabilitySets?
    package var resourceLimits: [ResourceLimit] = []
    package var noNewPrivileges = false
    package var terminal = false
    package var terminalRows: UInt32 = 0
    package var terminalColumns: UInt32 = 0
    package var oomScoreAdjustment: Int32?
    /// An array of struct sock_filter (seccomp(2)) for the guest's architecture; empty: none.
    package var seccompFilter: [UInt8] = []
    package var seccompFlags: UInt32 = 0
    /// nil: untouched.
    package var personality: UInt32?
    package var scheduler: Scheduler?
    /// For ioprio_set(2); nil: untouched.
    package var ioPriority: UInt32?
    /// A list of CPUs such as `0-3,7`; empty: untouched.
    package var cpuAffinity = ""
    package var streams = Streams()
    /// The terminal does not make carriage returns of its own (ONLCR): one of the host does.
    package var terminalKeepsNewlines = false
    /// Of one more process of a container: the path below the container's cgroup of the one it is born in. Empty: the
    /// container's own, or that of the init process where that one may have no processes.
    package var cgroup = ""

    package init() {}
}

/// One bit per capability: bit N stands for number N of linux/capability.h.
package struct CapabilitySets: Equatable, Sendable {
    package var bounding: UInt64 = 0
    package var effective: UInt64 = 0
    package var permitted: UInt64 = 0
    package var inheritable: UInt64 = 0
    package var ambient: UInt64 = 0

    package init() {}
}

/// setrlimit(2).
package struct ResourceLimit: Equatable, Sendable {
    /// RLIMIT_* of the guest's architecture.
    package var resource: UInt32
    package var soft: UInt64
    package var hard: UInt64

    package init(resource: UInt32, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }
}

/// struct sched_attr of sched_setattr(2); times in nanoseconds.
package struct Scheduler: Equatable, Sendable {
    package var policy: UInt32 = 0
    package var flags: UInt64 = 0
    package var nice: Int32 = 0
    package var priority: UInt32 = 0
    package var runtime: UInt64 = 0
    package var deadline: UInt64 = 0
    package var period: UInt64 = 0

    package init() {}
}

/// Ports of the host that the agent connects to, one connection each. 0: /dev/null.
/// With a terminal `stdin` is the only one, and carries both directions.
package struct Streams: Equatable, Sendable {
    /// How many ports in a row the streams of a process take up.
    package static let portCount: UInt32 = 3

    package var stdin: UInt32 = 0
    package var stdout: UInt32 = 0
    package var stderr: UInt32 = 0

    package init() {}
}
