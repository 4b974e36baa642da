import CLinux
import GuestMemory
import KVM
import Linux
import Synchronization
import Testing

/// What makes a virtual processor leave the guest, and what does not.
@Suite(.enabled(if: Host.runsMachines, Host.reason), .serialized)
struct VCPUTests {
    @Test func aWriteToAPortHasItsBytes() throws {
        let guest = try GuestMachine(GuestCode.portOut)
        guard case .portWrite(let access) = try guest.run() else {
            Issue.record("no write to a port")
            return
        }
        #expect(access.port == 0xf4)
        #expect((access.size, access.count) == (1, 1))
        #expect(guest.vcpu.bytes(of: access) == [0x5a])
    }

    @Test func aReadFromAPortGetsTheAnswer() throws {
        let guest = try GuestMachine(GuestCode.portIn)
        guard case .portRead(let access) = try guest.run() else {
            Issue.record("no read from a port")
            return
        }
        guest.vcpu.answer(access, with: 0x1234_5678)
        #expect(access.port == 0xf5)
        #expect(access.size == 4)
        #expect(try guest.run(toPort: 0xf4).rbx == 0x1234_5678)
    }

    @Test func writesToRegistersHaveAddressSizeAndValue() throws {
        let guest = try GuestMachine(GuestCode.registerWrites)
        let base = GuestMachine.registersBus + 0x50
        for (offset, size) in [(UInt64(0), 1), (2, 2), (4, 4), (8, 8)] {
            guard case .memoryWrite(let access) = try guest.run() else {
                Issue.record("no write of \(size) bytes")
                return
            }
            let mask = UInt64.max >> UInt64(64 - 8 * size)
            #expect(access.address == base + offset)
            #expect(access.size == size)
            #expect(access.value & mask == 0x1122_3344_5566_7788 & mask)
        }
        _ = try guest.run(toPort: 0xf4)
    }

    @Test func readsFromRegistersGetTheAnswer() throws {
        let guest = try GuestMachine(GuestCode.registerReads)
        for (size, value) in [(4, UInt64(0x8765_4321)), (1, 0xab), (8, 0x1122_3344_5566_7788)] {
            guard case .memoryRead(let access) = try guest.run() else {
                Issue.record("no read of \(size) bytes")
                return
            }
            #expect(access.size == size)
            guest.vcpu.answer(access, with: value)
        }
        let registers = try guest.run(toPort: 0xf4)
        #expect(registers.rax & 0xffff_ffff == 0x8765_4321)
        #expect(registers.rcx == 0xab)
        #expect(registers.rdx == 0x1122_3344_5566_7788)
    }

    @Test func aDoorbellRingsWithoutAnExitForItsValueOnly() throws {
        let guest = try GuestMachine(GuestCode.doorbell)
        let bell = try EventFD()
        try guest.machine.connect(writesTo: GuestMachine.registersBus + 0x50, value: 1, to: bell)
        guard case .memoryWrite(let access) = try guest.run() else {
            Issue.record("the other value did not leave the guest")
            return
        }
        #expect(access.value & 0xffff_ffff == 2)
        let rang = bell.drain()
        #expect(rang)
        _ = try guest.run(toPort: 0xf4)
        let rangAgain = bell.drain()
        #expect(!rangAgain)
    }

    @Test func anInterruptLineTakesAnEvent() throws {
        let guest = try GuestMachine(GuestCode.portOut)
        let line = try EventFD()
        try guest.machine.connect(line, toLine: 5)
        line.signal()
        _ = try guest.run(toPort: 0xf4)
    }

    @Test func aTripleFaultIsAShutdown() throws {
        let guest = try GuestMachine(GuestCode.invalid)
        try guest.change { (special: inout kvm_sregs) in special.idt.limit = 0 }
        #expect(try guest.run() == .shutdown)
    }

    @Test func aKickedProcessorDoesNotEnterTheGuest() throws {
        let guest = try GuestMachine(GuestCode.portOut)
        guest.vcpu.kicker().set(true)
        #expect(try guest.vcpu.run() == .interrupted)
        #expect(try guest.vcpu.registers().rip == GuestMachine.code)
        guest.vcpu.kicker().set(false)
        _ = try guest.run(toPort: 0xf4)
    }

    @Test(.timeLimit(.minutes(1))) func aKickAndASignalEndAHalt() throws {
        let signal: Int32 = 34
        try Errno.check(cl_signal_interrupts(signal))
        let guest = try GuestMachine(GuestCode.halt)
        let kicker = guest.vcpu.kicker()
        let exit = Mutex<VCPUExit?>(nil)
        let result = Result(exit)
        let thread = try Thread.start(name: "vcpu") {
            _ = try? SignalSet(signal).unblock()
            let end = try? guest.vcpu.run()
            result.exit.withLock { $0 = end }
        }
        // Long enough to be inside of HLT most times; the outcome is the same where it is not.
        _ = try EventLoop().runOnce(timeoutMilliseconds: 20)
        kicker.set(true)
        thread.signal(signal)
        thread.join()
        #expect(result.exit.withLock { $0 } == .interrupted)
    }

    private final class Result: Sendable {
        let exit: Mutex<VCPUExit?>

        init(_ exit: consuming Mutex<VCPUExit?>) {
            self.exit = exit
        }
    }
}
