import Testing

@testable import Protocols

@Suite("What CLI and sandbox say")
struct SandboxMessageTests {
    @Test("the configuration comes back as it was sent")
    func configuration() throws {
        let configuration = Samples.configuration
        #expect(try SandboxConfiguration(decoding: configuration.encoded()) == configuration)
    }

    @Test("a descriptor that is not there travels as -1")
    func descriptors() throws {
        var configuration = SandboxConfiguration()
        configuration.machine.memorySize = 0
        configuration.machine.cpuCount = 0
        let bytes = wire(
            """
            0a 00            # machine (1), empty
            12 05            # container (2), 5 bytes
            32 03 aa 01 00   #   process (6) with its streams (21), empty
            1a 16            # descriptors (3), 22 bytes
            08 01 10 01      #   -1 is 1 in zigzag
            18 01 20 01
            28 01 30 01
            38 01 40 01
            48 01
            50 01 58 01
            """)
        #expect(configuration.encoded() == bytes)
    }

    @Test(
        "reports come back as they were sent",
        arguments: [
            .created, .failure(Failure(kind: .other, message: "m")),
            .failure(Failure(kind: .badTemplate, message: "m")),
        ] as [SandboxReport])
    func reports(report: SandboxReport) throws {
        #expect(try SandboxReport(decoding: report.encoded()) == report)
    }

    @Test("a report that all is well is two bytes")
    func created() throws {
        #expect(SandboxReport.created.encoded() == wire("0a 00"))
    }

    @Test(
        "requests come back as they were sent",
        arguments: [
            .start, .query, .handOver(pid: 7), .attachInterface(Samples.interface),
            .startProcess(name: "p", Samples.process),
            .agent(.signalProcess(ProcessSignal(container: "c", signal: 1))),
            .agent(.listProcesses(container: "c")),
        ] as [SandboxRequest.Body])
    func requests(body: SandboxRequest.Body) throws {
        let request = SandboxRequest(container: "c", body: body)
        #expect(try SandboxRequest(decoding: request.encoded()) == request)
    }

    @Test(
        "replies come back as they were sent",
        arguments: [
            SandboxReply(status: .creating),
            SandboxReply(failure: Failure(kind: .wrongState, message: "x"), status: .paused),
            Self.wholeReply,
        ])
    func replies(reply: SandboxReply) throws {
        #expect(try SandboxReply(decoding: reply.encoded()) == reply)
    }

    private static var wholeReply: SandboxReply {
        var reply = SandboxReply(status: .stopped)
        reply.agent = AgentReply(id: 3)
        reply.exitStatus = 255
        reply.standIns = [8, 9]
        return reply
    }

    @Test("a reply without a state, or with one of the future, is refused")
    func states() {
        #expect(throws: MessageError.unknownBody) { try SandboxReply(decoding: []) }
        #expect(throws: MessageError.outOfRange) {
            try SandboxReply(decoding: wire("12 02 08 09"))
        }
    }
}
