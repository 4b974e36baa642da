// A guest kernel that is the attacker's: no Linux, nothing but what attacks the VMM from ring 0. What became of an attack
// is found out on the host; lines on the serial port are for those who read logs.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

enum { DEVICES = 6, VSOCK = 0, FILE_SYSTEM = 1 };
// The registers of the virtio devices, one page each, and some of their offsets (virtio 1.2, 4.2.2).
#define DEVICE_BASE 0xd0000000UL
enum {
    MAGIC = 0x00, DEVICE_FEATURES = 0x10, DEVICE_FEATURES_SELECT = 0x14, DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SELECT = 0x24, QUEUE_SELECT = 0x30, QUEUE_SIZE_MAX = 0x34, QUEUE_SIZE = 0x38, QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50, STATUS = 0x70, QUEUE_DESCRIPTORS = 0x80, QUEUE_DRIVER = 0x90, QUEUE_DEVICE = 0xa0,
};

struct descriptor {
    u64 address;
    u32 length;
    u16 flags;
    u16 next;
};
enum { NEXT = 1, WRITE_ONLY = 2, INDIRECT = 4, ENTRIES = 64 };

struct queue {
    struct descriptor descriptors[ENTRIES] __attribute__((aligned(4096)));
    struct {
        u16 flags, index, ring[ENTRIES];
        u16 used_event;
    } available __attribute__((aligned(4096)));
    struct {
        u16 flags;
        volatile u16 index;
        struct {
            u32 id, length;
        } ring[ENTRIES];
        u16 available_event;
    } used __attribute__((aligned(4096)));
    u16 seen;
};

static inline void out8(u16 port, u8 value) { __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }
static inline void out16(u16 port, u16 value) { __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
static inline void out32(u16 port, u32 value) { __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }
static inline u8 in8(u16 port) { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline u32 in32(u16 port) { u32 value; __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline void barrier(void) { __asm__ volatile("" ::: "memory"); }

// Text and memory.
void say(const char *text);
void say_number(const char *text, u64 value);
void fill(void *target, u8 value, size_t size);
void copy(void *target, const void *source, size_t size);
size_t length(const char *text);
// The value of `name=` on the kernel's command line; empty where there is none.
const char *parameter(const char *name);
u64 number(const char *text);

// Devices.
u32 get(int device, u32 offset);
void set(int device, u32 offset, u32 value);
// Resets a device, accepts what it offers, and gives it these queues.
void begin(int device, struct queue *queues, int count);
// Makes a chain of descriptors available.
void offer(int device, struct queue *queues, int index, u16 head);
// Waits until the device has used something new; 0 where it does not within so many looks.
int wait_used(struct queue *queue, u32 looks);

// The file server.
extern u8 reply[];
enum { REPLY_ROOM = 0x11000 };
enum {
    LOOKUP = 1, FORGET = 2, GETATTR = 3, SETATTR = 4, READLINK = 5, SYMLINK = 6, MKNOD = 8, MKDIR = 9, UNLINK = 10,
    RMDIR = 11, LINK = 13, OPEN = 14, READ = 15, WRITE = 16, RELEASE = 18, SETXATTR = 21, INIT = 26, OPENDIR = 27,
    READDIR = 28, CREATE = 35, IOCTL = 39, FALLOCATE = 43, RENAME2 = 45, COPY_FILE_RANGE = 47, TMPFILE = 51,
};
// A request with two parts of arguments; answers the reply's error (0 or negative), or 1 where there is none.
int request(u32 opcode, u64 node, const void *arguments, u32 size, const void *more, u32 more_size);
// The same, with lengths that need not be true.
int forged(u32 opcode, u64 node, u32 claimed, u32 sent, u32 room);
int named(u32 opcode, u64 node, const char *name, u32 size);
u64 reply_node(void);
u64 lookup(u64 parent, const char *name);
int create(u64 parent, const char *name, u32 size, u64 *node, u64 *handle);
int put(u64 node, u64 handle, const void *data, u32 size, u64 offset);
int link_to(u64 parent, const char *name, const char *target);
int make_node(u64 parent, const char *name, u32 mode, u32 device);
// Opens a file, and writes what is in it where the host looks for its secrets.
void loot(u64 node, u32 flags);
// Makes the file system ready; the shares of the container.
extern u64 root, share, read_only;
void begin_files(void);

void attack_names(void);
void attack_links(void);
void attack_read_only(void);
void attack_nodes(void);
void attack_handles(void);
void attack_lengths(void);
void attack_queues(void);
void attack_registers(void);
void attack_ports(void);
void attack_sockets(void);
// These do not return.
void attack_fault(void);
void attack_spin(void);
void attack_hog(void);
void attack_storm(void);
void attack_errors(void);
