/// Why a virtual processor left the guest (struct kvm_run, Documentation/virt/kvm/api.rst section 5).
package enum VCPUExit: Equatable, Sendable {
    case portRead(PortAccess)
    case portWrite(PortAccess)
    case memoryRead(MemoryAccess)
    case memoryWrite(MemoryAccess)
    /// KVM's emulator does not know the instruction at RIP.
    case emulationFailure
    /// A triple fault.
    case shutdown
    /// HLT without in-kernel interrupt controllers.
    case halt
    /// A signal came, or the processor waits for its start-up: to be run again.
    case interrupted
    /// KVM_SYSTEM_EVENT_*.
    case systemEvent(UInt32)
    /// Everything after which the machine cannot go on.
    case failure(String)
}

/// An access to an I/O port: `count` items of `size` bytes each, at `dataOffset` of the shared page.
package struct PortAccess: Equatable, Sendable {
    package let port: UInt16
    package let size: Int
    package let count: Int
    package let dataOffset: Int
}

/// An access to a guest-physical address where there is no RAM.
package struct MemoryAccess: Equatable, Sendable {
    package let address: UInt64
    /// 1, 2, 4 or 8 bytes.
    package let size: Int
    /// What is written, little-endian in the lowest `size` bytes.
    package let value: UInt64
}
