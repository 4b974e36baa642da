@testable import AgentCore
import Protocols
import Testing

@Suite("Exit statuses and signals", .native)
struct ExitTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func signal(
        _ number: UInt32, to process: String = "", all: Bool = false
    ) throws {
        try agent.perform(
            .signalProcess(
                ProcessSignal(container: "c", process: process, signal: number, all: all)))
    }

    @Test("an exit status arrives", arguments: [0, 1, 7, 126, 127, 128, 255] as [UInt32])
    func status(status: UInt32) throws {
        #expect(try agent.shell("exit \(status)") == Outcome(status: status))
    }

    @Test(
        "a program that a signal ends has 128 and its number",
        arguments: [1, 2, 6, 9, 11, 13, 15, 34] as [UInt32])
    func ended(number: UInt32) throws {
        // PID 1 of a pid namespace is not ended by signals that it sends to itself.
        let outcome = try agent.shell("kill -\(number) $$") {
            $0.namespaces &= ~CloneFlags.process
        }

        #expect(outcome == Outcome(status: 128 + number, signal: number))
    }

    @Test("a signal of the host reaches the init process, which handles it")
    func handled() throws {
        let streams = try Streams3(agent)
        var plan = Plans.container(
            "sh", "-c",
            "trap 'echo caught; exit 3' TERM; sleep 86400 & echo ready; while :; do wait; done")
        plan.process.streams = streams.ports
        try agent.perform(.createContainer(plan))
        try streams.input.accept()
        try streams.output.accept()
        try agent.perform(.startContainer(container: "c"))
        _ = try streams.output.read(until: "ready\n")

        try signal(15)

        #expect(try streams.output.read(until: "caught\n") == "caught\n")
        #expect(try agent.exit().exitStatus == 3)
    }

    @Test("SIGKILL ends the init process")
    func killed() throws {
        try agent.startIdle()

        try signal(9)

        let exit = try agent.exit()
        #expect(exit == ProcessExit(container: "c", process: "", exitStatus: 137, signal: 9))
    }

    @Test("a signal for one process reaches that one only")
    func one() throws {
        try agent.startIdle()
        let sleep = Plans.process(["sleep", "86400"])
        try agent.perform(.startProcess(container: "c", process: "e1", sleep))
        try agent.perform(.startProcess(container: "c", process: "e2", sleep))

        try signal(15, to: "e1")

        #expect(try agent.exit(of: "e1").exitStatus == 143)
        #expect(try agent.execute(Plans.process(["true"])) == Outcome())
        try signal(9, to: "e2")
        #expect(try agent.exit(of: "e2").exitStatus == 137)
    }

    @Test("a signal for all reaches all", arguments: [9, 15] as [UInt32])
    func all(number: UInt32) throws {
        try agent.startIdle { $0.namespaces &= ~CloneFlags.process }
        let sleep = Plans.process(["sleep", "86400"])
        try agent.perform(.startProcess(container: "c", process: "e1", sleep))
        try agent.perform(.startProcess(container: "c", process: "e2", sleep))

        try signal(number, all: true)

        #expect(try agent.exit().signal == number)
        #expect(try agent.exit(of: "e1").signal == number)
        #expect(try agent.exit(of: "e2").signal == number)
    }

    @Test("a signal that does not exist is an error")
    func unknownSignal() throws {
        try agent.startIdle()

        let failure = try agent.refusal(
            of: .signalProcess(ProcessSignal(container: "c", signal: 99)))

        #expect(failure?.message == "send signal \"99\": invalid argument")
    }

    @Test("the end of the init process ends all others of its pid namespace")
    func others() throws {
        try agent.startIdle()
        let sleep = Plans.process(["sleep", "86400"])
        try agent.perform(.startProcess(container: "c", process: "e1", sleep))

        try signal(9)

        #expect(try agent.exit(of: "e1").exitStatus == 137)
        #expect(try agent.exit().exitStatus == 137)
    }

    @Test("orphans are waited for, and are no news")
    func orphans() throws {
        let outcome = try agent.shell("(sleep 0 & sleep 0 &); exit 4") {
            $0.namespaces &= ~CloneFlags.process
        }

        #expect(outcome == Outcome(status: 4))
    }
}
