import Testing

@testable import Protocols

@Suite("Frames")
struct FrameTests {
    @Test("a frame is the length, little-endian, and the message")
    func encode() {
        #expect(Frame.encode(SandboxReport.created) == wire("02 00 00 00 0a 00"))
    }

    @Test("frames are found however the stream is cut", arguments: 1...11)
    func pieces(size: Int) throws {
        let stream = wire("02 00 00 00 0a 00   00 00 00 00   01 00 00 00 ff")
        var reader = FrameReader()
        var bodies: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            reader.append(Array(stream[start..<min(start + size, stream.count)]))
            while let body = try reader.next() { bodies.append(body) }
        }
        #expect(bodies == [[0x0a, 0x00], [], [0xff]])
        #expect(reader.isEmpty)
    }

    @Test("a part of a frame waits for the rest")
    func partial() throws {
        var reader = FrameReader()
        reader.append(wire("02 00 00 00 0a"))
        #expect(try reader.next() == nil)
        #expect(!reader.isEmpty)
    }

    @Test("a length above the limit is refused before its body arrives")
    func limit() throws {
        var reader = FrameReader(limit: 16)
        reader.append(wire("11 00 00 00"))
        #expect(throws: MessageError.frameTooLong(17)) { try reader.next() }
        var largest = FrameReader()
        largest.append(wire("ff ff ff ff"))
        #expect(throws: MessageError.frameTooLong(0xffff_ffff)) { try largest.next() }
    }

    @Test("a body of exactly the limit passes")
    func exactly() throws {
        var reader = FrameReader(limit: 2)
        reader.append(wire("02 00 00 00 01 02"))
        #expect(try reader.next() == [1, 2])
    }
}
