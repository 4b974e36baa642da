import Testing

@testable import AgentCore

@Suite("Options of the agent")
struct AgentOptionsTests {
    @Test("without options it is the first process of a machine")
    func machine() {
        let options = AgentOptions(["/init"])

        #expect(options.isMachine)
        #expect(options.bindings.isEmpty)
        guard case .vsock = options.transport else {
            Issue.record("\(options.transport)")
            return
        }
    }

    @Test("what the kernel passes on to its init is none", arguments: ["quiet", "--share", "x=y"])
    func kernel(argument: String) {
        #expect(AgentOptions(["/init", argument]).isMachine)
    }

    @Test("with sockets it runs natively, and what it is given stands in for devices")
    func native() {
        let options = AgentOptions(["agent", "--share", "/s", "--socket", "/p"])

        #expect(!options.isMachine)
        #expect(options.bindings.map(\.source) == ["/p", "/s"])
        #expect(options.bindings.map(\.destination) == ["/run/vmrun/ports", "/run/vmrun/share"])
        guard case .unix("/run/vmrun/ports") = options.transport else {
            Issue.record("\(options.transport)")
            return
        }
    }

    @Test(
        "spares are made where the host asks for them",
        arguments: [
            (["/init"], false), (["/init", "--spares"], true),
            (["agent", "--socket", "/p"], false),
            (["agent", "--socket", "/p", "--spares"], true),
            (["agent", "--spares", "--share", "/s", "--socket", "/p"], true),
        ])
    func spares(arguments: [String], makes: Bool) {
        #expect(AgentOptions(arguments).makesSpares == makes)
    }
}
