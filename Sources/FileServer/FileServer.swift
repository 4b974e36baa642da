internal import Synchronization
package import Linux

/// A FUSE server (protocol 7.31 and later, linux/fuse.h) that passes folders and files of the host through.
///
/// It does not know its transport: a virtio-fs queue or /dev/fuse hands it one request at a time, as the
/// memory that holds it and the memory that takes the reply. The client is hostile: whatever it sends is
/// copied once before it is parsed, except the payload of WRITE and the data of READ, which go straight
/// between file and memory.
///
/// Any number of threads may call `serve` at the same time; each calls `prepareThread` before its first.
package final class FileServer: Sendable {
    /// The largest request but for WRITE's payload: header, fixed arguments and an extended attribute.
    package static let maximumRequest = 40 + 4096 + 65536
    /// The most bytes one READ or WRITE moves.
    package static let maximumTransfer = 1 << 20

    let options: Options
    let table = NodeTable()
    let handles: HandleTable
    let cache: DescriptorCache
    /// /proc/self/fd, through which a descriptor is opened again in another way.
    let descriptorFolder: OwnedFD

    private let featureBits = Atomic<UInt64>(0)
    private let tree: Lock<Tree>
    /// Nobody waits for the disk any more.
    let ignoresSynchronize = Atomic<Bool>(false)

    /// From now on what the client has written is in the host's cache when it asks for the disk (SYNCFS): a container
    /// that has ended is not held up by what others write.
    package func stopSynchronizing() {
        ignoresSynchronize.store(true, ordering: .relaxed)
    }

    struct Tree {
        /// Node 1, where it is not a share.
        var top: Folder?
        var folders: [UInt64: Folder] = [:]
        var shares: [Share] = []
    }

    /// A server whose top is a read-only directory of the shares that `add` brings in. Raises the soft
    /// limit of open files.
    package init(options: Options = Options()) throws(Errno) {
        self.options = options
        descriptorFolder = try OpenFiles.folder()
        let limit = try ThreadContext.raiseOpenFiles()
        cache = DescriptorCache(limit: options.openInodes ?? limit / 2)
        handles = HandleTable(limit: max(64, limit / 8 * 3))
        let top = Folder(id: Wire.root, parent: Wire.root)
        tree = Lock(Tree(top: top, folders: [Wire.root: top]))
    }

    /// A server whose top is the one share itself.
    package convenience init(
        root: consuming OwnedFD, readOnly: Bool = false, cache: CachePolicy = .automatic,
        options: Options = Options()
    ) throws(Errno) {
        try self.init(options: options)
        let share = try Share(root, ShareView(readOnly: readOnly), cache: cache)
        guard let type = share.rootStatus.type else { throw .invalidArgument }
        tree.withLock { $0 = Tree(shares: [share]) }
        table.addPermanent(
            Node(
                id: Wire.root, share: share, status: share.rootStatus, type: type,
                descriptor: share.root, isSubmount: false))
    }

    /// Brings a folder or a single file in, under a name of one or more components such as `rootfs` or
    /// `mounts/0`. The descriptor may be O_PATH. EEXIST where the name is taken.
    package func add(
        name: String, descriptor: consuming OwnedFD, view: ShareView = ShareView(),
        cache: CachePolicy = .automatic
    ) throws(Errno) {
        let share = try Share(descriptor, view, cache: cache)
        // Pipes, sockets and devices are the client's own, of which the share has the names.
        guard let type = share.rootStatus.type, type != .symbolicLink else {
            throw .invalidArgument
        }
        var components: [FileName] = []
        for part in name.split(separator: "/", omittingEmptySubsequences: false) {
            components.append(try FileName(component: Array(part.utf8)))
        }
        guard let last = components.popLast() else { throw .invalidArgument }
        try tree.withLock { tree throws(Errno) in
            guard var folder = tree.top else { throw .invalidArgument }
            for component in components {
                folder = try subfolder(component, of: folder, in: &tree)
            }
            try folder.add(last, .share(share))
            tree.shares.append(share)
        }
    }

    /// Takes a name at the top away with all that is below it; nothing happens where it is not there. What the client has
    /// open stays until it closes it.
    package func remove(name: String) {
        guard let name = try? FileName(component: Array(name.utf8)) else { return }
        tree.withLock { tree in
            switch tree.top?.remove(name) {
            case .folder(let folder): forget(folder, in: &tree)
            case .share(let share): tree.shares.removeAll { $0 === share }
            case nil: break
            }
        }
    }

    private func forget(_ folder: Folder, in tree: inout Tree) {
        tree.folders[folder.id] = nil
        let shares = folder.shares
        tree.shares.removeAll { share in shares.contains { $0 === share } }
        for child in folder.folders { forget(child, in: &tree) }
    }

    private func subfolder(
        _ name: FileName, of folder: Folder, in tree: inout Tree
    ) throws(Errno) -> Folder {
        switch folder.entry(name) {
        case .folder(let known): return known
        case .share: throw .fileExists
        case nil: break
        }
        let new = Folder(id: table.newNumber(), parent: folder.id)
        try folder.add(name, .folder(new))
        tree.folders[new.id] = new
        return new
    }

    /// Gives the calling thread a umask and a working directory of its own. To be called once by each
    /// thread that serves, before it enters a jail: unshare(2) and fchdir(2) are called here and never later.
    package func prepareThread() throws(Errno) {
        try ThreadContext.prepare(folder: descriptorFolder)
    }

    /// Forgets all node ids and open files, as after a reset of the device or FUSE_DESTROY. The shares stay.
    package func reset() {
        handles.removeAll()
        table.removeAll()
        featureBits.store(0, ordering: .relaxed)
    }

    /// What was agreed on at the last FUSE_INIT.
    var features: Features {
        get { Features(rawValue: featureBits.load(ordering: .relaxed)) }
        set { featureBits.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// The server's own folder of this number.
    func folder(_ id: UInt64) -> Folder? {
        tree.withLock { $0.folders[id] }
    }

    var shares: [Share] {
        tree.withLock { $0.shares }
    }
}
