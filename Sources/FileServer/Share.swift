import Linux

/// A folder or a single file of the host that is served, and the boundary of what can be reached from it.
final class Share: Sendable {
    let root: Descriptor
    let rootStatus: FileStatus
    let view: ShareView
    let cache: CachePolicy
    /// Whether closing a file can tell an error there that the client has to hear: network file systems.
    let closingTells: Bool

    let rootMount: UInt64

    private static let networks: Set<UInt32> = [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546]
    init(
        _ descriptor: consuming OwnedFD, _ view: ShareView, cache: CachePolicy
    ) throws(Errno) {
        rootStatus = try descriptor.status()
        closingTells = Share.networks.contains(try descriptor.fileSystemStatus().type)
        rootMount = rootStatus.mount
        root = Descriptor(descriptor)
        self.view = view
        self.cache = cache
    }

    /// The attributes' inode number of a file of this share. Where the client cannot tell mounts apart,
    /// files of other mounts than the root's get numbers that differ in the upper bits.
    func inodeNumber(_ status: FileStatus, submounts: Bool) -> UInt64 {
        guard !submounts, status.device != rootStatus.device else { return status.inode }
        let device = UInt64(status.device.major) << 20 ^ UInt64(status.device.minor)
        return status.inode ^ (device &+ 1) << 40
    }
}
