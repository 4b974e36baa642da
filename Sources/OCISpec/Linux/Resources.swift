/// Limits of control groups, in the words of cgroup v1.
package struct Resources: Decodable, Equatable, Sendable {
    package var devices: [DeviceRuleEntry]?
    package var memory: Memory?
    package var cpu: CPU?
    package var pids: Pids?
    package var blockIO: BlockIO?
    package var hugepageLimits: [HugepageLimit]?
    package var network: Network?
    package var rdma: [String: RDMA]?
    /// Files of cgroup v2 and what is written to them.
    package var unified: [String: String]?

    /// Nothing is set.
    package init() {}
}

/// A line of devices.allow or devices.deny.
package struct DeviceRuleEntry: Decodable, Equatable, Sendable {
    package var allow: Bool
    /// `a`, `b` or `c`; none: `a`.
    package var type: String?
    package var major: Int64?
    package var minor: Int64?
    /// Letters of `rwm`.
    package var access: String?
}

/// Bytes, where not said otherwise; -1 is no limit.
package struct Memory: Decodable, Equatable, Sendable {
    package var limit: Int64?
    package var reservation: Int64?
    /// Memory and swap together.
    package var swap: Int64?
    package var kernel: Int64?
    package var kernelTCP: Int64?
    package var swappiness: UInt64?
    package var disableOOMKiller: Bool?
    package var useHierarchy: Bool?
    package var checkBeforeUpdate: Bool?

    /// Nothing is set.
    package init() {}
}

/// Times in microseconds.
package struct CPU: Decodable, Equatable, Sendable {
    package var shares: UInt64?
    package var quota: Int64?
    package var burst: UInt64?
    package var period: UInt64?
    package var realtimeRuntime: Int64?
    package var realtimePeriod: UInt64?
    package var cpus: String?
    package var mems: String?
    package var idle: Int64?

    /// Nothing is set.
    package init() {}
}

/// Processes and threads.
package struct Pids: Decodable, Equatable, Sendable {
    package var limit: Int64?

    /// Nothing is set.
    package init() {}
}

/// Weights from 10 to 1000, rates per second.
package struct BlockIO: Decodable, Equatable, Sendable {
    package var weight: UInt16?
    package var leafWeight: UInt16?
    package var weightDevice: [WeightDevice]?
    package var throttleReadBpsDevice: [ThrottleDevice]?
    package var throttleWriteBpsDevice: [ThrottleDevice]?
    package var throttleReadIOPSDevice: [ThrottleDevice]?
    package var throttleWriteIOPSDevice: [ThrottleDevice]?

    /// Nothing is set.
    package init() {}
}

/// The weight on one device.
package struct WeightDevice: Decodable, Equatable, Sendable {
    package var major: Int64
    package var minor: Int64
    package var weight: UInt16?
    package var leafWeight: UInt16?
}

/// The rate on one device.
package struct ThrottleDevice: Decodable, Equatable, Sendable {
    package var major: Int64
    package var minor: Int64
    package var rate: UInt64
}

/// Bytes of huge pages.
package struct HugepageLimit: Decodable, Equatable, Sendable {
    /// Such as `2MB`.
    package var pageSize: String
    package var limit: UInt64
}

/// Marks of cgroup v1.
package struct Network: Decodable, Equatable, Sendable {
    package var classID: UInt32?
    package var priorities: [InterfacePriority]?

    /// Nothing is set.
    package init() {}
}

/// The priority of packets on one interface.
package struct InterfacePriority: Decodable, Equatable, Sendable {
    package var name: String
    package var priority: UInt32
}

/// Handles and objects of one adapter.
package struct RDMA: Decodable, Equatable, Sendable {
    package var hcaHandles: UInt32?
    package var hcaObjects: UInt32?

    /// Nothing is set.
    package init() {}
}
