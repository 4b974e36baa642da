package import Linux

/// One request with its arguments still to be read.
struct Request {
    let header: RequestHeader
    var arguments: RequestReader
    /// WRITE's data, still in the client's memory.
    let payload: IOVector
    /// Where the reply goes.
    let reply: IOVector

    /// The client's memory for data that goes straight there, behind the reply's header.
    var room: IOVector {
        reply.dropFirst(Wire.replyHeaderSize)
    }
}

/// What came of a request.
enum Outcome {
    /// Success that has nothing to tell.
    case done
    case reply(ReplyWriter)
    /// So many bytes stand behind the place of the reply's header already.
    case inPlace(Int)
    case silent
}

extension FileServer {
    /// Serves one request. `request` is all that the client sent (header, arguments, payload); the reply
    /// goes to the front of `reply`, which nobody else touches meanwhile.
    ///
    /// Answers how many bytes the reply has; zero where the protocol wants none (FORGET and its like) or
    /// the request is too short to be answered.
    package func serve(request: IOVector, reply: IOVector) -> Int {
        // Memory that the client can change is copied once; from here on only the copy is looked at.
        var bytes = request.copyOut(Wire.headerSize)
        var peek = RequestReader(bytes)
        guard let sent = try? peek.header(total: request.count) else { return 0 }
        let opcode = Opcode(rawValue: sent.opcode)
        guard opcode?.isSilent == true || reply.count >= Wire.replyHeaderSize else { return 0 }
        let size: Int
        if opcode == .write {
            size = Wire.writeArguments
        } else {
            size = request.count - Wire.headerSize
            guard size <= FileServer.maximumRequest else {
                return finish(.failure(.tooBig), sent, reply)
            }
        }
        bytes += request.dropFirst(Wire.headerSize).copyOut(size)
        var arguments = RequestReader(bytes)
        guard let header = try? arguments.header(total: request.count) else { return 0 }
        var call = Request(
            header: header, arguments: arguments,
            payload: request.dropFirst(Wire.headerSize + Wire.writeArguments), reply: reply)
        do throws(Errno) {
            guard let opcode else { throw .noSystemCall }
            try prepareThread()
            return finish(.success(try dispatch(opcode, &call)), header, reply)
        } catch {
            return opcode?.isSilent == true ? 0 : finish(.failure(error), header, reply)
        }
    }

    /// Writes the reply out and answers its length.
    private func finish(
        _ result: Result<Outcome, Errno>, _ header: RequestHeader, _ reply: IOVector
    ) -> Int {
        let size = Wire.replyHeaderSize
        switch result {
        case .success(.silent):
            return 0
        case .success(.done):
            reply.copyIn(ReplyWriter.header(length: size, error: nil, unique: header.unique))
            return size
        case .success(.inPlace(let count)):
            reply.copyIn(
                ReplyWriter.header(length: size + count, error: nil, unique: header.unique))
            return size + count
        case .success(.reply(var writer)):
            guard writer.bytes.count <= reply.count else {
                return finish(.failure(.io), header, reply)
            }
            writer.finish(unique: header.unique)
            return reply.copyIn(writer.bytes)
        case .failure(let error):
            reply.copyIn(ReplyWriter.header(length: size, error: error, unique: header.unique))
            return size
        }
    }

    private func dispatch(_ opcode: Opcode, _ call: inout Request) throws(Errno) -> Outcome {
        switch opcode {
        case .initialize: try initialize(&call)
        case .destroy: destroy()
        case .interrupt: throw .noSystemCall
        case .lookup, .forget, .batchForget, .readLink, .getAttributes, .setAttributes,
            .extendedStatus, .fileSystemStatus, .synchronizeFileSystem:
            try dispatchNode(opcode, &call)
        case .makeSymbolicLink, .makeNode, .makeDirectory, .unlink, .removeDirectory, .rename,
            .renameWithFlags, .link, .create, .makeTemporary:
            try dispatchName(opcode, &call)
        case .open, .read, .write, .release, .synchronize, .flush, .allocate, .seek,
            .copyFileRange, .control:
            try dispatchFile(opcode, &call)
        case .openDirectory, .readDirectory, .readDirectoryPlus, .releaseDirectory,
            .synchronizeDirectory:
            try dispatchDirectory(opcode, &call)
        case .setExtendedAttribute, .getExtendedAttribute, .listExtendedAttributes,
            .removeExtendedAttribute:
            try dispatchExtendedAttribute(opcode, &call)
        }
    }

    private func dispatchNode(_ opcode: Opcode, _ call: inout Request) throws(Errno) -> Outcome {
        switch opcode {
        case .lookup: try lookup(&call)
        case .forget: try forget(&call)
        case .batchForget: try batchForget(&call)
        case .readLink: try readLink(&call)
        case .getAttributes: try getAttributes(&call)
        case .setAttributes: try setAttributes(&call)
        case .extendedStatus: try extendedStatus(&call)
        case .fileSystemStatus: try fileSystemStatus(&call)
        default: try synchronizeFileSystem(&call)
        }
    }

    private func dispatchName(_ opcode: Opcode, _ call: inout Request) throws(Errno) -> Outcome {
        switch opcode {
        case .makeSymbolicLink: try makeSymbolicLink(&call)
        case .makeNode: try makeNode(&call)
        case .makeDirectory: try makeDirectory(&call)
        case .unlink: try unlink(&call, directory: false)
        case .removeDirectory: try unlink(&call, directory: true)
        case .rename: try rename(&call, withFlags: false)
        case .renameWithFlags: try rename(&call, withFlags: true)
        case .link: try link(&call)
        case .create: try create(&call)
        default: try makeTemporary(&call)
        }
    }

    private func dispatchFile(_ opcode: Opcode, _ call: inout Request) throws(Errno) -> Outcome {
        switch opcode {
        case .open: try open(&call)
        case .read: try read(&call)
        case .write: try write(&call)
        case .release: try release(&call)
        case .synchronize: try synchronize(&call)
        case .flush: try flush(&call)
        case .allocate: try allocate(&call)
        case .seek: try seek(&call)
        case .copyFileRange: try copyFileRange(&call)
        default: try control(&call)
        }
    }

    private func dispatchDirectory(_ opcode: Opcode, _ call: inout Request) throws(Errno) -> Outcome
    {
        switch opcode {
        case .openDirectory: try openDirectory(&call)
        case .readDirectory: try readDirectory(&call, plus: false)
        case .readDirectoryPlus: try readDirectory(&call, plus: true)
        case .releaseDirectory: try release(&call)
        default: try synchronizeDirectory(&call)
        }
    }

    private func dispatchExtendedAttribute(
        _ opcode: Opcode, _ call: inout Request
    ) throws(Errno) -> Outcome {
        switch opcode {
        case .setExtendedAttribute: try setExtendedAttribute(&call)
        case .getExtendedAttribute: try getExtendedAttribute(&call)
        case .listExtendedAttributes: try listExtendedAttributes(&call)
        default: try removeExtendedAttribute(&call)
        }
    }
}
