import Linux

/// The requests that take names away or move them.
extension FileServer {
    /// FUSE_UNLINK and FUSE_RMDIR: a name.
    func unlink(_ call: inout Request, directory: Bool) throws(Errno) -> Outcome {
        let name = try call.arguments.component()
        let (parent, folder) = try writableFolder(call.header.node)
        pin(name, in: parent, folder)
        try folder.file.remove(name, directory: directory)
        return .done
    }

    /// FUSE_RENAME and FUSE_RENAME2: struct fuse_rename_in or fuse_rename2_in and both names.
    func rename(_ call: inout Request, withFlags: Bool) throws(Errno) -> Outcome {
        let target = try call.arguments.u64()
        let flags = withFlags ? try call.arguments.u32() : 0
        if withFlags { try call.arguments.skip(4) }
        let name = try call.arguments.component()
        let newName = try call.arguments.component()
        // RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT
        guard flags & ~7 == 0 else { throw .invalidArgument }
        let (parent, folder) = try writableFolder(call.header.node)
        let (newParent, newFolder) = try writableFolder(target)
        guard parent.share === newParent.share else { throw .crossDevice }
        pin(newName, in: newParent, newFolder)
        let move = { () throws(Errno) in
            try folder.file.rename(name, into: newFolder.file, as: newName, flags: flags)
        }
        if flags & 4 == 0 {
            try move()
        } else {
            // The whiteout that is left behind belongs to the user.
            try assuming(call.header, in: parent, umask: 0, move)
        }
        moved(newName, in: newParent, newFolder)
        if flags & 2 != 0 { moved(name, in: parent, folder) }
        return .done
    }
}
