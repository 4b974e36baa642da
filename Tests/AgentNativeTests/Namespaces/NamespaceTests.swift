@testable import AgentCore
import Foundation
import Protocols
import Testing

@Suite("Namespaces", .native)
struct NamespaceTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    struct Kind: Sendable, CustomTestStringConvertible {
        let file: String
        let flag: UInt64
        var testDescription: String { file }
    }

    private static let kinds = [
        Kind(file: "cgroup", flag: CloneFlags.cgroup), Kind(file: "ipc", flag: CloneFlags.ipc),
        Kind(file: "net", flag: CloneFlags.network), Kind(file: "pid", flag: CloneFlags.process),
        Kind(file: "uts", flag: CloneFlags.uts),
    ]

    private func ofAgent(_ kind: Kind) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(agent.pid)/ns/\(kind.file)") + "\n"
    }

    private func ofContainer(_ kind: Kind, isNew: Bool) throws -> String {
        let plan = Plans.container("readlink", "/proc/self/ns/\(kind.file)")
        return try agent.run(plan) {
            if !isNew {
                $0.namespaces &= ~kind.flag
                if kind.flag == CloneFlags.uts { $0.hostname = "" }
            }
        }.output
    }

    @Test("a container has a namespace of its own where the plan says so", arguments: kinds)
    func own(kind: Kind) throws {
        #expect(try ofContainer(kind, isNew: true) != ofAgent(kind))
    }

    @Test("a container shares the agent's namespace elsewhere", arguments: kinds)
    func agents(kind: Kind) throws {
        #expect(try ofContainer(kind, isNew: false) == ofAgent(kind))
    }

    @Test("a container has mounts of its own even where the plan does not say so")
    func mounts() throws {
        let mnt = Kind(file: "mnt", flag: CloneFlags.mount)

        let outcome = try ofContainer(mnt, isNew: false)

        #expect(outcome.hasPrefix("mnt:["))
        #expect(try outcome != ofAgent(mnt))
    }

    @Test("two containers have different namespaces", arguments: kinds)
    func others(kind: Kind) throws {
        try agent.startIdle("other")

        let other = try agent.execute(
            Plans.process(["readlink", "/proc/self/ns/\(kind.file)"]), in: "other")

        #expect(try ofContainer(kind, isNew: true) != other.output)
    }

    @Test("the first process of a pid namespace is number 1, without a parent")
    func processNumber() throws {
        let outcome = try agent.shell("echo $$ $PPID")

        #expect(outcome == Outcome(output: "1 0\n"))
    }

    @Test("hostname and domain name are the plan's, and nobody else's")
    func names() throws {
        let host = try Host.text(of: "/proc/sys/kernel/hostname")

        let outcome = try agent.shell("hostname; cat /proc/sys/kernel/domainname") {
            $0.hostname = "some-host.example"
            $0.domainname = "example.org"
        }

        #expect(outcome == Outcome(output: "some-host.example\nexample.org\n"))
        #expect(try Host.text(of: "/proc/sys/kernel/hostname") == host)
    }

    @Test("a hostname that is too long is an error")
    func longName() throws {
        var plan = Plans.container("true")
        plan.hostname = String(repeating: "x", count: 65)

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "set hostname \"\(plan.hostname)\": invalid argument")
    }

    @Test("a network namespace has a loopback interface that is up, and nothing else")
    func network() throws {
        let outcome = try agent.shell("ip -o link | cut -d ' ' -f 2,3; ip -o -4 addr show lo")

        #expect(outcome.output.hasPrefix("lo: <LOOPBACK,UP,LOWER_UP>\n"))
        #expect(outcome.output.contains("127.0.0.1/8"))
        #expect(!outcome.output.contains("eth"))
    }

    @Test("an IPC namespace has no message queues but its own")
    func queues() throws {
        try agent.startIdle("other")
        let touch = Plans.process(["touch", "/dev/mqueue/theirs"])
        #expect(try agent.execute(touch, in: "other") == Outcome())

        let outcome = try agent.shell("touch /dev/mqueue/mine; ls /dev/mqueue")

        #expect(outcome == Outcome(output: "mine\n"))
    }
}
