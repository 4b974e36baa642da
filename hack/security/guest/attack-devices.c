// Registers, ports and rings that no driver uses so.
#include "guest.h"

static struct queue rings[3];
static struct descriptor table[ENTRIES] __attribute__((aligned(4096)));

static void fresh(int device) {
    fill(&rings, 0, sizeof rings);
    begin(device, rings, 3);
}

// Chains whose descriptors lie: addresses outside of memory, in the hole, around the end of all; lengths that overflow.
static void lie(int device, int queue) {
    u64 addresses[] = {0, 0xfffff, 0x0ffff000, 0x10000000, 0xbffff000, 0xc0000000, DEVICE_BASE, 0xfee00000,
                       0x100000000, 0x7fffffffffffffff, 0xfffffffffffff000, 0xffffffffffffffff};
    u32 lengths[] = {0, 1, 0x1000, 0x7fffffff, 0xffffffff};
    for (size_t n = 0; n < sizeof addresses / sizeof *addresses; n++)
        for (int m = 0; m < 5; m++) {
            fresh(device);
            rings[queue].descriptors[0] = (struct descriptor){addresses[n], lengths[m], NEXT, 1};
            rings[queue].descriptors[1] = (struct descriptor){addresses[n], lengths[m], WRITE_ONLY, 0};
            offer(device, rings, queue, 0);
        }
}

static void misuse(int device, int queue) {
    struct queue *ring = &rings[queue];
    u16 heads[] = {ENTRIES - 1, ENTRIES, 0x7fff, 0xffff};
    // A loop of one and of all; a chain out of its table.
    for (int n = 0; n < 3; n++) {
        fresh(device);
        for (int m = 0; m < ENTRIES; m++)
            ring->descriptors[m] = (struct descriptor){(u64)table, 16, NEXT, n == 0 ? m : n == 1 ? (m + 1) % ENTRIES : 0xffff};
        offer(device, rings, queue, 0);
    }
    for (int n = 0; n < 4; n++) {
        fresh(device);
        offer(device, rings, queue, heads[n]);
    }
    // Indirect tables: of no multiple of 16, in a loop, within another, outside of memory.
    for (int n = 0; n < 5; n++) {
        fresh(device);
        for (int m = 0; m < ENTRIES; m++)
            table[m] = (struct descriptor){(u64)table, 16, (n == 2 ? INDIRECT : 0) | NEXT, n == 1 ? 0 : m + 1};
        ring->descriptors[0] = (struct descriptor){n == 3 ? 0xfffffffffffffff0 : (u64)table, n == 0 ? 17 : n == 4 ? ~0u : 1024,
                                                   INDIRECT, 0};
        offer(device, rings, queue, 0);
    }
    // More available than there are entries.
    fresh(device);
    ring->available.index = 0x8000;
    set(device, QUEUE_NOTIFY, queue);
    for (int n = 0; n < 200; n++) set(device, QUEUE_NOTIFY, queue);
}

// Rings that are not in memory, or on top of each other.
static void misplace(int device) {
    u64 places[] = {0, 1, 0x0ffff001, 0xc0000000, DEVICE_BASE, 0x7ffffffffffff000, 0xffffffffffffffff};
    for (size_t n = 0; n < sizeof places / sizeof *places; n++) {
        set(device, STATUS, 0);
        set(device, STATUS, 1);
        set(device, STATUS, 3);
        set(device, DRIVER_FEATURES_SELECT, 1);
        set(device, DRIVER_FEATURES, 1);
        set(device, STATUS, 11);
        for (int queue = 0; queue < 4; queue++) {
            set(device, QUEUE_SELECT, queue);
            set(device, QUEUE_SIZE, n % 2 ? 0x8000 : 8);
            set(device, QUEUE_SIZE, 8);
            for (u32 offset = QUEUE_DESCRIPTORS; offset <= QUEUE_DEVICE; offset += 0x10) {
                set(device, offset, (u32)places[n]);
                set(device, offset + 4, (u32)(places[n] >> 32));
            }
            set(device, QUEUE_READY, 1);
        }
        set(device, STATUS, 15);
        for (int queue = 0; queue < 5; queue++) set(device, QUEUE_NOTIFY, queue);
    }
}

void attack_queues(void) {
    for (int device = 0; device < DEVICES; device++) {
        say_number("guest: device ", device);
        for (int queue = 0; queue < 3; queue++) {
            lie(device, queue);
            misuse(device, queue);
        }
        misplace(device);
    }
    // Reset under work: nothing may be used after it has gone.
    for (int n = 0; n < 50; n++) {
        fresh(n % DEVICES);
        for (int m = 0; m < 8; m++) {
            rings[n % 3].descriptors[0] = (struct descriptor){(u64)table, 4096, WRITE_ONLY, 0};
            offer(n % DEVICES, rings, n % 3, 0);
        }
        set(n % DEVICES, STATUS, 0);
    }
}

void attack_registers(void) {
    u64 patterns[] = {0, 1, 0xff, 0x80000000, ~0UL};
    for (u64 device = 0; device <= DEVICES; device++) {
        u64 base = DEVICE_BASE + device * 0x1000;
        say_number("guest: registers of ", device);
        for (u64 offset = 0; offset < 0x140; offset++) {
            volatile u8 *place = (volatile u8 *)(base + offset);
            (void)*place;
            (void)*(volatile u16 *)place;
            (void)*(volatile u32 *)place;
            (void)*(volatile u64 *)place;
            for (int n = 0; n < 5; n++) {
                if (n < 2) *place = patterns[n];
                if (n < 2) *(volatile u16 *)place = patterns[n];
                *(volatile u32 *)place = patterns[n];
                if (n == 4) *(volatile u64 *)place = patterns[n];
            }
        }
        // Across the border of the page, and its end.
        (void)*(volatile u64 *)(base + 0xffc);
        *(volatile u64 *)(base + 0xffc) = ~0UL;
        *(volatile u32 *)(base + 0xffe) = ~0u;
    }
    // Where a PC has other things: firmware tables, PCI's configuration space, HPET, the flash.
    u64 places[] = {0xc0000000, 0xcffffff8, 0xe0000000, 0xf0000000, 0xfed00000, 0xfed40000, 0xff000000, 0xfffffff0};
    for (size_t n = 0; n < sizeof places / sizeof *places; n++)
        for (u64 offset = 0; offset < 64; offset += 4) {
            (void)*(volatile u32 *)(places[n] + offset % 16);
            *(volatile u32 *)(places[n] + offset % 16) = (u32)offset;
        }
}

void attack_ports(void) {
    for (u32 port = 0; port < 0x10000; port += port < 0x1000 ? 1 : 61) {
        (void)in8(port);
        (void)in32(port);
        // The reset is for the end; the serial port has its turn below.
        if (port == 0x64 || (port + 3 >= 0x60 && port <= 0x64) || (port + 3 >= 0x3f8 && port <= 0x3ff)) continue;
        out8(port, 0);
        out16(port, 0xffff);
        out32(port, 0xffffffff);
    }
    // PCI's configuration, all functions of the first bus; ACPI's sleep and a PC's other resets.
    for (u32 function = 0; function < 256; function++) {
        out32(0xcf8, 0x80000000 | function << 8);
        (void)in32(0xcfc);
        out32(0xcfc, 0xffffffff);
    }
    out16(0x604, 0x2000);
    out16(0xb004, 0x2000);
    out8(0xcf9, 0x0e);
    out8(0x92, 0x03);
    // A line without an end, a divisor, and long strings.
    for (int n = 0; n < 5000; n++) out8(0x3f8, n & 1 ? 0x1b : 0xff);
    for (u32 port = 0x3f9; port < 0x400; port++) {
        out8(port, 0xff);
        out32(port, 0xffffffff);
        (void)in8(port);
    }
    out8(0x3fb, 0);
    const void *source = rings;
    u64 count = sizeof rings;
    __asm__ volatile("rep outsb" : "+S"(source), "+c"(count) : "d"((u16)0x3f8) : "memory");
    void *target = rings;
    count = sizeof rings;
    __asm__ volatile("rep insb" : "+D"(target), "+c"(count) : "d"((u16)0x3f8) : "memory");
    out8(0x3f8, '\n');
}
