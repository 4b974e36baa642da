import Glibc
import Linux

@testable import FileServer

/// A folder of its own below /tmp, removed with its owner.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/vmrun-files-XXXXXX".utf8CString)
        // SAFETY: mkdtemp changes the zero-terminated template in place.
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return "" }
            return unsafe String(cString: made)
        }
        if path.isEmpty { throw Errno.io }
    }

    deinit {
        _ = unsafe system("chmod -R u+rwx \(path); rm -rf \(path)")
    }

    func open() throws -> OwnedFD {
        try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
    }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        let flags = O_CREAT | O_WRONLY | O_TRUNC
        try OwnedFD.open("\(path)/\(name)", flags, mode: mode).writeAll(Array(text.utf8))
    }

    func symbolicLink(_ name: String, to target: String) throws {
        try open().makeSymbolicLink(
            FileName(bytes: Array(name.utf8)), to: FileName(bytes: Array(target.utf8)))
    }

    func has(_ name: String) -> Bool {
        (try? open().status(of: FileName(bytes: Array(name.utf8)))) != nil
    }

    func read(_ name: String) throws -> String {
        let bytes = try OwnedFD.open("\(path)/\(name)", O_RDONLY).readAll(limit: 1 << 20)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Little-endian bytes of a request, field by field.
struct Bytes {
    var all: [UInt8] = []

    func u16(_ value: UInt16) -> Bytes { adding(value) }
    func u32(_ value: UInt32) -> Bytes { adding(value) }
    func u64(_ value: UInt64) -> Bytes { adding(value) }

    func name(_ text: String) -> Bytes {
        raw(Array(text.utf8) + [0])
    }

    func raw(_ more: [UInt8]) -> Bytes {
        var copy = self
        copy.all += more
        return copy
    }

    private func adding(_ value: some FixedWidthInteger) -> Bytes {
        let size = MemoryLayout.size(ofValue: value)
        return raw((0..<size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }
}

/// A reply taken apart.
struct Reply {
    let bytes: [UInt8]

    /// Zero, or the negated errno.
    var error: Int32 { Int32(bitPattern: u32(at: 4)) }
    var body: [UInt8] { Array(bytes.dropFirst(16)) }

    func u32(at offset: Int) -> UInt32 {
        guard offset + 4 <= bytes.count else { return 0 }
        return bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    func u64(at offset: Int) -> UInt64 {
        UInt64(u32(at: offset)) | UInt64(u32(at: offset + 4)) << 32
    }
}

/// Plays the client's kernel. Serves on a thread of its own, since serving changes the thread's umask and
/// working directory.
final class Client: Sendable {
    let server: FileServer
    /// Kept, since it goes away with its last owner.
    private let scratch: Scratch?

    init(_ server: FileServer, _ scratch: Scratch? = nil) {
        self.server = server
        self.scratch = scratch
    }

    /// A server of the folder, asked for everything it can do.
    convenience init(
        _ scratch: Scratch, readOnly: Bool = false, cache: CachePolicy = .never,
        options: Options = Options()
    ) throws {
        let server = try FileServer(
            root: scratch.open(), readOnly: readOnly, cache: cache, options: options)
        self.init(server, scratch)
        _ = initialize()
    }

    func initialize() -> Reply {
        call(26, 0, Bytes().u32(7).u32(38).u32(131072).u32(UInt32.max).u32(0))
    }

    /// Sends header and arguments with the length filled in.
    func call(
        _ opcode: UInt32, _ node: UInt64, _ arguments: Bytes = Bytes(), user: UInt32 = 0,
        group: UInt32 = 0
    ) -> Reply {
        let header = Bytes().u32(UInt32(40 + arguments.all.count)).u32(opcode).u64(0x1122)
            .u64(node).u32(user).u32(group).u32(1).u16(0).u16(0)
        return send(header.all + arguments.all)
    }

    /// Sends bytes as they are, in two pieces of memory.
    func send(_ request: [UInt8], room: Int = 200_000) -> Reply {
        let reply = Memory(count: room)
        let pieces = [Memory(Array(request.prefix(50))), Memory(Array(request.dropFirst(50)))]
        let length = Box(0)
        let server = self.server
        let body: @Sendable () -> Void = {
            var vector = IOVector()
            for piece in pieces { piece.append(to: &vector) }
            var target = IOVector()
            reply.append(to: &target)
            length.value = server.serve(request: vector, reply: target)
        }
        if let thread = try? Thread.start(name: "client", body) { thread.join() }
        return Reply(bytes: Array(reply.bytes.prefix(length.value)))
    }

    /// The node id of an entry; zero where there is none.
    func lookup(_ name: String, in node: UInt64 = 1) -> UInt64 {
        let reply = call(1, node, Bytes().name(name))
        return reply.error == 0 ? reply.u64(at: 16) : 0
    }
}

/// Memory that a request or a reply stands in. One thread at a time uses it.
@safe final class Memory: @unchecked Sendable {
    // SAFETY: allocated and freed here; the threads that use it are joined before it is looked at.
    private let base: UnsafeMutableRawPointer
    private let count: Int

    init(count: Int) {
        self.count = count
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: count + 1, alignment: 16)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0xee, count: count + 1)
    }

    convenience init(_ bytes: [UInt8]) {
        self.init(count: bytes.count)
        unsafe base.copyMemory(from: bytes, byteCount: bytes.count)
    }

    deinit {
        unsafe base.deallocate()
    }

    func append(to vector: inout IOVector) {
        try? unsafe vector.append(base: base, count: count)
    }

    var bytes: [UInt8] {
        unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }
}

/// A value that one thread sets and another reads after the first has ended.
final class Box<Value: Sendable>: @unchecked Sendable {
    // SAFETY: the writer is joined before the value is read.
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}
