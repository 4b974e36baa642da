@testable import AgentCore
import Linux
import Protocols
import Testing

@Suite("Life of a container", .native)
struct LifecycleTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func delete(_ id: String = "c") throws {
        try agent.perform(.deleteContainer(container: id))
    }

    @Test("a created container has not executed its program, and a started one has")
    func createAndStart() throws {
        try agent.makeFolder("volume")
        var plan = Plans.container("touch", "/v/ran")
        plan.mounts.append(Plans.bind("volume", at: "/v"))

        let pid = try agent.perform(.createContainer(plan))
        let before = agent.text(of: "volume/ran")
        let startedPID = try agent.perform(.startContainer(container: "c"))

        #expect(before == nil)
        #expect(pid > 1 && startedPID == pid)
        #expect(try agent.exit().exitStatus == 0)
        #expect(agent.text(of: "volume/ran") != nil)
    }

    @Test("an id that is taken is an error, and the container with it lives on")
    func taken() throws {
        try agent.startIdle()

        let failure = try agent.refusal(of: .createContainer(Plans.container("true")))

        #expect(failure?.kind == .wrongState)
        #expect(failure?.message == "container \"c\" exists already")
        #expect(try agent.execute(Plans.process(["true"])) == Outcome())
    }

    @Test("a container is started once")
    func startTwice() throws {
        try agent.startIdle()

        let failure = try agent.refusal(of: .startContainer(container: "c"))

        #expect(failure?.kind == .wrongState)
        #expect(
            failure?.message == "cannot start a container that is not in the created state")
    }

    @Test(
        "a container that does not exist is an error of every request",
        arguments: [
            .startContainer(container: "x"), .deleteContainer(container: "x"),
            .startProcess(container: "x", process: "e", Plans.process(["true"])),
            .signalProcess(ProcessSignal(container: "x", signal: 9)),
            .signalProcess(ProcessSignal(container: "x", signal: 9, all: true)),
            .resizeTerminal(TerminalSize(container: "x", rows: 1, columns: 1)),
            .freezeContainer(container: "x", frozen: true),
            .updateContainer(container: "x", settings: []),
            .readCgroup(container: "x", names: []), .listProcesses(container: "x"),
        ] as [AgentRequest.Body])
    func unknown(request: AgentRequest.Body) throws {
        let failure = try agent.refusal(of: request)

        #expect(failure?.kind == .notFound)
        #expect(failure?.message == "container \"x\" does not exist")
    }

    @Test("a container that is killed before its start is stopped")
    func killedBeforeStart() throws {
        try agent.perform(.createContainer(Plans.container("true")))

        try agent.perform(.signalProcess(ProcessSignal(container: "c", signal: 9)))

        #expect(
            try agent.exit() == ProcessExit(container: "c", process: "", exitStatus: 137, signal: 9)
        )
        let failure = try agent.refusal(of: .startContainer(container: "c"))
        #expect(failure?.kind == .wrongState)
        try delete()
    }

    @Test("a container whose process has ended takes no signals and no processes")
    func stopped() throws {
        try agent.start(Plans.container("true"))
        _ = try agent.exit()

        let signal = try agent.refusal(
            of: .signalProcess(ProcessSignal(container: "c", signal: 15)))
        let exec = try agent.refusal(
            of: .startProcess(container: "c", process: "e", Plans.process(["true"])))

        #expect(signal?.kind == .wrongState)
        #expect(signal?.message == "process already finished")
        #expect(exec?.kind == .wrongState)
        #expect(exec?.message == "cannot exec in a container that is not running")
    }

    @Test(
        "a container is deleted in any state, and nothing of it is left",
        arguments: ["created", "running", "stopped"])
    func delete(state: String) throws {
        let before = try agent.traces()
        try agent.perform(
            .createContainer(Plans.container(state == "running" ? "yes" : "true")))
        if state != "created" { try agent.perform(.startContainer(container: "c")) }
        if state == "stopped" { _ = try agent.exit() }

        try delete()

        let changes = try agent.traces().changes(since: before)
        #expect(changes == [])
        #expect(try agent.refusal(of: .deleteContainer(container: "c"))?.kind == .notFound)
    }

    @Test("the end of a running container that is deleted is told before")
    func deleteTellsExit() throws {
        try agent.startIdle()
        let process = Plans.process(["sleep", "86400"])
        try agent.perform(.startProcess(container: "c", process: "e", process))

        try delete()

        #expect(agent.endedProcesses.sorted() == ["", "e"])
    }

    @Test("an id is free again after the deletion")
    func reuse() throws {
        #expect(try agent.shell("exit 1").status == 1)
        #expect(try agent.shell("exit 2").status == 2)
    }

    @Test("containers live side by side, each with its own end")
    func many() throws {
        let before = try agent.traces()
        let ids = (1...8).map { "c\($0)" }
        for (number, id) in ids.enumerated() {
            try agent.perform(
                .createContainer(Plans.container("sh", "-c", "exit \(number + 10)", id: id)))
        }
        for id in ids.reversed() { try agent.perform(.startContainer(container: id)) }

        let statuses = try ids.map { try agent.exit(in: $0).exitStatus }
        for id in ids { try delete(id) }

        #expect(statuses == [10, 11, 12, 13, 14, 15, 16, 17])
        let changes = try agent.traces().changes(since: before)
        #expect(changes == [])
    }

    @Test("a process that stopped is no end")
    func stop() throws {
        try agent.startIdle { $0.namespaces &= ~CloneFlags.process }

        try agent.perform(.signalProcess(ProcessSignal(container: "c", signal: 19)))
        try agent.perform(.signalProcess(ProcessSignal(container: "c", signal: 9)))

        #expect(try agent.exit().signal == 9)
    }

    /// A machine that is a copy must be told from others before anything runs in it.
    @Test("there are no containers before the machine is set up")
    func setUp() throws {
        let agent = try NativeAgent("--spares", isSetUp: false)
        let before = try agent.traces()

        let failure = try agent.failure(of: Plans.container("true"))
        let changes = try agent.changes(since: before)
        try agent.perform(NativeAgent.setUp)
        try agent.startIdle()

        #expect(failure.kind == .wrongState)
        #expect(failure.message == "the machine has not been set up")
        #expect(changes == [])
    }

    @Test("the end is answered when nothing runs any more")
    func answerOfTheEnd() throws {
        try agent.startIdle("one")
        try agent.startIdle("two") { $0.namespaces &= ~CloneFlags.process }
        let folders = ["/vmrun-test-one", "/vmrun-test-two"]
        let before = folders.flatMap { agent.cgroup.processes(in: $0) }

        let reply = try agent.request(.shutdown)
        let after = folders.flatMap { agent.cgroup.processes(in: $0) }

        #expect(before.count == 2)
        #expect(reply.failure == nil)
        #expect(after == [])
        #expect(try agent.waitForEnd() == .exited(0))
    }

    @Test("the agent ends with all containers when the host says so")
    func shutdown() throws {
        try agent.startIdle()

        try agent.perform(.shutdown)

        #expect(try agent.waitForEnd() == .exited(0))
        #expect(agent.cgroup.folders.flatMap { agent.cgroup.processes(in: $0) } == [])
    }

    @Test("the agent ends with all containers when the host is gone")
    func hostGone() throws {
        try agent.startIdle()

        agent.hangUp()

        #expect(try agent.waitForEnd() == .exited(0))
        #expect(agent.cgroup.folders.flatMap { agent.cgroup.processes(in: $0) } == [])
    }
}
