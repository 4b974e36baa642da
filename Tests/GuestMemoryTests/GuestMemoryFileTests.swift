import GuestMemory
import Linux
import Testing

/// RAM that has to do with a file, and RAM that is given back.
@Suite struct GuestMemoryFileTests {
    private static let page: UInt64 = 4096

    /// A file of so many pages; page n is full of n + 1.
    private func file(pages: Int) throws -> OwnedFD {
        let file = try OwnedFD.memoryFile("memory")
        for page in 0..<pages {
            try file.writeAll([UInt8](repeating: UInt8(page + 1), count: Int(Self.page)))
        }
        return file
    }

    private func first(_ memory: GuestMemory, pages: UInt64) throws -> [UInt8] {
        try (0..<pages).map { try memory.loadUInt8(at: $0 * Self.page) }
    }

    // MARK: usedRanges, write

    @Test func onlyPagesThatWereTouchedAreUsed() throws {
        let memory = try GuestMemory(size: 64 * Self.page)
        try memory.store(UInt8(1), at: 3 * Self.page)
        try memory.store(UInt8(0), at: 4 * Self.page + 5)
        try memory.store(UInt8(1), at: 63 * Self.page)

        #expect(
            try memory.usedRanges(PageMap()) == [
                3 * Self.page..<5 * Self.page, 63 * Self.page..<64 * Self.page,
            ])
    }

    @Test func pagesThatWereGivenBackAreNotUsed() throws {
        let memory = try GuestMemory(size: 8 * Self.page)
        for page in UInt64(0)..<8 { try memory.store(UInt8(1), at: page * Self.page) }

        try memory.discard(at: 2 * Self.page, count: 3 * Self.page)

        #expect(
            try memory.usedRanges(PageMap()) == [0..<2 * Self.page, 5 * Self.page..<8 * Self.page])
    }

    @Test func ramAboveTheHoleFollowsInTheFile() throws {
        let file = try OwnedFD.memoryFile("memory")
        let memory = try GuestMemory(size: 3 << 30 + 8192)
        try memory.store(UInt8(9), at: GuestMemory.holeEnd + 4096)
        let offset = GuestMemory.holeStart + 4096

        try memory.write(offset..<offset + 4096, to: file)

        #expect(try memory.usedRanges(PageMap()) == [offset..<offset + 4096])
        #expect(try file.read(upTo: 1, at: Int64(offset)) == [9])
        #expect(try file.status().blocks == 8)
    }

    @Test func whatIsNoRAMIsNotWritten() throws {
        let file = try OwnedFD.memoryFile("memory")
        let memory = try GuestMemory(size: 2 * Self.page)

        #expect(throws: GuestMemoryError.self) {
            try memory.write(Self.page..<3 * Self.page, to: file)
        }
        #expect(try file.status().size == 0)
    }

    @Test(arguments: [0, 1, 4097, UInt64.max])
    func aSizeThatIsNoWholeNumberOfPagesIsRefused(size: UInt64) throws {
        let file = try file(pages: 1)
        #expect(throws: Errno.invalidArgument) {
            try GuestMemory(size: size, copyOf: file, parts: [])
        }
    }

    // MARK: copyOf

    @Test func aCopyHasThePartsAndZerosBetween() throws {
        let memory = try GuestMemory(
            size: 6 * Self.page, copyOf: try file(pages: 6),
            parts: [Self.page..<2 * Self.page, 3 * Self.page..<5 * Self.page])

        #expect(try first(memory, pages: 6) == [0, 2, 0, 4, 5, 0])
    }

    @Test func aCopyWithoutPartsIsZero() throws {
        let memory = try GuestMemory(size: 4 * Self.page, copyOf: try file(pages: 4), parts: [])

        #expect(try memory.isZero(atOffset: 0, count: 4 * 4096))
    }

    @Test func whatIsWrittenToACopyIsNobodyElses() throws {
        let file = try file(pages: 2)
        let parts = [0..<2 * Self.page]
        let memory = try GuestMemory(size: 3 * Self.page, copyOf: file, parts: parts)
        let other = try GuestMemory(size: 3 * Self.page, copyOf: file, parts: parts)

        try memory.store(UInt8(9), at: 0)
        try memory.store(UInt8(9), at: 2 * Self.page)

        #expect(try file.read(upTo: 1, at: 0) == [1])
        #expect(try file.status().size == 2 * Self.page)
        #expect(try first(other, pages: 3) == [1, 2, 0])
        #expect(try first(memory, pages: 3) == [9, 2, 9])
    }

    @Test(arguments: [0..<5 * page, 5 * page..<6 * page, 0..<UInt64.max, 1..<page, page..<page])
    func partsThatAreNoPagesOfTheMemoryAreRefused(part: Range<UInt64>) throws {
        let file = try file(pages: 8)
        #expect(throws: Errno.invalidArgument) {
            try GuestMemory(size: 4 * Self.page, copyOf: file, parts: [part])
        }
    }

    // MARK: discard

    @Test func discardedRAMOfACopyIsWhatTheCopyBeganWith() throws {
        let file = try file(pages: 2)
        let memory = try GuestMemory(
            size: 3 * Self.page, copyOf: file, parts: [0..<2 * Self.page])
        for page in UInt64(0)..<3 { try memory.store(UInt8(9), at: page * Self.page) }

        try memory.discard(at: 0, count: 3 * Self.page)

        #expect(try first(memory, pages: 3) == [1, 2, 0])
        #expect(try file.read(upTo: 1, at: 0) == [1])
    }

    @Test(
        arguments: [
            // What is discarded, and which of four pages are zero then.
            (0, 4095, [1, 1, 1, 1]), (1, 4096, [1, 1, 1, 1]), (1, 8191, [1, 0, 1, 1]),
            (4095, 4098, [1, 0, 1, 1]), (0, 16384, [0, 0, 0, 0]), (4096, 0, [1, 1, 1, 1]),
            (16383, 1, [1, 1, 1, 1]),
        ] as [(UInt64, UInt64, [UInt8])])
    func onlyWholePagesAreDiscarded(start: UInt64, count: UInt64, left: [UInt8]) throws {
        let memory = try GuestMemory(size: 4 * Self.page)
        for page in UInt64(0)..<4 { try memory.store(UInt8(1), at: page * Self.page) }

        try memory.discard(at: start, count: count)

        #expect(try first(memory, pages: 4) == left)
    }

    @Test func ramAboveTheHoleIsDiscardedWhereItIs() throws {
        let memory = try GuestMemory(size: 3 << 30 + 8192)
        let end = GuestMemory.holeEnd
        for address in [0, GuestMemory.holeStart - 4096, end, end + 4096] {
            try memory.store(UInt8(1), at: address)
        }

        try memory.discard(at: end, count: 4096)

        #expect(try memory.loadUInt8(at: end) == 0)
        #expect(try memory.loadUInt8(at: end + 4096) == 1)
        #expect(try memory.loadUInt8(at: GuestMemory.holeStart - 4096) == 1)
        #expect(try memory.loadUInt8(at: 0) == 1)
    }

    @Test(
        arguments: [
            (16384, 4096), (0, 16385), (.max, 1), (.max - 4095, 4096), (0, .max), (4096, .max),
            (GuestMemory.holeStart, 4096), (GuestMemory.holeEnd, 4096),
        ] as [(UInt64, UInt64)])
    func whatIsNoRAMIsNotDiscarded(address: UInt64, count: UInt64) throws {
        let memory = try GuestMemory(size: 4 * Self.page)
        for page in UInt64(0)..<4 { try memory.store(UInt8(1), at: page * Self.page) }

        #expect(throws: GuestMemoryError.outOfRange(address: address, count: count)) {
            try memory.discard(at: address, count: count)
        }
        #expect(try first(memory, pages: 4) == [1, 1, 1, 1])
    }

    // MARK: isZero

    @Test(
        arguments: [
            (0, 4096, false), (0, 100, true), (0, 101, false), (100, 1, false), (101, 8091, true),
            (100, 0, true), (8192, 0, true), (4096, 4096, true),
        ] as [(UInt64, Int, Bool)])
    func ramIsZeroWhereEveryByteIs(offset: UInt64, count: Int, isZero: Bool) throws {
        let memory = try GuestMemory(size: 2 * Self.page)
        try memory.store(UInt8(0x80), at: 100)

        #expect(try memory.isZero(atOffset: offset, count: count) == isZero)
    }

    @Test(
        arguments: [
            (0, 8193), (8192, 1), (8193, 0), (1, 8192), (0, -1), (.max, 1), (0, .max), (4096, .max),
            (.max, .max), (1 << 63, 0),
        ] as [(UInt64, Int)])
    func whatIsNoRAMIsNotZero(offset: UInt64, count: Int) throws {
        let memory = try GuestMemory(size: 2 * Self.page)
        let expected = GuestMemoryError.outOfRange(
            address: offset, count: UInt64(max(0, count)))

        #expect(throws: expected) { try memory.isZero(atOffset: offset, count: count) }
    }

    @Test func offsetsDoNotCountTheHole() throws {
        let memory = try GuestMemory(size: 3 << 30 + 4096)
        try memory.store(UInt8(1), at: GuestMemory.holeEnd + 5)

        #expect(try !memory.isZero(atOffset: GuestMemory.holeStart, count: 4096))
        #expect(try memory.isZero(atOffset: GuestMemory.holeStart - 4096, count: 4096))
    }
}
