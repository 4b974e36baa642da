import CLinux
import Glibc
import GuestMemory
import Linux
import Testing

@testable import KVM

/// A machine that is saved goes on in another one as if nothing had been.
@Suite(.enabled(if: Host.runsMachines, Host.reason), .serialized)
struct SnapshotTests {
    private static let area: UInt64 = 0x2_0000
    private static let result: UInt64 = 0x2_2000

    /// Lets the recurrence run so often; the registers then.
    private func run(_ guest: GuestMachine, times: Int) throws -> kvm_regs {
        for _ in 1..<times { _ = try guest.run(toPort: 0xf4) }
        return try guest.run(toPort: 0xf4)
    }

    private func numbers(_ registers: kvm_regs) -> [UInt64] {
        [
            registers.rax, registers.rbx, registers.rcx, registers.rdx, registers.rsi,
            registers.rdi, registers.rbp, registers.rsp, registers.r8, registers.r15,
            registers.rip, registers.rflags,
        ]
    }

    @Test func aLoopGoesOnExactly() throws {
        let whole = try GuestMachine(GuestCode.recurrence)
        let first = try GuestMachine(GuestCode.recurrence)
        _ = try run(first, times: 5)
        let second = try GuestMachine(first.save())

        let (expected, found) = (try run(whole, times: 12), try run(second, times: 7))
        #expect(found.rsi == 12)
        #expect(numbers(found) == numbers(expected))
        let memory = try second.memory.read(at: 0, count: 2 << 20)
        let same = try memory == whole.memory.read(at: 0, count: 2 << 20)
        #expect(same)
    }

    @Test func theSavedMachineIsNotDisturbed() throws {
        let guest = try GuestMachine(GuestCode.recurrence)
        _ = try run(guest, times: 5)
        _ = try guest.save()
        #expect(try run(guest, times: 3).rsi == 8)
    }

    @Test func manyMachinesGoOnFromOne() throws {
        let guest = try GuestMachine(GuestCode.recurrence)
        _ = try run(guest, times: 3)
        let saved = try guest.save()
        let counts = try [1, 2, 5].map { try run(GuestMachine(saved), times: $0).rsi }
        #expect(counts == [4, 5, 8])
    }

    @Test func aMachineCanBeSavedAgain() throws {
        var guest = try GuestMachine(GuestCode.recurrence)
        for _ in 0..<5 {
            _ = try run(guest, times: 2)
            guest = try GuestMachine(guest.save())
        }
        #expect(try run(guest, times: 1).rsi == 11)
    }

    @Test func anAnswerThatTheGuestHasNotSeenYetIsNotLost() throws {
        let guest = try GuestMachine(GuestCode.portIn)
        guard case .portRead(let access) = try guest.run() else {
            Issue.record("no read from a port")
            return
        }
        guest.vcpu.answer(access, with: 0x1234_5678)
        let copy = try GuestMachine(guest.save())
        #expect(try copy.run(toPort: 0xf4).rbx == 0x1234_5678)
    }

    @Test func aWriteThatWasCarriedOutIsNotRepeated() throws {
        let guest = try GuestMachine(GuestCode.doorbell)
        guard case .memoryWrite(let first) = try guest.run(),
            case .memoryWrite(let second) = try GuestMachine(guest.save()).run()
        else {
            Issue.record("no writes to a register")
            return
        }
        #expect(first.value & 0xffff_ffff == 1)
        #expect(second.value & 0xffff_ffff == 2)
    }

    @Test func registersOfTheFPUAndAVXComeBack() throws {
        var state = [UInt8](repeating: 0, count: 832)
        // Control word and MXCSR as they are at the start; x87, SSE and AVX in use.
        state.replaceSubrange(0..<2, with: [0x7f, 3])
        state.replaceSubrange(24..<28, with: [0x80, 0x1f, 0, 0])
        state[4] = 0xff
        state[512] = 7
        for register in 0..<8 {
            for index in 0..<10 { state[32 + 16 * register + index] = UInt8(16 * register + index) }
        }
        for offset in 160..<416 { state[offset] = UInt8(truncatingIfNeeded: offset * 5) }
        for offset in 576..<832 { state[offset] = UInt8(truncatingIfNeeded: offset * 3) }
        let guest = try GuestMachine(GuestCode.keepState)
        try guest.memory.write(state, at: Self.area)
        try guest.change { (registers: inout kvm_regs) in
            registers.rdi = Self.area
            registers.rsi = Self.result
        }
        _ = try guest.run(toPort: 0xf4)
        let copy = try GuestMachine(guest.save())
        _ = try copy.run(toPort: 0xf4)

        let found = try copy.memory.read(at: Self.result, count: 832)
        #expect(found[32..<416] == state[32..<416])
        #expect(found[576..<832] == state[576..<832])
        #expect(found[24..<28] == state[24..<28])
    }

    /// Intel SDM volume 4, table 2-2: IA32_LSTAR, IA32_FS_BASE, IA32_GS_BASE, IA32_KERNEL_GS_BASE.
    @Test(arguments: [0xc000_0082, 0xc000_0100, 0xc000_0101, 0xc000_0102] as [UInt64])
    func modelSpecificRegistersComeBack(number: UInt64) throws {
        let guest = try GuestMachine(GuestCode.keepRegister)
        try guest.change { (registers: inout kvm_regs) in
            registers.rcx = number
            registers.rax = 0x1122_3344
            registers.rdx = 0x5566
        }
        _ = try guest.run(toPort: 0xf4)
        let copy = try GuestMachine(guest.save())
        let registers = try copy.run(toPort: 0xf4)
        #expect(registers.rax == 0x1122_3344)
        #expect(registers.rdx == 0x5566)
    }

    /// Ticks are nanoseconds. The short one has come to its end before the machine is saved, and its interrupt waits.
    @Test(arguments: [1000, 50_000_000] as [UInt64])
    func theTimerOfTheLocalAPICGoesOn(ticks: UInt64) throws {
        let guest = try GuestMachine(GuestCode.timer)
        try guest.handle(0x40, GuestCode.interruptHandler)
        try guest.change { (registers: inout kvm_regs) in registers.rbx = ticks }
        _ = try guest.run(toPort: 0xf4)
        usleep(1000)
        let copy = try GuestMachine(guest.save())
        _ = try copy.run(toPort: 0xf8)
    }

    @Test func interruptControllersComeBack() throws {
        let guest = try GuestMachine(GuestCode.mask)
        _ = try guest.run(toPort: 0xf4)
        let saved = try guest.save()
        let copy = try GuestMachine(saved)
        let other = try GuestMachine(GuestCode.portOut).save()

        #expect(try copy.machine.save().interruptControllers == saved.machine.interruptControllers)
        #expect(other.machine.interruptControllers != saved.machine.interruptControllers)
    }

    @Test func theGuestsClockGoesOnWhereItWas() throws {
        let guest = try GuestMachine(GuestCode.portOut)
        _ = try guest.run(toPort: 0xf4)
        usleep(300_000)
        let saved = try guest.save()
        let copy = try GuestMachine(saved)
        let clock = try copy.machine.save().clock

        #expect(saved.machine.clock >= 300_000_000)
        #expect(clock >= saved.machine.clock)
        #expect(clock < saved.machine.clock + 60_000_000_000)
    }

    @Test func theStateOfACopyIsWhatWasSaved() throws {
        let guest = try GuestMachine(GuestCode.recurrence)
        _ = try run(guest, times: 2)
        let saved = try guest.save().processor
        let copy = try GuestMachine(guest.save()).save().processor

        #expect(copy.general == saved.general)
        #expect(copy.special == saved.special)
        #expect(copy.extendedControl == saved.extendedControl)
        #expect(copy.extended == saved.extended)
        #expect(copy.runState == saved.runState)
        #expect(copy.debug == saved.debug)
        #expect(copy.modelSpecific.map(\.number) == saved.modelSpecific.map(\.number))
    }

    private static var blocks: [WritableKeyPath<ProcessorState, [UInt8]>] {
        [
            \.general, \.special, \.extendedControl, \.extended, \.localAPIC, \.events, \.runState,
            \.debug,
        ]
    }

    @Test(arguments: 0..<8) func aStructureOfAnotherSizeIsRefused(index: Int) throws {
        let block = Self.blocks[index]
        let guest = try GuestMachine(GuestCode.portOut)
        let saved = try guest.save()
        for change in [-1, 1] {
            var bad = saved
            let bytes = bad.processor[keyPath: block] + [0]
            bad.processor[keyPath: block] = Array(bytes.prefix(bytes.count - 1 + change))
            let error = #expect(throws: KVMError.self) { try GuestMachine(bad) }
            #expect(error?.errno == .invalidArgument)
        }
    }

    @Test func aMachineWithoutAllItsControllersIsRefused() throws {
        var saved = try GuestMachine(GuestCode.portOut).save()
        saved.machine.interruptControllers.removeLast()
        #expect(throws: KVMError.self) { try GuestMachine(saved) }
        saved.machine.interruptControllers.append([1, 2, 3])
        #expect(throws: KVMError.self) { try GuestMachine(saved) }
    }

    @Test func aRegisterThatIsNoneIsRefused() throws {
        var saved = try GuestMachine(GuestCode.portOut).save()
        saved.processor.modelSpecific.append(
            ProcessorState.Register(number: 0xdead_beef, value: 1))
        let error = #expect(throws: KVMError.self) { try GuestMachine(saved) }
        #expect(error?.call == "KVM_SET_MSRS 0xdeadbeef")
    }

    @Test func aProcessorIsKnownByItsFeatures() throws {
        let hypervisor = try Hypervisor(OwnedFD.open(KVMProbe.device, O_RDWR))
        let table = try hypervisor.supportedCPUID()
        var changed = table
        let position = try #require(table.entries.firstIndex { $0.function == 7 })
        changed.entries[position].ebx ^= 1

        for _ in 0..<50 {
            let again = try hypervisor.supportedCPUID().identity
            #expect(again == table.identity)
        }
        #expect(table.forProcessor(3, softwareKVM: false).identity.count == table.identity.count)
        #expect(changed.identity != table.identity)
    }
}
