import Linux

/// How nodes are found and opened.
extension FileServer {
    /// The node's O_PATH descriptor, to be kept by the caller as long as the call lasts.
    func descriptor(of node: Node) throws(Errno) -> Descriptor {
        try sparing {
            () throws(Errno) -> Descriptor in
            try node.descriptor(
                { _ in cache.admit(node, table: table, reopen: openFolder) },
                counter: cache.counter)
        }
    }

    /// Runs a call that opens something once more after some nodes have let go of their descriptors,
    /// where it has failed for want of them.
    func sparing<Value: ~Copyable>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            guard error == .tooManyDescriptors || error == .tooManyFiles else { throw error }
            cache.shrink(by: 64, table: table, reopen: openFolder)
            return try body()
        }
    }

    /// Opens the file of a descriptor again with other flags.
    func reopen(_ descriptor: Descriptor, _ flags: Int32) throws(Errno) -> OwnedFD {
        try sparing { () throws(Errno) -> OwnedFD in
            try descriptorFolder.openFollowing(descriptor.name, flags)
        }
    }

    private func openFolder(_ descriptor: Descriptor) throws(Errno) -> OwnedFD {
        try descriptorFolder.openFollowing(descriptor.name, OpenFlags.readOnly)
    }

    /// The attributes of a node as its client sees them.
    func attributes(_ status: FileStatus, of node: Node) -> Attributes {
        let submounts = features.contains(.submounts)
        var attributes = Attributes(status: status)
        attributes.status.inode = node.share.inodeNumber(status, submounts: submounts)
        if submounts, node.isSubmount, node.type == .directory { attributes.flags = Wire.submount }
        return attributes
    }

    /// A node that may be changed: EROFS in a share that is read-only.
    func writable(_ id: UInt64) throws(Errno) -> Node {
        guard folder(id) == nil else { throw .readOnly }
        let node = try table.node(id)
        guard !node.share.readOnly else { throw .readOnly }
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
        return try remember(file, in: parent)
    }

    /// Counts one lookup of the inode behind an O_PATH descriptor that was met in a folder.
    func remember(_ file: consuming OwnedFD, in parent: Node) throws(Errno) -> Found {
        let status = try file.status()
        let isSubmount = status.mount != parent.key.mount || status.device != parent.key.device
        return try remember(file, status, share: parent.share, isSubmount: isSubmount)
    }

    /// Counts one lookup of the root of a share.
    func remember(_ share: Share) throws(Errno) -> Found {
        let status = try share.root.file.status()
        let entry = try table.remember(share.root, status, share: share, isSubmount: true)
        entry.node.pin()
        return Found(node: entry.node, status: status)
    }

    private func remember(
        _ file: consuming OwnedFD, _ status: FileStatus, share: Share, isSubmount: Bool
    ) throws(Errno) -> Found {
        let descriptor = Descriptor(file, counter: cache.counter)
        let entry = try table.remember(descriptor, status, share: share, isSubmount: isSubmount)
        if entry.tookDescriptor { cache.admit(entry.node, table: table, reopen: openFolder) }
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
    /// again. Needed only once some node has let go of its descriptor.
    func pin(_ name: FileName, in parent: Node, _ folder: Descriptor) {
        guard cache.mayHaveReleased, let status = try? folder.file.status(of: name),
            let node = table.node(of: NodeKey(parent.share, status))
        else { return }
        node.pin()
        _ = try? descriptor(of: node)
    }
}
