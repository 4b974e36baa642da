// What does not end: a processor that never rests, all memory in use, bells that never stop, errors again and again. Whoever
// runs these ends them.
#include "guest.h"

static struct queue queues[3];

void attack_spin(void) {
    say("guest: at it");
    for (;;) barrier();
}

// The processor has nowhere to go.
void attack_fault(void) {
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) none = {0, 0};
    __asm__ volatile("lidt %0; ud2" ::"m"(none));
}

// Every page of the machine, below which are its own code and what it is told.
void attack_hog(void) {
    u64 size = number(parameter("megabytes")) << 20;
    for (u64 page = 24 << 20; page < size; page += 4096) *(volatile u64 *)page = page;
    say("guest: at it");
    for (;;)
        for (u64 page = 24 << 20; page < size; page += 4096) ++*(volatile u64 *)page;
}

// Bells of all queues, interrupts that nobody takes, and resets between them.
void attack_storm(void) {
    for (u64 n = 0;; n++) {
        for (int device = 0; device < DEVICES; device++) {
            if (n % 1000 == 0) begin(device, queues, 3);
            for (int queue = 0; queue < 3; queue++) set(device, QUEUE_NOTIFY, queue);
        }
        if (n == 0) say("guest: at it");
    }
}

// A ring that makes no sense, told to a device that is reset again and again.
void attack_errors(void) {
    for (u64 n = 0;; n++) {
        int device = (int)(n % DEVICES);
        fill(&queues, 0, sizeof queues);
        for (int queue = 0; queue < 3; queue++) queues[queue].available.index = 0x8000;
        begin(device, queues, 3);
        for (int queue = 0; queue < 3; queue++) set(device, QUEUE_NOTIFY, queue);
        if (n == 100) say("guest: at it");
    }
}
