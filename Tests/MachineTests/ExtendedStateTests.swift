import CLinux
import GuestMemory
import KVM
import Testing

/// XSAVE and XRSTOR in supervisor mode, with x87, SSE and AVX.
@Suite(.enabled(if: Host.runsMachines, Host.reason), .serialized)
struct ExtendedStateTests {
    private static let area: UInt64 = 0x2_0000
    private static let otherArea: UInt64 = 0x2_1000
    private static let result: UInt64 = 0x2_2000
    private static let size = 832
    private static let header = 512..<576

    /// An XSAVE area whose registers all come from `seed`.
    private func state(seed: UInt8, inUse: UInt8 = 7, mxcsr: UInt32 = 0x1f80) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        bytes[0] = 0x7f
        bytes[1] = 3
        bytes[4] = 0xff
        for index in 0..<4 {
            bytes[24 + index] = UInt8(truncatingIfNeeded: mxcsr >> UInt32(8 * index))
        }
        for register in 0..<8 {
            for index in 0..<10 {
                bytes[32 + 16 * register + index] = seed &+ UInt8(16 * register + index)
            }
        }
        for offset in 160..<416 { bytes[offset] = seed &+ UInt8(truncatingIfNeeded: offset) }
        for offset in 576..<832 { bytes[offset] = seed &* 3 &+ UInt8(truncatingIfNeeded: offset) }
        bytes[512] = inUse
        return bytes
    }

    /// The bytes that both areas must share: registers, control word, MXCSR, XSTATE_BV.
    private func registers(_ area: [UInt8]) -> [UInt8] {
        Array(area[0..<2] + area[24..<28] + area[32..<416] + area[512..<520] + area[576..<832])
    }

    private func guest(_ program: [UInt8], _ state: [UInt8]) throws -> GuestMachine {
        let guest = try GuestMachine(program)
        try guest.memory.write(state, at: Self.area)
        try guest.change { (registers: inout kvm_regs) in
            registers.rdi = Self.area
            registers.rbx = Self.otherArea
            registers.rsi = Self.result
        }
        return guest
    }

    @Test(arguments: [UInt32(0x1f80), 0x1fa0, 0x7f80])
    func whatIsRestoredIsSavedAgain(mxcsr: UInt32) throws {
        let state = state(seed: 17, mxcsr: mxcsr)
        let guest = try guest(GuestCode.restoreState, state)
        _ = try guest.run(toPort: 0xf4)
        let saved = try guest.memory.read(at: Self.result, count: Self.size)
        #expect(registers(saved) == registers(state))
    }

    @Test(arguments: [UInt8(0), 1, 2, 4, 5, 6], [UInt32(0x1f80), 0x1fa0])
    func aComponentWhoseBitIsClearIsInitialized(inUse: UInt8, mxcsr: UInt32) throws {
        let state = state(seed: 99, inUse: inUse, mxcsr: mxcsr)
        let guest = try guest(GuestCode.restoreState, state)
        _ = try guest.run(toPort: 0xf4)
        let saved = try guest.memory.read(at: Self.result, count: Self.size)
        let initial = [UInt8](repeating: 0, count: Self.size)
        #expect(saved[0..<2] == [0x7f, 3])
        #expect(saved[24..<28] == state[24..<28])
        #expect(saved[32..<160] == (inUse & 1 != 0 ? state : initial)[32..<160])
        #expect(saved[160..<416] == (inUse & 2 != 0 ? state : initial)[160..<416])
        #expect(saved[576..<832] == (inUse & 4 != 0 ? state : initial)[576..<832])
    }

    @Test(arguments: [(512, UInt8(8)), (519, 0x80), (520, 1), (528, 1)])
    func aBadAreaIsAProtectionFault(offset: Int, value: UInt8) throws {
        var state = state(seed: 1)
        state[offset] |= value
        let guest = try guest(GuestCode.restoreState, state)
        #expect(try guest.run(toPort: 0xf7).r9 == 0)
    }

    @Test func savingLeavesTheRestOfTheAreaAlone() throws {
        let guest = try guest(GuestCode.saveState, [])
        try guest.memory.write([UInt8](repeating: 0xee, count: 4096), at: Self.area)
        try guest.memory.clear(at: Self.area + 512, count: 64)
        try guest.memory.store(UInt8(0x80), at: Self.area + 519)
        _ = try guest.run(toPort: 0xf4)
        let saved = try guest.memory.read(at: Self.area, count: 4096)
        #expect(saved[464..<512].allSatisfy { $0 == 0xee })
        #expect(saved[832...].allSatisfy { $0 == 0xee })
        #expect(saved[519] == 0x80)
    }

    /// Two areas by turns, thousands of times, while the VMM's own code uses the same registers.
    @Test func registersOfTwoAreasNeverMix() throws {
        let first = state(seed: 3, mxcsr: 0x1fa0)
        let second = state(seed: 200)
        let guest = try guest(GuestCode.alternate, first)
        try guest.memory.write(second, at: Self.otherArea)
        let expected = [registers(first), registers(second)]
        var mixed = 0
        for turn in 0..<4000 {
            _ = try guest.run(toPort: 0xf4)
            let saved = try guest.memory.read(at: Self.result, count: Self.size)
            if registers(saved) != expected[turn % 2] { mixed += 1 }
            try guest.memory.clear(at: Self.result, count: UInt64(Self.size))
        }
        #expect(mixed == 0)
    }
}
