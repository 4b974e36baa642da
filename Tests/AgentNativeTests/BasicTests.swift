import Protocols
import Testing

@Suite(
    "Containers built natively",
    .enabled(if: NativeAgent.isPossible, "\(NativeAgent.obstacle ?? "")"), .serialized)
struct BasicTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("a program's output and exit status arrive")
    func echo() throws {
        let outcome = try agent.run(Plans.container("sh", "-c", "echo out; echo err >&2; exit 7"))
        #expect(outcome == Outcome(status: 7, output: "out\n", errors: "err\n"))
    }
}
