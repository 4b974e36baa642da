import Linux
import Protocols
import Testing

/// A host that does not wait for replies: the agent is in the middle of one request when the next one comes.
@Suite("Requests that come before others are answered", .native)
struct ImpatientHostTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private static let create = AgentRequest.Body.createContainer(Plans.container("sleep", "86400"))
    /// So many mounts that the container is not ready when the next request comes, however busy this host is.
    private static var createSlowly: AgentRequest.Body {
        var plan = Plans.container("sleep", "86400")
        plan.mounts += (0..<500).map { Plans.mount("/m/\($0)", "tmpfs") }
        return .createContainer(plan)
    }

    private static let start = AgentRequest.Body.startContainer(container: "c")
    private static let delete = AgentRequest.Body.deleteContainer(container: "c")

    private static func exec(_ arguments: String...) -> AgentRequest.Body {
        .startProcess(container: "c", process: "e", Plans.process(arguments))
    }

    private func expectNothing(since before: Traces) throws {
        let changes = try agent.changes(since: before)
        #expect(changes == [])
    }

    @Test("a container that is being created cannot be started or entered, or created again")
    func whileCreating() throws {
        let replies = try agent.requests(Self.create, Self.start, Self.exec("true"), Self.create)

        #expect(
            replies.map { $0.failure?.kind } == [nil, .wrongState, .wrongState, .wrongState])
        #expect(replies.last?.failure?.message == "container \"c\" exists already")
        try agent.perform(Self.start)
    }

    @Test("a container that is deleted while it is being created is not created")
    func deleteWhileCreating() throws {
        let before = try agent.traces()

        let replies = try agent.requests(Self.createSlowly, Self.delete, Self.delete)

        let killed = "the process was killed before its program was executed"
        #expect(replies[0].failure?.message == killed)
        #expect(replies[1].failure == nil)
        #expect(replies[2].failure?.kind == .wrongState)
        #expect(agent.endedProcesses == [])
        try expectNothing(since: before)
        try agent.perform(Self.create)
    }

    @Test("a container that is killed while it is being created is not created")
    func killWhileCreating() throws {
        let before = try agent.traces()

        let replies = try agent.requests(
            Self.createSlowly, .signalProcess(ProcessSignal(container: "c", signal: 9)))

        #expect(replies[0].failure != nil)
        #expect(replies[1].failure == nil)
        try expectNothing(since: before)
    }

    @Test("a container that is started twice at once starts once")
    func startTwice() throws {
        try agent.perform(Self.create)

        let replies = try agent.requests(Self.start, Self.start)

        #expect(replies.map { $0.failure?.kind } == [nil, .wrongState])
    }

    @Test("two processes of one name that come at once are one")
    func sameName() throws {
        try agent.startIdle()

        let replies = try agent.requests(
            Self.exec("sh", "-c", "exit 3"), Self.exec("sh", "-c", "exit 4"))

        #expect(replies.map { $0.failure?.kind } == [nil, .wrongState])
        #expect(try agent.exit(of: "e").exitStatus == 3)
    }

    @Test("a container that is deleted with a process on its way leaves nothing")
    func deleteWhileEntering() throws {
        let before = try agent.traces()
        try agent.startIdle()

        let replies = try agent.requests(Self.exec("sleep", "86400"), Self.delete)

        #expect(replies.last?.failure == nil)
        try expectNothing(since: before)
    }

    @Test("a container that is started and deleted at once leaves nothing")
    func startAndDelete() throws {
        let before = try agent.traces()
        try agent.perform(Self.create)

        let replies = try agent.requests(Self.start, Self.delete)

        #expect(replies.last?.failure == nil)
        try expectNothing(since: before)
    }

    @Test("an agent that is told to end in the middle of all ends")
    func shutdown() throws {
        try agent.startIdle("other")

        try agent.send(
            Frame.encode(AgentRequest(id: 1000, body: Self.create))
                + Frame.encode(AgentRequest(id: 1001, body: .shutdown)))

        #expect(try agent.waitForEnd() == .exited(0))
        #expect(agent.cgroup.folders.flatMap { agent.cgroup.processes(in: $0) } == [])
    }
}
