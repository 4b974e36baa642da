#include "include/kvm.h"

#include <cpuid.h>

int cl_compare_exchange_16(void *address, uint64_t expected[2], const uint64_t desired[2]) {
    uint8_t equal;
    __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                     : "=q"(equal), "+m"(*(__uint128_t *)address), "+a"(expected[0]),
                       "+d"(expected[1])
                     : "b"(desired[0]), "c"(desired[1])
                     : "memory", "cc");
    return equal;
}

void cl_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]) {
    __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
}
