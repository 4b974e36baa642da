import Linux

/// What stands under a name in a folder of the server's own.
enum FolderEntry: Sendable {
    case share(Share)
    case folder(Folder)
}

/// A read-only folder that exists in the server alone: the top of the tree, and what leads to a share
/// such as `mounts/0`. Entries are added and removed by the host alone. Any thread may use it.
final class Folder: Sendable {
    let id: UInt64
    private let parent: UInt64
    private let entries = Lock<[(name: FileName, entry: FolderEntry)]>([])

    init(id: UInt64, parent: UInt64) {
        self.id = id
        self.parent = parent
    }

    /// EEXIST where the name is taken.
    func add(_ name: FileName, _ entry: FolderEntry) throws(Errno) {
        try entries.withLock { entries throws(Errno) in
            guard !entries.contains(where: { $0.name == name }) else { throw .fileExists }
            entries.append((name, entry))
        }
    }

    /// Answers what stood there.
    func remove(_ name: FileName) -> FolderEntry? {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.name == name }) else { return nil }
            return entries.remove(at: index).entry
        }
    }

    func entry(_ name: FileName) -> FolderEntry? {
        entries.withLock { $0.first { $0.name == name }?.entry }
    }

    var shares: [Share] {
        entries.withLock { entries in
            entries.compactMap { entry in
                if case .share(let share) = entry.entry { share } else { nil }
            }
        }
    }

    var folders: [Folder] {
        entries.withLock { entries in
            entries.compactMap { entry in
                if case .folder(let folder) = entry.entry { folder } else { nil }
            }
        }
    }

    var status: FileStatus {
        var status = FileStatus()
        status.inode = id
        status.mode = FileType.directory.rawValue | 0o555
        status.links = 2
        return status
    }

    /// All entries; `next` counts them from one.
    func list() -> [DirectoryEntry] {
        let known = entries.withLock { $0 }
        var list = [
            DirectoryEntry(inode: id, next: 1, type: 4, name: [0x2e]),
            DirectoryEntry(inode: parent, next: 2, type: 4, name: [0x2e, 0x2e]),
        ]
        for (name, entry) in known {
            let next = UInt64(list.count + 1)
            switch entry {
            case .folder(let folder):
                list.append(
                    DirectoryEntry(inode: folder.id, next: next, type: 4, name: name.bytes))
            case .share(let share):
                let type = UInt8(truncatingIfNeeded: share.rootStatus.mode >> 12 & 0o17)
                list.append(
                    DirectoryEntry(
                        inode: share.rootStatus.inode, next: next, type: type, name: name.bytes))
            }
        }
        return list
    }
}
