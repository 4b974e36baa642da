package import CLinux
internal import Linux

// The registers of a virtual processor, each group by its own ioctl.
extension VCPU {
    package borrowing func registers() throws(KVMError) -> kvm_regs {
        var registers = kvm_regs()
        try descriptor.call("KVM_GET_REGS", CL_KVM_GET_REGS, &registers)
        return registers
    }

    package borrowing func set(_ registers: kvm_regs) throws(KVMError) {
        var registers = registers
        try descriptor.call("KVM_SET_REGS", CL_KVM_SET_REGS, &registers)
    }

    package borrowing func specialRegisters() throws(KVMError) -> kvm_sregs {
        var registers = kvm_sregs()
        try descriptor.call("KVM_GET_SREGS", CL_KVM_GET_SREGS, &registers)
        return registers
    }

    package borrowing func set(_ registers: kvm_sregs) throws(KVMError) {
        var registers = registers
        try descriptor.call("KVM_SET_SREGS", CL_KVM_SET_SREGS, &registers)
    }

    /// XCR0: which parts of the extended state are on.
    internal borrowing func extendedControl() throws(KVMError) -> UInt64 {
        var registers = kvm_xcrs()
        try descriptor.call("KVM_GET_XCRS", CL_KVM_GET_XCRS, &registers)
        return registers.xcrs.0.value
    }

    /// The extended state as an XSAVE image in the standard format, 4096 bytes.
    internal borrowing func extendedState() throws(KVMError) -> XSAVEImage {
        var image = XSAVEImage()
        try descriptor.call("KVM_GET_XSAVE", CL_KVM_GET_XSAVE, &image.bytes)
        return image
    }

    internal borrowing func set(_ image: XSAVEImage) throws(KVMError) {
        var image = image
        try descriptor.call("KVM_SET_XSAVE", CL_KVM_SET_XSAVE, &image.bytes)
    }

    /// Makes the guest take an exception before its next instruction.
    internal borrowing func inject(_ exception: ProcessorException) throws(KVMError) {
        if let address = exception.faultAddress {
            var special = try specialRegisters()
            special.cr2 = address
            try set(special)
        }
        var events = kvm_vcpu_events()
        try descriptor.call("KVM_GET_VCPU_EVENTS", CL_KVM_GET_VCPU_EVENTS, &events)
        events.exception.injected = 1
        events.exception.nr = exception.vector
        events.exception.pending = 0
        events.exception.has_error_code = exception.errorCode == nil ? 0 : 1
        events.exception.error_code = exception.errorCode ?? 0
        try descriptor.call("KVM_SET_VCPU_EVENTS", CL_KVM_SET_VCPU_EVENTS, &events)
    }
}

/// An exception of the processor (Intel SDM volume 3, 6.3.1).
package struct ProcessorException: Error, Equatable, Sendable {
    package let vector: UInt8
    package let errorCode: UInt32?
    /// What CR2 receives.
    package let faultAddress: UInt64?

    package static let breakpoint = ProcessorException(vector: 3, errorCode: nil, faultAddress: nil)
    package static let invalidOpcode = ProcessorException(
        vector: 6, errorCode: nil, faultAddress: nil)
    package static let generalProtection = ProcessorException(
        vector: 13, errorCode: 0, faultAddress: nil)

    /// #PF with its error code: bit 0 present, bit 1 write, bit 2 user.
    package static func pageFault(
        at address: UInt64, present: Bool, write: Bool
    ) -> ProcessorException {
        ProcessorException(
            vector: 14, errorCode: (present ? 1 : 0) | (write ? 2 : 0), faultAddress: address)
    }
}
