import Testing

@testable import Protocols

@Suite("What the agent is asked")
struct AgentRequestTests {
    @Test("a signal has the bytes of protobuf's encoding")
    func signalBytes() throws {
        let bytes = wire(
            """
            08 07            # id (1)
            2a 0a            # signal_process (5), 10 bytes
            0a 01 "c"        #   container (1)
            12 01 "p"        #   process (2)
            18 0f            #   signal (3)
            20 01            #   all (4)
            """)
        let request = AgentRequest(
            id: 7,
            body: .signalProcess(
                ProcessSignal(container: "c", process: "p", signal: 15, all: true)))
        #expect(request.encoded() == bytes)
        #expect(try AgentRequest(decoding: bytes) == request)
    }

    @Test("what makes a machine different has the bytes of protobuf's encoding")
    func setUpBytes() throws {
        let bytes = wire(
            """
            08 07            # id (1)
            4a 08            # set_up (9), 8 bytes
            0a 03 01 00 ff   #   entropy (1)
            10 80 01         #   wall_clock (2): 128
            """)
        let request = AgentRequest(
            id: 7, body: .setUp(SetUp(entropy: [1, 0, 255], wallClock: 128)))
        #expect(request.encoded() == bytes)
        #expect(try AgentRequest(decoding: bytes) == request)
    }

    @Test("a container's plan has the bytes of protobuf's encoding")
    func planBytes() throws {
        let bytes = wire(
            """
            08 01            # id (1)
            12 26            # create_container (2), 38 bytes
            0a 24            #   plan (1), 36 bytes
            0a 01 "a"        #     id (1)
            18 01            #     root_readonly (3)
            2a 07            #     mounts (5), 7 bytes
            0a 02 "/p"       #       destination (1)
            32 01 05         #       propagation (6), packed
            32 0b            #     process (6), 11 bytes
            0a 02 "sh"       #       arguments (1)
            3a 02            #       umask (7), 2 bytes
            08 24            #         value (1): 18, zigzag
            aa 01 00         #       streams (21), empty
            92 01 06         #     device_rules (18), 6 bytes
            10 63            #       type (2): 'c'
            18 01            #       major (3): -1, zigzag
            20 08            #       minor (4): 4, zigzag
            """)
        var plan = ContainerPlan()
        plan.id = "a"
        plan.rootReadonly = true
        var mount = Mount()
        mount.destination = "/p"
        mount.propagation = [5]
        plan.mounts = [mount]
        plan.process.arguments = ["sh"]
        plan.process.umask = 18
        var rule = DeviceRule()
        rule.type = 0x63
        rule.minor = 4
        plan.deviceRules = [rule]
        let request = AgentRequest(id: 1, body: .createContainer(plan))
        #expect(request.encoded() == bytes)
        #expect(try AgentRequest(decoding: bytes) == request)
    }

    @Test("every request comes back as it was sent", arguments: Samples.requests)
    func roundTrip(request: AgentRequest) throws {
        #expect(try AgentRequest(decoding: request.encoded()) == request)
    }

    @Test("a request that lacks its plan is refused", arguments: ["12 00", "22 00"])
    func missingPlan(text: String) {
        #expect(throws: MessageError.unknownBody) { try AgentRequest(decoding: wire(text)) }
    }

    @Test("a number that does not fit its field is refused")
    func tooLarge() {
        // create_container { plan { process { umask { value: 2^40 } } } }
        let bytes = wire("12 0d 0a 0b 32 09 3a 07 08 80 80 80 80 80 40")
        #expect(throws: MessageError.outOfRange) { try AgentRequest(decoding: bytes) }
    }

    @Test("a plan without a process has an empty one")
    func missingProcess() throws {
        let request = try AgentRequest(decoding: wire("12 02 0a 00"))
        #expect(request.body == .createContainer(ContainerPlan()))
    }
}
