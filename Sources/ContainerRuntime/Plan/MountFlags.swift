/// Bits of mount(2) (linux/mount.h).
enum MountFlags {
    static let readonly: UInt64 = 1
    static let noSUID: UInt64 = 2
    static let noDevices: UInt64 = 4
    static let noExecution: UInt64 = 8
    static let synchronous: UInt64 = 16
    static let remount: UInt64 = 32
    static let mandatoryLocks: UInt64 = 64
    static let synchronousDirectories: UInt64 = 128
    static let noSymlinks: UInt64 = 256
    static let noAccessTimes: UInt64 = 1024
    static let noDirectoryAccessTimes: UInt64 = 2048
    static let bind: UInt64 = 4096
    static let recursive: UInt64 = 16384
    static let silent: UInt64 = 1 << 15
    static let unbindable: UInt64 = 1 << 17
    static let makePrivate: UInt64 = 1 << 18
    static let slave: UInt64 = 1 << 19
    static let shared: UInt64 = 1 << 20
    static let relativeAccessTimes: UInt64 = 1 << 21
    static let inodeVersion: UInt64 = 1 << 23
    static let strictAccessTimes: UInt64 = 1 << 24
    static let lazyTimes: UInt64 = 1 << 25
}

/// Bits of mount_setattr(2) (linux/mount.h).
enum MountAttributes {
    static let readonly: UInt64 = 0x1
    static let noSUID: UInt64 = 0x2
    static let noDevices: UInt64 = 0x4
    static let noExecution: UInt64 = 0x8
    /// The mask of the access-time modes below it.
    static let accessTimes: UInt64 = 0x70
    static let relativeAccessTimes: UInt64 = 0x00
    static let noAccessTimes: UInt64 = 0x10
    static let strictAccessTimes: UInt64 = 0x20
    static let noDirectoryAccessTimes: UInt64 = 0x80
    static let noSymlinks: UInt64 = 0x20_0000
}
