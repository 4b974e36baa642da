import Linux

/// The requests on open folders.
extension FileServer {
    /// FUSE_OPENDIR: struct fuse_open_in to fuse_open_out.
    func openDirectory(_ call: inout Request) throws(Errno) -> Outcome {
        var reply = ReplyWriter()
        if let folder = folder(call.header.node) {
            reply.opened(handle: try handles.add(.folder(folder)), flags: 0)
            return .reply(reply)
        }
        let node = try table.node(call.header.node)
        guard node.type == .directory else { throw .notDirectory }
        let path = try descriptor(of: node)
        let file = Descriptor(try reopen(path, OpenFlags.directory))
        let handle = try handles.add(.directory(DirectoryStream(OpenFile(file, node: node))))
        var flags: UInt32 = 0
        // Nobody else changes the share: the client may keep the list.
        if case .always = node.share.cache { flags = Wire.openKeepCache | Wire.openCacheDirectory }
        reply.opened(handle: handle, flags: flags)
        return .reply(reply)
    }

    /// FUSE_READDIR and FUSE_READDIRPLUS: struct fuse_read_in to a run of fuse_dirent or fuse_direntplus.
    func readDirectory(_ call: inout Request, plus: Bool) throws(Errno) -> Outcome {
        let handle = try handles.handle(try call.arguments.u64())
        let offset = try call.arguments.u64()
        let size = min(
            Int(try call.arguments.u32()), call.room.count, FileServer.maximumTransfer)
        switch handle {
        case .file:
            throw .badHandle
        case .folder(let folder):
            return .reply(list(folder, from: offset, size: size, plus: plus))
        case .directory(let stream):
            return .reply(try list(stream, from: offset, size: size, plus: plus))
        }
    }

    /// How many bytes an entry takes.
    private func size(of entry: DirectoryEntry, plus: Bool) -> Int {
        ReplyWriter.size(of: entry) + (plus ? 128 : 0)
    }

    private func list(
        _ stream: DirectoryStream, from offset: UInt64, size: Int, plus: Bool
    ) throws(Errno) -> ReplyWriter {
        let limit = Wire.replyHeaderSize + size
        let folder = try descriptor(of: stream.open.node)
        var reply = ReplyWriter()
        var tooSmall = false
        try stream.read(from: offset) { entry in
            guard reply.bytes.count + self.size(of: entry, plus: plus) <= limit else {
                tooSmall = reply.bytes.count == Wire.replyHeaderSize
                return false
            }
            if plus {
                appendEntry(entry, stream.open.node, folder, to: &reply)
            }
            reply.directoryEntry(entry)
            return true
        }
        guard !tooSmall else { throw .invalidArgument }
        return reply
    }

    /// The fuse_entry_out in front of a fuse_dirent. Where the lookup fails, as of a file that was just
    /// deleted, the client asks again by name.
    private func appendEntry(
        _ entry: DirectoryEntry, _ parent: Node, _ folder: Descriptor, to reply: inout ReplyWriter
    ) {
        guard !entry.isDots, let name = try? FileName(component: entry.name),
            let found = try? find(name, in: parent, folder)
        else {
            reply.zeros(128)
            return
        }
        append(found, to: &reply)
    }

    private func list(
        _ folder: Folder, from offset: UInt64, size: Int, plus: Bool
    ) -> ReplyWriter {
        let limit = Wire.replyHeaderSize + size
        var reply = ReplyWriter()
        for entry in folder.list() where entry.next > offset {
            guard reply.bytes.count + self.size(of: entry, plus: plus) <= limit else { break }
            if plus { reply.zeros(128) }
            reply.directoryEntry(entry)
        }
        return reply
    }

    /// FUSE_FSYNCDIR: struct fuse_fsync_in.
    func synchronizeDirectory(_ call: inout Request) throws(Errno) -> Outcome {
        let handle = try handles.handle(try call.arguments.u64())
        try call.arguments.skip(4)
        switch handle {
        case .file: throw .badHandle
        case .folder: break
        case .directory(let stream): try stream.open.descriptor.file.synchronize()
        }
        return .done
    }
}
