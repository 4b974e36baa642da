internal import CLinux
internal import Glibc
package import GuestMemory
package import Linux

/// One virtual machine of KVM: memory, interrupt controllers, doorbells.
///
/// Usable from any thread. Its eventfds stay the caller's, who keeps them open as long as the machine runs.
package struct VirtualMachine: ~Copyable, Sendable {
    internal let descriptor: OwnedFD
    private let runPageSize: Int
    /// The guest's RAM, which the kernel maps: it must live as long as the machine.
    package let memory: GuestMemory

    /// Three pages in the hole below 4 GiB that KVM on Intel needs for real mode (KVM_SET_TSS_ADDR).
    private static let taskStateAddress: UInt = 0xfffb_d000

    internal init(
        _ descriptor: consuming OwnedFD, memory: GuestMemory, runPageSize: Int
    ) throws(KVMError) {
        self.descriptor = descriptor
        self.memory = memory
        self.runPageSize = runPageSize
        let number = self.descriptor.rawValue
        try named(
            "KVM_SET_TSS_ADDR",
            cl_ioctl_value(number, CL_KVM_SET_TSS_ADDR, Self.taskStateAddress))
        for (slot, region) in memory.regions.enumerated() {
            var request = kvm_userspace_memory_region(
                slot: UInt32(slot), flags: 0, guest_phys_addr: region.guestAddress,
                memory_size: region.size, userspace_addr: region.hostAddress)
            // SAFETY: the region is mapped as long as `memory` lives, which this value holds.
            try named(
                "KVM_SET_USER_MEMORY_REGION",
                unsafe cl_ioctl(number, CL_KVM_SET_USER_MEMORY_REGION, &request))
        }
        try named("KVM_CREATE_IRQCHIP", cl_ioctl_value(number, CL_KVM_CREATE_IRQCHIP, 0))
        var timer = kvm_pit_config()
        timer.flags = UInt32(KVM_PIT_SPEAKER_DUMMY)
        // SAFETY: the structure outlives the call.
        try named("KVM_CREATE_PIT2", unsafe cl_ioctl(number, CL_KVM_CREATE_PIT2, &timer))
    }

    /// A virtual processor, which the thread that runs it should make.
    package borrowing func makeVCPU(id: UInt32, cpuid: CPUIDTable) throws(KVMError) -> VCPU {
        let number = try named(
            "KVM_CREATE_VCPU", cl_ioctl_value(descriptor.rawValue, CL_KVM_CREATE_VCPU, UInt(id)))
        return try VCPU(OwnedFD(taking: number), id: id, cpuid: cpuid, runPageSize: runPageSize)
    }

    /// Lets signals of an eventfd raise an interrupt: one edge on input `line` of the interrupt controllers.
    package borrowing func connect(_ event: borrowing EventFD, toLine line: UInt32) throws(KVMError)
    {
        var request = kvm_irqfd()
        request.fd = UInt32(event.descriptor.rawValue)
        request.gsi = line
        // SAFETY: the structure outlives the call.
        try named("KVM_IRQFD", unsafe cl_ioctl(descriptor.rawValue, CL_KVM_IRQFD, &request))
    }

    /// Lets a 32-bit write of `value` to a guest-physical address signal an eventfd instead of leaving KVM_RUN.
    package borrowing func connect(
        writesTo address: UInt64, value: UInt32, to event: borrowing EventFD
    ) throws(KVMError) {
        var request = kvm_ioeventfd()
        request.addr = address
        request.len = 4
        request.datamatch = UInt64(value)
        request.fd = event.descriptor.rawValue
        request.flags = 1 << UInt32(kvm_ioeventfd_flag_nr_datamatch)
        // SAFETY: the structure outlives the call.
        try named("KVM_IOEVENTFD", unsafe cl_ioctl(descriptor.rawValue, CL_KVM_IOEVENTFD, &request))
    }
}
