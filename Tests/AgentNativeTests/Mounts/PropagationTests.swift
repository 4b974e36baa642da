@testable import AgentCore
import Protocols
import Testing

/// MS_* of mount(2).
private let unbindable: UInt64 = 1 << 17
private let privately: UInt64 = 1 << 18
private let slave: UInt64 = 1 << 19
private let shared: UInt64 = 1 << 20

@Suite("Mount propagation", .native)
struct PropagationTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func isShared(_ mount: MountTable.Entry?) -> Bool? {
        mount?.propagation.contains { $0.hasPrefix("shared:") }
    }

    @Test(
        "no mount is anybody's peer, unless the plan says so",
        arguments: [0, slave | MountFlags.recursive, privately])
    func none(root: UInt64) throws {
        let table = try agent.mounts { $0.rootPropagation = root }

        #expect(table.entries.flatMap(\.propagation) == [])
    }

    @Test("the root is shared where the plan says so, and with it what is mounted in it")
    func sharedRoot() throws {
        let table = try agent.mounts { $0.rootPropagation = shared | MountFlags.recursive }

        #expect(isShared(table["/"]) == true)
        #expect(isShared(table["/proc"]) == true)
    }

    @Test("a root that is shared and no more leaves its mounts alone")
    func sharedRootOnly() throws {
        let table = try agent.mounts { $0.rootPropagation = shared }

        #expect(isShared(table["/"]) == true)
        #expect(isShared(table["/proc"]) == false)
    }

    @Test("one mount is shared", arguments: ["bind", "tmpfs", "proc"])
    func sharedMount(type: String) throws {
        try agent.makeFolder("volume")

        let table = try agent.mounts {
            var mount = type == "bind" ? Plans.bind("volume", at: "/v") : Plans.mount("/v", type)
            mount.propagation = [shared]
            $0.mounts.append(mount)
        }

        #expect(isShared(table["/v"]) == true)
        #expect(isShared(table["/"]) == false)
    }

    @Test("several are applied in their order")
    func order() throws {
        let table = try agent.mounts {
            var mount = Plans.mount("/v", "tmpfs")
            mount.propagation = [shared, unbindable]
            $0.mounts.append(mount)
        }

        #expect(table["/v"]?.propagation == ["unbindable"])
    }

    @Test("a container's mounts do not reach the agent")
    func agentsOwn() throws {
        try agent.startIdle { $0.rootPropagation = shared | MountFlags.recursive }
        let before = try agent.traces().mounts
        var process = Plans.process(["mount", "-t", "tmpfs", "x", "/tmp"])
        process.capabilities = nil

        let outcome = try agent.execute(process)

        #expect(outcome == Outcome())
        #expect(try agent.traces().mounts == before)
    }
}
