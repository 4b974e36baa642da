import Linux

/// Extended attributes: those that mean something to a container, and none that steer the host's own
/// security modules.
extension FileServer {
    private static let largestValue = 65536

    private enum Purpose {
        case ordinary
        /// POSIX ACLs, which the host's kernel checks and applies.
        case accessControl
    }

    /// EOPNOTSUPP for what is not passed on: `security.selinux` and its like, and `trusted.*`, for which the server would need
    /// CAP_SYS_ADMIN.
    private func purpose(of name: FileName) throws(Errno) -> Purpose {
        let bytes = name.bytes
        guard !bytes.isEmpty, bytes.count <= 255 else { throw .outOfRange }
        switch bytes {
        case Array("system.posix_acl_access".utf8), Array("system.posix_acl_default".utf8):
            return .accessControl
        case Array("security.capability".utf8):
            return .ordinary
        default:
            guard bytes.starts(with: "user.".utf8) else { throw .notSupported }
            return .ordinary
        }
    }

    /// FUSE_SETXATTR: struct fuse_setxattr_in, in the long form where that was agreed on, the name and
    /// the value.
    func setExtendedAttribute(_ call: inout Request) throws(Errno) -> Outcome {
        let size = Int(try call.arguments.u32())
        let flags = try call.arguments.u32()
        var clearing = false
        if features.contains(.extendedSetAttribute) {
            clearing = try call.arguments.u32() & Wire.setAttributeKillGroupID != 0
            try call.arguments.skip(4)
        }
        let name = try call.arguments.text(limit: 255)
        guard size <= FileServer.largestValue else { throw .tooBig }
        var value = try call.arguments.bytes(size)
        let purpose = try purpose(of: name)
        let node = try writable(call.header.node)
        if purpose == .accessControl, let ids = node.ids {
            value = try AccessControlList.stored(value, ids)
        }
        let file = try descriptor(of: node)
        let set = { [value] () throws(Errno) in
            try ExtendedAttributes.set(
                name, to: value, flags: Int32(bitPattern: flags), on: file.file)
        }
        guard purpose == .accessControl, clearing else {
            try set()
            return .done
        }
        // The host's kernel clears the set-group-id bit for a user that is not of the file's group.
        let group = node.stored(call.header.group)
        try assuming(call.header, in: node, umask: 0) { () throws(Errno) in
            try ThreadContext.clearingSetID(for: group, set)
        }
        return .done
    }

    /// FUSE_GETXATTR: struct fuse_getxattr_in and the name. With a size of zero the value's size is
    /// asked for, else the value.
    func getExtendedAttribute(_ call: inout Request) throws(Errno) -> Outcome {
        let size = Int(try call.arguments.u32())
        try call.arguments.skip(4)
        let name = try call.arguments.text(limit: 255)
        let purpose = try purpose(of: name)
        guard folder(call.header.node) == nil else { throw .noData }
        let node = try table.node(call.header.node)
        let file = try descriptor(of: node)
        guard size > 0 else {
            return .reply(ReplyWriter.count(try ExtendedAttributes.size(of: name, on: file.file)))
        }
        var value = try ExtendedAttributes.value(
            of: name, on: file.file, limit: min(size, FileServer.largestValue))
        if purpose == .accessControl, let ids = node.ids {
            value = AccessControlList.shown(value, ids)
        }
        var reply = ReplyWriter()
        reply.append(value)
        return .reply(reply)
    }

    /// FUSE_LISTXATTR: struct fuse_getxattr_in. Names that cannot be read are not listed.
    func listExtendedAttributes(_ call: inout Request) throws(Errno) -> Outcome {
        let size = Int(try call.arguments.u32())
        var names: [UInt8] = []
        if folder(call.header.node) == nil {
            let file = try descriptor(of: table.node(call.header.node))
            for name in try ExtendedAttributes.names(on: file.file).split(separator: 0) {
                guard let name = try? FileName(bytes: name), (try? purpose(of: name)) != nil else {
                    continue
                }
                names += name.bytes + [0]
            }
        }
        guard size > 0 else { return .reply(ReplyWriter.count(names.count)) }
        guard names.count <= size else { throw .outOfRange }
        var reply = ReplyWriter()
        reply.append(names)
        return .reply(reply)
    }

    /// FUSE_REMOVEXATTR: the name.
    func removeExtendedAttribute(_ call: inout Request) throws(Errno) -> Outcome {
        let name = try call.arguments.text(limit: 255)
        _ = try purpose(of: name)
        let file = try descriptor(of: writable(call.header.node))
        try ExtendedAttributes.remove(name, on: file.file)
        return .done
    }
}
