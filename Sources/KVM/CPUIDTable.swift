package import CLinux

/// The CPUID leaves of a virtual processor, as KVM_SET_CPUID2 takes them.
package struct CPUIDTable: Sendable {
    package var entries: [kvm_cpuid_entry2]

    internal init(_ raw: cl_cpuid) {
        var raw = raw
        let count = min(Int(raw.count), Int(CL_CPUID_ENTRIES))
        // SAFETY: a C array of `CL_CPUID_ENTRIES` entries, of which the kernel has filled `count`.
        entries = unsafe withUnsafeBytes(of: &raw.entries) {
            unsafe [kvm_cpuid_entry2]($0.bindMemory(to: kvm_cpuid_entry2.self).prefix(count))
        }
    }

    /// What the kernel reads; entries beyond `CL_CPUID_ENTRIES` are left out.
    internal var raw: cl_cpuid {
        var raw = cl_cpuid()
        raw.count = UInt32(min(entries.count, Int(CL_CPUID_ENTRIES)))
        unsafe withUnsafeMutableBytes(of: &raw.entries) { buffer in
            // SAFETY: at most `CL_CPUID_ENTRIES` entries are copied into an array of that many.
            let target = unsafe buffer.bindMemory(to: kvm_cpuid_entry2.self)
            for (index, entry) in entries.prefix(Int(CL_CPUID_ENTRIES)).enumerated() {
                unsafe target[index] = entry
            }
        }
        return raw
    }

    /// A leaf's registers, or nil where there is none.
    package func leaf(_ function: UInt32, _ index: UInt32 = 0) -> kvm_cpuid_entry2? {
        entries.first { $0.function == function && $0.index == index }
    }

    /// The table for one processor of a machine: its APIC id in leaves 1, 0xb and 0x1f, the hypervisor bit, and on a
    /// KVM that interprets guest supervisor mode none of the features that rest on hypercalls, which hang there.
    package func forProcessor(_ id: UInt32, softwareKVM: Bool) -> CPUIDTable {
        var table = self
        for position in table.entries.indices {
            switch table.entries[position].function {
            case 1:
                let old = table.entries[position].ebx & 0x00ff_ffff
                table.entries[position].ebx = old | id << 24
                // XSAVE is there (KVM may hide it in its supported list), and we are a hypervisor.
                table.entries[position].ecx |= 1 << 26 | 1 << 31
            case 0xb, 0x1f:
                table.entries[position].edx = id
            case 0x4000_0001 where softwareKVM:
                table.entries[position].eax &= ~Self.hypercallFeatures
            default:
                break
            }
        }
        return table
    }

    /// KVM_FEATURE_PV_UNHALT, PV_TLB_FLUSH, PV_SEND_IPI and PV_SCHED_YIELD (asm/kvm_para.h).
    private static let hypercallFeatures: UInt32 = 1 << 7 | 1 << 9 | 1 << 11 | 1 << 13
}

extension CPUIDTable {
    /// What a processor can do, so that a machine that was saved on it can go on here: the leaves with features and the
    /// layout of the extended state, without what differs between the processors of one host.
    package var identity: [UInt32] {
        let features: Set<UInt32> = [0, 7, 0xd, 0x4000_0000, 0x4000_0001, 0x8000_0001, 0x8000_0008]
        return entries.flatMap { entry -> [UInt32] in
            let registers = [entry.eax, entry.ebx, entry.ecx, entry.edx]
            switch entry.function {
            // EBX has the number of the processor that was asked.
            case 1: return [entry.function, entry.eax, entry.ecx, entry.edx]
            case let function where features.contains(function):
                return [function, entry.index] + registers
            default: return []
            }
        }
    }
}
