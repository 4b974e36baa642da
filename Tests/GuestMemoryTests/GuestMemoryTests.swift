import GuestMemory
import Linux
import Testing

/// Where RAM is and where not. RAM that nobody touches costs nothing, so there can be much of it.
@Suite struct GuestMemoryTests {
    private static let gibi: UInt64 = 1 << 30

    @Test(arguments: [0, 1, 4095, 4097, UInt64.max, UInt64.max - 4095])
    func aSizeThatIsNoWholeNumberOfPagesIsRefused(size: UInt64) {
        #expect(throws: Errno.invalidArgument) { try GuestMemory(size: size) }
    }

    @Test(
        arguments: [
            // Size; the low region's; the high region's.
            (4096, 4096, 0), (64 << 20, 64 << 20, 0), (3 * gibi, 3 * gibi, 0),
            (3 * gibi + 4096, 3 * gibi, 4096), (4 * gibi, 3 * gibi, gibi),
            (8 * gibi, 3 * gibi, 5 * gibi),
        ] as [(UInt64, UInt64, UInt64)])
    func ramLeavesTheHoleBelowFourGiBFree(size: UInt64, low: UInt64, high: UInt64) throws {
        let memory = try GuestMemory(size: size)
        #expect(memory.size == size)
        #expect(memory.regions.map(\.guestAddress) == (high > 0 ? [0, 4 * Self.gibi] : [0]))
        #expect(memory.regions.map(\.size) == (high > 0 ? [low, high] : [low]))
    }

    @Test func theHostsAddressesOfBothRegionsFollowEachOther() throws {
        let regions = try GuestMemory(size: 4 * Self.gibi).regions
        #expect(regions[1].hostAddress == regions[0].hostAddress + 3 * Self.gibi)
    }

    @Test(arguments: [
        UInt64(0), 8, 3 * gibi - 8, 4 * gibi, 4 * gibi + 8, 5 * gibi - 8, 0x1_2345_6789, 3,
    ])
    func everyByteOfRAMCanBeUsed(address: UInt64) throws {
        let memory = try GuestMemory(size: 4 * Self.gibi)
        try memory.store(UInt64(0x0807_0605_0403_0201), at: address)
        #expect(try memory.read(at: address, count: 8) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try memory.loadUInt8(at: address + 7) == 8)
        #expect(try memory.loadUInt16(at: address + 1) == 0x0302)
        #expect(try memory.loadUInt32(at: address + 3) == 0x0706_0504)
        #expect(try memory.loadUInt64(at: address) == 0x0807_0605_0403_0201)
    }

    /// Ranges with a byte that is no RAM, in 4 GiB.
    static let outside: [(UInt64, Int)] = [
        (0xbfff_fff9, 8), (0xc000_0000, 1), (0xc000_0000, 0), (0xd000_0000, 8), (0xffff_ffff, 1),
        (0xffff_fffc, 8), (0x1_3fff_fff9, 8), (0x1_4000_0000, 1), (.max, 1), (.max - 7, 8),
        (.max - 6, 8), (0, 0xc000_0001), (4096, .max), (0x1_0000_0008, .max),
        (1 << 63, 8), (0xbfff_f000, 1 << 31),
    ]

    @Test(arguments: outside)
    func aRangeWithAByteThatIsNoRAMIsRefused(address: UInt64, count: Int) throws {
        let memory = try GuestMemory(size: 4 * Self.gibi)
        let expected = GuestMemoryError.outOfRange(address: address, count: UInt64(count))
        #expect(throws: expected) { try memory.read(at: address, count: count) }
        #expect(throws: expected) { try memory.clear(at: address, count: UInt64(count)) }
    }

    @Test(arguments: [
        3 * gibi - 7, 3 * gibi, 4 * gibi - 1, 5 * gibi - 7, UInt64.max, UInt64.max - 7,
    ])
    func anIntegerWithAByteThatIsNoRAMIsRefused(address: UInt64) throws {
        let memory = try GuestMemory(size: 4 * Self.gibi)
        let expected = GuestMemoryError.outOfRange(address: address, count: 8)
        #expect(throws: expected) { try memory.loadUInt64(at: address) }
        #expect(throws: expected) { try memory.store(UInt64(0), at: address) }
        #expect(throws: expected) {
            try memory.write([UInt8](repeating: 1, count: 8), at: address)
        }
    }

    @Test func whatIsRefusedHasWrittenNothing() throws {
        let memory = try GuestMemory(size: 4096)
        try? memory.write([UInt8](repeating: 0xff, count: 8), at: 4092)
        try? memory.store(UInt32.max, at: 4094)
        #expect(try memory.read(at: 4088, count: 8).allSatisfy { $0 == 0 })
    }

    @Test func anEmptyRangeInRAMIsEmpty() throws {
        let memory = try GuestMemory(size: 4096)
        try memory.write([], at: 4095)
        try memory.clear(at: 0, count: 0)
        #expect(try memory.read(at: 4095, count: 0) == [])
    }

    @Test func allOfARegionCanBeUsedAtOnce() throws {
        let memory = try GuestMemory(size: 8192)
        try memory.write([UInt8](repeating: 7, count: 8192), at: 0)
        try memory.clear(at: 1, count: 8190)
        let bytes = try memory.read(at: 0, count: 8192)
        #expect(bytes.first == 7)
        #expect(bytes.last == 7)
        #expect(bytes[1..<8191].allSatisfy { $0 == 0 })
    }

    @Test func integersOfEverySizeAreLittleEndian() throws {
        let memory = try GuestMemory(size: 4096)
        try memory.store(UInt8(1), at: 0)
        try memory.store(UInt16(0x0302), at: 1)
        try memory.store(UInt32(0x0706_0504), at: 3)
        #expect(try memory.read(at: 0, count: 8) == [1, 2, 3, 4, 5, 6, 7, 0])
    }
}

/// Pieces of guest memory as one run of host memory.
@Suite struct GuestMemoryVectorTests {
    @Test func piecesBecomeOneRunInTheirOrder() throws {
        let memory = try GuestMemory(size: 8192)
        let vector = try memory.vector([
            MemoryPiece(address: 0x1000, count: 2), MemoryPiece(address: 0, count: 3),
        ])
        vector.copyIn([1, 2, 3, 4, 5])
        #expect(vector.count == 5)
        #expect(try memory.read(at: 0x1000, count: 3) == [1, 2, 0])
        #expect(try memory.read(at: 0, count: 4) == [3, 4, 5, 0])
        #expect(vector.copyOut(5) == [1, 2, 3, 4, 5])
    }

    @Test func anEmptyPieceIsLeftOutWhereverItPoints() throws {
        let memory = try GuestMemory(size: 4096)
        let vector = try memory.vector([
            MemoryPiece(address: .max, count: 0), MemoryPiece(address: 8, count: 1),
        ])
        #expect(vector.count == 1)
    }

    @Test func noPieceIsNoByte() throws {
        #expect(try GuestMemory(size: 4096).vector([]).count == 0)
    }

    @Test func piecesMayOverlap() throws {
        let memory = try GuestMemory(size: 4096)
        let piece = MemoryPiece(address: 0, count: 4096)
        #expect(try memory.vector([piece, piece, piece]).count == 3 * 4096)
    }

    @Test(arguments: [
        (UInt64(4096), UInt32(1)), (4095, 2), (0, .max), (.max, 1), (0xc000_0000, 1),
        (0xffff_ffff_0000_0001, .max),
    ])
    func aPieceThatIsNoRAMRefusesTheVector(address: UInt64, count: UInt32) throws {
        let memory = try GuestMemory(size: 4096)
        let good = MemoryPiece(address: 0, count: 16)
        let bad = MemoryPiece(address: address, count: count)
        let expected = GuestMemoryError.outOfRange(address: address, count: UInt64(count))
        #expect(throws: expected) { try memory.vector([good, bad]) }
    }

    @Test func aPieceMayNotReachFromOneRegionIntoTheOther() throws {
        let memory = try GuestMemory(size: 4 << 30)
        #expect(throws: GuestMemoryError.self) {
            try memory.vector([MemoryPiece(address: (3 << 30) - 1, count: 2)])
        }
    }

    @Test func aFileIsReadIntoMemory() throws {
        let memory = try GuestMemory(size: 8192)
        let file = try OwnedFD.open("/dev/zero", 0)
        try memory.write([UInt8](repeating: 1, count: 16), at: 0x1000)
        try memory.fill(at: 0x1004, count: 8, from: file, offset: 0)
        #expect(try memory.read(at: 0x1000, count: 4) == [1, 1, 1, 1])
        #expect(try memory.read(at: 0x1004, count: 8) == [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try memory.read(at: 0x100c, count: 4) == [1, 1, 1, 1])
    }

    @Test func aFileThatEndsTooEarlyIsAnError() throws {
        let memory = try GuestMemory(size: 8192)
        let file = try OwnedFD.open("/dev/null", 0)
        #expect(throws: Errno.io) { try memory.fill(at: 0, count: 8, from: file, offset: 0) }
    }

    @Test func aFileIsNotReadToWhereThereIsNoRAM() throws {
        let memory = try GuestMemory(size: 4096)
        let file = try OwnedFD.open("/dev/zero", 0)
        #expect(throws: GuestMemoryError.outOfRange(address: 4092, count: 8)) {
            try memory.fill(at: 4092, count: 8, from: file, offset: 0)
        }
    }
}
