import GuestMemory
import Testing

@testable import KVM

/// Translation of addresses (Intel SDM volume 3, 4.5 to 4.8).
@Suite struct PageWalkTests {
    private static let present = PageTables.present
    private static let writable = PageTables.writable

    @Test(arguments: [UInt64(0), 0x1234, 0x7fff_ffff_f008, 0xffff_8000_0000_0fff, .max])
    func aPageOf4KiBIsFoundAnywhere(address: UInt64) throws {
        var tables = try PageTables()
        try tables.map(address, to: 0x2_0000)
        let physical = try tables.walk().translate(address, write: true)
        #expect(physical == 0x2_0000 + address & 0xfff)
    }

    @Test(arguments: [
        (1, UInt64(0x20_0000), UInt64(0x7f_f123), UInt64(0x3f_f123)),
        (1, 0, 0xffff_8880_001f_ffff, 0x1f_ffff),
        (2, 0x4000_0000, 0xffff_8880_3fff_ffff, 0x7fff_ffff),
        (2, 0, 0x4012_3456, 0x12_3456),
    ])
    func aLargePageIsFound(
        level: Int, page: UInt64, address: UInt64, expected: UInt64
    ) throws {
        var tables = try PageTables()
        try tables.map(address, to: page, level: level)
        #expect(try tables.walk().translate(address, write: true) == expected)
    }

    @Test func bitsBesidesTheAddressAreNoAddress() throws {
        var tables = try PageTables()
        // XD, protection key, global, PAT of a large page, ignored bits.
        let flags = Self.present | Self.writable | 0xf830_0000_0000_1f00
        try tables.map(0x20_0000, to: 0x20_0000, level: 1, flags: flags)
        #expect(try tables.walk().translate(0x20_0008, write: true) == 0x20_0008)
    }

    @Test func flagsOfCR3AreNoAddress() throws {
        var tables = try PageTables()
        try tables.map(0x5000, to: 0x2_0000)
        let walk = PageWalk(
            memory: tables.memory, cr3: tables.root | 0x8000_0000_0000_0fff, writeProtect: true)
        #expect(try walk.translate(0x5000, write: false) == 0x2_0000)
    }

    @Test(arguments: 0...3, [false, true])
    func aMissingEntryIsAPageFault(level: Int, write: Bool) throws {
        var tables = try PageTables()
        let address: UInt64 = 0xffff_8880_1234_5678
        try tables.map(address, to: 0x2_0000)
        try tables.memory.store(UInt64(0), at: try tables.entry(address, level: level))
        #expect(throws: PageWalk.Failure.pageFault(address, code: write ? 2 : 0)) {
            try tables.walk().translate(address, write: write)
        }
    }

    @Test(arguments: [UInt64(0x0000_8000_0000_0000), 0xffff_7fff_ffff_ffff, 0x8000_0000_0000_0000])
    func anAddressThatIsNotCanonicalIsAProtectionFault(address: UInt64) throws {
        let walk = try PageTables().walk()
        #expect(throws: PageWalk.Failure.exception(.generalProtection)) {
            try walk.translate(address, write: false)
        }
    }

    @Test(arguments: 0...3)
    func aReadOnlyEntryAtAnyLevelForbidsWritesUnderWP(level: Int) throws {
        var tables = try PageTables()
        try tables.map(0x1234, to: 0x2_0000)
        let place = try tables.entry(0x1234, level: level)
        try tables.memory.store(
            try tables.memory.loadUInt64(at: place) & ~Self.writable, at: place)
        #expect(throws: PageWalk.Failure.pageFault(0x1234, code: 3)) {
            try tables.walk(writeProtect: true).translate(0x1234, write: true)
        }
        #expect(try tables.walk(writeProtect: true).translate(0x1234, write: false) == 0x2_0234)
        #expect(try tables.walk(writeProtect: false).translate(0x1234, write: true) == 0x2_0234)
    }

    @Test(arguments: [(0, 3), (1, 2), (2, 1)])
    func aReadMarksAllLevelsAccessedAndNoneDirty(level: Int, above: Int) throws {
        var tables = try PageTables()
        let page = try tables.map(0x8000_0000, to: 0, level: level)
        _ = try tables.walk().translate(0x8000_0000, write: false)
        let bits = PageTables.accessed | PageTables.dirty
        #expect(try tables.memory.loadUInt64(at: page) & bits == PageTables.accessed)
        for upper in level + 1...3 {
            let place = try tables.entry(0x8000_0000, level: upper)
            #expect(try tables.memory.loadUInt64(at: place) & bits == PageTables.accessed)
        }
    }

    @Test(arguments: 0...2)
    func aWriteMarksThePageDirtyAndNoTable(level: Int) throws {
        var tables = try PageTables()
        let page = try tables.map(0x8000_0000, to: 0, level: level)
        _ = try tables.walk().translate(0x8000_0000, write: true)
        let bits = PageTables.accessed | PageTables.dirty
        #expect(try tables.memory.loadUInt64(at: page) & bits == bits)
        let table = try tables.entry(0x8000_0000, level: 3)
        #expect(try tables.memory.loadUInt64(at: table) & PageTables.dirty == 0)
    }

    @Test func aFaultMarksThePageNeitherAccessedNorDirty() throws {
        var tables = try PageTables()
        let page = try tables.map(0, to: 0x2_0000, flags: Self.present)
        _ = try? tables.walk().translate(0, write: true)
        #expect(try tables.memory.loadUInt64(at: page) == 0x2_0000 | Self.present)
    }

    @Test(arguments: 1...3)
    func aTableOutsideOfMemoryIsToldAsSuch(level: Int) throws {
        var tables = try PageTables()
        try tables.map(0, to: 0x2_0000)
        let place = try tables.entry(0, level: level)
        try tables.memory.store(0x1000_0000 | Self.present | Self.writable, at: place)
        #expect(throws: PageWalk.Failure.noMemory(0x1000_0000)) {
            try tables.walk().translate(0, write: false)
        }
    }

    @Test func aRootOutsideOfMemoryIsToldAsSuch() throws {
        let walk = PageWalk(
            memory: try GuestMemory(size: 4096), cr3: 0xf_ffff_ffff_f000, writeProtect: true)
        #expect(throws: PageWalk.Failure.noMemory(0xf_ffff_ffff_f000)) {
            try walk.translate(0, write: false)
        }
    }
}

/// Reads and writes over several pages.
@Suite struct PageWalkRangeTests {
    private let first: UInt64 = 0x2_0000
    private let second: UInt64 = 0x5_0000

    /// Two pages that follow each other for the guest and lie apart in memory.
    private func tables(second flags: UInt64? = 3) throws -> PageTables {
        var tables = try PageTables()
        try tables.map(0x40_0000, to: first)
        if let flags { try tables.map(0x40_1000, to: second, flags: flags) }
        return tables
    }

    @Test func aRangeIsCutAtPageBorders() throws {
        let pieces = try tables().walk().ranges(0x40_0ff0, count: 0x20, write: false)
        #expect(pieces.map(\.address) == [first + 0xff0, second])
        #expect(pieces.map(\.count) == [0x10, 0x10])
    }

    @Test func aRangeUpToTheBorderNeedsOnePage() throws {
        let pieces = try tables(second: nil).walk().ranges(0x40_0ff0, count: 0x10, write: true)
        #expect(pieces.map(\.address) == [first + 0xff0])
    }

    @Test func anEmptyRangeNeedsNone() throws {
        #expect(try PageTables().walk().ranges(0x1234, count: 0, write: true).isEmpty)
    }

    @Test func whatIsWrittenAcrossABorderIsReadAgain() throws {
        let tables = try tables()
        let bytes = (UInt8(0)..<64).map { $0 &* 7 }
        try tables.walk().write(bytes, at: 0x40_0fe0)
        #expect(try tables.walk().read(0x40_0fe0, count: 64) == bytes)
        #expect(try tables.memory.read(at: first + 0xfe0, count: 32) == Array(bytes[..<32]))
        #expect(try tables.memory.read(at: second, count: 32) == Array(bytes[32...]))
    }

    @Test(arguments: [nil, UInt64(1)])
    func nothingIsWrittenWhereTheSecondPageFaults(flags: UInt64?) throws {
        let tables = try tables(second: flags)
        let code: UInt32 = flags == nil ? 2 : 3
        #expect(throws: PageWalk.Failure.pageFault(0x40_1000, code: code)) {
            try tables.walk().write([UInt8](repeating: 0xff, count: 64), at: 0x40_0fe0)
        }
        #expect(try tables.memory.read(at: first + 0xfe0, count: 32).allSatisfy { $0 == 0 })
    }

    @Test func aPageOutsideOfMemoryIsToldAsSuch() throws {
        var tables = try tables(second: nil)
        try tables.map(0x40_1000, to: 0xd000_0000)
        #expect(throws: PageWalk.Failure.noMemory(0xd000_0000)) {
            try tables.walk().read(0x40_0fe0, count: 64)
        }
    }

    @Test func nothingIsWrittenWhereTheSecondPageIsOutsideOfMemory() throws {
        var tables = try tables(second: nil)
        try tables.map(0x40_1000, to: 0xd000_0000)
        #expect(throws: PageWalk.Failure.noMemory(0xd000_0000)) {
            try tables.walk().write([UInt8](repeating: 0xff, count: 64), at: 0x40_0fe0)
        }
        #expect(try tables.memory.read(at: first + 0xfe0, count: 32).allSatisfy { $0 == 0 })
    }

    @Test func aRangeIntoTheGapOfTheAddressSpaceIsAProtectionFault() throws {
        var tables = try PageTables()
        try tables.map(0x7fff_ffff_f000, to: first)
        #expect(throws: PageWalk.Failure.exception(.generalProtection)) {
            try tables.walk().read(0x7fff_ffff_fff8, count: 16)
        }
    }
}
