@testable import AgentCore
import Foundation
import Protocols
import Testing

/// What an agent has made before it is asked for a container.
@Suite("Spares", .native)
struct SparesTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent("--spares")
    }

    /// What the agent's descriptors are of a kind: `net:[4026531840]`.
    private func held(_ kind: String) throws -> [String] {
        let folder = "/proc/\(agent.pid)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)
        }.filter { $0.hasPrefix(kind) }
    }

    /// The network namespace of a container that runs.
    private func network(of id: String) throws -> String {
        let outcome = try agent.execute(
            Plans.process(["readlink", "/proc/self/ns/net"]), in: id)
        return String(outcome.output.dropLast())
    }

    @Test("an agent that nobody has asked for spares has none")
    func none() throws {
        let agent = try NativeAgent()

        #expect(agent.cgroup.folders == ["/agent"])
    }

    @Test("a network namespace and a cgroup wait for the first container")
    func made() throws {
        let own = try FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(agent.pid)/ns/net")

        #expect(agent.cgroup.folders == ["/@container", "/agent"])
        #expect(try held("net:").count == 1)
        #expect(try held("net:") != [own])
        #expect(try held("anon_inode:bpf-prog").count == 1)
    }

    @Test("the first container takes the network namespace, the second one gets its own")
    func network() throws {
        let spare = try held("net:")

        try agent.startIdle("first")
        try agent.startIdle("second")
        let first = try network(of: "first")
        let second = try network(of: "second")

        #expect([first] == spare)
        #expect(second.hasPrefix("net:"))
        #expect(first != second)
    }

    @Test(
        "in either network namespace the loopback interface is up, and there is no other",
        arguments: ["first", "second"])
    func loopback(id: String) throws {
        try agent.startIdle("first")
        try agent.startIdle("second")

        let links = Plans.process(["sh", "-c", "ip -o link | cut -d ' ' -f 2,3; ip -o -4 addr"])
        let outcome = try agent.execute(links, in: id)
        // The listener may begin later than the other side.
        let script = """
            nc -l -p 7 & tries=0
            until echo | nc 127.0.0.1 7; do
                tries=$((tries + 1)); test $tries -lt 300 || exit 1; sleep 0.1
            done
            wait; echo connected
            """
        let ping = try agent.execute(Plans.process(["sh", "-c", script]), name: "p", in: id)

        #expect(outcome.output.hasPrefix("lo: <LOOPBACK,UP,LOWER_UP>\n"))
        #expect(outcome.output.contains("127.0.0.1/8"))
        // One of `ip link` and one of `ip addr`.
        #expect(outcome.output.split(separator: "\n").count == 2)
        #expect(ping.output.hasSuffix("connected\n"))
    }

    @Test("the first container takes the cgroup, the second one gets its own")
    func cgroup() throws {
        try agent.startIdle("first")
        let folders = agent.cgroup.folders
        try agent.startIdle("second")

        #expect(folders == ["/@container", "/agent"])
        #expect(agent.cgroup.folders == ["/@container", "/agent", "/vmrun-test-second"])
        #expect(agent.cgroup.processes(in: "/@container").count == 1)
        #expect(agent.cgroup.processes(in: "/vmrun-test-second").count == 1)
    }

    @Test("the cgroup that was taken has the settings of the plan, and is all that is seen of it")
    func settings() throws {
        try agent.startIdle {
            $0.cgroupSettings = [Assignment(name: "cgroup.max.depth", value: "3")]
        }

        let script = "cat /sys/fs/cgroup/cgroup.max.depth; grep ^0:: /proc/self/cgroup"
        let outcome = try agent.execute(Plans.process(["sh", "-c", script]))

        #expect(outcome == Outcome(output: "3\n0::/\n"))
    }

    @Test("a container that could see the name of its cgroup does not take the spare")
    func visibleCgroup() throws {
        try agent.startIdle {
            $0.namespaces &= ~CloneFlags.cgroup
            $0.cgroupPath = "/some"
        }

        let outcome = try agent.execute(Plans.process(["grep", "^0::", "/proc/self/cgroup"]))

        #expect(outcome.output == "0::/some\n")
        #expect(agent.cgroup.processes(in: "/@container") == [])
    }

    @Test("a container without a network namespace of its own leaves the spare to the next one")
    func sharedNetwork() throws {
        let spare = try held("net:")

        try agent.startIdle("first") { $0.namespaces &= ~CloneFlags.network }
        try agent.startIdle("second")

        #expect(try [network(of: "first")] != spare)
        #expect(try [network(of: "second")] == spare)
    }

    @Test(
        "a container in a user namespace leaves the spare network to the next one",
        .enabled(if: Host.hasUserNamespaces, "needs user namespaces"))
    func userNamespace() throws {
        let spare = try held("net:")

        try agent.startIdle("first") {
            $0.namespaces |= CloneFlags.user
            $0.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 1000)]
            $0.gidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 1000)]
        }
        try agent.startIdle("second")

        let first = try network(of: "first")
        #expect(first.hasPrefix("net:"))
        #expect([first] != spare)
        #expect(try [network(of: "second")] == spare)
    }

    @Test("containers with the default devices share one filter, others have their own")
    func filter() throws {
        let defaults = [DeviceRule.denyAll] + DeviceRule.defaults
        try agent.startIdle("first") { $0.deviceRules = defaults }
        try agent.startIdle("second") { $0.deviceRules = defaults }
        try agent.startIdle("third") { $0.deviceRules = Array(defaults.dropLast()) }
        try agent.startIdle("fourth")

        let shared = try agent.cgroup.filters(of: "/@container")
        let other = try agent.cgroup.filters(of: "/vmrun-test-third")
        #expect(shared.count == 1)
        #expect(try agent.cgroup.filters(of: "/vmrun-test-second") == shared)
        #expect(other.count == 1)
        #expect(other != shared)
        #expect(try agent.cgroup.filters(of: "/vmrun-test-fourth") == [])
        let read = Plans.process(["head", "-c", "1", "/dev/kmsg"])
        #expect(try agent.execute(read, in: "second").status != 0)
    }

    @Test("the streams of the first process are connected before there is a container")
    func connections() throws {
        let agent = try NativeAgent("--spares", listensAhead: true)
        let streams = try Streams3(agent)
        try streams.collect()

        try agent.start(Plans.container("cat")) { $0.process.streams = streams.ports }
        streams.feed(Array("through spares".utf8))
        let first = try streams.outcome(agent.exit())
        try agent.perform(.deleteContainer(container: "c"))

        #expect(first.output == "through spares")
        #expect(first.status == 0)
        #expect(try agent.shell("echo later").output == "later\n")
    }

    @Test("nothing is left of the spares when the first container is gone, nor of later ones")
    func leavesNothing() throws {
        try agent.startIdle("first")
        try agent.perform(.deleteContainer(container: "first"))
        let traces = try agent.traces()

        #expect(traces.cgroups == ["/agent"])
        #expect(try held("net:") == [])
        // It compares the traces before and after.
        #expect(try agent.shell("exit 4").status == 4)
    }

    @Test("a container that cannot be created takes the spares with it")
    func failed() throws {
        var plan = Plans.container("true")
        plan.sysctls = [Assignment(name: "kernel.nothing", value: "1")]

        let failure = try agent.request(.createContainer(plan)).failure
        let traces = try agent.traces()

        #expect(failure?.operation == "write sysctl \"kernel.nothing\"")
        #expect(traces.cgroups == ["/agent"])
        #expect(try held("net:") == [])
        #expect(try agent.shell("exit 4").status == 4)
    }

    @Test("a root that is not there costs no spare")
    func refused() throws {
        let spare = try held("net:")
        var plan = Plans.container("true")
        plan.rootPath = "nothing"

        let failure = try agent.request(.createContainer(plan)).failure
        try agent.startIdle()

        #expect(failure?.operation == "open root file system \"nothing\"")
        #expect(try [network(of: "c")] == spare)
    }
}
