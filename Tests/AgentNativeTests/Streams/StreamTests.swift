@testable import AgentCore
import Protocols
import Testing

@Suite("Streams", .native)
struct StreamTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    /// Bytes of every value, without a short period.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    /// Creates and starts a container with three streams, of which the host has the ends.
    private func start(
        _ script: String, _ change: (inout ContainerPlan) -> Void = { _ in }
    ) throws -> Streams3 {
        let streams = try Streams3(agent)
        var plan = Plans.container("sh", "-c", script)
        plan.process.streams = streams.ports
        change(&plan)
        try agent.perform(.createContainer(plan))
        try streams.input.accept()
        try streams.output.accept()
        try streams.errors.accept()
        try agent.perform(.startContainer(container: "c"))
        return streams
    }

    @Test("many bytes go in and come out as they were", arguments: [0, 1, 65536, 65537, 8_000_001])
    func echo(count: Int) throws {
        let bytes = Self.noise(count)
        let streams = try Streams3(agent)
        var plan = Plans.container("cat")
        plan.process.streams = streams.ports
        try agent.perform(.createContainer(plan))
        try streams.collect()
        try agent.perform(.startContainer(container: "c"))

        streams.feed(bytes)

        #expect(try agent.exit().exitStatus == 0)
        #expect(streams.output.collected() == bytes)
        #expect(streams.errors.collected().isEmpty)
    }

    @Test("all that was written has come when the end is told")
    func complete() throws {
        let streams = try start("seq 1 100000; seq 1 50000 >&2")
        var output: [UInt8] = []
        var errors: [UInt8] = []

        while case let piece = try streams.output.read(), !piece.isEmpty { output += piece }
        while case let piece = try streams.errors.read(), !piece.isEmpty { errors += piece }

        #expect(try agent.exit().exitStatus == 0)
        #expect(String(decoding: output, as: UTF8.self).hasSuffix("\n99999\n100000\n"))
        #expect(output.count == 588_895)
        #expect(errors.count == 288_894)
    }

    @Test("the end of the input reaches the program, and its output goes on")
    func inputEnds() throws {
        let streams = try start("cat; echo after")
        try streams.input.write(Array("before\n".utf8))
        #expect(try streams.output.read(until: "before\n") == "before\n")

        try streams.input.finishWriting()

        #expect(try streams.output.read(until: "after\n") == "after\n")
        #expect(try agent.exit().exitStatus == 0)
    }

    @Test("the end of an output reaches the host, and the program goes on")
    func outputEnds() throws {
        let streams = try start("echo last; exec >&-; read line; echo $line >&2; exit 5")

        #expect(try streams.output.read(until: "last\n") == "last\n")
        #expect(try streams.output.read() == [])
        try streams.input.write(Array("hello\n".utf8))

        #expect(try streams.errors.read(until: "\n") == "hello\n")
        #expect(try agent.exit().exitStatus == 5)
    }

    @Test("a program that closes its input lets the host know")
    func inputClosed() throws {
        let streams = try start("exec <&-; echo closed; sleep 86400")
        _ = try streams.output.read(until: "closed\n")

        // What the agent and the sockets hold is bounded, so writing fails in the end.
        #expect(throws: (any Error).self) {
            while true { try streams.input.write(Self.noise(65536)) }
        }
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("a writer hears that nobody reads any more")
    func readerGone() throws {
        let streams = try start("exec yes") {
            // PID 1 of a pid namespace is not ended by this signal.
            $0.namespaces &= ~CloneFlags.process
        }
        _ = try streams.output.read()

        streams.output.close()

        let exit = try agent.exit()
        #expect(exit.exitStatus == 128 + 13)
        #expect(exit.signal == 13)
    }

    @Test("a host that does not read makes the program wait, and loses nothing")
    func backPressure() throws {
        let streams = try start("head -c 4000000 /dev/zero; echo done >&2")
        // Nobody else is held up.
        let other = try agent.execute(Plans.process(["echo", "other"]))
        #expect(other == Outcome(output: "other\n"))
        var count = 0

        while case let piece = try streams.output.read(), !piece.isEmpty { count += piece.count }

        #expect(count == 4_000_000)
        #expect(try streams.errors.read(until: "done\n") == "done\n")
    }

    @Test("input that the program does not read is no trouble")
    func unread() throws {
        let outcome = try agent.shell("exit 3", input: Self.noise(2_000_000))

        #expect(outcome == Outcome(status: 3))
    }

    @Test("a stream without a port is /dev/null")
    func null() throws {
        let output = try agent.stream()
        var plan = Plans.container("sh", "-c", "cat; echo lost >&2; readlink /proc/self/fd/2")
        plan.process.streams.stdout = output.port
        try agent.perform(.createContainer(plan))
        try output.collect()
        try agent.perform(.startContainer(container: "c"))

        #expect(try agent.exit().exitStatus == 0)
        #expect(String(decoding: output.collected(), as: UTF8.self) == "/dev/null\n")
    }

    @Test("a port where nobody listens is an error, and the ports before it are let go")
    func refused() throws {
        let input = try agent.stream()
        var plan = Plans.container("true")
        plan.process.streams.stdin = input.port
        plan.process.streams.stdout = 9999

        let failure = try agent.failure(of: plan)

        #expect(failure.operation == "connect the streams")
        try input.accept()
        #expect(try input.read() == [])
    }
}
