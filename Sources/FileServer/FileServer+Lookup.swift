import Linux

/// The requests that hand node ids out and take them back.
extension FileServer {
    /// FUSE_LOOKUP: a name to struct fuse_entry_out.
    func lookup(_ call: inout Request) throws(Errno) -> Outcome {
        let name = try call.arguments.component()
        if let folder = folder(call.header.node) { return try lookup(name, in: folder) }
        let parent = try table.node(call.header.node)
        guard parent.type == .directory else { throw .notDirectory }
        do throws(Errno) {
            return .reply(entryReply(try find(name, in: parent, descriptor(of: parent))))
        } catch {
            guard error == .noSuchFile, parent.share.cache.seconds > 0 else { throw error }
            // The client may remember for a while that there is no such name.
            return .reply(absent(parent.share.cache))
        }
    }

    private func absent(_ cache: CachePolicy) -> ReplyWriter {
        var nothing = FileStatus()
        nothing.links = 0
        var reply = ReplyWriter()
        reply.entry(node: 0, attributes: Attributes(status: nothing), cache: cache)
        return reply
    }

    private func lookup(_ name: FileName, in parent: Folder) throws(Errno) -> Outcome {
        switch parent.entry(name) {
        case nil:
            throw .noSuchFile
        case .folder(let child):
            var reply = ReplyWriter()
            reply.entry(
                node: child.id, attributes: Attributes(status: child.status), cache: .automatic)
            return .reply(reply)
        case .share(let share):
            return .reply(entryReply(try remember(share)))
        }
    }

    /// FUSE_FORGET: struct fuse_forget_in. No reply.
    func forget(_ call: inout Request) throws(Errno) -> Outcome {
        table.forget(call.header.node, lookups: try call.arguments.u64())
        return .silent
    }

    /// FUSE_BATCH_FORGET: struct fuse_batch_forget_in and that many of struct fuse_forget_one. No reply.
    func batchForget(_ call: inout Request) throws(Errno) -> Outcome {
        let count = try call.arguments.u32()
        try call.arguments.skip(4)
        // A request has room for a few thousand at the most: the reader ends the loop where it lies.
        for _ in 0..<count {
            let node = try call.arguments.u64()
            table.forget(node, lookups: try call.arguments.u64())
        }
        return .silent
    }

    /// FUSE_READLINK: the bytes of the target.
    func readLink(_ call: inout Request) throws(Errno) -> Outcome {
        guard folder(call.header.node) == nil else { throw .invalidArgument }
        let node = try table.node(call.header.node)
        guard node.type == .symbolicLink else { throw .invalidArgument }
        var reply = ReplyWriter()
        reply.append(try descriptor(of: node).file.linkTarget())
        return .reply(reply)
    }
}
