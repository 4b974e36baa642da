import Protocols
import Testing

@testable import AgentCore

@Suite("What a plan may not ask for")
struct PlanCheckTests {
    private static func good() -> ContainerPlan {
        var plan = ContainerPlan()
        plan.id = "c"
        plan.namespaces = CloneFlags.namespaces
        plan.uidMappings = [IDMapping(containerID: 0, hostID: 0, size: 1)]
        plan.hostname = "host"
        plan.cgroupPath = "/c"
        plan.cgroupSettings = [Assignment(name: "pids.max", value: "1")]
        plan.timeOffsets = [TimeOffset(clock: "monotonic", seconds: 1, nanoseconds: 0)]
        plan.mounts = [
            mount("/proc", "proc"), bind("/v"), mount("/tmp", "tmpfs") { $0.copyUp = true },
        ]
        plan.devices = [device("/dev/x", 0o20666), device("/dev/y", 0o10666)]
        plan.startContainerHooks = [Hook()]
        plan.startContainerHooks[0].path = "/bin/x"
        plan.process.arguments = ["true"]
        plan.process.oomScoreAdjustment = -1000
        plan.process.seccompFilter = [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]
        return plan
    }

    private static func mount(
        _ destination: String, _ type: String, _ change: (inout Mount) -> Void = { _ in }
    ) -> Mount {
        var mount = Mount()
        mount.destination = destination
        mount.type = type
        change(&mount)
        return mount
    }

    private static func bind(_ destination: String) -> Mount {
        mount(destination, "bind") {
            $0.sharePath = "volume"
            $0.flags = MountFlags.bind
        }
    }

    private static func device(_ path: String, _ mode: UInt32) -> Device {
        var device = Device()
        device.path = path
        device.mode = mode
        return device
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout ContainerPlan) -> Void

        init(_ message: String, _ apply: @escaping @Sendable (inout ContainerPlan) -> Void) {
            testDescription = message
            self.apply = apply
        }
    }

    @Test("a plan that can be carried out passes")
    func passes() throws {
        try PlanCheck.check(Self.good())
    }

    @Test(
        "what is allowed inside /proc passes",
        arguments: ["/proc", "/proc/meminfo", "/proc/./cpuinfo/", "/proc/net/dev", "/procs/x"])
    func insideProc(path: String) throws {
        var plan = Self.good()
        plan.mounts = [Self.bind(path)]

        try PlanCheck.check(plan)
    }

    @Test(
        "a container that would not become what the plan says is refused",
        arguments: [
            Change("a container has no id") { $0.id = "" },
            Change("unknown namespaces are asked for") { $0.namespaces |= CloneFlags.memory },
            Change("the path \"bin/x\" of a hook is not absolute") {
                $0.startContainerHooks[0].path = "bin/x"
            },
            Change("\"x\u{0}y\" is no file of a cgroup") {
                $0.cgroupSettings.append(Assignment(name: "x\u{0}y", value: "1"))
            },
            Change("\"../cgroup.procs\" is no file of a cgroup") {
                $0.cgroupSettings.append(Assignment(name: "../cgroup.procs", value: "1"))
            },
            Change("cgroup settings or device rules without a cgroup") { $0.cgroupPath = "/.." },
            Change("cgroup settings or device rules without a cgroup") {
                $0.cgroupPath = ""
                $0.cgroupSettings = []
                $0.deviceRules = [DeviceRule()]
            },
            Change("time offsets without a time namespace") { $0.namespaces &= ~CloneFlags.time },
            Change("id mappings without a user namespace") { $0.namespaces &= ~CloneFlags.user },
            Change("a user namespace without id mappings") { $0.uidMappings = [] },
            Change("a hostname without a UTS namespace") { $0.namespaces &= ~CloneFlags.uts },
        ])
    func container(change: Change) {
        expectRefused(change)
    }

    @Test(
        "a process that would not become what the plan says is refused",
        arguments: [
            Change("no user or group has the id -1") { $0.process.uid = UInt32.max },
            Change("no user or group has the id -1") { $0.process.gid = UInt32.max },
            Change("a seccomp listener is not supported yet") { $0.process.seccompFlags = 8 | 1 },
            Change("the seccomp filter has no whole number of instructions, or too many") {
                $0.process.seccompFilter.append(0)
            },
            Change("the seccomp filter has no whole number of instructions, or too many") {
                $0.process.seccompFilter = Array(repeating: 0, count: 4097 * 8)
            },
            Change("a terminal without a stream for it") { $0.process.terminal = true },
            Change("a terminal with more than one stream") {
                $0.process.terminal = true
                $0.process.streams.stdin = 1
                $0.process.streams.stderr = 2
            },
            Change("oomScoreAdj is out of range") { $0.process.oomScoreAdjustment = 1001 },
            Change("oomScoreAdj is out of range") { $0.process.oomScoreAdjustment = -1001 },
        ])
    func process(change: Change) {
        expectRefused(change)
    }

    @Test(
        "a mount that would not become what the plan says is refused",
        arguments: [
            Change("a mount at \"/a/..\" is not supported") {
                $0.mounts[0].destination = "/a/.."
            },
            Change("remount of \"/proc\" is not supported") {
                $0.mounts[0].flags = MountFlags.remount
            },
            Change("the mount at \"/proc\" has no type") { $0.mounts[0].type = "" },
            Change("the mount at \"/v\" has no path in the share, or needs none") {
                $0.mounts[1].sharePath = ""
            },
            Change("the mount at \"/proc\" has no path in the share, or needs none") {
                $0.mounts[0].sharePath = "x"
            },
            Change("the mount at \"/proc\" is and is not a bind mount") {
                $0.mounts[0].flags = MountFlags.bind
            },
            Change("tmpcopyup at \"/proc\" is for tmpfs only") { $0.mounts[0].copyUp = true },
            Change("\"/proc/self\" cannot be mounted because it is inside /proc") {
                $0.mounts[1].destination = "/proc/self"
            },
            Change("\"/x/../proc//stat/x\" cannot be mounted because it is inside /proc") {
                $0.mounts[1].destination = "/x/../proc//stat/x"
            },
        ])
    func mount(change: Change) {
        expectRefused(change)
    }

    @Test(
        "a device that cannot be made is refused",
        arguments: [
            Change("device \"/dev/x\" is none that can be made") { $0.devices[0].mode = 0o666 },
            Change("device \"/dev/x\" is none that can be made") {
                $0.devices[0].mode = 0o40666
            },
            Change("device \"/dev/x\" is none that can be made") { $0.devices[0].major = 4096 },
            Change("device \"/dev/x\" is none that can be made") {
                $0.devices[0].minor = 1 << 20
            },
            Change("device \"/\" is none that can be made") { $0.devices[0].path = "/" },
            Change(
                "device \"/dev/x\" belongs to nobody: no user or group has the id -1"
            ) { $0.devices[0].gid = UInt32.max },
        ])
    func device(change: Change) {
        expectRefused(change)
    }

    private func expectRefused(_ change: Change) {
        var plan = Self.good()
        change.apply(&plan)
        let expected = Failure(operation: "check the plan", message: change.testDescription)
        #expect(throws: expected) { try PlanCheck.check(plan) }
    }
}
