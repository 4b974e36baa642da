import Linux
import Testing

@Suite("Vectors of memory")
final class IOVectorTests {
    private let memory: Mapping

    init() throws {
        memory = try Mapping.anonymous(size: 4096)
    }

    /// Pieces of these sizes, with a gap after each.
    private func vector(_ sizes: Int...) throws -> IOVector {
        var vector = IOVector()
        var offset = 0
        for size in sizes {
            // SAFETY: the pieces lie in the mapping, which outlives the test's use of the vector.
            try unsafe vector.append(base: memory.base.advanced(by: offset), count: size)
            offset += size + 16
        }
        return vector
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 + 1) }
    }

    @Test("bytes go in and come out over the borders of pieces")
    func copies() throws {
        let vector = try vector(3, 0, 5, 1)

        let copied = vector.copyIn(Self.bytes(20))

        #expect(vector.count == 9)
        #expect(copied == 9)
        #expect(vector.copyOut(100) == Self.bytes(9))
        #expect(vector.copyOut(4) == Self.bytes(4))
        #expect(vector.copyOut(-1) == [])
        #expect(vector.copyIn([7]) == 1)
        #expect(vector.copyOut(2) == [7, 2])
    }

    @Test(
        "a part of a vector has the bytes of that part",
        arguments: [(0, 9), (2, 2), (3, 3), (8, 1), (9, 5), (20, 1), (-3, 4), (4, -1), (0, 99)])
    func slices(start: Int, length: Int) throws {
        let vector = try vector(3, 5, 1)
        vector.copyIn(Self.bytes(9))

        let part = vector.dropFirst(start).prefix(length)

        let expected = Array(Self.bytes(9).dropFirst(max(0, start)).prefix(max(0, length)))
        #expect(part.count == expected.count)
        #expect(part.copyOut(99) == expected)
    }

    @Test("a piece of less than nothing, or a sum that does not fit, is an error")
    func bad() throws {
        var vector = try vector(3)

        #expect(throws: Errno.invalidArgument) {
            try unsafe vector.append(base: memory.base, count: -1)
        }
        #expect(throws: Errno(rawValue: 75)) {
            try unsafe vector.append(base: memory.base, count: Int.max)
        }
        #expect(vector.count == 3)
    }

    @Test("a file is read to its end, and written whole")
    func files() throws {
        let file = try OwnedFD.memoryFile("vector")
        let vector = try vector(3, 5, 1)
        vector.copyIn(Self.bytes(9))

        let written = try vector.drain(to: file, at: 2)
        let appended = try vector.prefix(2).drain(to: file, at: 0, append: true)
        vector.copyIn([UInt8](repeating: 0, count: 9))
        let read = try vector.fill(from: file, at: 6)

        #expect([written, appended, read] == [9, 2, 7])
        #expect(vector.copyOut(9) == [5, 6, 7, 8, 9, 1, 2, 0, 0])
        #expect(try file.size() == 13)
    }

    @Test("more pieces than the kernel takes at a time are moved all the same")
    func manyPieces() throws {
        let file = try OwnedFD.memoryFile("vector")
        var vector = IOVector()
        for index in 0..<2500 {
            // SAFETY: one byte within the mapping each.
            try unsafe vector.append(base: memory.base.advanced(by: index), count: 1)
        }
        vector.copyIn(Self.bytes(2500))

        #expect(try vector.drain(to: file, at: 0) == 2500)
        #expect(try file.read(upTo: 9999, at: 0) == Self.bytes(2500))
    }

    @Test("an error is told when nothing was moved")
    func error() throws {
        let pipe = try OwnedFD.pipe()
        let vector = try vector(3)

        #expect(throws: Errno(rawValue: 29)) { try vector.fill(from: pipe.first, at: 0) }
    }

    @Test("a message that is longer than the memory is told by its length")
    func messages() throws {
        let pair = try UnixSocket.packetPair()
        let vector = try vector(3, 5, 1)
        try pair.first.writeAll(Self.bytes(9))
        try pair.first.writeAll(Self.bytes(10))
        try pair.first.writeAll([8])

        #expect(try vector.readMessage(from: pair.second) == 9)
        #expect(vector.copyOut(9) == Self.bytes(9))
        #expect(try vector.readMessage(from: pair.second) == 10)
        #expect(try vector.readMessage(from: pair.second) == 1)
        try pair.second.setNonBlocking(true)
        #expect(throws: Errno.wouldBlock) { try vector.readMessage(from: pair.second) }
    }

    @Test("all pieces are written as one message")
    func messageOfPieces() throws {
        let pair = try UnixSocket.packetPair()
        var vector = try vector(3)
        try vector.append(try self.vector(0, 5, 1).dropFirst(2))
        vector.copyIn(Self.bytes(7))

        try vector.writeMessage(to: pair.first)

        #expect(vector.pieceCount == 3)
        #expect(try pair.second.read(upTo: 100) == Self.bytes(7))
    }

    @Test("more pieces than one call takes are refused")
    func tooManyPieces() throws {
        let pair = try UnixSocket.packetPair()
        var vector = IOVector()
        for _ in 0...IOVector.messagePieceLimit {
            // SAFETY: the mapping outlives the vector.
            try unsafe vector.append(base: memory.base, count: 1)
        }

        #expect(throws: Errno.invalidArgument) { try vector.writeMessage(to: pair.first) }
        #expect(throws: Errno.invalidArgument) { try vector.readMessage(from: pair.second) }
    }
}
