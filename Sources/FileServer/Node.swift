internal import Synchronization
import Linux

/// Which inode it is: a file met through two shares or two mounts is two nodes.
struct NodeKey: Hashable, Sendable {
    let share: ObjectIdentifier
    let mount: UInt64
    let device: DeviceNumber
    let inode: UInt64

    init(_ share: Share, _ status: FileStatus) {
        self.share = ObjectIdentifier(share)
        mount = status.mount
        device = status.device
        inode = status.inode
    }
}

/// An inode of the host that the client knows by a number.
///
/// Most of the time it holds an O_PATH descriptor. When too many are open, one that is not in use gives its
/// descriptor up; it is opened again by the name it was last seen under (`Place`).
/// Any thread may use it.
final class Node: Sendable {
    /// Never used for another inode.
    let id: UInt64
    let share: Share
    let key: NodeKey
    let type: FileType
    /// Whether it is the root of another mount or device than its folder.
    let isSubmount: Bool
    private let born: FileTime?

    /// Where an inode was last seen.
    struct Place {
        let parent: UInt64
        let name: FileName
    }

    private struct State {
        var descriptor: Descriptor?
        var place: Place?
        /// Files the client has open, and whether the inode may have lost its last name.
        var users = 0
        var pinned = false
    }

    private let state: Lock<State>
    private let used = Atomic<Bool>(true)

    init(
        id: UInt64, share: Share, status: FileStatus, type: FileType, descriptor: Descriptor,
        isSubmount: Bool
    ) {
        self.id = id
        self.share = share
        key = NodeKey(share, status)
        self.type = type
        self.isSubmount = isSubmount
        born = status.born
        state = Lock(State(descriptor: descriptor, pinned: status.links == 0))
    }

    /// The descriptor, where it has one; it was used.
    var descriptor: Descriptor? {
        used.store(true, ordering: .relaxed)
        return current
    }

    /// Where it was last seen; nil on mounts below the share's own.
    var place: Place? {
        get { state.withLock { $0.place } }
        set {
            guard key.mount == share.rootMount else { return }
            state.withLock { $0.place = newValue }
        }
    }

    /// The descriptor, where it has one.
    var current: Descriptor? {
        state.withLock { $0.descriptor }
    }

    /// Whether a descriptor that was just opened under this node's key is of the same inode: numbers of
    /// deleted files are used again, but not while the file is held open.
    func isSame(as descriptor: Descriptor) -> Bool {
        state.withLock { state in
            if state.descriptor != nil { return true }
            // There is no better proof than the time of birth.
            return born != nil && born == (try? descriptor.file.status())?.born
        }
    }

    /// Takes a new descriptor where it has none; answers whether it did.
    func adopt(_ descriptor: Descriptor) -> Bool {
        used.store(true, ordering: .relaxed)
        return state.withLock { state in
            guard state.descriptor == nil else { return false }
            state.descriptor = descriptor
            return true
        }
    }

    /// Whether it has had no use since it was last asked.
    func isIdle() -> Bool {
        !used.exchange(false, ordering: .relaxed)
    }

    /// Gives the descriptor up where it can be had again. True where it has none afterwards.
    func release() -> Bool {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return true }
            guard state.users == 0, !state.pinned else { return false }
            // An inode without a name cannot be had again.
            guard state.place != nil, let status = try? descriptor.file.status(), status.links > 0
            else { return false }
            state.descriptor = nil
            return true
        }
    }

    /// The client opened it: the descriptor stays while it is open.
    func addUser() {
        state.withLock { $0.users += 1 }
    }

    func removeUser() {
        state.withLock { $0.users -= 1 }
    }

    /// It may be about to lose its last name: the descriptor stays from now on.
    func pin() {
        state.withLock { $0.pinned = true }
    }
}

// What its share changes of it.
extension Node {
    var isReadOnly: Bool { share.view.readOnly }

    /// nil: owners are shown as they are.
    var ids: IDTranslation? {
        guard share.view.idsBelow || key.mount == share.rootMount else { return nil }
        return share.view.ids
    }

    /// The owner that is to be stored for one that the client names; EOVERFLOW where there is none.
    func stored(user: UInt32) throws(Errno) -> UInt32 {
        guard let ids else { return user }
        return try ids.stored(user: user)
    }

    func stored(group: UInt32) throws(Errno) -> UInt32 {
        guard let ids else { return group }
        return try ids.stored(group: group)
    }

    /// The group of a caller, who is in none that files have where there is no counterpart.
    func stored(_ group: UInt32) -> UInt32 {
        (try? stored(group: group)) ?? IDTranslation.overflow
    }
}
