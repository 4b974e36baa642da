internal import CAgent
internal import Glibc
internal import Protocols

/// The registers that the steps of a root file system share.
struct RootRegisters {
    let root: Register
    let target: Register
    let tree: Register
    let other: Register
    let existed: Register

    init(_ program: inout Program) {
        root = program.register()
        target = program.register()
        tree = program.register()
        other = program.register()
        existed = program.register()
    }
}

// The mounts of config.json. Bind mounts are detached trees that get their attributes before they are
// attached; a new file system is mounted on the working directory, which is its mount point by descriptor.
extension Program {
    /// One mount of the plan. Read-only tmpfs file systems stay writable: `finishMount` ends that.
    mutating func mount(_ mount: Mount, _ registers: RootRegisters, cgroup: CgroupMount) {
        let path = Path.components(mount.destination)
        switch mount.type {
        case "bind" where mount.sharePath.isEmpty:
            bind(from: .container(Path.components(mount.source)), mount, path, registers)
        case "bind":
            bind(from: .agent(Place.inShare(mount.sharePath)), mount, path, registers)
        case "cgroup", "cgroup2":
            guard case .bind(let source) = cgroup else { fallthrough }
            bind(from: .agent(source), mount, path, registers)
        default:
            mountNew(mount, path, registers)
        }
        for value in mount.propagation {
            setPropagation(value, of: registers.tree, "set propagation of", mount.destination)
        }
    }

    /// Where a tree is that is bound somewhere else.
    private enum BindSource {
        /// Among the agent's files.
        case agent(String)
        /// Below the container's root, with what has been mounted there by then.
        case container([String])
    }

    private mutating func bind(
        from source: BindSource, _ mount: Mount, _ path: [String], _ registers: RootRegisters
    ) {
        let action = Action.path("mount at", mount.destination)
        let tree = registers.tree
        let recursive = mount.flags & MountFlags.recursive != 0 ? MountFlags.wholeTree : 0
        switch source {
        case .agent(let path):
            add(
                .openTree, .number(OpenFlags.workingDirectory), .text(path),
                .number(MountFlags.cloneTree | recursive), result: tree, doing: action)
        case .container(let path):
            open(path, in: registers.root, to: registers.other, action)
            add(
                .openTree, .register(registers.other), .text(""),
                .number(MountFlags.cloneTree | MountFlags.emptyPath | recursive), result: tree,
                doing: action)
        }
        let flags = AttributeChange(flags: mount.flags, cleared: mount.clearedFlags)
        setAttributes(flags, of: tree, wholeTree: false, action)
        setAttributes(
            AttributeChange(
                set: mount.recursiveAttributesSet, cleared: mount.recursiveAttributesCleared),
            of: tree, wholeTree: true, action)

        let exists = open(
            path, in: registers.root, to: registers.target, tolerating: [ENOENT], action)
        // The mount point is made as what the source is.
        let how = memory.values([
            OpenFlags.path | OpenFlags.directory | OpenFlags.closeOnExec, 0, 0,
        ])
        let isFolder = add(
            .openat2, .register(tree), .text("."), .number(how), .number(24),
            tolerating: [ENOTDIR], doing: action)
        makePlace(path, as: .file, in: registers.root, to: registers.target, action)
        let made = jump()
        onSuccess(of: [isFolder])
        makePlace(path, as: .folder, in: registers.root, to: registers.target, action)
        onSuccess(of: [exists, made])
        attach(tree, at: registers.target, action)
    }

    private mutating func mountNew(
        _ mount: Mount, _ path: [String], _ registers: RootRegisters
    ) {
        let action = Action.path("mount at", mount.destination)
        let isTemporary = mount.type == "tmpfs"
        if ["proc", "sysfs"].contains(mount.type) {
            // Where an image has a link, files that are masked or written by their paths would be others.
            open(
                path, in: registers.root,
                flags: OpenFlags.path | OpenFlags.directory | OpenFlags.noFollow,
                to: registers.target, tolerating: [ENOENT],
                .path("filesystem must be mounted on ordinary directory:", mount.destination))
        }
        makeMountPoint(path, registers, action)
        if mount.copyUp {
            open(
                path, in: registers.root, flags: OpenFlags.directory, to: registers.other, action)
        }
        add(.fchdir, .register(registers.target), doing: action)
        let options = mount.data.split(separator: ",")
        let inherits = isTemporary && !options.contains { $0.hasPrefix("mode=") }
        if inherits { mountWithFolderMode(mount, registers, action) }
        mountHere(
            mount, data: mount.data.isEmpty ? .number(0) : .text(mount.data), action)
        if inherits { onlyIfFailed(registers.existed) }
        guard isTemporary || !mount.propagation.isEmpty || mount.recursiveAttributesSet != 0
        else { return }
        let flags = isTemporary ? OpenFlags.directory : OpenFlags.path
        open(path, in: registers.root, flags: flags, to: registers.tree, action)
        if mount.copyUp {
            add(.copyTree, .register(registers.other), .register(registers.tree), doing: action)
        }
        setAttributes(
            AttributeChange(
                set: mount.recursiveAttributesSet, cleared: mount.recursiveAttributesCleared),
            of: registers.tree, wholeTree: true, action)
    }

    /// Mounts a tmpfs that takes over the mode of the image's folder, as runc does, where the image has one. It is an
    /// option of the mount, so that the mount table shows it.
    private mutating func mountWithFolderMode(
        _ mount: Mount, _ registers: RootRegisters, _ action: Action
    ) {
        let digits = String(repeating: "0", count: Int(CA_MODE_DIGITS))
        let prefix = "mode="
        let data = memory.string(
            prefix + digits + (mount.data.isEmpty ? "" : "," + mount.data))
        add(
            .printMode, .register(registers.target),
            .number(data + UInt64(prefix.utf8.count)), doing: action)
        onlyIfSucceeded(registers.existed)
        mountHere(mount, data: .number(data), action)
        onlyIfSucceeded(registers.existed)
    }

    /// Mounts a new file system on the working directory; a tmpfs is made read-only later.
    private mutating func mountHere(_ mount: Mount, data: Argument, _ action: Action) {
        let type = mount.type == "cgroup" ? "cgroup2" : mount.type
        let later = mount.type == "tmpfs" ? MountFlags.readonly : 0
        add(
            .mount, .text(mount.source.isEmpty ? type : mount.source), .text("."), .text(type),
            .number(mount.flags & ~later), data, doing: action)
    }

    /// Opens the mount point of a new file system; the register `existed` is an error where it was made.
    private mutating func makeMountPoint(
        _ path: [String], _ registers: RootRegisters, _ action: Action
    ) {
        add(.value, .number(0), result: registers.existed, doing: action)
        let exists = open(
            path, in: registers.root, to: registers.target, tolerating: [ENOENT], action)
        add(
            .fail, .number(UInt64(ENOENT)), result: registers.existed, tolerating: [ENOENT],
            doing: action)
        makePlace(path, as: .folder, in: registers.root, to: registers.target, action)
        onSuccess(of: [exists])
    }

    /// Makes a tmpfs read-only after everything that is to be in it has been made.
    mutating func finishMount(_ mount: Mount, _ registers: RootRegisters) {
        guard mount.type == "tmpfs", mount.flags & MountFlags.readonly != 0 else { return }
        let action = Action.path("make read-only", mount.destination)
        open(
            Path.components(mount.destination), in: registers.root, to: registers.tree, action)
        setAttributes(
            AttributeChange(set: MountAttributes.readonly, cleared: 0), of: registers.tree,
            wholeTree: false, action)
    }

    /// Attaches a detached tree at a mount point, both by descriptor.
    mutating func attach(_ tree: Register, at target: Register, _ action: Action) {
        add(
            .moveMount, .register(tree), .text(""), .register(target), .text(""),
            .number(MountFlags.fromDescriptor | MountFlags.ontoDescriptor), doing: action)
    }

    /// mount_setattr(2) on the mount that a descriptor stands for.
    mutating func setAttributes(
        _ change: AttributeChange, of tree: Register, wholeTree: Bool, _ action: Action
    ) {
        guard change.set | change.cleared != 0 else { return }
        setAttributes([change.set, change.cleared, 0, 0], of: tree, wholeTree: wholeTree, action)
    }

    mutating func setPropagation(
        _ value: UInt64, of tree: Register, _ what: String, _ path: String
    ) {
        setAttributes(
            [0, 0, value & MountFlags.propagation, 0], of: tree,
            wholeTree: value & MountFlags.recursive != 0, .path(what, path))
    }

    private mutating func setAttributes(
        _ attributes: [UInt64], of tree: Register, wholeTree: Bool, _ action: Action
    ) {
        let flags = MountFlags.emptyPath | (wholeTree ? MountFlags.wholeTree : 0)
        add(
            .mountSetattr, .register(tree), .text(""), .number(flags),
            .number(memory.values(attributes)), .number(32), doing: action)
    }
}

/// How a container sees cgroups: a mount of its own cgroup namespace, or its cgroup bound.
enum CgroupMount {
    case own
    case bind(String)
}

/// What mount_setattr(2) is to set and to clear.
struct AttributeChange: Equatable {
    var set: UInt64
    var cleared: UInt64

    init(set: UInt64, cleared: UInt64) {
        self.set = set
        self.cleared = cleared
    }

    /// From MS_* flags of mount(2) and those that are taken away.
    init(flags: UInt64, cleared: UInt64) {
        set = AttributeChange.attributes(flags)
        self.cleared = AttributeChange.attributes(cleared) & ~set
        let times =
            MountFlags.noAccessTime | MountFlags.strictAccessTime | MountFlags.relativeAccessTime
        // The three kinds of access time are one field: to set it, it is cleared in the same call.
        if (flags | cleared) & times != 0 { self.cleared |= MountAttributes.accessTime }
    }

    private static func attributes(_ flags: UInt64) -> UInt64 {
        let pairs: [(UInt64, UInt64)] = [
            (MountFlags.readonly, MountAttributes.readonly),
            (MountFlags.noSetID, MountAttributes.noSetID),
            (MountFlags.noDevices, MountAttributes.noDevices),
            (MountFlags.noExecution, MountAttributes.noExecution),
            (MountFlags.noAccessTime, MountAttributes.noAccessTime),
            (MountFlags.strictAccessTime, MountAttributes.strictAccessTime),
            (MountFlags.noDirectoryAccessTime, MountAttributes.noDirectoryAccessTime),
            (MountFlags.noSymbolicLinks, MountAttributes.noSymbolicLinks),
        ]
        return pairs.reduce(0) { flags & $1.0 != 0 ? $0 | $1.1 : $0 }
    }
}
