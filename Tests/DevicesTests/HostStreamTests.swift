import Devices
import Linux
import Testing

@Suite("A stream with one descriptor for both directions")
struct HostStreamTests {
    private final class Heard {
        var input = 0
        var output = 0
    }

    private let loop: EventLoop
    private let stream: HostStream
    private let peer: Peer
    private let heard = Heard()

    private final class Peer {
        var file: OwnedFD?

        init(_ file: consuming OwnedFD) {
            self.file = consume file
        }
    }

    init() throws {
        ProcessSetup.ignoreBrokenPipes()
        loop = try EventLoop()
        let pair = try UnixSocket.pair()
        peer = try Peer(pair.second.duplicate())
        stream = HostStream(loop: loop, both: try pair.first.duplicate())
        let heard = heard
        stream.onInput = { heard.input += 1 }
        stream.onOutput = { heard.output += 1 }
    }

    private func turn() throws { _ = try loop.runOnce(timeoutMilliseconds: 0) }

    @Test("each direction is waited for by itself, and told once")
    func directions() throws {
        stream.waitForInput()
        try turn()
        #expect(heard.input == 0 && heard.output == 0)

        stream.waitForOutput()
        try turn()
        #expect(heard.input == 0 && heard.output == 1)
        try turn()
        #expect(heard.output == 1)

        try peer.file?.writeAll([7])
        try turn()
        #expect(heard.input == 1 && heard.output == 1)
        #expect(stream.read(upTo: 9) == .bytes([7]))
        try peer.file?.writeAll([8])
        try turn()
        #expect(heard.input == 1)
    }

    @Test("the end of the other side is news for both directions")
    func hangUp() throws {
        // Until it cannot take more.
        while let count = stream.write([UInt8](repeating: 0, count: 65536)[...]), count > 0 {}
        stream.waitForInput()
        stream.waitForOutput()
        try turn()
        #expect(heard.input == 0 && heard.output == 0)
        peer.file = nil
        try turn()
        #expect(heard.input == 1 && heard.output == 1)
        #expect(stream.write([1]) == nil)
    }

    @Test("a direction that is closed is not waited for, and the other one goes on")
    func halves() throws {
        stream.waitForInput()
        stream.waitForOutput()
        stream.closeOutput()
        try turn()
        #expect(heard.output == 0)
        #expect(try peer.file?.read(upTo: 9) == [])
        try peer.file?.writeAll([7])
        try turn()
        #expect(heard.input == 1)
        #expect(stream.read(upTo: 9) == .bytes([7]))
        stream.waitForInput()
        stream.closeInput()
        #expect(stream.read(upTo: 9) == .end)
        // Nothing of the descriptor is left.
        #expect(throws: Errno.brokenPipe) { try peer.file?.writeAll([7]) }
    }
}
