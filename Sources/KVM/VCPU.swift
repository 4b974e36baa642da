internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// One virtual processor.
///
/// It belongs to the thread that runs it; only `Kicker` is for others.
@safe package struct VCPU: ~Copyable {
    internal let descriptor: OwnedFD
    private let page: Mapping
    /// The structure that KVM shares with us, at the start of `page`.
    private let shared: UnsafeMutablePointer<kvm_run>
    package let id: UInt32
    /// Where the parts of an XSAVE image are: what this processor's CPUID says.
    package let xsaveLayout: XSAVELayout

    internal init(
        _ descriptor: consuming OwnedFD, id: UInt32, cpuid: CPUIDTable, runPageSize: Int
    ) throws(KVMError) {
        var table = cpuid.raw
        // SAFETY: the structure outlives the call.
        try named(
            "KVM_SET_CPUID2", unsafe cl_ioctl(descriptor.rawValue, CL_KVM_SET_CPUID2, &table))
        let page = try Self.map(descriptor, size: runPageSize)
        // SAFETY: KVM maps a struct kvm_run at the start of this page (KVM_GET_VCPU_MMAP_SIZE).
        unsafe shared = page.base.assumingMemoryBound(to: kvm_run.self)
        self.page = page
        self.descriptor = descriptor
        self.id = id
        xsaveLayout = XSAVELayout(cpuid)
    }

    private static func map(
        _ descriptor: borrowing OwnedFD, size: Int
    ) throws(KVMError) -> Mapping {
        do throws(Errno) {
            return try Mapping.shared(descriptor, size: size)
        } catch {
            throw KVMError(call: "mmap of a vCPU", errno: error)
        }
    }

    /// Enters the guest until something needs the VMM.
    package borrowing func run() throws(KVMError) -> VCPUExit {
        let result = cl_ioctl_value(descriptor.rawValue, CL_KVM_RUN, 0)
        // EAGAIN: a processor that waits for its start-up interrupt. EINTR: a signal, or immediate_exit.
        guard result != -EINTR, result != -EAGAIN else { return .interrupted }
        try named("KVM_RUN", result)
        return exit()
    }

    private borrowing func exit() -> VCPUExit {
        // SAFETY: the kernel fills the member of the union that the exit reason names.
        switch unsafe Int32(shared.pointee.exit_reason) {
        case KVM_EXIT_IO:
            let io = unsafe shared.pointee.io
            let access = PortAccess(
                port: io.port, size: Int(io.size), count: Int(io.count),
                dataOffset: Int(io.data_offset))
            return Int32(io.direction) == KVM_EXIT_IO_OUT ? .portWrite(access) : .portRead(access)
        case KVM_EXIT_MMIO:
            let mmio = unsafe shared.pointee.mmio
            let value = unsafe withUnsafeBytes(of: mmio.data) { unsafe $0.load(as: UInt64.self) }
            let access = MemoryAccess(
                address: mmio.phys_addr, size: min(8, Int(mmio.len)), value: value)
            return mmio.is_write != 0 ? .memoryWrite(access) : .memoryRead(access)
        case KVM_EXIT_INTERNAL_ERROR
        where unsafe shared.pointee.internal.suberror == KVM_INTERNAL_ERROR_EMULATION:
            return .emulationFailure
        case KVM_EXIT_SHUTDOWN:
            return .shutdown
        case KVM_EXIT_HLT:
            return .halt
        case KVM_EXIT_INTR, KVM_EXIT_IRQ_WINDOW_OPEN:
            return .interrupted
        case KVM_EXIT_SYSTEM_EVENT:
            return .systemEvent(unsafe shared.pointee.system_event.type)
        case KVM_EXIT_FAIL_ENTRY:
            let reason = unsafe shared.pointee.fail_entry.hardware_entry_failure_reason
            return .failure("entry failed, reason 0x\(String(reason, radix: 16))")
        case KVM_EXIT_INTERNAL_ERROR:
            return .failure("internal error \(unsafe shared.pointee.internal.suberror)")
        case let reason:
            return .failure("unknown exit \(reason)")
        }
    }

    /// The bytes that the guest writes to a port: `count` items of `size` bytes.
    package borrowing func bytes(of access: PortAccess) -> [UInt8] {
        let count = access.size * access.count
        guard access.dataOffset >= 0, count >= 0, access.dataOffset + count <= page.size else {
            return []
        }
        // SAFETY: checked to lie in the shared page.
        return unsafe [UInt8](
            UnsafeRawBufferPointer(start: page.base + access.dataOffset, count: count))
    }

    /// Answers a read from a port; every item gets the same value.
    package borrowing func answer(_ access: PortAccess, with value: UInt32) {
        let count = access.size * access.count
        guard access.dataOffset >= 0, count >= 0, access.dataOffset + count <= page.size else {
            return
        }
        for index in 0..<count {
            let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * (index % max(1, access.size))))
            // SAFETY: checked to lie in the shared page.
            unsafe (page.base + access.dataOffset + index).storeBytes(of: byte, as: UInt8.self)
        }
    }

    /// Answers a read from a device register.
    package borrowing func answer(_ access: MemoryAccess, with value: UInt64) {
        // SAFETY: `data` is 8 bytes long.
        unsafe withUnsafeMutableBytes(of: &shared.pointee.mmio.data) {
            unsafe $0.storeBytes(of: value, as: UInt64.self)
        }
    }

    /// What makes `run` return from another thread.
    package borrowing func kicker() -> Kicker {
        // SAFETY: see Kicker: its user stops before this value goes.
        unsafe Kicker(flag: UnsafeMutableRawPointer(shared) + 1)
    }

    /// Sets `immediate_exit` of the shared page.
    ///
    /// To be used only while the VCPU exists: the machine joins the processor's thread before it drops both.
    @safe package struct Kicker: @unchecked Sendable {
        // SAFETY: one byte, written atomically by us and read by the kernel.
        fileprivate let flag: UnsafeMutableRawPointer

        /// From now on `run` returns at once with `interrupted`, also when it is entered later. A processor that is
        /// inside `run` needs a signal besides.
        package func set(_ on: Bool) {
            // SAFETY: `immediate_exit` is the second byte of struct kvm_run.
            unsafe flag.assumingMemoryBound(to: Atomic<UInt8>.self).pointee
                .store(on ? 1 : 0, ordering: .sequentiallyConsistent)
        }
    }
}
