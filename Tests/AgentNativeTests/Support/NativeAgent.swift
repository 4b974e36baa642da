import Foundation
import Linux
import Protocols
import Synchronization

/// An agent that runs natively: PID 1 of fresh namespaces on this host, talking over unix sockets.
///
/// Everything that it makes (processes, mounts) goes with its pid and mount namespaces when the object does.
final class NativeAgent {
    /// The share: `rootfs` and whatever else a test puts there.
    let share: URL
    /// The agent's pid on this host.
    private(set) var pid: Int32 = 0
    let cgroup: NativeCgroup
    private let folder: URL
    private let child: Child
    private var control: OwnedFD?
    private var isWaitedFor = false
    private var reader = FrameReader(limit: Frame.maximumAgentSize)
    private var nextRequest: UInt64 = 1
    private var nextPort = firstStreamPort
    /// Those of the first process, where the host listened before the agent was there.
    private var firstStreams: [HostEnd] = []
    private var exits: [ProcessExit] = []

    /// `options` are more of the agent's (`AgentOptions`).
    init(_ options: String..., isSetUp: Bool = true, listensAhead: Bool = false) throws {
        ProcessSetup.ignoreBrokenPipes()
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("vmrun-agent-\(UInt32.random(in: 0...UInt32.max))")
        share = folder.appendingPathComponent("share")
        cgroup = try NativeCgroup()
        try Root.make(at: share.appendingPathComponent("rootfs"))
        let ports = folder.appendingPathComponent("ports")
        try FileManager.default.createDirectory(at: ports, withIntermediateDirectories: true)
        let listener = try UnixSocket.listen(at: ports.path + "/\(agentPort)")
        if listensAhead {
            nextPort += Streams.portCount
            firstStreams = try (firstStreamPort..<nextPort).map {
                try HostEnd(port: $0, path: ports.path + "/\($0)")
            }
        }
        child = try Self.starting.withLock { [cgroup, share] _ in
            try Child.spawn(
                "/bin/sh",
                arguments: [
                    "sh", "-c", Self.launcher, "sh", cgroup.path, Self.program, "--socket",
                    ports.path, "--share", share.path,
                ] + options,
                environment: ["PATH=/usr/bin:/bin"], descriptors: [0, 1, 2])
        }
        try Patience.wait(for: listener.rawValue, "the agent does not connect")
        control = try UnixSocket.accept(listener)
        guard case .ready(protocolVersion, let release) = try receive(), !release.isEmpty else {
            throw Failure(message: "the agent's first word is not that it is ready")
        }
        if isSetUp { try perform(Self.setUp) }
        let pids = cgroup.processes(in: "/agent").filter { $0 != child.pid }
        guard pids.count == 1, let pid = pids.first else {
            throw Failure(message: "not one agent, but \(pids)")
        }
        self.pid = pid
    }

    /// What makes a machine different from others; nothing to a native agent.
    static let setUp = AgentRequest.Body.setUp(
        SetUp(entropy: [UInt8](repeating: 7, count: SetUp.entropySize), wallClock: 0))

    deinit {
        if !isWaitedFor {
            _ = try? request(.shutdown)
            var poll = Poll()
            let entry = poll.add(child.descriptor.rawValue, reading: true)
            try? poll.wait(timeout: Patience.milliseconds)
            // With PID 1 its namespaces go, and unshare(1) ends when it has waited for it.
            if !poll.isReady(entry) {
                if pid > 0 { kill(pid, SIGKILL) } else { child.signal(SIGKILL) }
            }
            _ = try? child.wait()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Makes the cgroup that is given the root of a cgroup namespace, leaves it for one below it, and
    /// executes the agent in further namespaces.
    private static let launcher = """
        set -e
        top=$1
        shift
        echo $$ >"$top/cgroup.procs"
        exec unshare --cgroup sh -ec 'echo $$ >"$0/agent/cgroup.procs"; exec "$@"' "$top" \
            unshare --fork --kill-child --pid --mount --net --ipc --uts "$@"
        """

    /// The agent's executable lies beside the tests.
    private static var program: String {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? "/nonexistent"
        var path = URL(fileURLWithPath: bundle)
        while path.pathExtension != "xctest" { path.deleteLastPathComponent() }
        return path.deletingLastPathComponent().path + "/AgentHost"
    }

    // MARK: requests

    /// Sends a request and waits for its reply.
    @discardableResult
    func request(_ body: AgentRequest.Body) throws -> AgentReply {
        let id = nextRequest
        nextRequest += 1
        try send(Frame.encode(AgentRequest(id: id, body: body)))
        while true {
            switch try receive() {
            case .reply(let reply) where reply.id == id: return reply
            case .processExited(let exit): exits.append(exit)
            case let other: throw Failure(message: "unexpected message: \(other)")
            }
        }
    }

    /// Sends requests without waiting for replies, and then waits for all of them; they come in the requests' order.
    func requests(_ bodies: AgentRequest.Body...) throws -> [AgentReply] {
        let first = nextRequest
        nextRequest += UInt64(bodies.count)
        let frames = bodies.enumerated().map {
            Frame.encode(AgentRequest(id: first + UInt64($0.offset), body: $0.element))
        }
        try send(frames.flatMap(\.self))
        var replies: [UInt64: AgentReply] = [:]
        while replies.count < bodies.count {
            switch try receive() {
            case .reply(let reply): replies[reply.id] = reply
            case .processExited(let exit): exits.append(exit)
            case let other: throw Failure(message: "unexpected message: \(other)")
            }
        }
        return (first..<nextRequest).compactMap { replies[$0] }
    }

    /// Sends a request that must be carried out.
    @discardableResult
    func perform(_ body: AgentRequest.Body) throws -> UInt32 {
        let reply = try request(body)
        if let failure = reply.failure { throw failure }
        return reply.pid
    }

    /// The failure of a request that cannot be carried out, or nil.
    func refusal(of body: AgentRequest.Body) throws -> Failure? {
        try request(body).failure
    }

    /// Sends bytes that may be no request.
    func send(_ bytes: [UInt8]) throws {
        try control?.writeAll(bytes)
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

    /// Those whose end has come beside replies and was not asked for yet.
    var endedProcesses: [String] { exits.map(\.process) }

    private func receive() throws -> AgentMessage {
        while true {
            if let body = try reader.next() { return try AgentMessage(decoding: body) }
            try Patience.wait(for: control?.rawValue, "the agent is silent")
            let bytes = try control?.read(upTo: 65536) ?? []
            guard !bytes.isEmpty else { throw Failure(message: "the agent is gone") }
            reader.append(bytes)
        }
    }

    /// Ends the connection, as a host does that is gone.
    func hangUp() {
        control = nil
    }

    /// Waits for the agent's own end.
    func waitForEnd() throws -> Child.End {
        isWaitedFor = true
        return try child.wait()
    }

    /// A port with a listening host.
    func stream() throws -> HostEnd {
        guard firstStreams.isEmpty else { return firstStreams.removeFirst() }
        defer { nextPort += 1 }
        return try HostEnd(
            port: nextPort, path: folder.appendingPathComponent("ports/\(nextPort)").path)
    }
}
