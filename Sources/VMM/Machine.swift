internal import Boot
package import Devices
package import GuestMemory
internal import KVM
package import Linux
package import Virtio

/// Why a machine is not running any more.
package enum MachineEnd: Equatable, Sendable, CustomStringConvertible {
    /// The kernel has asked for a reset: that is how it powers off, after a panic too.
    case reset
    case tripleFault
    /// The VMM or KVM cannot go on.
    case failure(String)

    package var description: String {
        switch self {
        case .reset: "the guest's kernel has stopped"
        case .tripleFault: "the guest's kernel has crashed (triple fault)"
        case .failure(let reason): reason
        }
    }
}

/// A virtual machine with its devices and the threads of its processors.
///
/// It belongs to the event loop's thread, which makes, starts and stops it.
package final class Machine: @unchecked Sendable {
    // SAFETY of @unchecked: used on the event loop's thread alone; what the processors' threads share is in `Bus`.

    /// What it is made of.
    package struct Plan: Sendable {
        /// Bytes.
        package var memorySize: UInt64
        package var processorCount: UInt32
        /// KVM interprets guest supervisor mode.
        package var softwareKVM: Bool
        /// Appended to the kernel's command line.
        package var kernelParameters: String
        /// The agent is to make spares (its option `--spares`), since copies of the machine will have them.
        package var becomesTemplate: Bool

        package init(
            memorySize: UInt64, processorCount: UInt32, softwareKVM: Bool, kernelParameters: String,
            becomesTemplate: Bool
        ) {
            self.memorySize = memorySize
            self.processorCount = processorCount
            self.softwareKVM = softwareKVM
            self.kernelParameters = kernelParameters
            self.becomesTemplate = becomesTemplate
        }
    }

    package let memory: GuestMemory
    package let serial: SerialPort
    private let plan: Plan
    internal let hypervisor: Hypervisor
    internal let virtualMachine: VirtualMachine
    private let mailbox: LoopMailbox
    internal private(set) var bus = Bus()
    internal private(set) var processors: [ProcessorThread] = []
    private var ended = false
    /// Called on the event loop's thread, once, unless `stop` was called before.
    package var onEnd: (MachineEnd) -> Void = { _ in }

    /// A machine without devices and kernel. `memory` has the plan's size; `onLine` gets what the kernel prints, on a
    /// processor's thread.
    package init(
        _ plan: Plan, memory: GuestMemory, kvm: consuming OwnedFD, mailbox: LoopMailbox,
        onLine: @escaping @Sendable (String) -> Void
    ) throws {
        self.plan = plan
        self.mailbox = mailbox
        self.memory = memory
        serial = SerialPort(onLine: onLine)
        hypervisor = try Hypervisor(kvm)
        virtualMachine = try hypervisor.makeVirtualMachine(memory: memory)
    }

    /// Plugs a device in, before the machine starts, with one bell per queue to which the device listens.
    package func add(_ device: any VirtioDevice, bells: [Bell]) throws {
        let slot = try VirtioSlot(device, index: bus.slots.count, bells: bells)
        try slot.connect(to: virtualMachine)
        bus.append(slot)
    }

    /// Loads kernel and guest image: what remains is `startProcessors`.
    package func load(kernel: borrowing OwnedFD, image: borrowing OwnedFD) throws {
        let places = bus.slots.map { (address: $0.address, interruptLine: $0.interruptLine) }
        let loader = MachineLoader(
            memory: memory, commandLine: try MachineCommandLine.make(plan, devices: places),
            processorCount: plan.processorCount)
        let entry = try loader.load(kernel: kernel, image: image)
        try makeProcessors(try hypervisor.supportedCPUID())
        try processors.first?.prepareBoot(entry: entry)
    }

    internal func makeProcessors(_ cpuid: CPUIDTable) throws {
        for id in 0..<plan.processorCount {
            let table = cpuid.forProcessor(id, softwareKVM: plan.softwareKVM)
            processors.append(
                ProcessorThread(
                    try virtualMachine.makeVCPU(id: id, cpuid: table), bus: bus, serial: serial,
                    assist: EmulationAssist(memory: memory)))
        }
    }

    /// `prepare` is called on each processor's thread before it runs, and ends it by answering false.
    internal func startProcessors(prepare: @escaping @Sendable () -> Bool) throws {
        for processor in processors {
            try processor.start(prepare: prepare) { [self] end in
                mailbox.post { self.end(end) }
            }
        }
    }

    private func end(_ end: MachineEnd) {
        guard !ended else { return }
        ended = true
        onEnd(end)
    }

    /// Stops the processors and waits for their threads. The mailbox must be closed: a processor may be waiting for
    /// the loop.
    package func stop() {
        ended = true
        for processor in processors { processor.stop() }
    }
}
