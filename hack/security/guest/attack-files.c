// Requests to the file server that no kernel sends.
#include "guest.h"

static const char *outside(const char *name) {
    static char path[600];
    const char *before = "../markers/";
    copy(path, before, length(before));
    copy(path + length(before), name, length(name) + 1);
    return path;
}

static void try_name(u64 parent, const char *name, u32 size) {
    u64 node, handle;
    u32 words[2] = {0755, 0};
    if (named(LOOKUP, parent, name, size) == 0) {
        node = reply_node();
        say_number("guest: found ", node);
        loot(node, 0);
        u64 below = lookup(node, "secret");
        if (below) loot(below, 0);
        below = lookup(node, "markers");
        if (below) create(below, "by-name", 8, &node, &handle);
    }
    if (create(parent, name, size, &node, &handle) == 0) put(node, handle, "out", 3, 0);
    request(MKDIR, parent, words, sizeof words, name, size);
    request(SYMLINK, parent, name, size, "target", 7);
    struct {
        u64 folder;
        u32 flags, padding;
    } rename = {parent, 0, 0};
    create(parent, "plain", 6, &node, &handle);
    u8 names[6 + 6000];
    if (size > 5000) return;
    copy(names, "plain", 6);
    copy(names + 6, name, size);
    request(RENAME2, parent, &rename, sizeof rename, names, 6 + size);
    node = lookup(parent, "plain");
    if (node) request(LINK, parent, &node, sizeof node, name, size);
    named(UNLINK, parent, name, size);
    named(RMDIR, parent, name, size);
}

void attack_names(void) {
    static char longest[5001];
    begin_files();
    fill(longest, 'A', 5000);
    const char *secret = parameter("secret");
    const char *names[] = {"..", ".", "", "/", secret, "../secret", "../../secret", "plain/../../secret", "../markers",
                           outside("by-path"), "/proc/self/root", "/proc/self/fd/3"};
    u64 folders[] = {share, root, read_only, 1};
    for (int n = 0; n < 4; n++) {
        for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
            try_name(folders[n], names[m], length(names[m]) + 1);
            // Without the final zero.
            if (n == 0) try_name(folders[n], names[m], length(names[m]));
        }
        try_name(folders[n], "plain\0../secret", 16);
        try_name(folders[n], longest, 256);
        try_name(folders[n], longest, 5001);
    }
}

void attack_links(void) {
    u64 node, handle;
    u32 words[2] = {0, 0};
    begin_files();
    const char *secret = parameter("secret"), *folder = parameter("folder");
    link_to(share, "to-file", secret);
    link_to(share, "to-folder", folder);
    link_to(share, "to-root", "/");
    link_to(share, "to-parent", "..");
    const char *links[] = {"to-file", "to-folder", "to-root", "to-parent"};
    for (int n = 0; n < 4; n++) {
        u64 link = lookup(share, links[n]);
        if (!link) continue;
        // O_RDONLY, O_RDWR | O_TRUNC, O_PATH, O_DIRECTORY.
        u32 flags[] = {0, 01002, 010000000, 0200000};
        for (int m = 0; m < 4; m++) loot(link, flags[m]);
        u64 below = lookup(link, n == 2 ? secret + 1 : "secret");
        if (below) loot(below, 0);
        create(link, "by-link", 8, &node, &handle);
        request(OPENDIR, link, words, sizeof words, 0, 0);
        // SETATTR of a size 0: on what the link leads to it would be a loss.
        u64 change[11] = {8, 0, 0};
        request(SETATTR, link, change, sizeof change, 0, 0);
    }
    // A folder that is a link by the time that something is looked up in it.
    struct {
        u64 folder;
        u32 flags, padding;
    } rename = {share, 2, 0};
    request(MKDIR, share, (u32[]){0755, 0}, 8, "turning", 8);
    u64 turning = lookup(share, "turning");
    for (int n = 0; n < 50; n++) {
        request(RENAME2, share, &rename, sizeof rename, "turning\0to-folder", 18);
        u64 below = lookup(turning, "secret");
        if (below) loot(below, 0);
        below = lookup(lookup(share, "turning"), "secret");
        if (below) loot(below, 0);
    }
}

void attack_read_only(void) {
    u64 node, handle;
    begin_files();
    create(read_only, "made", 5, &node, &handle);
    make_node(read_only, "made", 0100644, 0);
    request(MKDIR, read_only, (u32[]){0755, 0}, 8, "made", 5);
    link_to(read_only, "made", "target");
    u64 cached = lookup(read_only, "cached");
    if (!cached) return say("guest: no such file");
    // Every way to open that might be one to write.
    u32 flags[] = {0, 1, 2, 01000, 01002, 02001, 02000000};
    for (int n = 0; n < 7; n++) {
        u32 words[2] = {flags[n], 0};
        if (request(OPEN, cached, words, sizeof words, 0, 0) != 0) continue;
        handle = *(u64 *)(reply + 16);
        put(cached, handle, "WRITTEN", 7, 0);
        struct {
            u64 handle, offset, length;
            u32 mode, padding;
        } allocate = {handle, 0, 16, 2 | 1, 0};
        request(FALLOCATE, cached, &allocate, sizeof allocate, 0, 0);
    }
    u64 size[11] = {8, 0, 0}, mode[11] = {1};
    request(SETATTR, cached, size, sizeof size, 0, 0);
    request(SETATTR, cached, mode, sizeof mode, 0, 0);
    request(SETXATTR, cached, (u32[]){1, 0}, 8, "user.made\0x", 11);
    // The same file by a name in a folder that can be written.
    if (request(LINK, share, &cached, sizeof cached, "hard", 5) == 0) {
        node = reply_node();
        if (request(OPEN, node, (u32[]){2, 0}, 8, 0, 0) == 0) put(node, *(u64 *)(reply + 16), "WRITTEN", 7, 0);
    }
    struct {
        u64 folder;
        u32 flags, padding;
    } rename = {share, 0, 0};
    request(RENAME2, read_only, &rename, sizeof rename, "cached\0moved", 13);
    rename.folder = read_only;
    request(RENAME2, share, &rename, sizeof rename, "reached\0moved", 14);
    named(UNLINK, read_only, "cached", 7);
    // Copied into, with a handle that was opened for reading, from one that can be read.
    u64 from = lookup(share, "reached"), source;
    if (request(OPEN, from, (u32[]){0, 0}, 8, 0, 0) != 0) return;
    source = *(u64 *)(reply + 16);
    if (request(OPEN, cached, (u32[]){0, 0}, 8, 0, 0) != 0) return;
    struct {
        u64 in, in_offset, node, out, out_offset, length, flags;
    } range = {source, 0, cached, *(u64 *)(reply + 16), 0, 7, 0};
    request(COPY_FILE_RANGE, from, &range, sizeof range, 0, 0);
}

void attack_nodes(void) {
    begin_files();
    u32 major = number(parameter("major")), minor = number(parameter("minor"));
    const char *token = parameter("token");
    make_node(share, "disk", 0060666, major << 8 | minor);
    make_node(share, "log", 0020666, 1 << 8 | 11);
    make_node(share, "pipe", 0010666, 0);
    make_node(share, "socket", 0140666, 0);
    const char *names[] = {"disk", "log", "pipe", "socket"};
    for (int n = 0; n < 4; n++) {
        u64 node = lookup(share, names[n]);
        say_number("guest: node ", node);
        if (!node) continue;
        u32 flags[] = {0, 1, 2, 04000};
        for (int m = 0; m < 4; m++) {
            loot(node, flags[m]);
            if (request(OPEN, node, (u32[]){flags[m], 0}, 8, 0, 0) == 0)
                put(node, *(u64 *)(reply + 16), token, length(token), 0);
        }
    }
}

void attack_handles(void) {
    begin_files();
    u64 nodes[] = {0, ~0UL, 1UL << 63, 1UL << 32, 0x7fffffff};
    for (u64 n = 0; n < 45; n++) {
        u64 node = n < 5 ? nodes[n] : n - 3;
        request(GETATTR, node, (u64[]){0, 0}, 16, 0, 0);
        named(READLINK, node, "", 0);
        loot(node, 0);
        u64 below = lookup(node, "secret");
        if (below) loot(below, 0);
        struct {
            u64 handle, offset;
            u32 size, read_flags;
            u64 owner;
            u32 flags, padding;
        } read = {n < 5 ? nodes[n] : n - 5, n < 5 ? ~0UL : 0, n < 5 ? ~0u : 4096, 0, 0, 0, 0};
        request(READ, node, &read, sizeof read, 0, 0);
        request(READDIR, node, &read, sizeof read, 0, 0);
        put(node, read.handle, "forged", 6, n < 5 ? ~0UL : 0);
        request(RELEASE, node, (u64[]){read.handle, 0, 0}, 24, 0, 0);
        request(RELEASE, node, (u64[]){read.handle, 0, 0}, 24, 0, 0);
    }
    // Forgotten more often than it was looked up, and used again.
    u64 node = lookup(share, "reached"), many = ~0UL;
    forged(FORGET, node, 48, 48, 0);
    request(FORGET, node, &many, sizeof many, 0, 0);
    request(FORGET, share, &many, sizeof many, 0, 0);
    loot(node, 0);
    lookup(share, "reached");
}

void attack_lengths(void) {
    u32 sizes[] = {0, 1, 39, 40, 41, 48, 104, 296, 4096, 0x11000, ~0u};
    begin_files();
    for (u32 opcode = 0; opcode < 56; opcode++)
        for (int n = 0; n < 11; n++) {
            u32 sent = sizes[n] < 296 ? sizes[n] : 296;
            if (sent) forged(opcode, share, sizes[n], sent, REPLY_ROOM);
            if (sent && n % 3 == 0) forged(opcode, share, sent, sent, n);
        }
    u32 odd[] = {56, 4096, 1048576, ~0u};
    for (int n = 0; n < 4; n++) forged(odd[n], share, 40, 40, REPLY_ROOM);
}
