// Numbers of the kernel's interface that Swift's Glibc module does not offer.

/// CLONE_* of linux/sched.h.
enum CloneFlags {
    static let memory: UInt64 = 0x100
    static let time: UInt64 = 0x80
    static let mount: UInt64 = 0x2_0000
    static let cgroup: UInt64 = 0x200_0000
    static let uts: UInt64 = 0x400_0000
    static let ipc: UInt64 = 0x800_0000
    static let user: UInt64 = 0x1000_0000
    static let process: UInt64 = 0x2000_0000
    static let network: UInt64 = 0x4000_0000
    /// All kinds of namespaces.
    static let namespaces =
        time | mount | cgroup | uts | ipc | user | process | network
}

/// MS_*, MNT_* and MOUNT_* of linux/mount.h, and OPEN_TREE_*.
enum MountFlags {
    static let readonly: UInt64 = 1
    static let noSetID: UInt64 = 2
    static let noDevices: UInt64 = 4
    static let noExecution: UInt64 = 8
    static let remount: UInt64 = 32
    static let noSymbolicLinks: UInt64 = 256
    static let noAccessTime: UInt64 = 1024
    static let noDirectoryAccessTime: UInt64 = 2048
    static let bind: UInt64 = 4096
    static let move: UInt64 = 8192
    static let recursive: UInt64 = 16384
    static let relativeAccessTime: UInt64 = 1 << 21
    static let strictAccessTime: UInt64 = 1 << 24
    /// MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE and MS_SHARED.
    static let propagation: UInt64 = 0xf << 17

    /// umount2(2): MNT_DETACH.
    static let detach: UInt64 = 2
    /// move_mount(2): MOVE_MOUNT_F_EMPTY_PATH.
    static let fromDescriptor: UInt64 = 4
    /// move_mount(2): MOVE_MOUNT_T_EMPTY_PATH.
    static let ontoDescriptor: UInt64 = 0x40
    /// open_tree(2): OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC.
    static let cloneTree: UInt64 = 1 | OpenFlags.closeOnExec
    static let emptyPath: UInt64 = 0x1000
    /// AT_RECURSIVE.
    static let wholeTree: UInt64 = 0x8000
}

/// MOUNT_ATTR_* of mount_setattr(2).
enum MountAttributes {
    static let readonly: UInt64 = 1
    static let noSetID: UInt64 = 2
    static let noDevices: UInt64 = 4
    static let noExecution: UInt64 = 8
    static let accessTime: UInt64 = 0x70
    static let noAccessTime: UInt64 = 0x10
    static let strictAccessTime: UInt64 = 0x20
    static let noDirectoryAccessTime: UInt64 = 0x80
    static let noSymbolicLinks: UInt64 = 0x20_0000
}

/// O_* of x86-64, RESOLVE_* of openat2(2), and AT_FDCWD.
enum OpenFlags {
    static let writeOnly: UInt64 = 1
    static let readWrite: UInt64 = 2
    static let create: UInt64 = 0o100
    static let exclusive: UInt64 = 0o200
    static let noTerminal: UInt64 = 0o400
    static let nonBlocking: UInt64 = 0o4000
    static let directory: UInt64 = 0o20_0000
    static let noFollow: UInt64 = 0o40_0000
    static let closeOnExec: UInt64 = 0o200_0000
    static let path: UInt64 = 0o1000_0000

    static let resolveNoMagicLinks: UInt64 = 2
    static let resolveInRoot: UInt64 = 0x10
    static let workingDirectory: UInt64 = UInt64(bitPattern: -100)
}

/// Requests of ioctl(2) on terminals and interfaces.
enum Request {
    static let unlockTerminal: UInt64 = 0x4004_5431
    static let openTerminalPeer: UInt64 = 0x5441
    static let setControllingTerminal: UInt64 = 0x540e
    static let setWindowSize: UInt64 = 0x5414
    static let setInterfaceFlags: UInt64 = 0x8914
}
