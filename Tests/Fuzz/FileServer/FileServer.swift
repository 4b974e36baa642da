// The input is a run of requests against a small tree in a folder of its own (below TMPDIR, best a tmpfs).
// Beside the share lies a file that no request may reach: it is looked at after every input.
//
// A request of the input: opcode, node, user, number of arguments, then that many arguments of one byte,
// each of which stands for a field (a small number, a number at an edge, a handle) or a name.
import FileServer
import Glibc
import Linux

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFileServer(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // SAFETY: the fuzzer's buffer has `size` bytes and outlives the call.
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    guard let fixture = Fixture.shared else { fatalError("no folder to work in") }
    fixture.run(input)
    return 0
}

private let edges: [UInt64] = [
    0, 1, 2, 4, 255, 4096, 65536, 1 << 20, 0x7fff_ffff, 0xffff_ffff, 1 << 40, 1 << 63, UInt64.max,
    0x8008_6601_0000_0000, 0o100600, 0o040755,
]
private let names = [
    "a", "b", "dir", "link", "pipe", "..", ".", "", "../canary", "a/b", "user.x", "trusted.y",
    "system.posix_acl_access", "security.capability", "/etc", "new",
]

private final class Fixture {
    nonisolated(unsafe) static let shared = try? Fixture()

    private let path: String
    private let canary: [UInt8] = Array("nobody comes here".utf8)
    private let server: FileServer
    private var inputs = 0
    private let request: UnsafeMutableRawPointer
    private let reply: UnsafeMutableRawPointer
    private let room = FileServer.maximumRequest + FileServer.maximumTransfer

    init() throws(Errno) {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        path = "\(parent)/vmrun-fuzz-\(getpid())"
        unsafe request = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
        unsafe reply = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
        // Hostile sizes must not fill the disk; beyond the limit calls fail with EFBIG.
        var limit = rlimit(rlim_cur: 16 << 20, rlim_max: 16 << 20)
        _ = unsafe setrlimit(__rlimit_resource_t(1), &limit)
        _ = unsafe signal(SIGXFSZ, SIG_IGN)
        Fixture.populate(path)
        var options = Options()
        options.openInodes = 4
        server = try FileServer(
            root: OwnedFD.open("\(path)/share", O_RDONLY | O_DIRECTORY), cache: .never,
            options: options)
        try OwnedFD.open("\(path)/canary", O_CREAT | O_WRONLY, mode: 0o600).writeAll(canary)
        try server.prepareThread()
    }

    private static func populate(_ path: String) {
        let commands =
            "mkdir -p \(path)/share && cd \(path)/share && find . -mindepth 1 -delete; "
            + "mkdir -p dir; echo text > a; ln -s ../canary link; ln -s ../ dir/up; mkfifo pipe"
        _ = unsafe system(commands)
    }

    func run(_ input: [UInt8]) {
        inputs += 1
        if inputs % 500 == 0 { Fixture.populate(path) }
        server.reset()
        // INIT with all features offered
        send(26, 0, 0, little(7, 4) + little(38, 4) + little(0, 4) + little(UInt64(UInt32.max), 4))
        var rest = input[...]
        for _ in 0..<64 {
            guard let opcode = rest.popFirst(), let node = rest.popFirst(),
                let user = rest.popFirst(), let count = rest.popFirst()
            else { break }
            var arguments: [UInt8] = []
            for _ in 0..<(count % 24) {
                guard let argument = rest.popFirst() else { break }
                arguments += field(argument)
            }
            send(UInt32(opcode % 56), UInt64(node % 16), UInt32(user % 3), arguments)
        }
        let seen = try? OwnedFD.open("\(path)/canary", O_RDONLY).readAll(limit: 100)
        precondition(seen == canary, "a request has left the share")
    }

    private func field(_ argument: UInt8) -> [UInt8] {
        let index = Int(argument & 15)
        return switch argument >> 4 {
        case 0, 1, 2: little(UInt64(argument & 31), 4)
        case 3, 4: little(UInt64(argument & 31), 8)
        case 5, 6: little(edges[index], 8)
        case 7, 8: little(edges[index], 4)
        case 9, 10, 11: Array(names[index].utf8) + [0]
        case 12: [argument]
        case 13: [UInt8](repeating: 0, count: index * 4)
        case 14: [UInt8](repeating: argument, count: index * 100)
        default: [UInt8](repeating: 0x41, count: 250 + index) + [0]
        }
    }

    private func little(_ value: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private func send(_ opcode: UInt32, _ node: UInt64, _ user: UInt32, _ arguments: [UInt8]) {
        var bytes = little(UInt64(40 + arguments.count), 4) + little(UInt64(opcode), 4)
        bytes += little(1, 8) + little(node, 8) + little(UInt64(user), 4) + little(0, 12)
        bytes += arguments
        guard bytes.count <= room else { return }
        // SAFETY: both buffers have `room` bytes and are never freed.
        unsafe request.copyMemory(from: bytes, byteCount: bytes.count)
        var sent = IOVector()
        var answer = IOVector()
        try? unsafe sent.append(base: request, count: bytes.count)
        try? unsafe answer.append(base: reply, count: room)
        let length = server.serve(request: sent, reply: answer)
        guard length > 0 else { return }
        precondition(length >= 16 && length <= room)
        let told = unsafe reply.loadUnaligned(as: UInt32.self)
        precondition(told == UInt32(length), "the header tells another length")
    }
}
