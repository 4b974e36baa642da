@testable import AgentCore
import Protocols
import Testing

@Suite("Time namespaces", .native, .enabled(if: Host.hasTimeNamespaces, "needs time namespaces"))
struct TimeNamespaceTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private static let offset = 10_000_000.0

    private func shift(_ plan: inout ContainerPlan) {
        plan.namespaces |= CloneFlags.time
        plan.timeOffsets = [
            TimeOffset(clock: "boottime", seconds: Int64(Self.offset), nanoseconds: 0),
            TimeOffset(clock: "monotonic", seconds: 5, nanoseconds: 6),
        ]
    }

    /// Seconds since boot, of which the offset is a part.
    private func uptime(_ text: String) -> Double {
        text.split(separator: " ").first.flatMap { Double($0) } ?? .nan
    }

    @Test("the clocks have the plan's offsets")
    func offsets() throws {
        let before = uptime(try Host.text(of: "/proc/uptime"))
        let outcome = try agent.shell(
            "cat /proc/uptime; grep mono /proc/self/timens_offsets", shift)
        let after = uptime(try Host.text(of: "/proc/uptime"))

        let inside = uptime(outcome.output)
        #expect(inside >= before + Self.offset)
        #expect(inside <= after + Self.offset)
        let line = outcome.output.split(separator: "\n").last?.split(separator: " ")
        #expect(line == ["monotonic", "5", "6"])
    }

    @Test("one more process has them, too")
    func exec() throws {
        try agent.startIdle { shift(&$0) }

        let before = uptime(try Host.text(of: "/proc/uptime"))
        let outcome = try agent.execute(Plans.process(["cat", "/proc/uptime"]))
        let after = uptime(try Host.text(of: "/proc/uptime"))

        #expect(uptime(outcome.output) >= before + Self.offset)
        #expect(uptime(outcome.output) <= after + Self.offset)
    }

    @Test("one more process has them before the container's own is started, which has them later")
    func execInCreated() throws {
        var plan = Plans.container("sleep", "86400")
        shift(&plan)
        try agent.perform(.createContainer(plan))

        let first = try agent.execute(Plans.process(["cat", "/proc/uptime"]))
        try agent.perform(.startContainer(container: "c"))
        let second = try agent.execute(Plans.process(["cat", "/proc/uptime"]))

        #expect(uptime(first.output) >= Self.offset)
        #expect(uptime(second.output) >= Self.offset)
    }

    @Test("an unknown clock is an error")
    func unknownClock() throws {
        var plan = Plans.container("true")
        shift(&plan)
        plan.timeOffsets[0].clock = "tai"

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "write \"timens_offsets\": invalid argument")
    }
}
