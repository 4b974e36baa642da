import GuestMemory

@testable import KVM

/// Page tables that a test writes by hand, in 1 MiB of RAM of which the tables have the first 64 KiB.
struct PageTables {
    static let present: UInt64 = 1 << 0
    static let writable: UInt64 = 1 << 1
    static let accessed: UInt64 = 1 << 5
    static let dirty: UInt64 = 1 << 6
    static let large: UInt64 = 1 << 7

    let memory: GuestMemory
    /// The PML4.
    let root: UInt64 = 0x1000
    private var next: UInt64 = 0x2000

    init(size: UInt64 = 1 << 20) throws {
        memory = try GuestMemory(size: size)
    }

    func walk(writeProtect: Bool = true) -> PageWalk {
        PageWalk(memory: memory, cr3: root, writeProtect: writeProtect)
    }

    /// Where the entry for an address is at a level (3: PML4, 0: page table); makes the tables above it.
    mutating func entry(_ address: UInt64, level: Int) throws -> UInt64 {
        var table = root
        for above in stride(from: 3, to: level, by: -1) {
            let place = position(address, above, table)
            if try memory.loadUInt64(at: place) == 0 {
                try memory.store(next | Self.present | Self.writable, at: place)
                next += 0x1000
            }
            table = try memory.loadUInt64(at: place) & 0x000f_ffff_ffff_f000
        }
        return position(address, level, table)
    }

    private func position(_ address: UInt64, _ level: Int, _ table: UInt64) -> UInt64 {
        table + (address >> UInt64(12 + 9 * level) & 511) * 8
    }

    /// Maps a page of 4 KiB, 2 MiB (level 1) or 1 GiB (level 2); answers where its entry is.
    @discardableResult
    mutating func map(
        _ address: UInt64, to physical: UInt64, level: Int = 0, flags: UInt64 = present | writable
    ) throws -> UInt64 {
        let place = try entry(address, level: level)
        try memory.store(physical | flags | (level > 0 ? Self.large : 0), at: place)
        return place
    }
}

extension PageWalk.Failure {
    /// #PF with its error code: bit 0 the page is present, bit 1 a write.
    static func pageFault(_ address: UInt64, code: UInt32) -> PageWalk.Failure {
        .exception(ProcessorException(vector: 14, errorCode: code, faultAddress: address))
    }
}
