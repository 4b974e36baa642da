import Linux
import Protocols
import Testing

@testable import VMM

/// Processes of exec: who hears of their end, and who takes them along.
@Suite struct ExecProcessesTests {
    private let bench: ExecBench

    init() throws {
        bench = try ExecBench()
    }

    @Test func tellsOfTheEndAfterTheHandOver() throws {
        let client = try bench.running(pid: 42)
        #expect(bench.execs?.standIns == [42])
        bench.exit(3)
        #expect(try client.replies() == [.ended(3)])
        #expect(bench.execs?.standIns == [])
        client.close()
        try bench.loop.settle()
        #expect(bench.killed == [])
    }

    @Test func keepsTheEndForTheHandOver() throws {
        let client = try bench.start()
        try bench.agentAnswers()
        bench.exit(7)
        #expect(try client.replies() == [SandboxReply(status: .running)])
        try client.send(.handOver(pid: 1))
        try bench.loop.settle()
        #expect(try client.replies() == [.ended(7)])
    }

    @Test func theEndIsToldOnce() throws {
        let client = try bench.running()
        bench.exit(3)
        bench.exit(4)
        try client.send(.handOver(pid: 5))
        try bench.loop.settle()
        bench.execs?.endAll()
        #expect(try client.replies() == [.ended(3)])
    }

    /// The last one that takes it over waits for it.
    @Test func canBeHandedOverTwice() throws {
        let client = try bench.running(pid: 1)
        try client.send(.handOver(pid: 2))
        try bench.loop.settle()
        #expect(bench.execs?.standIns == [2])
        bench.exit(0)
        #expect(try client.replies() == [.ended(0)])
    }

    @Test func aHandOverOfNothingIsIgnored() throws {
        let client = try bench.caller()
        try client.send(.handOver(pid: 9))
        try bench.loop.settle()
        #expect(try client.replies() == [])
        #expect(bench.execs?.standIns == [])
    }

    @Test(arguments: [0, 1, 2])
    func needsItsDescriptors(count: Int) throws {
        let client = try bench.caller()
        try bench.request("x", of: client, descriptors: count)
        let failure = Failure(message: "the process needs a terminal or three streams")
        #expect(try client.replies() == [SandboxReply(failure: failure, status: .running)])
        #expect(bench.asked.isEmpty)
        // The connection is as good as before.
        try bench.request("x", of: client, descriptors: 3)
        #expect(bench.asked.count == 1)
    }

    @Test(arguments: [0, 2, 3])
    func needsOneTerminal(count: Int) throws {
        let client = try bench.caller()
        try bench.request("x", of: client, descriptors: count, terminal: true)
        #expect(try client.replies().first?.failure != nil)
        #expect(bench.asked.isEmpty)
    }

    @Test func refusesASecondProcessOnAConnection() throws {
        let client = try bench.running("x")
        try bench.request("y", of: client, descriptors: 3)
        #expect(try client.replies().map(\.failure?.kind) == [.wrongState])
        #expect(bench.asked.isEmpty)
        bench.exit(3, of: "x")
        #expect(try client.replies() == [.ended(3)])
    }

    @Test(arguments: ["x", ""])
    func refusesNames(name: String) throws {
        let first = try bench.running("x")
        let client = try bench.start(name)
        #expect(try client.replies().map(\.failure?.kind) == [.wrongState])
        client.close()
        try bench.loop.settle()
        #expect(bench.killed == [])
        #expect(bench.execs?.standIns == [100])
        first.close()
    }

    @Test func passesARefusalOnAndForgetsTheProcess() throws {
        let failure = Failure(kind: .programNotFound, message: "no")
        let client = try bench.start()
        try bench.agentAnswers(failure)
        #expect(try client.replies() == [SandboxReply(failure: failure, status: .running)])
        // Its name is free again, and its first caller has no hold on the new one.
        let second = try bench.running("x")
        client.close()
        try bench.loop.settle()
        #expect(bench.killed == [])
        bench.exit(5)
        #expect(try second.replies() == [.ended(5)])
    }

    @Test func aCallerThatGoesTakesTheProcessAlong() throws {
        let client = try bench.running()
        client.close()
        try bench.loop.settle()
        #expect(bench.killed == ["x"])
        #expect(bench.execs?.standIns == [100])
        bench.exit(137)
        #expect(bench.execs?.standIns == [])
    }

    @Test func aCallerThatGoesBeforeTheAnswerDoesSo() throws {
        let client = try bench.start()
        client.close()
        try bench.loop.settle()
        // The agent knows no such process yet.
        #expect(bench.killed == [])
        try bench.agentAnswers()
        #expect(bench.killed == ["x"])
        bench.exit(137)
        let next = try bench.start()
        #expect(bench.asked.count == 2)
        next.close()
    }

    @Test func aCallerThatGoesAfterTheEndKillsNobody() throws {
        let client = try bench.running()
        bench.exit(0)
        client.close()
        try bench.loop.settle()
        #expect(bench.killed == [])
    }

    @Test func theEndWaitsForTheStreams() throws {
        let client = try bench.start()
        let ports = try #require(bench.ports)
        #expect(ports.stdout == ports.stdin + 1)
        #expect(ports.stderr == ports.stdin + 2)
        var streams = [ports.stdin, ports.stdout, ports.stderr].map { bench.execs?.take($0) }
        #expect(streams.allSatisfy { $0 != nil })
        try bench.agentAnswers()
        try client.send(.handOver(pid: 1))
        try bench.loop.settle()
        _ = try client.replies()
        bench.exit(3)
        bench.execs?.streamClosed(ports.stdin)
        bench.execs?.streamClosed(ports.stdin)
        bench.execs?.streamClosed(ports.stdout)
        #expect(try client.replies() == [])
        bench.execs?.streamClosed(ports.stderr)
        #expect(try client.replies() == [.ended(3)])
        streams = []
    }

    /// A guest cannot connect twice, or to what is another's.
    @Test func givesEachStreamAwayOnce() throws {
        let client = try bench.start("x")
        let first = try #require(bench.ports)
        let other = try bench.start("y")
        let second = try #require(bench.ports)
        #expect(second.stdin == first.stdin + 3)
        #expect(bench.execs?.take(first.stdout) != nil)
        #expect(bench.execs?.take(first.stdout) == nil)
        for port in [0, 1, 1024, second.stderr + 1, UInt32.max] {
            #expect(bench.execs?.take(port) == nil, "\(port)")
            bench.execs?.streamClosed(port)
        }
        withExtendedLifetime((client, other)) {}
    }

    @Test func aTerminalIsOneStream() throws {
        let client = try bench.start(terminal: true)
        let ports = try #require(bench.ports)
        #expect((ports.stdout, ports.stderr) == (0, 0))
        #expect(bench.execs?.take(ports.stdin) != nil)
        #expect(bench.execs?.take(ports.stdin + 1) == nil)
        client.close()
    }

    @Test func theEndOfTheMachineIsThatOfAll() throws {
        let first = try bench.running("x")
        let second = try bench.running("y")
        let ports = try #require(bench.start("z").replies().isEmpty ? bench.ports : nil)
        #expect(bench.execs?.take(ports.stdin) != nil)
        bench.execs?.endAll()
        #expect(try first.replies() == [.ended(137)])
        #expect(try second.replies() == [.ended(137)])
        #expect(bench.execs?.standIns == [])
    }

    @Test func theEndOfTheMachineIsLeftForWhoWillTakeOver() throws {
        let client = try bench.start()
        try bench.agentAnswers()
        _ = try client.replies()
        bench.execs?.endAll()
        #expect(try client.replies() == [.ended(137)])
    }

    /// One that has ended by itself, but whose output was on its way, keeps its status.
    @Test func theEndOfTheMachineKeepsWhatIsKnown() throws {
        let client = try bench.start()
        let ports = try #require(bench.ports)
        let stream = bench.execs?.take(ports.stdout)
        try bench.agentAnswers()
        try client.send(.handOver(pid: 1))
        try bench.loop.settle()
        _ = try client.replies()
        bench.exit(6)
        bench.execs?.endAll()
        #expect(try client.replies() == [.ended(6)])
        withExtendedLifetime(stream) {}
    }

    /// What a guest says of processes that are none, or with a status that is none.
    @Test func aHostileGuestHarmsNobody() throws {
        let client = try bench.running()
        bench.exit(3, of: "nobody")
        bench.exit(3, of: "")
        #expect(try client.replies() == [])
        bench.exit(UInt32.max)
        #expect(try client.replies() == [.ended(255)])
        bench.exit(1)
    }
}
