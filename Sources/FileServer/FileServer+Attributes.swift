import Linux

/// GETATTR, SETATTR and STATX.
extension FileServer {
    /// The attributes of a node, the server's own folders included, and how long they hold.
    private func attributes(of id: UInt64) throws(Errno) -> (Attributes, CachePolicy) {
        if let folder = folder(id) { return (Attributes(status: folder.status), .automatic) }
        let node = try table.node(id)
        let status = try descriptor(of: node).file.status()
        return (attributes(status, of: node), node.share.cache)
    }

    /// FUSE_GETATTR: struct fuse_getattr_in, whose handle says no more than the node does.
    func getAttributes(_ call: inout Request) throws(Errno) -> Outcome {
        let (attributes, cache) = try attributes(of: call.header.node)
        var reply = ReplyWriter()
        reply.attributesReply(attributes, cache: cache)
        return .reply(reply)
    }

    /// FUSE_STATX: struct fuse_statx_in to fuse_statx_out. It adds the birth time.
    func extendedStatus(_ call: inout Request) throws(Errno) -> Outcome {
        let (attributes, cache) = try attributes(of: call.header.node)
        let status = attributes.status
        var reply = ReplyWriter()
        reply.u64(cache.seconds)
        reply.u32(0)
        reply.u32(attributes.flags)
        reply.zeros(16)
        // STATX_BASIC_STATS and STATX_BTIME
        reply.u32(status.born == nil ? 0x7ff : 0xfff)
        reply.u32(status.blockSize)
        reply.u64(0)
        reply.u32(status.links)
        reply.u32(status.user)
        reply.u32(status.group)
        reply.u16(UInt16(truncatingIfNeeded: status.mode))
        reply.u16(0)
        reply.u64(status.inode)
        reply.u64(status.size)
        reply.u64(status.blocks)
        reply.u64(0)
        let born = status.born ?? FileTime(seconds: 0, nanoseconds: 0)
        for time in [status.accessed, born, status.changed, status.modified] {
            reply.i64(time.seconds)
            reply.u32(time.nanoseconds)
            reply.u32(0)
        }
        reply.u32(status.special.major)
        reply.u32(status.special.minor)
        reply.zeros(8 + 14 * 8)
        return .reply(reply)
    }

    /// struct fuse_setattr_in.
    private struct Change {
        let valid: AttributeChanges
        let handle: UInt64
        let size: UInt64
        let accessed: FileTime
        let modified: FileTime
        let mode: UInt32
        let user: UInt32
        let group: UInt32

        init(_ arguments: inout RequestReader) throws(Errno) {
            valid = AttributeChanges(rawValue: try arguments.u32())
            try arguments.skip(4)
            handle = try arguments.u64()
            size = try arguments.u64()
            try arguments.skip(8)
            let seconds = (try arguments.u64(), try arguments.u64())
            try arguments.skip(8)
            accessed = FileTime(
                seconds: Int64(bitPattern: seconds.0), nanoseconds: try arguments.u32())
            modified = FileTime(
                seconds: Int64(bitPattern: seconds.1), nanoseconds: try arguments.u32())
            try arguments.skip(4)
            mode = try arguments.u32()
            try arguments.skip(4)
            user = try arguments.u32()
            group = try arguments.u32()
        }
    }

    /// FUSE_SETATTR. The owner comes before the mode, since chown(2) clears set-id bits, and the times
    /// come last, since everything else changes them.
    func setAttributes(_ call: inout Request) throws(Errno) -> Outcome {
        let change = try Change(&call.arguments)
        let node = try writable(call.header.node)
        let descriptor = try descriptor(of: node)
        if !change.valid.isDisjoint(with: [.user, .group]) {
            try descriptor.file.setOwner(
                user: change.valid.contains(.user) ? node.stored(user: change.user) : UInt32.max,
                group: change.valid.contains(.group)
                    ? node.stored(group: change.group) : UInt32.max)
        }
        if change.valid.contains(.mode) {
            try descriptorFolder.setMode(following: descriptor.name, change.mode & 0o7777)
        }
        if change.valid.contains(.size) { try setSize(change, node, descriptor, call.header.group) }
        try setTimes(change, descriptor)
        var reply = ReplyWriter()
        reply.attributesReply(
            attributes(try descriptor.file.status(), of: node), cache: node.share.cache)
        return .reply(reply)
    }

    private func setSize(
        _ change: Change, _ node: Node, _ descriptor: Descriptor, _ group: UInt32
    ) throws(Errno) {
        guard let size = Int64(exactly: change.size) else { throw .invalidArgument }
        guard node.type == .regular else { throw .invalidArgument }
        let clearing = change.valid.contains(.killSetID) ? node.stored(group) : nil
        try ThreadContext.clearingSetID(for: clearing) { () throws(Errno) in
            if change.valid.contains(.handle) {
                try handles.file(change.handle).descriptor.file.setSize(size)
            } else {
                try reopen(descriptor, OpenFlags.writeOnly).setSize(size)
            }
        }
    }

    private func setTimes(_ change: Change, _ descriptor: Descriptor) throws(Errno) {
        let valid = change.valid
        guard !valid.isDisjoint(with: [.accessed, .modified, .accessedNow, .modifiedNow]) else {
            return
        }
        let accessed = valid.contains(.accessed) ? change.accessed : .unchanged
        let modified = valid.contains(.modified) ? change.modified : .unchanged
        try descriptor.file.setTimes(
            accessed: valid.contains(.accessedNow) ? .now : accessed,
            modified: valid.contains(.modifiedNow) ? .now : modified)
    }
}
