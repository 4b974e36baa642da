/// config.json, read and resolved on the host: exactly what the agent is to do (vmrun.proto has the words).
package struct ContainerPlan: Equatable, Sendable {
    package var id = ""
    /// Folder of the share that is the root file system.
    package var rootPath = ""
    package var rootReadonly = false
    /// MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC or not; 0: slave, recursive.
    package var rootPropagation: UInt64 = 0
    package var mounts: [Mount] = []
    package var process = ProcessPlan()
    package var hostname = ""
    package var domainname = ""
    /// CLONE_NEW* bits of the namespaces that it does not share with the agent.
    package var namespaces: UInt64 = 0
    package var uidMappings: [IDMapping] = []
    package var gidMappings: [IDMapping] = []
    package var devices: [Device] = []
    /// Path below the guest's cgroup root.
    package var cgroupPath = ""
    /// Files of cgroup v2 and what is written to them, in order.
    package var cgroupSettings: [Assignment] = []
    /// Names with dots or slashes, below /proc/sys.
    package var sysctls: [Assignment] = []
    package var maskedPaths: [String] = []
    package var readonlyPaths: [String] = []
    package var deviceRules: [DeviceRule] = []
    package var timeOffsets: [TimeOffset] = []
    package var startContainerHooks: [Hook] = []
    /// What these hooks read: the container's state in JSON (OCI runtime specification, "State").
    package var hookState = ""
    /// Those of `namespaces` that are not made but joined, and whose they are: another container of the machine.
    package var joinedNamespaces: UInt64 = 0
    package var joinedContainer = ""

    package init() {}
}

/// One mount, in the order of config.json.
package struct Mount: Equatable, Sendable {
    package var destination = ""
    /// As mount(2) takes it; `bind` for bind mounts.
    package var type = ""
    package var source = ""
    /// MS_* bits for mount(2), without propagation.
    package var flags: UInt64 = 0
    /// MS_* bits that are taken away again.
    package var clearedFlags: UInt64 = 0
    /// Further calls for propagation, one per value, in order.
    package var propagation: [UInt64] = []
    /// The rest of the options, joined by commas.
    package var data = ""
    /// For a bind mount: the path in the share of the host's file or folder; empty: `source` is one in the container.
    package var sharePath = ""
    /// MOUNT_ATTR_* for the whole tree (mount_setattr(2), AT_RECURSIVE).
    package var recursiveAttributesSet: UInt64 = 0
    package var recursiveAttributesCleared: UInt64 = 0
    /// Copy what the root file system has at the destination into the new tmpfs.
    package var copyUp = false

    package init() {}
}

/// One line of uid_map or gid_map (user_namespaces(7)).
package struct IDMapping: Equatable, Sendable {
    package var containerID: UInt32
    package var hostID: UInt32
    package var size: UInt32

    package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }
}

/// A device node to make.
package struct Device: Equatable, Sendable {
    package var path = ""
    /// S_IFCHR, S_IFBLK or S_IFIFO with the permission bits.
    package var mode: UInt32 = 0
    package var major: UInt32 = 0
    package var minor: UInt32 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0

    package init() {}
}

/// A rule of cgroup v1's devices.allow or devices.deny.
package struct DeviceRule: Equatable, Sendable {
    package var allow = false
    /// The letter `a`, `b` or `c` as its ASCII code.
    package var type: UInt32 = 0
    /// -1: any.
    package var major: Int64 = -1
    package var minor: Int64 = -1
    /// Letters of `rwm`.
    package var access = ""

    package init() {}
}

/// A file and what is written to it.
package struct Assignment: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// An offset of the time namespace (time_namespaces(7)).
package struct TimeOffset: Equatable, Sendable {
    /// `monotonic` or `boottime`.
    package var clock: String
    package var seconds: Int64
    package var nanoseconds: UInt32

    package init(clock: String, seconds: Int64, nanoseconds: UInt32) {
        self.clock = clock
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// A startContainer hook.
package struct Hook: Equatable, Sendable {
    package var path = ""
    package var arguments: [String] = []
    package var environment: [String] = []
    /// 0: none.
    package var timeoutSeconds: UInt32 = 0

    package init() {}
}
