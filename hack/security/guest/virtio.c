#include "guest.h"

u32 get(int device, u32 offset) {
    return *(volatile u32 *)(DEVICE_BASE + device * 0x1000UL + offset);
}

void set(int device, u32 offset, u32 value) {
    *(volatile u32 *)(DEVICE_BASE + device * 0x1000UL + offset) = value;
}

static void set_address(int device, u32 offset, const void *address) {
    set(device, offset, (u32)(u64)address);
    set(device, offset + 4, (u32)((u64)address >> 32));
}

void begin(int device, struct queue *queues, int count) {
    set(device, STATUS, 0);
    set(device, STATUS, 1);
    set(device, STATUS, 3);
    for (u32 half = 0; half < 2; half++) {
        set(device, DEVICE_FEATURES_SELECT, half);
        u32 offered = get(device, DEVICE_FEATURES);
        set(device, DRIVER_FEATURES_SELECT, half);
        set(device, DRIVER_FEATURES, offered);
    }
    set(device, STATUS, 11);
    for (int n = 0; n < count; n++) {
        set(device, QUEUE_SELECT, n);
        u32 most = get(device, QUEUE_SIZE_MAX);
        set(device, QUEUE_SIZE, most < ENTRIES ? most : ENTRIES);
        set_address(device, QUEUE_DESCRIPTORS, queues[n].descriptors);
        set_address(device, QUEUE_DRIVER, &queues[n].available);
        set_address(device, QUEUE_DEVICE, &queues[n].used);
        set(device, QUEUE_READY, 1);
    }
    set(device, STATUS, 15);
}

void offer(int device, struct queue *queues, int index, u16 head) {
    struct queue *queue = &queues[index];
    queue->available.ring[queue->available.index % ENTRIES] = head;
    barrier();
    queue->available.index++;
    // Whether or not the device asks for it.
    queue->available.used_event = queue->available.index;
    barrier();
    set(device, QUEUE_NOTIFY, index);
}

int wait_used(struct queue *queue, u32 looks) {
    for (u32 n = 0; n < looks; n++) {
        if (queue->used.index != queue->seen) {
            queue->seen++;
            return 1;
        }
        __asm__ volatile("pause" ::: "memory");
    }
    return 0;
}
