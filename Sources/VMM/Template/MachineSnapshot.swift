internal import KVM

/// A machine between two instructions, without the contents of its memory.
internal struct MachineSnapshot: Equatable {
    /// What the processor could do where it was made (`CPUIDTable.identity`).
    var processorIdentity: [UInt32] = []
    var machine = MachineState()
    var processors: [ProcessorState] = []
    /// One per device, in the order in which they are plugged in.
    var slots: [VirtioSlot.State] = []
}

/// Why a machine cannot go on from a snapshot.
internal enum SnapshotMismatch: Error, CustomStringConvertible {
    case otherProcessor
    case otherDevices
    case otherProcessorCount

    var description: String {
        switch self {
        case .otherProcessor: "it was made on another processor"
        case .otherDevices: "it was made with other devices"
        case .otherProcessorCount: "it was made with another number of processors"
        }
    }
}

extension Machine {
    /// The state of a machine that was stopped and whose devices have nothing to do.
    internal func save() throws -> MachineSnapshot {
        var snapshot = MachineSnapshot()
        snapshot.processorIdentity = try hypervisor.supportedCPUID().identity
        let registers = try hypervisor.modelSpecificRegisters()
        // First, since it completes what is under way in the processors.
        snapshot.processors = try processors.map { try $0.save(registers: registers) }
        snapshot.machine = try virtualMachine.save()
        snapshot.slots = bus.slots.map { $0.save() }
        return snapshot
    }

    /// Is as the snapshot says, whose memory this machine has; instead of `load(kernel:image:)`.
    internal func restore(_ snapshot: MachineSnapshot) throws {
        let cpuid = try hypervisor.supportedCPUID()
        guard cpuid.identity == snapshot.processorIdentity else {
            throw SnapshotMismatch.otherProcessor
        }
        try makeProcessors(cpuid)
        guard processors.count == snapshot.processors.count else {
            throw SnapshotMismatch.otherProcessorCount
        }
        try virtualMachine.restore(snapshot.machine)
        for (processor, state) in zip(processors, snapshot.processors) {
            try processor.restore(state)
        }
        guard bus.slots.count == snapshot.slots.count else { throw SnapshotMismatch.otherDevices }
        for (slot, state) in zip(bus.slots, snapshot.slots) {
            guard slot.restore(state) else { throw SnapshotMismatch.otherDevices }
        }
    }
}
