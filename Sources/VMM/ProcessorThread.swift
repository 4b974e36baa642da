internal import Boot
internal import CLinux
internal import Devices
internal import KVM
internal import Linux
internal import Synchronization

/// A virtual processor and the thread that runs it.
internal final class ProcessorThread: @unchecked Sendable {
    // SAFETY of @unchecked: `vcpu` is used by the maker before `start` and by the thread after it; `kicker`
    // is made for other threads; `thread` belongs to the maker.

    /// The first real-time signal that the C library leaves free. It only interrupts KVM_RUN.
    private static let kickSignal: Int32 = 34
    /// The port of a PC's keyboard controller, and the command that resets the machine (`reboot=k`).
    private static let keyboardPort: UInt16 = 0x64
    private static let resetCommand: UInt8 = 0xfe

    private let vcpu: VCPU
    private let kicker: VCPU.Kicker
    private let bus: Bus
    private let serial: SerialPort
    private let assist: EmulationAssist
    private var thread: Thread?
    private let stopping = Atomic<Bool>(false)
    private let stopped = Semaphore()

    init(_ vcpu: consuming VCPU, bus: Bus, serial: SerialPort, assist: EmulationAssist) {
        kicker = vcpu.kicker()
        self.vcpu = vcpu
        self.bus = bus
        self.serial = serial
        self.assist = assist
    }

    /// Lets the processor begin at the kernel's entry; before `start`.
    func prepareBoot(entry: UInt64) throws(KVMError) {
        try vcpu.prepare(
            LongModeEntry(
                instruction: entry, pageTables: Layout.pageTables,
                descriptorTable: Layout.descriptorTable, stack: Layout.bootStackTop,
                argument: Layout.bootParameters))
    }

    /// Reads the state, before `start` or after `stop`.
    func save(registers: [UInt32]) throws(KVMError) -> ProcessorState {
        try vcpu.save(registers: registers)
    }

    /// Lets the processor go on where another was saved; before `start`.
    func restore(_ state: ProcessorState) throws(KVMError) {
        try vcpu.restore(state)
    }

    /// Runs the processor until the machine ends or `stop`; then `onEnd` is called on its thread, but not after `stop`.
    func start(
        prepare: @escaping @Sendable () -> Bool, onEnd: @escaping @Sendable (MachineEnd) -> Void
    ) throws {
        try Errno.check(cl_signal_interrupts(Self.kickSignal))
        thread = try Thread.start(name: "vcpu\(vcpu.id)") { [self] in
            _ = try? SignalSet(Self.kickSignal).unblock()
            if prepare(), let end = run() { onEnd(end) }
            // In the jail a thread has no system calls for its end. That of the process is near, where `stop` does not come.
            if !stopping.load(ordering: .sequentiallyConsistent) { stopped.wait() }
        }
    }

    /// Ends the thread and waits for it.
    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        kicker.set(true)
        thread?.signal(Self.kickSignal)
        stopped.signal()
        thread?.join()
        thread = nil
    }
}

// On the thread.
extension ProcessorThread {
    private func run() -> MachineEnd? {
        while !stopping.load(ordering: .sequentiallyConsistent) {
            do throws(KVMError) {
                if let end = handle(try vcpu.run()) { return end }
            } catch {
                return .failure("\(error)")
            }
        }
        return nil
    }

    private func handle(_ exit: VCPUExit) -> MachineEnd? {
        switch exit {
        case .memoryRead(let access):
            vcpu.answer(access, with: bus.read(access.address, size: access.size))
        case .memoryWrite(let access):
            bus.write(access.address, size: access.size, value: access.value)
        case .portWrite(let access):
            return writePort(access)
        case .portRead(let access):
            vcpu.answer(access, with: readPort(access.port))
        case .interrupted, .halt:
            break
        case .emulationFailure:
            return emulate()
        case .shutdown:
            return .tripleFault
        case .systemEvent(let type):
            return .failure("unexpected system event \(type)")
        case .failure(let reason):
            return .failure(reason)
        }
        return nil
    }

    private func writePort(_ access: PortAccess) -> MachineEnd? {
        switch access.port {
        case SerialPort.firstPort...SerialPort.lastPort:
            for byte in vcpu.bytes(of: access) { serial.write(access.port, byte) }
        case Self.keyboardPort where vcpu.bytes(of: access).first == Self.resetCommand:
            return .reset
        default:
            break
        }
        return nil
    }

    private func readPort(_ port: UInt16) -> UInt32 {
        switch port {
        case SerialPort.firstPort...SerialPort.lastPort: UInt32(serial.read(port))
        // Its buffers are empty: a command can be given at once.
        case Self.keyboardPort: 0
        default: UInt32.max
        }
    }

    private func emulate() -> MachineEnd? {
        do throws(EmulationAssist.Failure) {
            try assist.carryOut(on: vcpu)
            return nil
        } catch {
            return .failure("\(error)")
        }
    }
}
