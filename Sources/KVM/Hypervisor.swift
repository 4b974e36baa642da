internal import CLinux
internal import Glibc
package import GuestMemory
package import Linux

/// What went wrong with KVM: which call, and the kernel's answer.
package struct KVMError: Error, CustomStringConvertible, Sendable {
    package let call: String
    package let errno: Errno

    package var description: String { "\(call): \(errno)" }
}

/// `/dev/kvm`: the entrance to KVM (Documentation/virt/kvm/api.rst). Usable from any thread.
package struct Hypervisor: ~Copyable, Sendable {
    package let descriptor: OwnedFD

    /// Takes an open `/dev/kvm` and checks that it speaks version 12, the only one there is.
    package init(_ descriptor: consuming OwnedFD) throws(KVMError) {
        self.descriptor = descriptor
        let version = try self.call("KVM_GET_API_VERSION", CL_KVM_GET_API_VERSION, 0)
        guard version == 12 else {
            throw KVMError(call: "KVM_GET_API_VERSION \(version)", errno: .notSupported)
        }
    }

    private borrowing func call(
        _ name: String, _ request: UInt, _ argument: UInt
    ) throws(KVMError) -> Int32 {
        try named(name, cl_ioctl_value(descriptor.rawValue, request, argument))
    }

    /// Whether and how much of an extension there is (KVM_CHECK_EXTENSION): 0 for none.
    package borrowing func check(_ extension: Int32) throws(KVMError) -> Int32 {
        try call("KVM_CHECK_EXTENSION", CL_KVM_CHECK_EXTENSION, UInt(`extension`))
    }

    /// Whether eventfds can be doorbells and interrupt lines, the kernel has the interrupt controllers, and so on:
    /// the names of what the VMM needs and this KVM lacks.
    package borrowing func missingExtensions() throws(KVMError) -> [String] {
        let needed = [
            ("KVM_CAP_IRQCHIP", KVM_CAP_IRQCHIP), ("KVM_CAP_IRQFD", KVM_CAP_IRQFD),
            ("KVM_CAP_IOEVENTFD", KVM_CAP_IOEVENTFD), ("KVM_CAP_PIT2", KVM_CAP_PIT2),
            ("KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT),
            ("KVM_CAP_USER_MEMORY", KVM_CAP_USER_MEMORY),
        ]
        var missing: [String] = []
        for (name, number) in needed where try check(number) == 0 {
            missing.append(name)
        }
        return missing
    }

    /// The CPUID leaves that a guest may see here (KVM_GET_SUPPORTED_CPUID).
    package borrowing func supportedCPUID() throws(KVMError) -> CPUIDTable {
        var raw = cl_cpuid()
        raw.count = UInt32(CL_CPUID_ENTRIES)
        // SAFETY: the structure has room for as many entries as `count` says.
        let result = unsafe cl_ioctl(descriptor.rawValue, CL_KVM_GET_SUPPORTED_CPUID, &raw)
        try named("KVM_GET_SUPPORTED_CPUID", result)
        return CPUIDTable(raw)
    }

    /// The model-specific registers that are a processor's state (KVM_GET_MSR_INDEX_LIST).
    package borrowing func modelSpecificRegisters() throws(KVMError) -> [UInt32] {
        var list = cl_msr_list()
        list.count = UInt32(CL_MSR_LIST_ENTRIES)
        // SAFETY: the structure has room for as many numbers as `count` says.
        let result = unsafe cl_ioctl(descriptor.rawValue, CL_KVM_GET_MSR_INDEX_LIST, &list)
        try named("KVM_GET_MSR_INDEX_LIST", result)
        let count = min(Int(list.count), Int(CL_MSR_LIST_ENTRIES))
        // SAFETY: a C array, of which the kernel has filled `count` entries.
        return unsafe withUnsafeBytes(of: &list.numbers) {
            unsafe [UInt32]($0.bindMemory(to: UInt32.self).prefix(count))
        }
    }

    /// A virtual machine with in-kernel interrupt controllers and timer, and this memory.
    package borrowing func makeVirtualMachine(
        memory: GuestMemory
    ) throws(KVMError) -> VirtualMachine {
        let number = try call("KVM_CREATE_VM", CL_KVM_CREATE_VM, 0)
        let pageSize = try call("KVM_GET_VCPU_MMAP_SIZE", CL_KVM_GET_VCPU_MMAP_SIZE, 0)
        return try VirtualMachine(
            OwnedFD(taking: number), memory: memory, runPageSize: Int(pageSize))
    }
}

/// The result of an ioctl, or an error that carries its name.
@discardableResult
internal func named(_ name: String, _ result: Int32) throws(KVMError) -> Int32 {
    do throws(Errno) {
        return try Errno.check(result)
    } catch {
        throw KVMError(call: name, errno: error)
    }
}
