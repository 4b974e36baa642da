internal import Devices
internal import KVM
internal import Linux
internal import Virtio

/// What a template's state file says: all of a machine that is not in the file of its memory.
internal struct TemplateState: Equatable {
    /// Bytes.
    var memorySize: UInt64 = 0
    var processorCount: UInt32 = 0
    var softwareKVM = false
    /// Ranges of the memory file that are not zero throughout, in bytes, ascending.
    var memoryParts: [Range<UInt64>] = []
    /// Which file has the memory, and that nobody has changed it since.
    var memoryFile = MemoryFileIdentity()
    var snapshot = MachineSnapshot()
    /// Connections that the guest waits for.
    var deferredConnections: [VsockHeader] = []
    /// That of the file system, which the guest has mounted (`FileServer.session`).
    var fileSession: UInt64 = 0
}

/// Tells a file from others and from itself after a change, without reading it.
internal struct MemoryFileIdentity: Equatable {
    var inode: UInt64 = 0
    /// Bytes.
    var size: UInt64 = 0
    var changedSeconds: UInt64 = 0
    var changedNanoseconds: UInt32 = 0

    init() {}

    init(_ file: borrowing OwnedFD) throws(Errno) {
        let status = try file.status()
        inode = status.inode
        size = status.size
        // Of its contents: the time of the inode changes when the file is removed, and a machine may still be about to
        // start from it then.
        changedSeconds = UInt64(bitPattern: status.modified.seconds)
        changedNanoseconds = status.modified.nanoseconds
    }
}
