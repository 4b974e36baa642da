import Linux

/// FUSE_IOCTL: the flags of inodes (chattr(1)) and nothing else.
extension FileServer {
    private enum Control {
        /// FS_IOC_GETFLAGS and FS_IOC_SETFLAGS: an int, though their numbers say long.
        static let getFlags: UInt32 = 0x8008_6601
        static let setFlags: UInt32 = 0x4008_6602
        /// FS_IOC_FSGETXATTR and FS_IOC_FSSETXATTR: struct fsxattr, 28 bytes.
        static let getExtended: UInt32 = 0x801c_581f
        static let setExtended: UInt32 = 0x401c_5820

        /// FS_IMMUTABLE_FL and FS_APPEND_FL; FS_XFLAG_IMMUTABLE and FS_XFLAG_APPEND.
        static let lockingFlags: UInt32 = 0x30
        static let lockingExtended: UInt32 = 0x18
    }

    /// struct fuse_ioctl_in and the argument to fuse_ioctl_out and the result.
    func control(_ call: inout Request) throws(Errno) -> Outcome {
        let handle = try handles.handle(try call.arguments.u64())
        try call.arguments.skip(4)
        let request = try call.arguments.u32()
        try call.arguments.skip(8)
        let inSize = Int(try call.arguments.u32())
        let outSize = Int(try call.arguments.u32())
        let opened: OpenFile
        switch handle {
        case .file(let file): opened = file
        case .directory(let stream): opened = stream.open
        case .folder: throw .notTerminal
        }
        let size: Int
        switch request {
        case Control.getFlags, Control.setFlags: size = 4
        case Control.getExtended, Control.setExtended: size = 28
        default: throw .notTerminal
        }
        var block = [UInt8](repeating: 0, count: size)
        if request == Control.setFlags || request == Control.setExtended {
            guard inSize >= size else { throw .invalidArgument }
            block = try call.arguments.bytes(size)
            try check(request, block, on: opened.node)
        } else {
            guard outSize >= size else { throw .invalidArgument }
        }
        let result = try opened.descriptor.file.control(UInt(request), &block)
        var reply = ReplyWriter()
        reply.u32(UInt32(bitPattern: result))
        reply.zeros(12)
        if outSize >= size { reply.append(block) }
        return .reply(reply)
    }

    /// A client may not leave files behind that the host cannot delete: EPERM for immutable and append-only.
    private func check(_ request: UInt32, _ block: [UInt8], on node: Node) throws(Errno) {
        guard !node.isReadOnly else { throw .readOnly }
        var reader = RequestReader(block)
        let locking =
            request == Control.setFlags ? Control.lockingFlags : Control.lockingExtended
        guard try reader.u32() & locking == 0 else { throw .notPermitted }
    }
}
