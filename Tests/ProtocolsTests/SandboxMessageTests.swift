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
        configuration.machine.networkCards = 0
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
            42 00            # jail (8), empty
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
            .detachInterface(slot: 1),
            .startProcess(name: "p", Samples.process),
            .addContainer(
                Samples.container,
                [Share(name: "@1/rootfs", descriptor: -1, view: .init(), recursive: true)]),
            .agent(.signalProcess(ProcessSignal(container: "c", signal: 1))),
            .agent(.listProcesses(container: "c")),
        ] as [SandboxRequest.Body])
    func requests(body: SandboxRequest.Body) throws {
        var request = SandboxRequest(container: "c", body: body)
        #expect(try SandboxRequest(decoding: request.encoded()) == request)
        request.blockingDescriptors = 5
        #expect(try SandboxRequest(decoding: request.encoded()) == request)
    }

    @Test("a container that is added has the bytes of protobuf's encoding")
    func addition() throws {
        let bytes = wire(
            """
            0a 01 "c"                      # container (1)
            52 20                          # add_container (10), 32 bytes
            0a 17                          #   plan (1), 23 bytes
            0a 01 "c"                      #     id (1)
            32 03 aa 01 00                 #     process (6): streams (21)
            48 80 80 80 40                 #     namespaces (9): CLONE_NEWIPC
            b0 01 80 80 80 40              #     joined_namespaces (22)
            ba 01 01 "p"                   #     joined_container (23)
            12 05                          #   shares (2), 5 bytes
            0a 01 "r"                      #     name (1)
            10 0a                          #     descriptor (2): 5
            """)
        var plan = ContainerPlan()
        plan.id = "c"
        plan.namespaces = 0x0800_0000
        plan.joinedNamespaces = 0x0800_0000
        plan.joinedContainer = "p"
        let share = Share(name: "r", descriptor: 5, view: .init(), recursive: false)
        let request = SandboxRequest(container: "c", body: .addContainer(plan, [share]))
        #expect(request.encoded() == bytes)
        #expect(try SandboxRequest(decoding: bytes) == request)
    }

    @Test("an interface has the bytes of protobuf's encoding")
    func interface() throws {
        let bytes = wire(
            """
            0a 01 "c"                      # container (1)
            42 6c                          # attach_interface (8), 108 bytes
            08 01                          #   slot (1)
            12 04 "eth0"                   #   name (2)
            1a 06 02 00 00 00 00 01        #   hardware_address (3)
            20 dc 0b                       #   mtu (4): 1500
            2a 1a                          #   addresses (5), 26 bytes
            0a 04 0a 00 00 02 10 18        #     address (1), prefix_length (2)
            1a 04 0a 00 00 03              #     peer (3)
            22 04 0a 00 00 ff              #     broadcast (4)
            28 fd 01 30 80 01              #     scope (5): 253, flags (6): 128
            32 22                          #   routes (6), 34 bytes
            0a 04 00 00 00 00 10 01        #     destination (1), prefix_length (2)
            1a 04 0a 00 00 01              #     gateway (3)
            22 04 0a 00 00 02              #     preferred_source (4)
            28 64 30 f8 0a                 #     metric (5), mtu (6): 1400
            38 fd 01 40 03 48 01 50 01     #     scope (7), origin (8), kind (9), on_link (10)
            3a 0e                          #   neighbours (7), 14 bytes
            0a 04 0a 00 00 09              #     address (1)
            12 06 01 02 03 04 05 06        #     hardware_address (2)
            40 01 48 01                    #   is_down (8), is_stream (9)
            50 e8 07 58 01                 #   receive_rate (10): 1000, send_rate (11)
            """)
        let request = SandboxRequest(
            container: "c", body: .attachInterface(Samples.interface))
        #expect(request.encoded() == bytes)
        #expect(try SandboxRequest(decoding: bytes) == request)
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
