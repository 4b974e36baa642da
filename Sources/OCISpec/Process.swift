/// The process of a container, in config.json or in a file for exec.
package struct Process: Decodable, Equatable, Sendable {
    package var terminal: Bool?
    package var consoleSize: ConsoleSize?
    package var user: User?
    package var args: [String]?
    /// Of Windows.
    package var commandLine: String?
    package var env: [String]?
    package var cwd: String
    package var capabilities: Capabilities?
    package var rlimits: [ResourceLimitEntry]?
    package var noNewPrivileges: Bool?
    package var apparmorProfile: String?
    package var oomScoreAdj: Int32?
    package var scheduler: SchedulerEntry?
    package var selinuxLabel: String?
    package var ioPriority: IOPriority?
    package var execCPUAffinity: CPUAffinity?
}

/// The size of the terminal, in characters.
package struct ConsoleSize: Decodable, Equatable, Sendable {
    package var height: UInt32
    package var width: UInt32
}

/// Whom the process runs as.
package struct User: Decodable, Equatable, Sendable {
    package var uid: UInt32?
    package var gid: UInt32?
    package var umask: UInt32?
    package var additionalGIDs: [UInt32]?
    /// Of Windows.
    package var username: String?

    enum CodingKeys: String, CodingKey {
        case uid
        case gid
        case umask
        case additionalGIDs = "additionalGids"
        case username
    }

    /// Nothing is set.
    package init() {}
}

/// Names of capabilities, such as `CAP_KILL`.
package struct Capabilities: Decodable, Equatable, Sendable {
    package var bounding: [String]?
    package var effective: [String]?
    package var permitted: [String]?
    package var inheritable: [String]?
    package var ambient: [String]?

    /// Nothing is set.
    package init() {}
}

/// A limit of setrlimit(2).
package struct ResourceLimitEntry: Decodable, Equatable, Sendable {
    /// Such as `RLIMIT_NOFILE`.
    package var type: String
    package var soft: UInt64
    package var hard: UInt64
}

/// Attributes of sched_setattr(2).
package struct SchedulerEntry: Decodable, Equatable, Sendable {
    package var policy: String
    package var nice: Int32?
    package var priority: Int32?
    package var flags: [String]?
    /// Nanoseconds, as the next two.
    package var runtime: UInt64?
    package var deadline: UInt64?
    package var period: UInt64?
}

/// The classes of ioprio_set(2).
package struct IOPriority: Decodable, Equatable, Sendable {
    package var schedulingClass: String
    package var priority: Int

    enum CodingKeys: String, CodingKey {
        case schedulingClass = "class"
        case priority
    }
}

/// CPUs of a process that is started by exec, before and after it joins the cgroup.
package struct CPUAffinity: Decodable, Equatable, Sendable {
    package var initial: String?
    package var final: String?

    /// Nothing is set.
    package init() {}
}
