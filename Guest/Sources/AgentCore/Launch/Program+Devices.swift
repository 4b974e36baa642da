internal import Glibc
internal import Protocols

// What runc puts into /dev of every container (the runtime specification's default devices), and the
// devices of the plan.
extension Program {
    private static let deviceMode = UInt32(S_IFCHR) | 0o666

    /// name, major and minor number
    static let defaultDevices: [(name: String, major: UInt32, minor: UInt32)] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9),
        ("tty", 5, 0),
    ]

    private static let links = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    /// What is to be in the container: the devices of the plan, and the default ones that they do not replace.
    private static func devices(_ plan: ContainerPlan) -> [Device] {
        let planned = plan.devices.map { Path.clean($0.path) }
        let defaults = defaultDevices.filter { !planned.contains("/dev/\($0.name)") }
        return defaults.map {
            var device = Device()
            device.path = "/dev/\($0.name)"
            device.mode = deviceMode
            device.major = $0.major
            device.minor = $0.minor
            return device
        } + plan.devices
    }

    /// Makes, among the agent's files, the devices of a container with a user namespace: a process in there may make
    /// none, but may bind these. Nodes that are alike are one, and stay.
    static func devicesToBind(_ plan: ContainerPlan) -> Program {
        var program = Program()
        program.add(
            .mkdir, .text(Place.devices), .number(0o755), tolerating: [EEXIST],
            doing: .path("make folder", Place.devices))
        program.add(.umask, .number(0), doing: .step("umask"))
        for device in devices(plan) where !device.isPipe {
            let mapped = device.mapped(plan)
            program.makeNode(
                mapped, name: mapped.placeToBind, in: .number(OpenFlags.workingDirectory),
                .path("make device", device.path))
        }
        program.add(.umask, .number(0o022), doing: .step("umask"))
        return program
    }

    /// Makes all devices and links. In a user namespace devices cannot be made, so others are bound.
    mutating func makeDevices(_ plan: ContainerPlan, _ registers: RootRegisters) {
        add(.umask, .number(0), doing: .step("umask"))
        let folder = registers.other
        // Most devices lie in one folder, which is made and opened once.
        var opened: ArraySlice<String>?
        for device in Program.devices(plan) {
            let path = Path.components(device.path)
            let name = path.last ?? ""
            let action = Action.path("make device", device.path)
            if path.dropLast() != opened {
                makeParents(of: path, in: registers.root, to: folder, action)
                opened = path.dropLast()
            }
            if plan.namespaces & CloneFlags.user != 0 && !device.isPipe {
                bindDevice(device.mapped(plan), name: name, in: folder, registers, action)
            } else {
                makeNode(device, name: name, in: .register(folder), action)
            }
        }
        makeLinks(registers)
        add(.umask, .number(0o022), doing: .step("umask"))
    }

    private mutating func makeNode(
        _ device: Device, name: String, in folder: Argument, _ action: Action
    ) {
        let exists = add(
            .mknodat, folder, .text(name), .number(UInt64(device.mode)),
            .number(Program.deviceNumber(device.major, device.minor)), tolerating: [EEXIST],
            doing: action)
        if device.uid != 0 || device.gid != 0 {
            let noFollow: UInt64 = 0x100
            add(
                .fchownat, folder, .text(name), .number(UInt64(device.uid)),
                .number(UInt64(device.gid)), .number(noFollow), doing: action)
        }
        onTolerated(of: [exists])
    }

    private mutating func bindDevice(
        _ device: Device, name: String, in folder: Register, _ registers: RootRegisters,
        _ action: Action
    ) {
        let flags =
            OpenFlags.create | OpenFlags.noFollow | OpenFlags.nonBlocking | OpenFlags.closeOnExec
        add(
            .openat, .register(folder), .text(name), .number(flags), .number(0o666),
            result: registers.target, doing: action)
        add(
            .openTree, .number(OpenFlags.workingDirectory), .text(device.placeToBind),
            .number(MountFlags.cloneTree), result: registers.tree, doing: action)
        setAttributes(
            AttributeChange(set: MountAttributes.noSetID | MountAttributes.noExecution, cleared: 0),
            of: registers.tree, wholeTree: false, action)
        attach(registers.tree, at: registers.target, action)
    }

    private mutating func makeLinks(_ registers: RootRegisters) {
        let folder = registers.other
        makeOpen(["dev"], as: .folder, in: registers.root, to: folder, .step("make /dev"))
        for (name, target) in Program.links {
            add(
                .symlinkat, .text(target), .register(folder), .text(name), tolerating: [EEXIST],
                doing: .path("make link", "/dev/\(name)"))
        }
        let missing = add(
            .faccessat, .number(OpenFlags.workingDirectory), .text("/proc/kcore"), .number(0),
            tolerating: [ENOENT], doing: .step("look for /proc/kcore"))
        add(
            .symlinkat, .text("/proc/kcore"), .register(folder), .text("core"),
            tolerating: [EEXIST], doing: .path("make link", "/dev/core"))
        onTolerated(of: [missing])
    }

    /// dev_t as mknod(2) takes it (the kernel's new_decode_dev).
    static func deviceNumber(_ major: UInt32, _ minor: UInt32) -> UInt64 {
        UInt64((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12))
    }
}

extension Device {
    fileprivate var isPipe: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFIFO) }

    /// With the owners that it has outside of the container's user namespace.
    fileprivate func mapped(_ plan: ContainerPlan) -> Device {
        var device = self
        device.uid = plan.uidMappings.hostID(of: uid) ?? uid
        device.gid = plan.gidMappings.hostID(of: gid) ?? gid
        return device
    }

    /// Where the agent has it to be bound.
    fileprivate var placeToBind: String {
        "\(Place.devices)/\(mode)-\(major)-\(minor)-\(uid)-\(gid)"
    }
}
