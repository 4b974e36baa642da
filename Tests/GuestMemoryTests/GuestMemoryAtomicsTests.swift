import GuestMemory
import Testing

/// What driver and device, or processor and VMM, share without a lock.
@Suite struct GuestMemoryAtomicsTests {
    private let memory: GuestMemory

    init() throws {
        memory = try GuestMemory(size: 0x2000)
    }

    @Test(arguments: [UInt64(0), 2, 6, 0x1ffe])
    func anIndexIsStoredAndLoaded(address: UInt64) throws {
        try memory.storeReleasing16(0xabcd, at: address)
        #expect(try memory.loadAcquiring16(at: address) == 0xabcd)
        #expect(try memory.read(at: address, count: 2) == [0xcd, 0xab])
    }

    @Test(arguments: [UInt64(1), 0x1fff, .max])
    func anIndexAtAnOddAddressIsRefused(address: UInt64) {
        #expect(throws: GuestMemoryError.misaligned(address: address)) {
            try memory.loadAcquiring16(at: address)
        }
        #expect(throws: GuestMemoryError.misaligned(address: address)) {
            try memory.storeReleasing16(1, at: address)
        }
    }

    @Test(arguments: [0x2000, UInt64.max - 1])
    func anIndexOutsideOfMemoryIsRefused(address: UInt64) {
        #expect(throws: GuestMemoryError.outOfRange(address: address, count: 2)) {
            try memory.loadAcquiring16(at: address)
        }
        #expect(throws: GuestMemoryError.outOfRange(address: address, count: 2)) {
            try memory.storeReleasing16(1, at: address)
        }
    }

    @Test func bitsAreSetBesidesTheOthers() throws {
        try memory.store(UInt64(0x8000_0000_0000_0003), at: 0x1ff8)
        #expect(try memory.setBits(0x60, of: 0x8000_0000_0000_0003, at: 0x1ff8))
        #expect(try memory.loadUInt64(at: 0x1ff8) == 0x8000_0000_0000_0063)
    }

    @Test func bitsOfAnEntryThatHasChangedAreNotSet() throws {
        try memory.store(UInt64(0), at: 0x1000)
        #expect(try !memory.setBits(0x60, of: 3, at: 0x1000))
        #expect(try memory.loadUInt64(at: 0x1000) == 0)
    }

    @Test(arguments: [UInt64(1), 4, 0x1ffc])
    func bitsAtAnAddressOffEightAreRefused(address: UInt64) {
        #expect(throws: GuestMemoryError.misaligned(address: address)) {
            try memory.setBits(1, of: 0, at: address)
        }
    }

    @Test func sixteenBytesAreExchangedWhereTheyAreEqual() throws {
        try memory.store(UInt64(1), at: 0x1ff0)
        try memory.store(UInt64(2), at: 0x1ff8)
        let result = try memory.compareExchange16(
            at: 0x1ff0, expected: (1, 2), desired: (.max, 0x1234))
        #expect(result == (true, 1, 2))
        #expect(try memory.loadUInt64(at: 0x1ff0) == .max)
        #expect(try memory.loadUInt64(at: 0x1ff8) == 0x1234)
    }

    @Test(arguments: [(UInt64(0), UInt64(2)), (1, 0), (2, 1)])
    func sixteenBytesThatDifferAreToldAndLeft(low: UInt64, high: UInt64) throws {
        try memory.store(UInt64(1), at: 0x10)
        try memory.store(UInt64(2), at: 0x18)
        let result = try memory.compareExchange16(
            at: 0x10, expected: (low, high), desired: (9, 9))
        #expect(result == (false, 1, 2))
        #expect(try memory.loadUInt64(at: 0x10) == 1)
        #expect(try memory.loadUInt64(at: 0x18) == 2)
    }

    @Test(arguments: [UInt64(1), 8, 0x1ff8])
    func sixteenBytesAtAnAddressOffSixteenAreRefused(address: UInt64) {
        #expect(throws: GuestMemoryError.misaligned(address: address)) {
            try memory.compareExchange16(at: address, expected: (0, 0), desired: (1, 1))
        }
    }

    @Test(arguments: [0x2000, UInt64.max - 15])
    func sixteenBytesOutsideOfMemoryAreRefused(address: UInt64) {
        #expect(throws: GuestMemoryError.outOfRange(address: address, count: 16)) {
            try memory.compareExchange16(at: address, expected: (0, 0), desired: (1, 1))
        }
    }
}
