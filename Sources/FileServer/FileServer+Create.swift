import Linux

/// The requests that make files.
///
/// What the client's kernel has allowed is done with the server's capabilities but in the user's name, so
/// that owner, set-group-id folders and default ACLs come out as on the host.
extension FileServer {
    /// Makes an entry in the name of the request's user, then looks it up.
    private func make(
        _ call: Request, _ name: FileName, umask: UInt32,
        _ body: (Descriptor) throws(Errno) -> Void
    ) throws(Errno) -> Outcome {
        let (parent, folder) = try writableFolder(call.header.node)
        try assuming(call.header, in: parent, umask: umask) { () throws(Errno) in
            try body(folder)
        }
        return .reply(entryReply(try find(name, in: parent, folder)))
    }

    /// Runs calls in the name of the request's user, as the node's share stores that.
    func assuming<Value>(
        _ header: RequestHeader, in node: Node, umask: UInt32, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try ThreadContext.assuming(
            user: node.stored(user: header.user), group: node.stored(group: header.group),
            umask: umask, body)
    }

    /// The mask is the server's to apply where the client was told so: a default ACL replaces it.
    private func effective(_ umask: UInt32) -> UInt32 {
        features.contains(.serverMasks) ? umask : 0
    }

    /// FUSE_MKNOD: struct fuse_mknod_in and a name. Devices are made on the host too; nobody opens them
    /// there.
    func makeNode(_ call: inout Request) throws(Errno) -> Outcome {
        let mode = try call.arguments.u32()
        let device = DeviceNumber(encoded: try call.arguments.u32())
        let umask = effective(try call.arguments.u32())
        try call.arguments.skip(4)
        let name = try call.arguments.component()
        guard let type = FileType(rawValue: mode & FileType.mask), type != .directory,
            type != .symbolicLink
        else { throw .invalidArgument }
        return try make(call, name, umask: umask) { (folder) throws(Errno) in
            try folder.file.makeNode(name, mode: mode & 0o177777, device: device)
        }
    }

    /// FUSE_MKDIR: struct fuse_mkdir_in and a name.
    func makeDirectory(_ call: inout Request) throws(Errno) -> Outcome {
        let mode = try call.arguments.u32() & 0o7777
        let umask = effective(try call.arguments.u32())
        let name = try call.arguments.component()
        return try make(call, name, umask: umask) { (folder) throws(Errno) in
            try folder.file.makeDirectory(name, mode: mode)
        }
    }

    /// FUSE_SYMLINK: a name and the target.
    func makeSymbolicLink(_ call: inout Request) throws(Errno) -> Outcome {
        let name = try call.arguments.component()
        let target = try call.arguments.text(limit: 4095)
        return try make(call, name, umask: 0) { (folder) throws(Errno) in
            try folder.file.makeSymbolicLink(name, to: target)
        }
    }

    /// struct fuse_create_in.
    private struct Creation {
        let flags: UInt32
        let mode: UInt32
        let umask: UInt32
        let openFlags: UInt32

        init(_ arguments: inout RequestReader) throws(Errno) {
            flags = try arguments.u32()
            mode = try arguments.u32() & 0o7777
            umask = try arguments.u32()
            openFlags = try arguments.u32()
        }
    }

    /// FUSE_CREATE: makes a regular file, or opens the one that has come there meanwhile.
    func create(_ call: inout Request) throws(Errno) -> Outcome {
        let creation = try Creation(&call.arguments)
        let name = try call.arguments.component()
        let (parent, folder) = try writableFolder(call.header.node)
        let flags = OpenFlags.sanitized(creation.flags, features: features, options: options)
        do throws(Errno) {
            let file = try assuming(
                call.header, in: parent, umask: effective(creation.umask)
            ) { () throws(Errno) -> Descriptor in
                let new = OpenFlags.create | OpenFlags.exclusive | OpenFlags.noFollow
                return try open(name, in: folder, flags | new, mode: creation.mode)
            }
            return try reply(to: file, in: parent, as: name)
        } catch {
            let exclusive = creation.flags & UInt32(OpenFlags.exclusive) != 0
            guard error == .fileExists, !exclusive else { throw error }
        }
        let group = call.header.group
        return try reply(to: find(name, in: parent, folder)) { (found) throws(Errno) in
            try openHandle(
                found.node, flags: creation.flags, openFlags: creation.openFlags, group: group)
        }
    }

    private func open(
        _ name: FileName, in folder: Descriptor, _ flags: Int32, mode: UInt32
    ) throws(Errno) -> Descriptor {
        Descriptor(
            try sparing { () throws(Errno) -> OwnedFD in
                try folder.file.openBeneath(name, flags, mode: mode)
            })
    }

    /// FUSE_TMPFILE: a file without a name. The name in the request is not used.
    func makeTemporary(_ call: inout Request) throws(Errno) -> Outcome {
        let creation = try Creation(&call.arguments)
        let (parent, folder) = try writableFolder(call.header.node)
        var flags = OpenFlags.sanitized(creation.flags, features: features, options: options)
        // O_TMPFILE wants to write; O_EXCL forbids that the file gets a name later.
        if flags & OpenFlags.accessMode == OpenFlags.readOnly { flags |= OpenFlags.readWrite }
        flags &= ~OpenFlags.truncate
        flags |= Int32(bitPattern: creation.flags) & OpenFlags.exclusive
        let file = try assuming(
            call.header, in: parent, umask: effective(creation.umask)
        ) { () throws(Errno) -> Descriptor in
            Descriptor(
                try sparing { () throws(Errno) -> OwnedFD in
                    try folder.file.openUnnamed(flags, mode: creation.mode)
                })
        }
        return try reply(to: file, in: parent, as: nil)
    }

    /// Of a file that was just made.
    private func reply(
        to file: Descriptor, in parent: Node, as name: FileName?
    ) throws(Errno) -> Outcome {
        // Through the open file, so that it is this one whatever its name means by now.
        let path = try reopen(file, OpenFlags.path & ~OpenFlags.noFollow)
        return try reply(to: remember(path, in: parent, as: name)) { (found) throws(Errno) in
            try handles.add(.file(OpenFile(file, node: found.node)))
        }
    }

    /// struct fuse_entry_out and struct fuse_open_out, where the file can be opened.
    private func reply(
        to found: Found, _ open: (Found) throws(Errno) -> UInt64
    ) throws(Errno) -> Outcome {
        do throws(Errno) {
            let handle = try open(found)
            var reply = entryReply(found)
            reply.opened(handle: handle, flags: keepFlags(found.node.share))
            return .reply(reply)
        } catch {
            table.forget(found.node.id, lookups: 1)
            throw error
        }
    }

    /// FUSE_LINK: struct fuse_link_in and a name. One more name for a file of the same share.
    func link(_ call: inout Request) throws(Errno) -> Outcome {
        let source = try writable(try call.arguments.u64())
        let name = try call.arguments.component()
        let (parent, folder) = try writableFolder(call.header.node)
        guard source.share === parent.share else { throw .crossDevice }
        let file = try descriptor(of: source)
        try descriptorFolder.link(following: file.name, into: folder.file, as: name)
        return .reply(entryReply(try find(name, in: parent, folder)))
    }
}
