import Boot
import GuestMemory
import Testing

/// Floating pointer and configuration table (Intel MultiProcessor Specification 1.4, chapter 4).
@Suite struct MultiProcessorTableTests {
    private static let counts: [UInt8] = [1, 2, 8, 254]

    private func sum(_ bytes: some Sequence<UInt8>) -> UInt8 {
        bytes.reduce(0) { $0 &+ $1 }
    }

    /// The entries after the header of 44 bytes, cut by their types' sizes.
    private func entries(_ bytes: [UInt8]) -> [[UInt8]] {
        var rest = bytes.dropFirst(16 + 44)
        var entries: [[UInt8]] = []
        while let type = rest.first {
            let size = type == 0 ? 20 : 8
            entries.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return entries
    }

    @Test(arguments: counts)
    func thePointerNamesTheTable_4_1(processors: UInt8) {
        let pointer = Array(MultiProcessorTable.bytes(processors: processors).prefix(16))
        #expect(pointer[0..<4] == Array("_MP_".utf8)[...])
        #expect(pointer[4..<8] == [0x10, 0x00, 0x0f, 0x00])  // 0xf0010
        #expect(pointer[8] == 1)  // in paragraphs of 16 bytes
        #expect(pointer[9] == 4)  // version 1.4
        #expect(sum(pointer) == 0)
        #expect(pointer[11...].allSatisfy { $0 == 0 })  // a configuration table; virtual wire mode
    }

    @Test(arguments: counts)
    func theHeaderDescribesTheTable_4_2(processors: UInt8) {
        let bytes = MultiProcessorTable.bytes(processors: processors)
        let table = Array(bytes.dropFirst(16))
        #expect(table[0..<4] == Array("PCMP".utf8)[...])
        #expect(Int(table[4]) | Int(table[5]) << 8 == table.count)
        #expect(table[6] == 4)
        #expect(sum(table) == 0)
        #expect(Int(table[34]) | Int(table[35]) << 8 == entries(bytes).count)
        #expect(table[36..<40] == [0, 0, 0xe0, 0xfe])  // local APICs
        #expect(table[40..<44] == [0, 0, 0, 0])  // no extended table
    }

    @Test(arguments: counts)
    func everyProcessorHasAnEntry_4_3_1(processors: UInt8) {
        let found = entries(MultiProcessorTable.bytes(processors: processors)).filter { $0[0] == 0 }
        #expect(found.map { $0[1] } == Array(0..<processors))  // local APIC id
        #expect(found.allSatisfy { $0[2] == 0x14 })
        // Enabled all, the first is the one that boots.
        #expect(found.map { $0[3] } == [3] + [UInt8](repeating: 1, count: Int(processors) - 1))
    }

    @Test func thereIsAnISABus_4_3_2() {
        let found = entries(MultiProcessorTable.bytes(processors: 2)).filter { $0[0] == 1 }
        #expect(found == [[1, 0] + Array("ISA   ".utf8)])
    }

    @Test(arguments: counts)
    func theIOAPICHasAnIdOfItsOwn_4_3_3(processors: UInt8) {
        let found = entries(MultiProcessorTable.bytes(processors: processors)).filter { $0[0] == 2 }
        #expect(found == [[2, processors, 0x14, 1, 0, 0, 0xc0, 0xfe]])
    }

    @Test func everyInterruptLineGoesToTheInputOfItsNumber_4_3_4() {
        let found = entries(MultiProcessorTable.bytes(processors: 2)).filter { $0[0] == 3 }
        #expect(found == (UInt8(0)..<24).map { [3, 0, 0, 0, 0, $0, 2, $0] })
    }

    @Test func localInterruptsAreThoseOfAPC_4_3_5() {
        let found = entries(MultiProcessorTable.bytes(processors: 2)).filter { $0[0] == 4 }
        // ExtINT at LINT0 of the first, NMI at LINT1 of all.
        #expect(found == [[4, 3, 0, 0, 0, 0, 0, 0], [4, 1, 0, 0, 0, 0, 0xff, 1]])
    }

    @Test func entriesAreInTheOrderOfTheirTypes_4_3() {
        let types = entries(MultiProcessorTable.bytes(processors: 3)).map { $0[0] }
        #expect(types == types.sorted())
    }

    @Test func aFullTableHasRoomWhereItIsWritten() throws {
        let memory = try GuestMemory(size: 2 << 20)
        try MultiProcessorTable.write(to: memory, processors: 254)
        let bytes = MultiProcessorTable.bytes(processors: 254)
        #expect(bytes.count <= Layout.multiProcessorTableCapacity)
        #expect(try memory.read(at: Layout.multiProcessorTable, count: bytes.count) == bytes)
    }
}
