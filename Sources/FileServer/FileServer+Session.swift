package import Linux
internal import Synchronization

/// The requests that begin and end a session.
extension FileServer {
    /// What the server makes use of where the client offers it.
    private var wanted: Features {
        var wanted: Features = [
            .atomicTruncation, .bigWrites, .serverMasks, .directoryControl,
            .automaticInvalidation, .readDirectoryPlus, .adaptiveReadDirectoryPlus,
            .asynchronousDirect, .parallelDirectories, .maximumPages, .cachedLinks, .submounts,
            .killPrivilegesV2, .extendedSetAttribute, .extendedInit,
        ]
        if options.backgroundReads { wanted.insert(.asynchronousRead) }
        if options.writeback { wanted.insert(.writeback) }
        if options.accessControlLists { wanted.insert(.accessControlLists) }
        return wanted
    }

    /// FUSE_INIT: struct fuse_init_in to struct fuse_init_out.
    func initialize(_ call: inout Request) throws(Errno) -> Outcome {
        let major = try call.arguments.u32()
        let minor = try call.arguments.u32()
        let readAhead = try call.arguments.u32()
        var offered = Features(rawValue: UInt64(try call.arguments.u32()))
        if offered.contains(.extendedInit), call.arguments.remaining >= 4 {
            offered.formUnion(Features(rawValue: UInt64(try call.arguments.u32()) << 32))
        }
        guard major >= Wire.major, major > Wire.major || minor >= Wire.oldestMinor else {
            throw .protocolError
        }
        reset()
        let agreed = offered.intersection(wanted)
        features = agreed
        var reply = ReplyWriter()
        reply.u32(Wire.major)
        reply.u32(Wire.minor)
        reply.u32(min(readAhead, options.readAhead))
        reply.u32(UInt32(truncatingIfNeeded: agreed.rawValue))
        reply.u16(64)  // background requests
        reply.u16(48)  // and where they are held back
        reply.u32(UInt32(FileServer.maximumTransfer))
        reply.u32(1)  // nanoseconds of a file time's grain
        reply.u16(UInt16(FileServer.maximumTransfer / 4096))
        reply.u16(0)
        reply.u32(UInt32(truncatingIfNeeded: agreed.rawValue >> 32))
        reply.zeros(28)
        return .reply(reply)
    }

    /// What was agreed on with a client that knows no inode yet and has no file open: all of such a session. Zero where
    /// there is none.
    package var session: UInt64 { features.rawValue }

    /// Goes on with a client where another server was; instead of FUSE_INIT. EINVAL for what this server would not have
    /// agreed on.
    package func resume(session: UInt64) throws(Errno) {
        let agreed = Features(rawValue: session)
        guard agreed.isSubset(of: wanted) else { throw .invalidArgument }
        reset()
        features = agreed
    }

    /// FUSE_DESTROY.
    func destroy() -> Outcome {
        reset()
        return .done
    }

    /// FUSE_SYNCFS: writes back the file system of the node's share, or of all.
    func synchronizeFileSystem(_ call: inout Request) throws(Errno) -> Outcome {
        guard !ignoresSynchronize.load(ordering: .relaxed) else { return .done }
        let chosen: [Share]
        if folder(call.header.node) != nil {
            chosen = shares
        } else {
            chosen = [try table.node(call.header.node).share]
        }
        for share in chosen where !share.view.readOnly {
            switch share.rootStatus.type {
            case .directory: try reopen(share.root, OpenFlags.directory).synchronizeFileSystem()
            case .regular: try reopen(share.root, 0).synchronizeFileSystem()
            // Opening a pipe waits for its other end.
            default: continue
            }
        }
        return .done
    }

    /// FUSE_STATFS: struct fuse_statfs_out.
    func fileSystemStatus(_ call: inout Request) throws(Errno) -> Outcome {
        let status: FileSystemStatus
        if folder(call.header.node) != nil {
            status = FileSystemStatus()
        } else {
            status = try descriptor(of: table.node(call.header.node)).file.fileSystemStatus()
        }
        var reply = ReplyWriter()
        reply.u64(status.blocks)
        reply.u64(status.freeBlocks)
        reply.u64(status.availableBlocks)
        reply.u64(status.files)
        reply.u64(status.freeFiles)
        reply.u32(status.blockSize)
        reply.u32(status.nameLength)
        reply.u32(status.fragmentSize)
        reply.zeros(4 + 24)
        return .reply(reply)
    }
}
