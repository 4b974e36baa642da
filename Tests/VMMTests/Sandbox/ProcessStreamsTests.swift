import Linux
import Protocols
import Testing

@testable import VMM

@Suite struct ProcessStreamsTests {
    private func streams(hasTerminal: Bool = false) throws -> ProcessStreams {
        let pair = try UnixSocket.pair()
        return ProcessStreams(
            stdin: ByteStream(try pair.first.duplicate()),
            stdout: ByteStream(try pair.second.duplicate()), stderr: nil,
            hasTerminal: hasTerminal, firstPort: 1025)
    }

    @Test("the agent is told the ports of streams that its guest has connected to already")
    func connectedBefore() throws {
        let streams = try streams()
        let loop = try EventLoop()

        #expect(streams.take(1025, loop: loop) != nil)
        #expect(streams.take(1026, loop: loop) != nil)

        #expect(streams.ports.stdin == 1025)
        #expect(streams.ports.stdout == 1026)
        #expect(streams.ports.stderr == 0)
    }

    @Test("a stream that the process does not have is refused, and so is one that was given away")
    func refused() throws {
        let streams = try streams()
        let loop = try EventLoop()

        #expect(streams.take(1027, loop: loop) == nil)
        #expect(streams.take(1026, loop: loop) != nil)
        #expect(streams.take(1026, loop: loop) == nil)
    }

    @Test("a terminal is one stream for both directions")
    func terminal() throws {
        #expect(try streams(hasTerminal: true).ports.stdout == 0)
    }
}
