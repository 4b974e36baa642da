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

    /// Makes all devices and links. In a user namespace devices cannot be made, so the guest's are bound.
    mutating func makeDevices(_ plan: ContainerPlan, _ registers: RootRegisters) {
        let binding = plan.namespaces & CloneFlags.user != 0
        let planned = plan.devices.map { Path.clean($0.path) }
        let defaults = Program.defaultDevices.filter { !planned.contains("/dev/\($0.name)") }
        add(.umask, .number(0), doing: .step("umask"))
        let folder = registers.other
        makeOpen(["dev"], as: .folder, in: registers.root, to: folder, .step("make /dev"))
        for device in defaults {
            var whole = Device()
            whole.path = "/dev/\(device.name)"
            whole.mode = Program.deviceMode
            whole.major = device.major
            whole.minor = device.minor
            make(whole, name: device.name, in: folder, binding: binding, registers)
        }
        for device in plan.devices {
            let path = Path.components(device.path)
            let action = Action.path("make device", device.path)
            makeParents(of: path, in: registers.root, to: folder, action)
            make(device, name: path.last ?? "", in: folder, binding: binding, registers)
        }
        makeLinks(registers)
        add(.umask, .number(0o022), doing: .step("umask"))
    }

    private mutating func make(
        _ device: Device, name: String, in folder: Register, binding: Bool,
        _ registers: RootRegisters
    ) {
        let action = Action.path("make device", device.path)
        guard !binding || device.mode & UInt32(S_IFMT) == UInt32(S_IFIFO) else {
            return bindDevice(device, name: name, in: folder, registers, action)
        }
        let exists = add(
            .mknodat, .register(folder), .text(name), .number(UInt64(device.mode)),
            .number(Program.deviceNumber(device.major, device.minor)), tolerating: [EEXIST],
            doing: action)
        if device.uid != 0 || device.gid != 0 {
            let noFollow: UInt64 = 0x100
            add(
                .fchownat, .register(folder), .text(name), .number(UInt64(device.uid)),
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
            .openTree, .number(OpenFlags.workingDirectory), .text(Path.clean(device.path)),
            .number(MountFlags.cloneTree), result: registers.tree, doing: action)
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
