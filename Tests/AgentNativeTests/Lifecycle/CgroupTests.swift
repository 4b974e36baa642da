@testable import AgentCore
import Foundation
import Protocols
import Testing

@Suite("Control groups", .native)
struct CgroupTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("a container is in its cgroup, which it takes for the root of all")
    func own() throws {
        let outcome = try agent.shell(
            "grep ^0:: /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs")

        // The shell and cat.
        #expect(outcome.output.hasPrefix("0::/\n1\n"))
    }

    @Test("without a cgroup namespace it sees where it is, and only its own")
    func shared() throws {
        let outcome = try agent.shell(
            "grep ^0:: /proc/self/cgroup; head -n 1 /sys/fs/cgroup/cgroup.procs"
        ) {
            $0.namespaces &= ~CloneFlags.cgroup
            $0.cgroupPath = "/some"
        }

        #expect(outcome == Outcome(output: "0::/some\n1\n"))
    }

    @Test("a container without a cgroup of its own is in the agent's")
    func none() throws {
        let outcome = try agent.shell("grep ^0:: /proc/self/cgroup") {
            $0.cgroupPath = ""
            $0.namespaces &= ~CloneFlags.cgroup
        }

        #expect(outcome == Outcome(output: "0::/agent\n"))
    }

    @Test("`..` in the path does not lead above the agent's root")
    func outside() throws {
        var plan = Plans.container("true")
        plan.cgroupPath = "/../../outside"

        try agent.perform(.createContainer(plan))

        #expect(agent.cgroup.folders == ["/agent", "/outside"])
        #expect(agent.cgroup.processes(in: "/outside").count == 1)
    }

    @Test("the cgroups above a container's are made, and stay for others")
    func nestedPath() throws {
        var plan = Plans.container("true")
        plan.cgroupPath = "/above/it"
        try agent.perform(.createContainer(plan))
        let folders = agent.cgroup.folders

        try agent.perform(.deleteContainer(container: "c"))

        #expect(folders == ["/above", "/above/it", "/agent"])
        #expect(agent.cgroup.folders == ["/above", "/agent"])
    }

    @Test("settings are written in their order")
    func settings() throws {
        let outcome = try agent.shell("cat /sys/fs/cgroup/cgroup.max.depth") {
            $0.cgroupSettings = [
                Assignment(name: "cgroup.max.depth", value: "5"),
                Assignment(name: "cgroup.max.depth", value: "3"),
            ]
        }

        #expect(outcome == Outcome(output: "3\n"))
    }

    @Test("cgroups that the container made go with it")
    func nested() throws {
        let outcome = try agent.shell(
            "cd /sys/fs/cgroup && mkdir -p a/b/c d && echo 0 >a/b/c/cgroup.procs && (sleep 86400 &)"
        ) {
            $0.mounts.removeLast()
            $0.mounts.append(Plans.mount("/sys/fs/cgroup", "cgroup2"))
            $0.namespaces &= ~CloneFlags.process
        }

        #expect(outcome == Outcome())
    }

    @Test("one more process is in the cgroup of the container")
    func exec() throws {
        try agent.startIdle()
        let sleep = Plans.process(["sleep", "86400"])

        try agent.perform(.startProcess(container: "c", process: "e", sleep))

        #expect(agent.cgroup.processes(in: "/vmrun-test-c").count == 2)
    }

    /// A container whose process has gone into a cgroup below, `below`, after these commands.
    private func startBelow(_ commands: String = "") throws {
        try agent.startInWritableCgroup(
            """
            cd /sys/fs/cgroup && mkdir below && echo 0 >below/cgroup.procs \(commands)
            echo ready
            exec sleep 86400
            """)
    }

    private func exec(in cgroup: String) throws -> AgentRequest.Body {
        var sleep = Plans.process(["sleep", "86400"])
        sleep.cgroup = cgroup
        return .startProcess(container: "c", process: "e" + cgroup, sleep)
    }

    private func count(_ path: String) -> Int {
        agent.cgroup.processes(in: "/vmrun-test-c" + path).count
    }

    @Test("one more process is in the cgroup below that of the container that it asks for")
    func execBelow() throws {
        try startBelow()

        try agent.perform(exec(in: ""))
        try agent.perform(exec(in: "below"))
        try agent.perform(exec(in: "../below"))
        let missing = try agent.refusal(of: exec(in: "none"))

        #expect(count("") == 1)
        #expect(count("/below") == 3)
        #expect(
            missing?.message.hasSuffix("-c/none/cgroup.procs: no such file or directory") == true)
    }

    @Test(
        "where the container's own cgroup takes none, one more process is with the init process",
        .enabled(if: NativeCgroup.has("hugetlb"), "needs the hugetlb controller in cgroup v2"))
    func execBesideInit() throws {
        try startBelow("&& echo +hugetlb >cgroup.subtree_control")

        try agent.perform(exec(in: ""))
        let refusal = try agent.refusal(of: exec(in: "/"))

        #expect(count("/below") == 2)
        #expect(
            refusal?.message.hasPrefix("error adding pid of the process to cgroups: ") == true)
        #expect(refusal?.message.hasSuffix("resource busy") == true)
    }

    @Test(
        "a limit of memory holds",
        .enabled(if: NativeCgroup.has("memory"), "needs the memory controller in cgroup v2"))
    func memory() throws {
        let outcome = try agent.shell("head -c 100000000 /dev/zero | grep x") {
            $0.cgroupSettings = [
                Assignment(name: "memory.max", value: "20000000"),
                Assignment(name: "memory.swap.max", value: "0"),
            ]
        }

        #expect(outcome.status == 137)
    }

    @Test(
        "a limit of processes holds",
        .enabled(if: NativeCgroup.has("pids"), "needs the pids controller in cgroup v2"))
    func processes() throws {
        let outcome = try agent.shell("sleep 86400 & sleep 86400 & sleep 86400 & wait") {
            $0.cgroupSettings = [Assignment(name: "pids.max", value: "2")]
        }

        #expect(outcome.errors.contains("can't fork"))
    }
}
