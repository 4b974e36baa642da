@testable import AgentCore
import Foundation
import Protocols
import Testing

/// How a container keeps its processes together.
enum Togetherness: String, CaseIterable, CustomTestStringConvertible {
    case cgroupAndPIDs = "a cgroup and a pid namespace"
    case cgroup = "a cgroup"
    case pids = "a pid namespace"
    case nothing

    var testDescription: String { rawValue }

    func apply(_ plan: inout ContainerPlan) {
        if self == .cgroup || self == .nothing { plan.namespaces &= ~CloneFlags.process }
        if self == .pids || self == .nothing {
            plan.cgroupPath = ""
            plan.namespaces &= ~CloneFlags.cgroup
        }
    }
}

@Suite("All processes of a container", .native)
struct AllProcessesTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func list(_ container: String = "c") throws -> [GuestProcess] {
        let reply = try agent.request(.listProcesses(container: container))
        if let failure = reply.failure { throw failure }
        return reply.processes
    }

    /// Lists until it is as expected: a child may not have executed its program yet, or not have ended.
    private func list(until isExpected: ([GuestProcess]) -> Bool) throws -> [GuestProcess] {
        let deadline = ContinuousClock.now + .milliseconds(Patience.milliseconds)
        while true {
            let processes = try list()
            if isExpected(processes) || ContinuousClock.now > deadline { return processes }
        }
    }

    private let sleep = Plans.process(["sleep", "86400"])

    /// Starts a shell with a child, and one process more.
    private func startThree(_ kind: Togetherness) throws {
        let output = try agent.stream()
        var plan = Plans.container("sh", "-c", "sleep 86400 & echo ready; wait")
        plan.process.streams.stdout = output.port
        kind.apply(&plan)
        try agent.perform(.createContainer(plan))
        try output.accept()
        try agent.perform(.startContainer(container: "c"))
        _ = try output.read(until: "ready")
        try agent.perform(.startProcess(container: "c", process: "e", sleep))
    }

    @Test(
        "they are listed, those of others are not",
        arguments: Togetherness.allCases)
    func list(kind: Togetherness) throws {
        try agent.startIdle("other")
        try startThree(kind)

        let expected = [
            ["sh", "-c", "sleep 86400 & echo ready; wait"], ["sleep", "86400"], ["sleep", "86400"],
        ]
        let processes = try list { $0.map(\.arguments) == expected }

        #expect(processes.map(\.arguments) == expected)
        #expect(processes.first?.name == "sh" && processes.last?.name == "sleep")
        let pids = processes.map(\.pid)
        #expect(pids == pids.sorted())
        #expect(processes.map(\.parent) == [1, pids.first, 1])
    }

    @Test("those in cgroups that the container made are listed, too")
    func nested() throws {
        try agent.startInWritableCgroup(
            """
            mkdir -p /sys/fs/cgroup/a/b; sleep 86400 & \
            echo $! >/sys/fs/cgroup/a/b/cgroup.procs; echo ready; wait
            """)

        let processes = try list { $0.last?.arguments == ["sleep", "86400"] }
        #expect(processes.count == 2)
        #expect(processes.last?.arguments == ["sleep", "86400"])
    }

    @Test("each has what the kernel knows of it")
    func fields() throws {
        try agent.startIdle {
            $0.process.uid = 1000
            $0.process.gid = 1000
        }
        let uptime = try Double(
            #require(Host.text(of: "/proc/uptime").split(separator: " ").first.map(String.init)))

        let process = try #require(list().first)

        let letters = [UInt8(ascii: "S"), UInt8(ascii: "R")].map(UInt32.init)
        #expect(process.uid == 1000)
        #expect(letters.contains(process.state))
        #expect(process.virtualSize >= 4096 && process.residentSize >= 4096)
        #expect(process.residentSize <= process.virtualSize)
        #expect(process.terminal == 0)
        #expect(process.startTime <= process.uptime)
        #expect(try process.uptime >= UInt64((#require(uptime) * 100).rounded()))
        #expect(process.cpuTime < 1000)
    }

    @Test("a terminal is told by its number")
    func terminal() throws {
        let terminal = try agent.stream()
        try agent.perform(
            .createContainer(
                {
                    var plan = Plans.container("sleep", "86400")
                    plan.process.terminal = true
                    plan.process.streams.stdin = terminal.port
                    return plan
                }()))
        try terminal.accept()
        try agent.perform(.startContainer(container: "c"))

        // Major 136, minor 0.
        #expect(try list().map(\.terminal) == [136 << 8])
    }

    @Test("arguments are cut where they are long")
    func longArguments() throws {
        var process = sleep
        process.arguments = ["sleep", "86400"] + Array(repeating: "0", count: 10000)
        try agent.startIdle()
        try agent.perform(.startProcess(container: "c", process: "e", process))

        let arguments = try #require(list().last).arguments

        #expect(arguments.prefix(3) == ["sleep", "86400", "0"])
        #expect(arguments.joined(separator: "\u{0}").utf8.count == 4095)
    }

    @Test("a container whose process has ended has none")
    func ended() throws {
        try agent.start(Plans.container("true"))
        _ = try agent.exit()

        #expect(try list() == [])
    }

    @Test(
        "a signal reaches all of them, whatever keeps them together",
        arguments: Togetherness.allCases, [9, 15] as [UInt32])
    func signal(kind: Togetherness, number: UInt32) throws {
        try startThree(kind)

        try agent.perform(
            .signalProcess(ProcessSignal(container: "c", signal: number, all: true)))

        // The first of a pid namespace does not hear signals that it has no handler for (pid_namespaces(7)).
        let isDeaf = number == 15 && (kind == .cgroupAndPIDs || kind == .pids)
        let end = try agent.exit(of: "e").signal
        // Its child has heard the signal, so the first ends too, and the kernel kills whoever is left by then.
        #expect(end == number || isDeaf && end == 9)
        if !isDeaf { #expect(try agent.exit().signal == number) }
        // A shell that has waited for its child ends.
        let most = isDeaf ? 1 : 0
        #expect(try list { $0.count <= most }.count <= most)
    }

    @Test(
        "a signal to all of a created container reaches its first process",
        arguments: [9, 15] as [UInt32])
    func created(number: UInt32) throws {
        try agent.perform(
            .createContainer(
                {
                    var plan = Plans.container("true")
                    plan.namespaces &= ~CloneFlags.process
                    return plan
                }()))

        try agent.perform(
            .signalProcess(ProcessSignal(container: "c", signal: number, all: true)))

        #expect(try agent.exit().signal == number)
    }

    @Test("what a process leaves behind without a pid namespace is reached after its end")
    func orphans() throws {
        try agent.start(Plans.container("sh", "-c", "sleep 86400 &")) {
            $0.namespaces &= ~CloneFlags.process
        }
        _ = try agent.exit()
        let before = try list().count

        try agent.perform(.signalProcess(ProcessSignal(container: "c", signal: 15, all: true)))

        #expect(before == 1)
        #expect(try list { $0.isEmpty } == [])
    }
}
