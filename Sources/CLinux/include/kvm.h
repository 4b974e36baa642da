// KVM's numbers and structures (Documentation/virt/kvm/api.rst). Swift imports plain structures from
// linux/kvm.h but neither the _IO* macros nor flexible array members: those get a shape here.
#pragma once

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#define CL_REQUEST(name) static const unsigned long CL_##name = name
CL_REQUEST(KVM_GET_API_VERSION);
CL_REQUEST(KVM_CREATE_VM);
CL_REQUEST(KVM_CHECK_EXTENSION);
CL_REQUEST(KVM_GET_VCPU_MMAP_SIZE);
CL_REQUEST(KVM_GET_SUPPORTED_CPUID);
CL_REQUEST(KVM_CREATE_VCPU);
CL_REQUEST(KVM_SET_TSS_ADDR);
CL_REQUEST(KVM_SET_USER_MEMORY_REGION);
CL_REQUEST(KVM_CREATE_IRQCHIP);
CL_REQUEST(KVM_CREATE_PIT2);
CL_REQUEST(KVM_IRQFD);
CL_REQUEST(KVM_IOEVENTFD);
CL_REQUEST(KVM_RUN);
CL_REQUEST(KVM_GET_REGS);
CL_REQUEST(KVM_SET_REGS);
CL_REQUEST(KVM_GET_SREGS);
CL_REQUEST(KVM_SET_SREGS);
CL_REQUEST(KVM_SET_CPUID2);
CL_REQUEST(KVM_GET_XCRS);
CL_REQUEST(KVM_GET_XSAVE);
CL_REQUEST(KVM_GET_XSAVE2);
CL_REQUEST(KVM_SET_XSAVE);
CL_REQUEST(KVM_GET_VCPU_EVENTS);
CL_REQUEST(KVM_SET_VCPU_EVENTS);
CL_REQUEST(KVM_GET_MP_STATE);
CL_REQUEST(KVM_SET_MP_STATE);
CL_REQUEST(KVM_SET_XCRS);
CL_REQUEST(KVM_GET_LAPIC);
CL_REQUEST(KVM_SET_LAPIC);
CL_REQUEST(KVM_GET_DEBUGREGS);
CL_REQUEST(KVM_SET_DEBUGREGS);
CL_REQUEST(KVM_GET_MSR_INDEX_LIST);
CL_REQUEST(KVM_GET_MSRS);
CL_REQUEST(KVM_SET_MSRS);
CL_REQUEST(KVM_GET_IRQCHIP);
CL_REQUEST(KVM_SET_IRQCHIP);
CL_REQUEST(KVM_GET_PIT2);
CL_REQUEST(KVM_SET_PIT2);
CL_REQUEST(KVM_GET_CLOCK);
CL_REQUEST(KVM_SET_CLOCK);
#undef CL_REQUEST

// struct kvm_cpuid2 with room for its entries.
#define CL_CPUID_ENTRIES 256
struct cl_cpuid {
    uint32_t count;
    uint32_t padding;
    struct kvm_cpuid_entry2 entries[CL_CPUID_ENTRIES];
};

// struct kvm_xsave without the flexible array at its end: the 4096 bytes of KVM_GET_XSAVE.
struct cl_xsave {
    uint8_t bytes[4096];
};

// struct kvm_msr_list with room for its numbers.
#define CL_MSR_LIST_ENTRIES 1024
struct cl_msr_list {
    uint32_t count;
    uint32_t numbers[CL_MSR_LIST_ENTRIES];
};

// struct kvm_msrs with one entry.
struct cl_msr {
    uint32_t count;
    uint32_t padding;
    struct kvm_msr_entry entry;
};

// One 16-byte compare and exchange, atomic as LOCK CMPXCHG16B. `expected` receives what was there.
int cl_compare_exchange_16(void *address, uint64_t expected[2], const uint64_t desired[2]);
// CPUID of the processor that runs this: eax, ebx, ecx, edx.
void cl_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]);
