@testable import AgentCore
import Protocols

/// Plans as `runc spec` would give them.
enum Plans {
    private static let newNamespaces =
        CloneFlags.process | CloneFlags.ipc | CloneFlags.uts | CloneFlags.mount | CloneFlags.cgroup
        | CloneFlags.network

    /// CAP_KILL, CAP_NET_BIND_SERVICE and CAP_AUDIT_WRITE.
    static let specCapabilities: UInt64 = 1 << 5 | 1 << 10 | 1 << 29

    static func container(_ arguments: String..., id: String = "c") -> ContainerPlan {
        var plan = ContainerPlan()
        plan.id = id
        plan.rootPath = "rootfs"
        plan.rootReadonly = true
        plan.hostname = "vmrun-test"
        plan.namespaces = newNamespaces
        plan.mounts = mounts
        plan.cgroupPath = "/vmrun-test-\(id)"
        plan.process = process(arguments)
        plan.maskedPaths = [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/timer_list",
            "/sys/firmware", "/proc/scsi",
        ]
        plan.readonlyPaths = [
            "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
        ]
        return plan
    }

    static func process(_ arguments: [String]) -> ProcessPlan {
        var plan = ProcessPlan()
        plan.arguments = arguments
        plan.environment = ["PATH=/usr/bin:/bin", "TERM=xterm"]
        plan.workingDirectory = "/"
        plan.noNewPrivileges = true
        plan.capabilities = CapabilitySets()
        plan.capabilities?.bounding = specCapabilities
        plan.capabilities?.effective = specCapabilities
        plan.capabilities?.permitted = specCapabilities
        plan.resourceLimits = [ResourceLimit(resource: 7, soft: 1024, hard: 1024)]
        return plan
    }

    private static var mounts: [Mount] {
        let nosuid = MountFlags.noSetID
        let nodev = MountFlags.noDevices
        let noexec = MountFlags.noExecution
        let readonly = MountFlags.readonly
        return [
            mount("/proc", "proc", 0),
            mount("/dev", "tmpfs", nosuid | MountFlags.strictAccessTime, "mode=755,size=65536k"),
            mount(
                "/dev/pts", "devpts", nosuid | noexec, "newinstance,ptmxmode=0666,mode=0620,gid=5"),
            mount("/dev/shm", "tmpfs", nosuid | noexec | nodev, "mode=1777,size=65536k"),
            mount("/dev/mqueue", "mqueue", nosuid | noexec | nodev),
            mount("/sys", "sysfs", nosuid | noexec | nodev | readonly),
            mount(
                "/sys/fs/cgroup", "cgroup2",
                nosuid | noexec | nodev | MountFlags.relativeAccessTime | readonly),
        ]
    }

    static func mount(
        _ destination: String, _ type: String, _ flags: UInt64 = 0, _ data: String = ""
    ) -> Mount {
        var mount = Mount()
        mount.destination = destination
        mount.type = type
        mount.source = type
        mount.flags = flags
        mount.data = data
        return mount
    }

    static func bind(_ sharePath: String, at destination: String, flags: UInt64 = 0) -> Mount {
        var mount = Mount()
        mount.destination = destination
        mount.type = "bind"
        mount.sharePath = sharePath
        mount.flags = flags | MountFlags.bind | MountFlags.recursive
        return mount
    }

    static func device(
        _ path: String, mode: UInt32, _ major: UInt32 = 0, _ minor: UInt32 = 0
    ) -> Device {
        var device = Device()
        device.path = path
        device.mode = mode
        device.major = major
        device.minor = minor
        return device
    }
}
