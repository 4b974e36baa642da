import Foundation
import Linux
import Protocols

/// An agent that runs natively: PID 1 of fresh namespaces on this host, talking over unix sockets.
///
/// Everything that it makes (processes, mounts) goes with its pid and mount namespaces when the object does.
final class NativeAgent {
    /// Why native tests cannot run here, or nil.
    static var obstacle: String? {
        if geteuid() != 0 { return "needs root" }
        if !FileManager.default.isExecutableFile(atPath: unshare) { return "needs unshare(1)" }
        if !FileManager.default.isExecutableFile(atPath: busybox) {
            return "needs Debian's busybox-static"
        }
        return nil
    }

    static var isPossible: Bool { obstacle == nil }

    private static let unshare = "/usr/bin/unshare"
    private static let busybox = "/bin/busybox"
    /// Ample for anything that a test waits for.
    private static let timeoutMilliseconds: Int32 = 60000

    /// The share: `rootfs` and whatever else a test puts there.
    let share: URL
    let pid: Int32
    private let folder: URL
    private let child: Child
    private let control: OwnedFD
    private var reader = FrameReader(limit: Frame.maximumAgentSize)
    private var nextRequest: UInt64 = 1
    private var nextPort = firstStreamPort
    private var exits: [ProcessExit] = []

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("vmrun-agent-\(UInt32.random(in: 0...UInt32.max))")
        share = folder.appendingPathComponent("share")
        try Self.makeRoot(share.appendingPathComponent("rootfs"))
        let ports = folder.appendingPathComponent("ports")
        try FileManager.default.createDirectory(at: ports, withIntermediateDirectories: true)
        let listener = try UnixSocket.listen(at: ports.path + "/\(agentPort)")
        child = try Child.spawn(
            Self.unshare,
            arguments: [
                "unshare", "--fork", "--kill-child", "--pid", "--mount", "--net", "--ipc", "--uts",
                "--cgroup", Self.program, "--socket", ports.path, "--share", share.path,
            ],
            environment: ["PATH=/usr/bin:/bin"], descriptors: [0, 1, 2])
        pid = child.pid
        control = try UnixSocket.accept(listener)
        guard case .ready(protocolVersion, let release) = try receive(), !release.isEmpty else {
            throw Failure(message: "the agent's first word is not that it is ready")
        }
    }

    deinit {
        child.signal(SIGKILL)
        _ = try? child.wait()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The agent's executable lies beside the tests.
    private static var program: String {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? "/nonexistent"
        var path = URL(fileURLWithPath: bundle)
        while path.pathExtension != "xctest" { path.deleteLastPathComponent() }
        return path.deletingLastPathComponent().path + "/AgentHost"
    }

    /// A root with busybox and a few users.
    private static func makeRoot(_ root: URL) throws {
        let files = FileManager.default
        for name in ["bin", "dev", "etc", "proc", "sys", "tmp", "home/alice", "run"] {
            try files.createDirectory(
                at: root.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: busybox, toPath: root.path + "/bin/busybox")
        for name in [
            "sh", "cat", "echo", "id", "ls", "sleep", "mount", "hostname", "stat", "true", "env",
            "grep", "dd", "kill", "touch", "mkdir", "test", "tty", "stty", "head", "pwd", "ps",
            "readlink", "wc", "od", "ip", "date", "nice", "seq", "md5sum", "chmod", "find",
        ] {
            try files.createSymbolicLink(
                atPath: root.path + "/bin/" + name, withDestinationPath: "busybox")
        }
        let passwd = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
        try Data(passwd.utf8).write(to: root.appendingPathComponent("etc/passwd"))
    }

    // MARK: requests

    /// Sends a request and waits for its reply.
    @discardableResult
    func request(_ body: AgentRequest.Body) throws -> AgentReply {
        let id = nextRequest
        nextRequest += 1
        try control.writeAll(Frame.encode(AgentRequest(id: id, body: body)))
        while true {
            switch try receive() {
            case .reply(let reply) where reply.id == id: return reply
            case .processExited(let exit): exits.append(exit)
            case let other: throw Failure(message: "unexpected message: \(other)")
            }
        }
    }

    /// Sends a request that must be carried out.
    @discardableResult
    func perform(_ body: AgentRequest.Body) throws -> UInt32 {
        let reply = try request(body)
        if let failure = reply.failure { throw failure }
        return reply.pid
    }

    /// Waits until a process has ended.
    func exit(of process: String = "", in container: String = "c") throws -> ProcessExit {
        while true {
            if let index = exits.firstIndex(where: {
                $0.process == process && $0.container == container
            }) {
                return exits.remove(at: index)
            }
            guard case .processExited(let exit) = try receive() else {
                throw Failure(message: "unexpected reply")
            }
            exits.append(exit)
        }
    }

    private func receive() throws -> AgentMessage {
        while true {
            if let body = try reader.next() { return try AgentMessage(decoding: body) }
            var poll = Poll()
            let entry = poll.add(control.rawValue, reading: true)
            try poll.wait(timeout: Self.timeoutMilliseconds)
            guard poll.isReady(entry) else { throw Failure(message: "the agent is silent") }
            let bytes = try control.read(upTo: 65536)
            guard !bytes.isEmpty else { throw Failure(message: "the agent is gone") }
            reader.append(bytes)
        }
    }

    /// A port with a listening host.
    func stream() throws -> HostEnd {
        defer { nextPort += 1 }
        return try HostEnd(
            port: nextPort, path: folder.appendingPathComponent("ports/\(nextPort)").path)
    }
}
