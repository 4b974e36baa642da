internal import CLinux
internal import Linux

/// What KVM keeps of a machine besides its processors: interrupt controllers, timer and clock, as the structures of
/// KVM's API are in memory.
package struct MachineState: Equatable, Sendable {
    /// struct kvm_irqchip of the first and second PIC and of the I/O APIC.
    package var interruptControllers: [[UInt8]] = []
    /// struct kvm_pit_state2.
    package var timer: [UInt8] = []
    /// Nanoseconds of the guest's clock.
    package var clock: UInt64 = 0

    package init() {}
}

extension VirtualMachine {
    private static let controllerCount: UInt32 = 3

    /// Reads the state; no processor may be running.
    package borrowing func save() throws(KVMError) -> MachineState {
        var state = MachineState()
        for number in 0..<Self.controllerCount {
            var controller = kvm_irqchip()
            controller.chip_id = number
            state.interruptControllers.append(
                try descriptor.save("KVM_GET_IRQCHIP", CL_KVM_GET_IRQCHIP, controller))
        }
        state.timer = try descriptor.save("KVM_GET_PIT2", CL_KVM_GET_PIT2, kvm_pit_state2())
        var clock = kvm_clock_data()
        try descriptor.call("KVM_GET_CLOCK", CL_KVM_GET_CLOCK, &clock)
        state.clock = clock.clock
        return state
    }

    /// Puts a new machine into the state, after its processors exist and before theirs is restored.
    package borrowing func restore(_ state: MachineState) throws(KVMError) {
        // Without flags the clock goes on from where it stood, as if no time had passed.
        var clock = kvm_clock_data()
        clock.clock = state.clock
        try descriptor.call("KVM_SET_CLOCK", CL_KVM_SET_CLOCK, &clock)
        guard state.interruptControllers.count == Int(Self.controllerCount) else {
            throw KVMError(call: "KVM_SET_IRQCHIP", errno: .invalidArgument)
        }
        for bytes in state.interruptControllers {
            try descriptor.restore(
                "KVM_SET_IRQCHIP", CL_KVM_SET_IRQCHIP, bytes, as: kvm_irqchip())
        }
        try descriptor.restore(
            "KVM_SET_PIT2", CL_KVM_SET_PIT2, state.timer, as: kvm_pit_state2())
    }
}
