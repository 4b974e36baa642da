@testable import Protocols

/// Messages with a value in every field, none of them the field's default.
enum Samples {
    static var process: ProcessPlan {
        var plan = ProcessPlan()
        plan.arguments = ["/bin/sh", "-c", "", "ünï"]
        plan.environment = ["PATH=/bin", "X="]
        plan.workingDirectory = "/work"
        plan.uid = 1
        plan.gid = UInt32.max
        plan.additionalGIDs = [3, 4_000_000_000]
        plan.umask = 0
        plan.capabilities = CapabilitySets()
        plan.capabilities?.bounding = UInt64.max
        plan.capabilities?.effective = 1
        plan.capabilities?.permitted = 2
        plan.capabilities?.inheritable = 3
        plan.capabilities?.ambient = 4
        plan.resourceLimits = [ResourceLimit(resource: 7, soft: 1024, hard: UInt64.max)]
        plan.noNewPrivileges = true
        plan.terminal = true
        plan.terminalRows = 25
        plan.terminalColumns = 80
        plan.oomScoreAdjustment = -1000
        plan.seccompFilter = [0, 1, 2, 255]
        plan.seccompFlags = 2
        plan.personality = 8
        plan.scheduler = Scheduler()
        plan.scheduler?.policy = 6
        plan.scheduler?.flags = 1
        plan.scheduler?.nice = -20
        plan.scheduler?.priority = 9
        plan.scheduler?.runtime = 10
        plan.scheduler?.deadline = 11
        plan.scheduler?.period = 12
        plan.ioPriority = 13
        plan.cpuAffinity = "0-3,7"
        plan.streams.stdin = 1025
        plan.streams.stdout = 1026
        plan.streams.stderr = 1027
        plan.terminalKeepsNewlines = true
        return plan
    }

    static var mount: Mount {
        var mount = Mount()
        mount.destination = "/dev"
        mount.type = "tmpfs"
        mount.source = "src"
        mount.flags = 1
        mount.clearedFlags = 2
        mount.propagation = [1 << 18, 1 << 63]
        mount.data = "size=1m"
        mount.sharePath = "mounts/0"
        mount.recursiveAttributesSet = 4
        mount.recursiveAttributesCleared = 5
        mount.copyUp = true
        return mount
    }

    static var container: ContainerPlan {
        var plan = ContainerPlan()
        plan.id = "id"
        plan.rootPath = "rootfs"
        plan.rootReadonly = true
        plan.rootPropagation = 1 << 20
        plan.mounts = [mount, Mount()]
        plan.process = process
        plan.hostname = "host"
        plan.domainname = "domain"
        plan.namespaces = 0x7e02_0000
        plan.uidMappings = [IDMapping(containerID: 1, hostID: 2, size: 3)]
        plan.gidMappings = [IDMapping(containerID: 4, hostID: 5, size: 6)]
        var device = Device()
        device.path = "/dev/x"
        device.mode = 0o20666
        device.major = 1
        device.minor = 2
        device.uid = 3
        device.gid = 4
        plan.devices = [device]
        plan.cgroupPath = "a/b"
        plan.cgroupSettings = [Assignment(name: "pids.max", value: "10")]
        plan.sysctls = [Assignment(name: "net.ipv4.ip_forward", value: "1")]
        plan.maskedPaths = ["/proc/kcore"]
        plan.readonlyPaths = ["/proc/sys"]
        var rule = DeviceRule()
        rule.allow = true
        rule.type = 98
        rule.major = 8
        rule.access = "rw"
        plan.deviceRules = [rule]
        plan.timeOffsets = [TimeOffset(clock: "boottime", seconds: -5, nanoseconds: 6)]
        var hook = Hook()
        hook.path = "/bin/hook"
        hook.arguments = ["hook", "x"]
        hook.environment = ["A=B"]
        hook.timeoutSeconds = 3
        plan.startContainerHooks = [hook]
        plan.hookState = "{}"
        plan.joinedNamespaces = 0x4800_0000
        plan.joinedContainer = "pod"
        return plan
    }

    static var interface: NetworkInterface {
        var interface = NetworkInterface()
        interface.slot = 1
        interface.name = "eth0"
        interface.hardwareAddress = [2, 0, 0, 0, 0, 1]
        interface.mtu = 1500
        var address = NetworkInterface.Address()
        address.address = [10, 0, 0, 2]
        address.prefixLength = 24
        address.peer = [10, 0, 0, 3]
        address.broadcast = [10, 0, 0, 255]
        address.scope = 253
        address.flags = 0x80
        interface.addresses = [address]
        var route = NetworkInterface.Route()
        route.destination = [0, 0, 0, 0]
        route.prefixLength = 1
        route.gateway = [10, 0, 0, 1]
        route.preferredSource = [10, 0, 0, 2]
        route.metric = 100
        route.mtu = 1400
        route.scope = 253
        route.origin = 3
        route.kind = 1
        route.onLink = true
        interface.routes = [route]
        interface.neighbours = [
            NetworkInterface.Neighbour(
                address: [10, 0, 0, 9], hardwareAddress: [1, 2, 3, 4, 5, 6])
        ]
        interface.isDown = true
        interface.isStream = true
        interface.receiveRate = 1000
        interface.sendRate = 1
        return interface
    }

    static var requests: [AgentRequest] {
        let bodies: [AgentRequest.Body] = [
            .createContainer(container),
            .startContainer(container: "c"),
            .startProcess(container: "c", process: "p", process),
            .signalProcess(ProcessSignal(container: "c", signal: 9)),
            .resizeTerminal(TerminalSize(container: "c", process: "p", rows: 1, columns: 2)),
            .deleteContainer(container: "c"),
            .shutdown,
            .setUp(SetUp(entropy: [1, 0, 255], wallClock: UInt64.max)),
            .freezeContainer(container: "c", frozen: true),
            .freezeContainer(container: "c", frozen: false),
            .updateContainer(
                container: "c", settings: [Assignment(name: "pids.max", value: "7")]),
            .readCgroup(container: "c", names: ["memory.current", "cpu.stat"]),
            .listProcesses(container: "c"),
            .configureNetwork(container: "c", interface),
            .removeNetwork(container: "c", slot: 1),
        ]
        return bodies.enumerated().map { AgentRequest(id: UInt64($0) + 1, body: $1) }
    }

    static var configuration: SandboxConfiguration {
        var configuration = SandboxConfiguration()
        configuration.machine.memorySize = 2 << 40
        configuration.machine.cpuCount = 4
        configuration.machine.kernelParameters = "quiet"
        configuration.machine.softwareKVM = true
        configuration.machine.networkCards = 8
        configuration.container = container
        configuration.descriptors.kvm = 3
        configuration.descriptors.kernel = 4
        configuration.descriptors.image = 5
        configuration.descriptors.report = 6
        configuration.descriptors.control = 7
        configuration.descriptors.log = 8
        configuration.descriptors.templateState = 10
        configuration.descriptors.templateMemory = 11
        configuration.makesTemplate = true
        configuration.descriptors.stdin = 0
        configuration.descriptors.stdout = 1
        var view = Share.View()
        view.readonly = true
        view.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
        view.gidMappings = [IDMapping(containerID: 1, hostID: 2, size: 3)]
        view.mappingsBelow = true
        configuration.shares = [Share(name: "rootfs", descriptor: 9, view: view, recursive: true)]
        configuration.jail.without = [.seccomp, .limits]
        configuration.jail.loop = [1]
        configuration.jail.processor = [2]
        configuration.jail.files = [3]
        configuration.jail.card = [4]
        configuration.title = "vmrun: id"
        configuration.debug = true
        return configuration
    }
}
