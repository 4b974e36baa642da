import Linux

/// How nodes are found and opened.
extension FileServer {
    /// The node's O_PATH descriptor, to be kept by the caller as long as the call lasts.
    func descriptor(of node: Node) throws(Errno) -> Descriptor {
        if let current = node.descriptor { return current }
        guard let place = node.place else { throw .stale }
        return try findAgain(node, place)
    }

    /// The deepest path a client gets followed; no kernel of today lets one be named that is longer.
    private static let maximumDepth = 4096

    /// Opens a node by the names that lead to it from the nearest folder that is open. ESTALE where another
    /// file stands there by now.
    private func findAgain(_ node: Node, _ place: Node.Place) throws(Errno) -> Descriptor {
        var way = [(node: node, name: place.name)]
        var folder = try table.node(place.parent)
        while folder.current == nil, let above = folder.place {
            guard way.count < FileServer.maximumDepth else { throw .stale }
            way.append((folder, above.name))
            folder = try table.node(above.parent)
        }
        var descriptor = try self.openDescriptor(folder)
        for step in way.reversed() {
            let file = try sparing { () throws(Errno) -> OwnedFD in
                try descriptor.file.openBeneath(step.name, OpenFlags.path)
            }
            let next = Descriptor(file, counter: cache.counter)
            let status = try next.file.status()
            guard NodeKey(step.node.share, status) == step.node.key, step.node.isSame(as: next)
            else { throw .stale }
            if step.node.adopt(next) { cache.admit(step.node, table: table) }
            descriptor = next
        }
        return descriptor
    }

    private func openDescriptor(_ node: Node) throws(Errno) -> Descriptor {
        guard let current = node.current else { throw .stale }
        return current
    }

    /// Runs a call that opens something once more after some nodes have let go of their descriptors,
    /// where it has failed for want of them.
    func sparing<Value: ~Copyable>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            guard error == .tooManyDescriptors || error == .tooManyFiles else { throw error }
            cache.shrink(by: 64, table: table)
            return try body()
        }
    }

    /// Opens the file of a descriptor again with other flags.
    func reopen(_ descriptor: Descriptor, _ flags: Int32) throws(Errno) -> OwnedFD {
        try sparing { () throws(Errno) -> OwnedFD in
            try descriptorFolder.openFollowing(descriptor.name, flags)
        }
    }

    /// The attributes of a node as its client sees them.
    func attributes(_ status: FileStatus, of node: Node) -> Attributes {
        let submounts = features.contains(.submounts)
        var attributes = Attributes(status: status)
        if let ids = node.ids {
            attributes.status.user = ids.shown(user: status.user)
            attributes.status.group = ids.shown(group: status.group)
        }
        attributes.status.inode = node.share.inodeNumber(status, submounts: submounts)
        if submounts, node.isSubmount, node.type == .directory { attributes.flags = Wire.submount }
        return attributes
    }

    /// A node that may be changed: EROFS in a share that is read-only.
    func writable(_ id: UInt64) throws(Errno) -> Node {
        guard folder(id) == nil else { throw .readOnly }
        let node = try table.node(id)
        guard !node.isReadOnly else { throw .readOnly }
        return node
    }

    /// A folder that may be changed.
    func writableFolder(_ id: UInt64) throws(Errno) -> (node: Node, descriptor: Descriptor) {
        let node = try writable(id)
        guard node.type == .directory else { throw .notDirectory }
        return (node, try descriptor(of: node))
    }

    /// What the client is told of an entry, and counted for it.
    struct Found {
        let node: Node
        let status: FileStatus
    }

    /// Opens an entry and counts one lookup of it.
    func find(
        _ name: FileName, in parent: Node, _ folder: Descriptor
    ) throws(Errno) -> Found {
        let file = try sparing { () throws(Errno) -> OwnedFD in
            try folder.file.openBeneath(name, OpenFlags.path)
        }
        return try remember(file, in: parent, as: name)
    }

    /// Counts one lookup of the inode behind an O_PATH descriptor that was met in a folder; a file without
    /// a name has none there.
    func remember(
        _ file: consuming OwnedFD, in parent: Node, as name: FileName?
    ) throws(Errno) -> Found {
        let status = try file.status()
        let isSubmount = status.mount != parent.key.mount || status.device != parent.key.device
        let descriptor = Descriptor(file, counter: cache.counter)
        let entry = try table.remember(
            descriptor, status, share: parent.share, isSubmount: isSubmount)
        if let name { entry.node.place = Node.Place(parent: parent.id, name: name) }
        if entry.tookDescriptor { cache.admit(entry.node, table: table) }
        return Found(node: entry.node, status: status)
    }

    /// Counts one lookup of the root of a share.
    func remember(_ share: Share) throws(Errno) -> Found {
        let status = try share.root.file.status()
        let entry = try table.remember(share.root, status, share: share, isSubmount: true)
        entry.node.pin()
        return Found(node: entry.node, status: status)
    }

    /// struct fuse_entry_out of an entry.
    func entryReply(_ found: Found) -> ReplyWriter {
        var reply = ReplyWriter()
        append(found, to: &reply)
        return reply
    }

    func append(_ found: Found, to reply: inout ReplyWriter) {
        reply.entry(
            node: found.node.id, attributes: attributes(found.status, of: found.node),
            cache: found.node.share.cache)
    }

    /// Keeps the descriptor of an entry that is about to lose a name: without one it could not be found
    /// again.
    func pin(_ name: FileName, in parent: Node, _ folder: Descriptor) {
        guard let status = try? folder.file.status(of: name),
            let node = table.node(of: NodeKey(parent.share, status))
        else { return }
        node.pin()
        _ = try? descriptor(of: node)
    }

    /// Notes where an entry stands that was just moved.
    func moved(_ name: FileName, in parent: Node, _ folder: Descriptor) {
        guard let status = try? folder.file.status(of: name),
            let node = table.node(of: NodeKey(parent.share, status))
        else { return }
        node.place = Node.Place(parent: parent.id, name: name)
    }
}
