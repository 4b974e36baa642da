@testable import AgentCore
import Protocols
import Testing

@Suite("One more process in a container", .native)
struct ExecTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
        try agent.startIdle()
    }

    private func shell(
        _ script: String, _ change: (inout ProcessPlan) -> Void = { _ in }
    ) throws -> Outcome {
        var process = Plans.process(["sh", "-c", script])
        change(&process)
        return try agent.execute(process)
    }

    private func refusal(
        _ process: ProcessPlan, name: String = "e"
    ) throws -> Failure? {
        try agent.refusal(of: .startProcess(container: "c", process: name, process))
    }

    @Test("its output and status arrive")
    func outcome() throws {
        let outcome = try shell("echo out; echo err >&2; exit 7")

        #expect(outcome == Outcome(status: 7, output: "out\n", errors: "err\n"))
    }

    @Test(
        "it is in the namespaces of the container",
        arguments: ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"])
    func namespaces(kind: String) throws {
        let outcome = try shell("readlink /proc/1/ns/\(kind); readlink /proc/self/ns/\(kind)") {
            // To read another process's links.
            $0.capabilities = nil
        }

        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first == lines.last)
    }

    @Test("it has the root, the mounts and the hostname of the container")
    func place() throws {
        let outcome = try shell("hostname; touch /etc/x; cat /proc/self/cgroup")

        #expect(outcome.output.hasPrefix("vmrun-test\n"))
        #expect(outcome.output.contains("0::/\n"))
        #expect(outcome.errors == "touch: /etc/x: Read-only file system\n")
    }

    @Test("user, groups, umask and folder are its own")
    func identity() throws {
        let outcome = try shell("id -u; id -G; umask; pwd; echo $HOME") {
            $0.uid = 1000
            $0.gid = 100
            $0.additionalGIDs = [3]
            $0.umask = 0o77
            $0.workingDirectory = "/home/alice"
        }

        #expect(outcome == Outcome(output: "1000\n100 3\n0077\n/home/alice\n/home/alice\n"))
    }

    @Test("environment, capabilities and limits are its own")
    func rights() throws {
        let outcome = try shell("echo $A; grep CapEff /proc/self/status; ulimit -n") {
            $0.environment = ["PATH=/bin", "A=b"]
            $0.capabilities?.permitted = 1 << 5
            $0.capabilities?.effective = 1 << 5
            $0.resourceLimits = [ResourceLimit(resource: 7, soft: 77, hard: 88)]
        }

        #expect(outcome == Outcome(output: "b\nCapEff:\t0000000000000020\n77\n"))
    }

    @Test("a folder that is missing is an error, and is not made")
    func missingFolder() throws {
        var process = Plans.process(["true"])
        process.workingDirectory = "/nowhere"

        let failure = try refusal(process)

        #expect(failure?.message == "chdir to cwd \"/nowhere\": no such file or directory")
    }

    @Test("its score for the killer of memory hogs is its own")
    func oomScore() throws {
        let first = try shell("cat /proc/self/oom_score_adj") { $0.oomScoreAdjustment = 321 }
        let second = try shell("cat /proc/self/oom_score_adj")

        #expect(first == Outcome(output: "321\n"))
        #expect(second == Outcome(output: "0\n"))
    }

    @Test("it has no descriptors but its streams")
    func descriptors() throws {
        #expect(try shell("exec ls /proc/self/fd") == Outcome(output: "0\n1\n2\n3\n"))
    }

    @Test("its name is free again after its end, and after a failure")
    func reuse() throws {
        #expect(try shell("exit 1").status == 1)
        #expect(try refusal(Plans.process(["nothere"])) != nil)
        #expect(try refusal(Plans.process(["nothere"]))?.kind == .programNotFound)
        #expect(try shell("exit 2").status == 2)
    }

    @Test("a name that is taken or empty is an error", arguments: ["taken", ""])
    func badName(name: String) throws {
        let sleep = Plans.process(["sleep", "86400"])
        try agent.perform(.startProcess(container: "c", process: "taken", sleep))

        let failure = try refusal(sleep, name: name)

        #expect(failure?.kind == .wrongState)
        #expect(failure?.message == "process \"\(name)\" exists already")
    }

    @Test("a process that has ended takes no signals")
    func ended() throws {
        _ = try shell("true")

        let failure = try agent.refusal(
            of: .signalProcess(ProcessSignal(container: "c", process: "e", signal: 15)))

        #expect(failure?.kind == .notFound)
        #expect(failure?.message == "process already finished")
    }

    @Test("many run at once, each with its own end")
    func many() throws {
        let before = try agent.traces()
        let names = (0..<20).map { "e\($0)" }
        for (number, name) in names.enumerated() {
            let process = Plans.process(["sh", "-c", "exit \(number)"])
            try agent.perform(.startProcess(container: "c", process: name, process))
        }

        let statuses = try names.map { try agent.exit(of: $0).exitStatus }

        #expect(statuses == Array(0..<20))
        let changes = try agent.traces().changes(since: before)
        #expect(changes == [])
    }

    @Test("its end is told while its children live on and hold its streams")
    func background() throws {
        let outcome = try shell("sleep 86400 & echo started; exit 6")

        #expect(outcome == Outcome(status: 6, output: "started\n"))
        #expect(try shell("ps | grep -c '[s]leep 86400'").output == "2\n")
    }

    @Test("one that fails leaves nothing")
    func failure() throws {
        let before = try agent.traces()
        var process = Plans.process(["true"])
        process.streams.stdin = 9999

        #expect(try refusal(process)?.operation == "connect the streams")
        #expect(try refusal(Plans.process(["/etc"]))?.kind == .programNotExecutable)

        let changes = try agent.traces().changes(since: before)
        #expect(changes == [])
    }

    @Test("a user may open its own streams again")
    func ownStreams() throws {
        let outcome = try shell("echo o >/dev/stdout; echo e >/dev/stderr") { $0.uid = 1000 }

        #expect(outcome == Outcome(output: "o\n", errors: "e\n"))
    }

    /// As runc allows it; podman and buildah ask for it.
    @Test(
        "it comes into a container that is created and not started",
        arguments: [0, CloneFlags.process])
    func created(without: UInt64) throws {
        var plan = Plans.container("sleep", "86400", id: "d")
        plan.namespaces &= ~without
        try agent.perform(.createContainer(plan))

        let outcome = try agent.execute(
            Plans.process(["sh", "-c", "hostname; grep ^0:: /proc/self/cgroup; exit 4"]), in: "d")
        try agent.perform(.startContainer(container: "d"))

        #expect(outcome == Outcome(status: 4, output: "vmrun-test\n0::/\n"))
        #expect(try agent.execute(Plans.process(["true"]), in: "d") == Outcome())
    }

    @Test("it may end before the created container starts, and outlive nothing")
    func createdDeleted() throws {
        let before = try agent.traces()
        try agent.perform(.createContainer(Plans.container("true", id: "d")))
        try agent.perform(
            .startProcess(container: "d", process: "e", Plans.process(["sleep", "86400"])))

        try agent.perform(.deleteContainer(container: "d"))

        #expect(agent.endedProcesses.sorted() == ["", "e"])
        #expect(try agent.changes(since: before) == [])
    }

    @Test("it comes into a container that shares the agent's pid namespace")
    func sharedProcesses() throws {
        try agent.startIdle("d") { $0.namespaces &= ~CloneFlags.process }

        let outcome = try agent.execute(Plans.process(["cat", "/proc/1/comm"]), in: "d")

        #expect(outcome == Outcome(output: "AgentHost\n"))
    }
}
