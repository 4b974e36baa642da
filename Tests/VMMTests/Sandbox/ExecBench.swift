import Linux
import Protocols
import Testing

@testable import VMM

/// The processes of exec with callers at one side and an agent at the other, both played by a test.
final class ExecBench {
    let loop: EventLoop
    private(set) var execs: ExecProcesses?
    private let streamPorts = StreamPorts()
    private var connections: [ControlConnection] = []
    /// What the agent is asked for and has not answered.
    var asked: [(body: AgentRequest.Body, answer: (AgentReply) -> Void)] = []

    init() throws {
        // As the sandbox does.
        ProcessSetup.ignoreBrokenPipes()
        loop = try EventLoop()
        execs = ExecProcesses(loop: loop, container: "c", ports: streamPorts) {
            [unowned self] body, answer in
            asked.append((body, answer))
        }
    }

    /// A new caller, whose requests are carried out as the sandbox does.
    func caller() throws -> ControlClient {
        let pair = try UnixSocket.pair()
        let client = try ControlClient(pair.second.duplicate())
        let connection = try ControlConnection(loop: loop, pair.first.duplicate()) {
            [unowned self] request, connection in
            switch request.body {
            case .startProcess(let name, let plan):
                execs?.start(name, plan, of: connection) {
                    connection.send(SandboxReply(failure: $0, status: .running))
                }
            case .handOver(let pid): execs?.handOver(connection, to: pid)
            default: break
            }
        }
        connections.append(connection)
        return client
    }

    /// A caller that has asked for a process with three streams, which are /dev/null.
    func start(_ name: String = "x", terminal: Bool = false) throws -> ControlClient {
        let client = try caller()
        try request(name, of: client, descriptors: terminal ? 1 : 3, terminal: terminal)
        return client
    }

    func request(
        _ name: String, of client: ControlClient, descriptors: Int, terminal: Bool = false
    ) throws {
        let null = try OwnedFD.open("/dev/null", 2)
        var plan = ProcessPlan()
        plan.arguments = ["true"]
        plan.terminal = terminal
        try client.send(
            .startProcess(name: name, plan),
            passing: [Int32](repeating: null.rawValue, count: descriptors))
        try loop.settle()
    }

    /// The agent answers what it was asked first.
    func agentAnswers(_ failure: Failure? = nil) throws {
        try #require(!asked.isEmpty)
        asked.removeFirst().answer(AgentReply(id: 1, failure: failure))
        try loop.settle()
    }

    /// One that is started and handed over to a process with this pid.
    func running(_ name: String = "x", pid: UInt32 = 100) throws -> ControlClient {
        let client = try start(name)
        try agentAnswers()
        try client.send(.handOver(pid: pid))
        try loop.settle()
        try #require(try client.replies() == [SandboxReply(status: .running)])
        return client
    }

    func exit(_ status: UInt32, of name: String = "x") {
        execs?.exited(
            ProcessExit(container: "c", process: name, exitStatus: status, signal: 0))
    }

    /// The names of processes that the agent is asked to kill.
    var killed: [String] {
        asked.compactMap {
            guard case .signalProcess(let signal) = $0.body, signal.signal == 9 else { return nil }
            return signal.process
        }
    }

    /// The ports of the streams in the last request for a process.
    var ports: Streams? {
        asked.reversed().lazy.compactMap {
            guard case .startProcess(_, _, let plan) = $0.body else { return nil }
            return plan.streams
        }.first
    }
}

extension SandboxReply {
    /// The end of a process.
    static func ended(_ status: Int32) -> SandboxReply {
        var reply = SandboxReply(status: .running)
        reply.exitStatus = status
        return reply
    }
}
