internal import Synchronization
import Linux

/// A folder or a single file of the host that is served, and the boundary of what can be reached from it.
final class Share: Sendable {
    let root: Descriptor
    let rootStatus: FileStatus
    let view: ShareView
    let cache: CachePolicy
    /// Whether closing a file can tell an error there that the client has to hear: network file systems.
    let closingTells: Bool

    /// Whether inodes of the root's mount have no file handles, as on most overlays: one that gave its
    /// descriptor up is found again by its name.
    let usesNames: Bool

    /// An open folder of each mount that inodes were met on: what open_by_handle_at(2) wants.
    private let mounts = Mutex<[UInt64: Mount]>([:])
    let rootMount: UInt64

    private enum Mount {
        case open(Descriptor)
        /// It has no file handles that can be opened.
        case withoutHandles
    }

    private static let networks: Set<UInt32> = [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546]
    /// Enough for any container; beyond it inodes keep their descriptors.
    private static let maximumMounts = 256

    /// `reopen` opens a folder for reading by its O_PATH descriptor; without it handles are not tried.
    init(
        _ descriptor: consuming OwnedFD, _ view: ShareView, cache: CachePolicy,
        reopen: ((Descriptor) throws(Errno) -> OwnedFD)?
    ) throws(Errno) {
        rootStatus = try descriptor.status()
        closingTells = Share.networks.contains(try descriptor.fileSystemStatus().type)
        rootMount = rootStatus.mount
        root = Descriptor(descriptor)
        self.view = view
        self.cache = cache
        var tried: Descriptor?
        if let reopen, rootStatus.type == .directory {
            tried = try? Share.trial(of: root, on: Descriptor(reopen(root))).mount
        }
        usesNames = tried == nil
        know(rootMount, tried.map { .open($0) } ?? .withoutHandles)
    }

    /// The attributes' inode number of a file of this share. Where the client cannot tell mounts apart,
    /// files of other mounts than the root's get numbers that differ in the upper bits.
    func inodeNumber(_ status: FileStatus, submounts: Bool) -> UInt64 {
        guard !submounts, status.device != rootStatus.device else { return status.inode }
        let device = UInt64(status.device.major) << 20 ^ UInt64(status.device.minor)
        return status.inode ^ (device &+ 1) << 40
    }

    /// Opens an inode by its handle.
    func open(_ handle: FileHandle, mount: UInt64, _ flags: Int32) throws(Errno) -> OwnedFD {
        guard case .open(let folder)? = mounts.withLock({ $0[mount] }) else { throw .stale }
        return try handle.open(on: folder.file, flags)
    }

    /// The handle of a file, where it can be opened again by that; nil where not.
    ///
    /// `reopen` opens a folder for reading by its O_PATH descriptor. The first file of a mount that is
    /// asked for decides for the mount: it is tried.
    func handle(
        of file: Descriptor, mount: UInt64, isDirectory: Bool,
        reopen: (Descriptor) throws(Errno) -> OwnedFD
    ) -> FileHandle? {
        switch mounts.withLock({ $0[mount] }) {
        case .withoutHandles: return nil
        case .open: return try? FileHandle(of: file.file)
        case nil: break
        }
        // Only a folder can stand for its mount.
        guard isDirectory else { return nil }
        do throws(Errno) {
            let tried = try Share.trial(of: file, on: Descriptor(reopen(file)))
            know(mount, .open(tried.mount))
            return tried.handle
        } catch {
            // Without descriptors to spare nothing was learnt.
            if error != .tooManyFiles, error != .tooManyDescriptors {
                know(mount, .withoutHandles)
            }
            return nil
        }
    }

    private func know(_ mount: UInt64, _ what: Mount) {
        mounts.withLock { known in
            guard known.count < Share.maximumMounts else { return }
            known[mount] = what
        }
    }

    private static func trial(
        of file: Descriptor, on mount: Descriptor
    ) throws(Errno) -> (handle: FileHandle, mount: Descriptor) {
        let handle = try FileHandle(of: file.file)
        _ = try handle.open(on: mount.file, OpenFlags.path)
        return (handle, mount)
    }
}
