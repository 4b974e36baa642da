internal import CLinux
internal import Linux

/// Everything that a virtual processor is, between two instructions. The fields are the structures of KVM's API as
/// they are in memory, so they mean something to a kernel of the same architecture only.
package struct ProcessorState: Equatable, Sendable {
    /// One model-specific register.
    package struct Register: Equatable, Sendable {
        package var number: UInt32
        package var value: UInt64

        package init(number: UInt32, value: UInt64) {
            self.number = number
            self.value = value
        }
    }

    /// struct kvm_regs, kvm_sregs, kvm_xcrs, kvm_xsave, kvm_lapic_state, kvm_vcpu_events, kvm_mp_state and
    /// kvm_debugregs.
    package var general: [UInt8] = []
    package var special: [UInt8] = []
    package var extendedControl: [UInt8] = []
    package var extended: [UInt8] = []
    package var localAPIC: [UInt8] = []
    package var events: [UInt8] = []
    package var runState: [UInt8] = []
    package var debug: [UInt8] = []
    package var modelSpecific: [Register] = []

    package init() {}
}

extension VCPU {
    /// IA32_TSC_DEADLINE: the local APIC takes it only in the mode that its own state brings.
    private static let deadlineRegister: UInt32 = 0x6e0

    /// Reads the state of a processor that does not run. `numbers` are the registers of
    /// `Hypervisor.modelSpecificRegisters`; those that cannot be read or not be written back are left out.
    package borrowing func save(registers numbers: [UInt32]) throws(KVMError) -> ProcessorState {
        // An exit that waits for its answer, a port's or register's, is part of the state: it ends here.
        try completeExit()
        var state = ProcessorState()
        state.general = try descriptor.save("KVM_GET_REGS", CL_KVM_GET_REGS, kvm_regs())
        state.special = try descriptor.save("KVM_GET_SREGS", CL_KVM_GET_SREGS, kvm_sregs())
        state.extendedControl = try descriptor.save("KVM_GET_XCRS", CL_KVM_GET_XCRS, kvm_xcrs())
        state.extended = try descriptor.save("KVM_GET_XSAVE", CL_KVM_GET_XSAVE, cl_xsave())
        state.localAPIC = try descriptor.save("KVM_GET_LAPIC", CL_KVM_GET_LAPIC, kvm_lapic_state())
        state.events = try descriptor.save(
            "KVM_GET_VCPU_EVENTS", CL_KVM_GET_VCPU_EVENTS, kvm_vcpu_events())
        state.runState = try descriptor.save(
            "KVM_GET_MP_STATE", CL_KVM_GET_MP_STATE, kvm_mp_state())
        state.debug = try descriptor.save(
            "KVM_GET_DEBUGREGS", CL_KVM_GET_DEBUGREGS, kvm_debugregs())
        state.modelSpecific = numbers.compactMap { number in
            guard let register = modelSpecific(number), set(register) else { return nil }
            return register
        }
        return state
    }

    /// Puts a new processor into the state; its machine has its interrupt controllers and clock already.
    package borrowing func restore(_ state: ProcessorState) throws(KVMError) {
        try descriptor.restore("KVM_SET_SREGS", CL_KVM_SET_SREGS, state.special, as: kvm_sregs())
        try descriptor.restore(
            "KVM_SET_XCRS", CL_KVM_SET_XCRS, state.extendedControl, as: kvm_xcrs())
        try descriptor.restore("KVM_SET_XSAVE", CL_KVM_SET_XSAVE, state.extended, as: cl_xsave())
        for register in state.modelSpecific where register.number != Self.deadlineRegister {
            try require(register)
        }
        try descriptor.restore(
            "KVM_SET_LAPIC", CL_KVM_SET_LAPIC, state.localAPIC, as: kvm_lapic_state())
        for register in state.modelSpecific where register.number == Self.deadlineRegister {
            try require(register)
        }
        try descriptor.restore(
            "KVM_SET_MP_STATE", CL_KVM_SET_MP_STATE, state.runState, as: kvm_mp_state())
        try descriptor.restore(
            "KVM_SET_DEBUGREGS", CL_KVM_SET_DEBUGREGS, state.debug, as: kvm_debugregs())
        try descriptor.restore("KVM_SET_REGS", CL_KVM_SET_REGS, state.general, as: kvm_regs())
        try descriptor.restore(
            "KVM_SET_VCPU_EVENTS", CL_KVM_SET_VCPU_EVENTS, state.events, as: kvm_vcpu_events())
    }

    private borrowing func completeExit() throws(KVMError) {
        let kicker = kicker()
        kicker.set(true)
        defer { kicker.set(false) }
        _ = try run()
    }

    private borrowing func modelSpecific(_ number: UInt32) -> ProcessorState.Register? {
        var message = cl_msr()
        message.count = 1
        message.entry.index = number
        guard descriptor.transfer(CL_KVM_GET_MSRS, &message) == 1 else { return nil }
        return ProcessorState.Register(number: number, value: message.entry.data)
    }

    private borrowing func set(_ register: ProcessorState.Register) -> Bool {
        var message = cl_msr()
        message.count = 1
        message.entry.index = register.number
        message.entry.data = register.value
        return descriptor.transfer(CL_KVM_SET_MSRS, &message) == 1
    }

    private borrowing func require(_ register: ProcessorState.Register) throws(KVMError) {
        guard set(register) else {
            let number = String(register.number, radix: 16)
            throw KVMError(call: "KVM_SET_MSRS 0x\(number)", errno: .invalidArgument)
        }
    }
}
