import Linux

/// The requests on open regular files.
extension FileServer {
    /// FOPEN_KEEP_CACHE: what the client has cached of a file is thrown away when its times or size turn
    /// out to have changed (FUSE_AUTO_INVAL_DATA), not each time it is opened.
    func keepFlags(_ share: Share) -> UInt32 {
        share.cache.seconds > 0 ? Wire.openKeepCache : 0
    }

    /// Opens a regular file. Devices, pipes and sockets are the client's own business: opening one here
    /// would reach the host's.
    func openHandle(
        _ node: Node, flags: UInt32, openFlags: UInt32, group: UInt32
    ) throws(Errno) -> UInt64 {
        guard node.type == .regular else {
            throw node.type == .directory ? .isDirectory : .noDevice
        }
        guard !node.isReadOnly || !OpenFlags.mutates(flags) else { throw .readOnly }
        var sanitized = OpenFlags.sanitized(flags, features: features, options: options)
        if node.isReadOnly { sanitized |= OpenFlags.noAccessTime }
        let clearing = openFlags & Wire.openKillSetID != 0 ? node.stored(group) : nil
        // Held until the node counts it as open, so that its inode cannot be given up in between.
        let path = try descriptor(of: node)
        let file = try ThreadContext.clearingSetID(for: clearing) {
            () throws(Errno) -> Descriptor in
            Descriptor(try reopen(path, sanitized))
        }
        let isReadOnly = sanitized & OpenFlags.accessMode == OpenFlags.readOnly
        return try handles.add(.file(OpenFile(file, node: node, isReadOnly: isReadOnly)))
    }

    /// FUSE_OPEN: struct fuse_open_in to fuse_open_out.
    func open(_ call: inout Request) throws(Errno) -> Outcome {
        let flags = try call.arguments.u32()
        let openFlags = try call.arguments.u32()
        guard folder(call.header.node) == nil else { throw .isDirectory }
        let node = try table.node(call.header.node)
        var reply = ReplyWriter()
        reply.opened(
            handle: try openHandle(
                node, flags: flags, openFlags: openFlags, group: call.header.group),
            flags: keepFlags(node.share))
        return .reply(reply)
    }

    /// FUSE_RELEASE and FUSE_RELEASEDIR: struct fuse_release_in.
    func release(_ call: inout Request) throws(Errno) -> Outcome {
        try handles.remove(try call.arguments.u64())
        return .done
    }

    /// FUSE_READ: struct fuse_read_in. The data goes from the file into the client's memory.
    func read(_ call: inout Request) throws(Errno) -> Outcome {
        let file = try handles.file(try call.arguments.u64())
        let offset = try call.arguments.offset()
        let size = min(Int(try call.arguments.u32()), FileServer.maximumTransfer)
        return .inPlace(
            try call.room.prefix(size).fill(from: file.descriptor.file, at: offset))
    }

    /// FUSE_WRITE: struct fuse_write_in, and the data in the client's memory.
    func write(_ call: inout Request) throws(Errno) -> Outcome {
        let file = try handles.file(try call.arguments.u64())
        let offset = try call.arguments.offset()
        let size = Int(try call.arguments.u32())
        let writeFlags = try call.arguments.u32()
        try call.arguments.skip(8)
        let flags = Int32(bitPattern: try call.arguments.u32())
        guard size <= FileServer.maximumTransfer, size <= call.payload.count else {
            throw .invalidArgument
        }
        // The client's idea of the end may be old, but for data it has kept back the offset counts.
        let append = flags & OpenFlags.append != 0 && writeFlags & Wire.writeFromCache == 0
        let data = call.payload.prefix(size)
        let kill = writeFlags & Wire.writeKillSetID != 0
        let group = kill ? file.node.stored(call.header.group) : nil
        let written = try ThreadContext.clearingSetID(for: group) {
            () throws(Errno) -> Int in
            try data.drain(
                to: file.descriptor.file, at: offset,
                append: append && !features.contains(.writeback))
        }
        return .reply(ReplyWriter.count(written))
    }

    /// FUSE_FSYNC: struct fuse_fsync_in.
    func synchronize(_ call: inout Request) throws(Errno) -> Outcome {
        let file = try handles.file(try call.arguments.u64())
        try call.arguments.skip(4)
        try file.descriptor.file.synchronize()
        return .done
    }

    /// FUSE_FLUSH: struct fuse_flush_in. Only network file systems have something to say at a close, of what was written:
    /// there it is brought to the server, since only fsync(2) tells as much without another descriptor. Where none is
    /// served, ENOSYS spares the client the question from then on.
    func flush(_ call: inout Request) throws(Errno) -> Outcome {
        let file = try handles.file(try call.arguments.u64())
        guard shares.contains(where: \.closingTells) else { throw .noSystemCall }
        if !file.isReadOnly { try file.descriptor.file.synchronize() }
        return .done
    }

    /// FALLOCATE and COPY_FILE_RANGE do not say whether set-id bits go: for other users than root they do.
    private func others(_ call: Request) -> UInt32? {
        call.header.user == 0 ? nil : call.header.group
    }

    /// FUSE_FALLOCATE: struct fuse_fallocate_in.
    func allocate(_ call: inout Request) throws(Errno) -> Outcome {
        let file = try handles.file(try call.arguments.u64())
        let offset = try call.arguments.offset()
        let length = try call.arguments.offset()
        let mode = Int32(bitPattern: try call.arguments.u32())
        try ThreadContext.clearingSetID(for: others(call)) { () throws(Errno) in
            try file.descriptor.file.allocate(mode: mode, offset: offset, length: length)
        }
        return .done
    }

    /// FUSE_LSEEK: struct fuse_lseek_in to fuse_lseek_out, for SEEK_DATA and SEEK_HOLE.
    ///
    /// A client that keeps written data back does not write it out before it asks: the host's file has holes
    /// where the client has data, and a copying program would take them for zeros. ENOSYS then, which
    /// makes the client call all of a file data.
    func seek(_ call: inout Request) throws(Errno) -> Outcome {
        guard !features.contains(.writeback) else { throw .noSystemCall }
        let file = try handles.file(try call.arguments.u64())
        let offset = try call.arguments.offset()
        let whence = try call.arguments.u32()
        guard whence == 3 || whence == 4 else { throw .invalidArgument }
        let position = try file.descriptor.file.seek(to: offset, whence: Int32(whence))
        var reply = ReplyWriter()
        reply.i64(position)
        return .reply(reply)
    }

    /// FUSE_COPY_FILE_RANGE: struct fuse_copy_file_range_in to fuse_write_out. One call copies at most
    /// 64 MiB, so that it does not hold its thread for long; the client asks again.
    func copyFileRange(_ call: inout Request) throws(Errno) -> Outcome {
        let source = try handles.file(try call.arguments.u64())
        let offset = try call.arguments.offset()
        try call.arguments.skip(8)
        let target = try handles.file(try call.arguments.u64())
        let targetOffset = try call.arguments.offset()
        let length = Int(min(try call.arguments.u64(), 64 << 20))
        guard try call.arguments.u64() == 0 else { throw .invalidArgument }
        let copied = try ThreadContext.clearingSetID(for: others(call)) {
            () throws(Errno) -> Int in
            try source.descriptor.file.copy(
                from: offset, to: target.descriptor.file, at: targetOffset, length: length)
        }
        return .reply(ReplyWriter.count(copied))
    }
}
