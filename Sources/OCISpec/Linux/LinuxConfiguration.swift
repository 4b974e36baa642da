/// The `linux` object (config-linux.md).
package struct LinuxConfiguration: Decodable, Equatable, Sendable {
    package var namespaces: [NamespaceEntry]?
    package var uidMappings: [IDMappingEntry]?
    package var gidMappings: [IDMappingEntry]?
    package var timeOffsets: [String: ClockOffset]?
    package var devices: [DeviceEntry]?
    package var netDevices: [String: NetDevice]?
    package var cgroupsPath: String?
    package var resources: Resources?
    package var intelRDT: IntelRDT?
    package var memoryPolicy: MemoryPolicy?
    package var sysctl: [String: String]?
    package var seccomp: Seccomp?
    package var rootfsPropagation: String?
    package var maskedPaths: [String]?
    package var readonlyPaths: [String]?
    package var mountLabel: String?
    package var personality: Personality?

    enum CodingKeys: String, CodingKey {
        case namespaces
        case uidMappings
        case gidMappings
        case timeOffsets
        case devices
        case netDevices
        case cgroupsPath
        case resources
        case intelRDT = "intelRdt"
        case memoryPolicy
        case sysctl
        case seccomp
        case rootfsPropagation
        case maskedPaths
        case readonlyPaths
        case mountLabel
        case personality
    }

    /// Nothing is set.
    package init() {}
}

/// A namespace to make or, with a path, to join.
package struct NamespaceEntry: Decodable, Equatable, Sendable {
    package var type: String
    package var path: String?
}

/// What a clock of the time namespace is ahead by.
package struct ClockOffset: Decodable, Equatable, Sendable {
    package var seconds: Int64?
    package var nanoseconds: UInt32?

    enum CodingKeys: String, CodingKey {
        case seconds = "secs"
        case nanoseconds = "nanosecs"
    }

    /// Nothing is set.
    package init() {}
}

/// A device node to make.
package struct DeviceEntry: Decodable, Equatable, Sendable {
    package var path: String
    package var type: String
    package var major: Int64?
    package var minor: Int64?
    package var fileMode: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?
}

/// A network device of the host that moves into the container.
package struct NetDevice: Decodable, Equatable, Sendable {
    package var name: String?

    /// Nothing is set.
    package init() {}
}

/// Resource Director Technology of Intel.
package struct IntelRDT: Decodable, Equatable, Sendable {
    package var closID: String?
    package var schemata: [String]?
    package var l3CacheSchema: String?
    package var memBwSchema: String?
    package var enableMonitoring: Bool?
    package var enableCMT: Bool?
    package var enableMBM: Bool?

    /// Nothing is set.
    package init() {}
}

/// The NUMA policy of set_mempolicy(2).
package struct MemoryPolicy: Decodable, Equatable, Sendable {
    package var mode: String
    package var nodes: String?
    package var flags: [String]?
}

/// The execution domain of personality(2).
package struct Personality: Decodable, Equatable, Sendable {
    package var domain: String
    package var flags: [String]?
}
