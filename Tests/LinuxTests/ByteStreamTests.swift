import Glibc
import Linux
import Testing

@Suite("Streams that somebody else opened")
struct ByteStreamTests {
    init() {
        ProcessSetup.ignoreBrokenPipes()
    }

    private func isNonBlocking(_ file: borrowing OwnedFD) -> Bool {
        fcntl(file.rawValue, F_GETFL) & O_NONBLOCK != 0
    }

    @Test("an empty socket does not block, and its open file stays as it is")
    func socketInput() throws {
        let pair = try UnixSocket.pair()
        let stream = ByteStream(try ByteStream.opened(pair.first.rawValue, .input))

        #expect(throws: Errno.wouldBlock) { try stream.read(upTo: 9) }
        try pair.second.writeAll([1, 2, 3])

        #expect(try stream.read(upTo: 2) == [1, 2])
        #expect(try stream.read(upTo: 2) == [3])
        #expect(isNonBlocking(pair.first) == false)
        #expect(stream.isAlwaysReady == false)
    }

    @Test("an empty pipe does not block, and its open file stays as it is")
    func pipeInput() throws {
        let pipe = try OwnedFD.pipe()
        let stream = ByteStream(try ByteStream.opened(pipe.first.rawValue, .input))

        #expect(throws: Errno.wouldBlock) { try stream.read(upTo: 9) }
        try pipe.second.writeAll([1])

        #expect(try stream.read(upTo: 9) == [1])
        #expect(isNonBlocking(pipe.first) == false)
    }

    @Test("a full pipe or socket does not block", arguments: [false, true])
    func fullOutput(isSocket: Bool) throws {
        let pair = isSocket ? try UnixSocket.pair() : try OwnedFD.pipe()
        let stream = ByteStream(try ByteStream.opened(pair.second.rawValue, .output))
        let bytes = [UInt8](repeating: 7, count: 65536)
        var written = 0

        #expect(throws: Errno.wouldBlock) {
            while true { written += try stream.write(bytes[...]) }
        }
        var read = 0
        while read < written { read += try pair.first.read(upTo: 65536).count }

        #expect(read == written)
        #expect(try stream.write(bytes[..<1]) == 1)
        #expect(isNonBlocking(pair.second) == false)
    }

    @Test("a socket's peer learns of the end of writing")
    func finish() throws {
        let pair = try UnixSocket.pair()
        let stream = ByteStream(try ByteStream.opened(pair.first.rawValue, .output))
        _ = try stream.write([1])

        stream.finishWriting()

        #expect(try pair.second.readAll(limit: 9) == [1])
    }

    @Test("nobody who reads is an error", arguments: [false, true])
    func nobody(isSocket: Bool) throws {
        let writer =
            isSocket ? try UnixSocket.pair().keepingSecond() : try OwnedFD.pipe().keepingSecond()
        let stream = ByteStream(writer)

        #expect(throws: Errno.brokenPipe) { try stream.write([1]) }
    }

    @Test("a file is always ready")
    func file() throws {
        let file = try OwnedFD.memoryFile("stream")
        let output = ByteStream(try file.duplicate())

        #expect(output.isAlwaysReady == true)
        #expect(try output.write([1, 2]) == 2)
        _ = try file.seek(to: 0, whence: SEEK_SET)
        let input = ByteStream(try file.duplicate())
        #expect(try input.read(upTo: 9) == [1, 2])
        #expect(try input.read(upTo: 9) == [])
    }

    @Test("/dev/null has no input and takes all output")
    func null() throws {
        let input = ByteStream(try OwnedFD.open("/dev/null", O_RDONLY))
        let output = ByteStream(try OwnedFD.open("/dev/null", O_WRONLY))

        #expect(try input.read(upTo: 9) == [])
        #expect(try output.write([1, 2, 3]) == 3)
    }

    @Test("a terminal is not blocked on, and its open file stays as it is")
    func terminal() throws {
        let pair = try Terminal.openPseudoTerminal()
        let stream = ByteStream(try ByteStream.opened(pair.second.rawValue, .input))

        #expect(throws: Errno.wouldBlock) { try stream.read(upTo: 9) }
        try pair.first.writeAll(Array("line\n".utf8))

        #expect(try stream.read(upTo: 9) == Array("line\n".utf8))
        #expect(isNonBlocking(pair.second) == false)
    }
}
