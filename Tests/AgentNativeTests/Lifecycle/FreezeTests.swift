@testable import AgentCore
import Foundation
import Linux
import Protocols
import Testing

@Suite("Freezing and thawing", .native)
struct FreezeTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private static let freeze = AgentRequest.Body.freezeContainer(container: "c", frozen: true)
    private static let thaw = AgentRequest.Body.freezeContainer(container: "c", frozen: false)

    private func startFrozen(_ change: (inout ContainerPlan) -> Void = { _ in }) throws {
        try agent.startIdle("c", change)
        try agent.perform(Self.freeze)
    }

    /// What the kernel of this host says of the container's cgroup.
    private func isFrozen() throws -> Bool {
        try Host.text(of: agent.cgroup.path + "/vmrun-test-c/cgroup.events").contains("frozen 1")
    }

    @Test("when it is answered all processes have come to rest, and later go on")
    func stops() throws {
        try agent.makeFolder("volume")
        try agent.start(
            Plans.container("sh", "-c", "while :; do echo x >>/v/beats; done")
        ) { $0.mounts.append(Plans.bind("volume", at: "/v")) }

        try agent.perform(Self.freeze)
        let isFrozen = try isFrozen()
        let first = agent.text(of: "volume/beats")
        Thread.sleep(forTimeInterval: 0.1)
        let second = agent.text(of: "volume/beats")
        try agent.perform(Self.thaw)

        #expect(isFrozen)
        #expect(first == second)
        #expect(try !self.isFrozen())
        #expect(try agent.execute(Plans.process(["true"])) == Outcome())
    }

    @Test("a container that is frozen, or goes on, already is fine")
    func twice() throws {
        try startFrozen()

        #expect(try agent.refusal(of: Self.freeze) == nil)
        #expect(try isFrozen())
        #expect(try agent.refusal(of: Self.thaw) == nil)
        #expect(try agent.refusal(of: Self.thaw) == nil)
        #expect(try !isFrozen())
    }

    @Test("requests that come at once are answered in their order, the second may be refused")
    func together() throws {
        try agent.startIdle()

        let replies = try agent.requests(Self.freeze, Self.thaw)

        let busy = "the container is being paused or resumed already"
        #expect(replies.first?.failure == nil)
        #expect([nil, busy].contains(replies.last?.failure?.message))
    }

    @Test("a process that is started in a frozen container runs when that goes on")
    func exec() throws {
        try startFrozen()
        let exec = AgentRequest.Body.startProcess(
            container: "c", process: "e", Plans.process(["true"]))

        let replies = try agent.requests(exec, Self.thaw)

        #expect(replies.allSatisfy { $0.failure == nil })
        #expect(try agent.exit(of: "e").exitStatus == 0)
    }

    @Test("a process that was started in a frozen container goes with it")
    func execKilled() throws {
        try startFrozen()
        let exec = AgentRequest.Body.startProcess(
            container: "c", process: "e", Plans.process(["true"]))

        let replies = try agent.requests(exec, .deleteContainer(container: "c"))

        #expect(replies.allSatisfy { $0.failure == nil })
        #expect(try agent.exit(of: "e").signal == 9)
    }

    @Test("a created container can be frozen, and is not started before it is thawed")
    func created() throws {
        try agent.perform(.createContainer(Plans.container("true")))
        try agent.perform(Self.freeze)

        let failure = try agent.refusal(of: .startContainer(container: "c"))
        try agent.perform(Self.thaw)
        try agent.perform(.startContainer(container: "c"))

        #expect(failure?.kind == .wrongState)
        #expect(failure?.message == "cannot start a container in the paused state")
        #expect(try agent.exit().exitStatus == 0)
    }

    @Test("a frozen process is killed, by itself or with all others", arguments: [false, true])
    func kill(all: Bool) throws {
        try startFrozen()

        try agent.perform(.signalProcess(ProcessSignal(container: "c", signal: 9, all: all)))

        #expect(try agent.exit().signal == 9)
    }

    @Test("a frozen process of exec is killed alone")
    func killExec() throws {
        try agent.startIdle()
        try agent.perform(
            .startProcess(container: "c", process: "e", Plans.process(["sleep", "86400"])))
        try agent.perform(Self.freeze)

        try agent.perform(.signalProcess(ProcessSignal(container: "c", process: "e", signal: 9)))

        #expect(try agent.exit(of: "e").signal == 9)
        #expect(try isFrozen())
        #expect(agent.cgroup.processes(in: "/vmrun-test-c").count == 1)
    }

    @Test("a signal that a process handles arrives when the container goes on")
    func signal() throws {
        let output = try agent.stream()
        var plan = Plans.container(
            "sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do :; done")
        plan.process.streams.stdout = output.port
        try agent.perform(.createContainer(plan))
        try output.accept()
        try agent.perform(.startContainer(container: "c"))
        _ = try output.read(until: "ready")
        try agent.perform(Self.freeze)

        try agent.perform(.signalProcess(ProcessSignal(container: "c", signal: 15, all: true)))
        let isThere = agent.cgroup.processes(in: "/vmrun-test-c").count == 1
        try agent.perform(Self.thaw)

        #expect(isThere)
        #expect(try agent.exit().exitStatus == 5)
    }

    @Test("a frozen container is deleted, and nothing of it is left")
    func delete() throws {
        let before = try agent.traces()
        try startFrozen { $0.namespaces &= ~CloneFlags.process }

        try agent.perform(.deleteContainer(container: "c"))

        #expect(try agent.changes(since: before) == [])
    }

    @Test("the agent ends with frozen containers, too")
    func shutdown() throws {
        try startFrozen()

        try agent.perform(.shutdown)

        #expect(try agent.waitForEnd() == .exited(0))
        #expect(agent.cgroup.folders.flatMap { agent.cgroup.processes(in: $0) } == [])
    }

    @Test("a container without a cgroup of its own cannot be frozen")
    func noCgroup() throws {
        try agent.startIdle {
            $0.cgroupPath = ""
            $0.namespaces &= ~CloneFlags.cgroup
        }

        let failure = try agent.refusal(of: Self.freeze)

        #expect(failure?.kind == .wrongState)
        #expect(failure?.message == "container \"c\" has no cgroup of its own")
    }

    @Test("a container whose process has ended cannot be frozen")
    func stopped() throws {
        try agent.start(Plans.container("true"))
        _ = try agent.exit()

        let failure = try agent.refusal(of: Self.freeze)

        #expect(failure?.kind == .wrongState)
        #expect(failure?.message == "container not running")
    }

    /// Waits in a loop of the test's own for the cgroup of a container.
    private func watch(
        milliseconds: Int64, _ loop: EventLoop, _ finished: @escaping (FreezeWatch.Outcome) -> Void
    ) throws -> FreezeWatch {
        let path = agent.cgroup.path + "/vmrun-test-c/cgroup.events"
        return try FreezeWatch(
            loop, events: OwnedFD.open(path, 0), wanted: true, milliseconds: milliseconds,
            finished: finished)
    }

    @Test("a change is heard of without looking again")
    func notified() throws {
        try agent.startIdle()
        let loop = try EventLoop()
        var outcome: FreezeWatch.Outcome?
        let watch = try watch(milliseconds: Int64(Patience.milliseconds), loop) { outcome = $0 }
        watch.check()
        let before = outcome

        try agent.perform(Self.freeze)
        while outcome == nil { try loop.runOnce(timeoutMilliseconds: -1) }

        #expect(before == nil)
        #expect(outcome == .reached)
    }

    @Test("a cgroup that does not come to rest is not waited for any longer")
    func timeout() throws {
        try agent.startIdle()
        let loop = try EventLoop()
        var outcome: FreezeWatch.Outcome?
        let watch = try watch(milliseconds: 20, loop) { outcome = $0 }
        watch.check()

        while outcome == nil { try loop.runOnce(timeoutMilliseconds: -1) }

        #expect(outcome == .timedOut)
    }
}
