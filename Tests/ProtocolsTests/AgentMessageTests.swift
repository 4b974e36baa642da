import Testing

@testable import Protocols

@Suite("What the agent says")
struct AgentMessageTests {
    @Test("ready has the bytes of protobuf's encoding")
    func readyBytes() throws {
        let bytes = wire(
            """
            0a 08            # ready (1), 8 bytes
            08 01            #   protocol_version (1), varint
            12 04 "6.12"     #   kernel_release (2)
            """)
        let message = AgentMessage.ready(protocolVersion: 1, kernelRelease: "6.12")
        #expect(message.encoded() == bytes)
        #expect(try AgentMessage(decoding: bytes) == message)
    }

    @Test("a failed reply has the bytes of protobuf's encoding")
    func replyBytes() throws {
        let bytes = wire(
            """
            12 14            # reply (2), 20 bytes
            08 ac 02         #   id (1): 300
            12 0f            #   failure (2), 15 bytes
            08 02            #     kind (1): PROGRAM_NOT_EXECUTABLE
            12 04 "exec"     #     operation (2)
            18 0d            #     error_number (3): EACCES
            22 03 "no!"      #     message (4)
            """)
        let failure = Failure(
            kind: .programNotExecutable, operation: "exec", errorNumber: 13, message: "no!")
        let message = AgentMessage.reply(AgentReply(id: 300, failure: failure))
        #expect(message.encoded() == bytes)
        #expect(try AgentMessage(decoding: bytes) == message)
    }

    @Test("a reply with files and processes has the bytes of protobuf's encoding")
    func answerBytes() throws {
        let bytes = wire(
            """
            12 25            # reply (2), 37 bytes
            08 01            #   id (1)
            22 0a            #   files (4), 10 bytes
            0a 05 "a.max"    #     name (1)
            12 01 "7"        #     value (2)
            2a 15            #   processes (5), 21 bytes
            08 02 10 01      #     pid (1), parent (2)
            18 e8 07         #     uid (3): 1000
            20 53            #     state (4): 'S'
            2a 01 "x"        #     name (5)
            32 01 "y"        #     arguments (6)
            38 03 40 04      #     cpu_time (7), start_time (8)
            60 05            #     terminal (12)
            """)
        var reply = AgentReply(id: 1)
        reply.files = [Assignment(name: "a.max", value: "7")]
        var process = GuestProcess()
        process.pid = 2
        process.parent = 1
        process.uid = 1000
        process.state = 0x53
        process.name = "x"
        process.arguments = ["y"]
        process.cpuTime = 3
        process.startTime = 4
        process.terminal = 5
        reply.processes = [process]
        #expect(AgentMessage.reply(reply).encoded() == bytes)
        #expect(try AgentMessage(decoding: bytes) == .reply(reply))
    }

    @Test("an ended process has the bytes of protobuf's encoding")
    func exitBytes() throws {
        let bytes = wire(
            """
            1a 0b            # process_exited (3), 11 bytes
            0a 01 "c"        #   container (1)
            12 01 "p"        #   process (2)
            18 89 01         #   exit_status (3): 137
            20 09            #   signal (4)
            """)
        let message = AgentMessage.processExited(
            ProcessExit(container: "c", process: "p", exitStatus: 137, signal: 9))
        #expect(message.encoded() == bytes)
        #expect(try AgentMessage(decoding: bytes) == message)
    }

    @Test("unknown fields are skipped, at the top and inside")
    func unknownFields() throws {
        let bytes = wire(
            """
            0a 0b            # ready (1), 11 bytes
            08 01            #   protocol_version (1)
            12 04 "6.12"     #   kernel_release (2)
            98 06            #   field 99, varint ...
            05               #   ... 5
            f2 07 01 ff      # field 126, one byte
            """)
        let message = AgentMessage.ready(protocolVersion: 1, kernelRelease: "6.12")
        #expect(try AgentMessage(decoding: bytes) == message)
    }

    @Test("no body, or one of the future, is unknown", arguments: ["", "f2 07 01 ff"])
    func unknownBody(text: String) {
        #expect(throws: MessageError.unknownBody) { try AgentMessage(decoding: wire(text)) }
    }

    @Test(
        "bytes that are not protobuf are malformed",
        arguments: [
            "0a",  // a field without its length
            "0a 05 08",  // a length beyond the end
            "0a ff ff ff ff ff ff ff ff ff 01 00",  // a length of 64 bits
            "0a ff ff ff ff 7f",  // a length of 2^35
            "ff ff ff ff ff ff ff ff ff ff ff",  // a tag that does not end
            "0b",  // a group
            "0a 02 12 7f",  // a string beyond the end of its message
            "12 02 08",  // a message cut inside
        ])
    func malformed(text: String) {
        #expect(throws: MessageError.malformed) { try AgentMessage(decoding: wire(text)) }
    }

    @Test(
        "numbers outside their meaning are refused",
        arguments: [
            "1a 03 18 80 02",  // exit_status 256
            "1a 03 20 80 01",  // signal 128
            "12 04 12 02 08 63",  // kind 99
        ])
    func outOfRange(text: String) {
        #expect(throws: MessageError.outOfRange) { try AgentMessage(decoding: wire(text)) }
    }

    @Test("invalid UTF-8 is replaced, a NUL ends the text")
    func texts() throws {
        let bytes = wire("0a 08 12 06 61 ff 62 00 63 64")
        let message = try AgentMessage(decoding: bytes)
        #expect(message == .ready(protocolVersion: 0, kernelRelease: "a\u{FFFD}b"))
    }

    @Test("every truncation of a message is an error or another message, never a crash")
    func truncations() {
        let failure = Failure(kind: .notFound, operation: "x", errorNumber: 2, message: "y")
        let bytes = AgentMessage.reply(AgentReply(id: 9, failure: failure)).encoded()
        let decoded = (0..<bytes.count).compactMap {
            try? AgentMessage(decoding: Array(bytes[..<$0]))
        }
        #expect(decoded.isEmpty)
    }

    @Test("a message that expands beyond its budget is refused")
    func budget() {
        // 30,000 unknown fields of two bytes each.
        let bytes = (0..<30000).flatMap { _ in wire("28 00") }
        #expect(throws: MessageError.malformed) {
            try AgentMessage(decoding: bytes, budget: 100_000)
        }
        #expect(throws: MessageError.unknownBody) { try AgentMessage(decoding: bytes) }
    }

    @Test("running out of the budget is harmless at every allocation")
    func everyBudget() {
        let bytes = AgentMessage.reply(
            AgentReply(id: 1, failure: Failure(operation: "open", message: "text"))
        ).encoded()
        let sizes = (0..<600).filter { (try? AgentMessage(decoding: bytes, budget: $0)) != nil }
        #expect((sizes.first ?? 0) > 32)
    }
}
