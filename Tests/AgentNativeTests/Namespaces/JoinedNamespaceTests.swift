@testable import AgentCore
import Protocols
import Testing

/// A container that joins namespaces of another one.
@Suite("Joined namespaces", .native)
struct JoinedNamespaceTests {
    private static let joined =
        CloneFlags.network | CloneFlags.ipc | CloneFlags.uts | CloneFlags.process
    private static let script =
        "for kind in net ipc uts pid mnt; do readlink /proc/self/ns/$kind; done"

    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
        try agent.startIdle("pod")
    }

    private func neighbour(_ script: String, joining: UInt64) throws -> Outcome {
        try agent.run(Plans.container("sh", "-c", script)) {
            $0.joinedNamespaces = joining
            $0.joinedContainer = "pod"
            if joining & CloneFlags.uts != 0 { $0.hostname = "" }
        }
    }

    private func kinds(_ text: String) -> [String] {
        text.split(separator: "\n").map { String($0) }
    }

    @Test("it has those of the other one, and mounts of its own")
    func all() throws {
        let others = kinds(
            try agent.execute(Plans.process(["sh", "-c", Self.script]), in: "pod").output)
        let own = kinds(try neighbour(Self.script, joining: Self.joined).output)
        #expect(own.count == 5)
        #expect(own.prefix(4) == others.prefix(4))
        #expect(own.last != others.last)
    }

    @Test("it has those alone that it asks for")
    func one() throws {
        let others = kinds(
            try agent.execute(Plans.process(["sh", "-c", Self.script]), in: "pod").output)
        let own = kinds(try neighbour(Self.script, joining: CloneFlags.network).output)
        #expect(zip(own, others).map { $0 == $1 } == [true, false, false, false, false])
    }

    @Test("processes of exec are in the same ones")
    func exec() throws {
        var plan = Plans.container("sleep", "1000", id: "other")
        plan.joinedNamespaces = Self.joined
        plan.joinedContainer = "pod"
        plan.hostname = ""
        try agent.perform(.createContainer(plan))
        try agent.perform(.startContainer(container: "other"))
        let script = Plans.process(["sh", "-c", Self.script])
        let others = kinds(try agent.execute(script, in: "pod").output)
        let own = kinds(try agent.execute(script, in: "other").output)
        #expect(own.prefix(4) == others.prefix(4))
    }

    @Test("one that is not there cannot be joined")
    func missing() throws {
        var plan = Plans.container("true")
        plan.joinedNamespaces = CloneFlags.network
        plan.joinedContainer = "nobody"
        let failure = try agent.refusal(of: .createContainer(plan))
        #expect(failure?.message == "container \"nobody\" does not exist")
    }

    @Test("what cannot be joined is refused", arguments: [CloneFlags.mount, CloneFlags.cgroup, 1])
    func kinds(flag: UInt64) throws {
        var plan = Plans.container("true")
        plan.joinedNamespaces = flag
        plan.joinedContainer = "pod"
        let failure = try agent.refusal(of: .createContainer(plan))
        #expect(
            failure?.message
                == "namespaces are joined that are not asked for, or cannot be joined")
    }
}
