// Copying a folder of the image into a tmpfs that is mounted over it ("tmpcopyup"). It runs in the child,
// before any program of the container does, so the tree does not move; links are never followed.
#define _GNU_SOURCE
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { MAXIMUM_DEPTH = 40, ENTRIES_SIZE = 1024, LINK_SIZE = 4096, PIECE = 1 << 30 };

struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static int64_t copy_file(int from, int to, const char *name, unsigned mode) {
    int64_t in = CALL(SYS_openat, from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (in < 0)
        return in;
    int64_t out = CALL(SYS_openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    int64_t result = out;
    while (result >= 0 && (result = CALL(SYS_sendfile, out, in, 0, PIECE)) > 0)
        ;
    if (out >= 0)
        CALL(SYS_close, out);
    CALL(SYS_close, in);
    return result;
}

// Not inlined: its buffer would be in every frame of the recursion.
__attribute__((noinline)) static int64_t copy_link(int from, int to, const char *name) {
    char target[LINK_SIZE];
    int64_t length = CALL(SYS_readlinkat, from, name, target, sizeof target - 1);
    if (length < 0)
        return length;
    target[length] = 0;
    return CALL(SYS_symlinkat, target, to, name);
}

static int64_t copy_folder(int from, int to, const char *name, int depth) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int64_t result = CALL(SYS_mkdirat, to, name, 0700);
    if (result < 0)
        return result;
    int64_t in = CALL(SYS_openat, from, name, flags);
    int64_t out = CALL(SYS_openat, to, name, flags);
    result = in < 0 ? in : out < 0 ? out : ca_copy_tree((int)in, (int)out, depth + 1);
    if (in >= 0)
        CALL(SYS_close, in);
    if (out >= 0)
        CALL(SYS_close, out);
    return result;
}

static int64_t copy_entry(int from, int to, const char *name, int depth) {
    struct stat status;
    int64_t result = CALL(SYS_newfstatat, from, name, &status, AT_SYMLINK_NOFOLLOW);
    if (result < 0)
        return result;
    unsigned mode = status.st_mode & 07777;
    if (S_ISDIR(status.st_mode))
        result = copy_folder(from, to, name, depth);
    else if (S_ISREG(status.st_mode))
        result = copy_file(from, to, name, 0600);
    else if (S_ISLNK(status.st_mode))
        result = copy_link(from, to, name);
    else
        result = CALL(SYS_mknodat, to, name, status.st_mode, status.st_rdev);
    if (result < 0)
        return result;
    result = CALL(SYS_fchownat, to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
    // After the owner, which clears the set-id bits.
    if (result >= 0 && !S_ISLNK(status.st_mode))
        result = CALL(SYS_fchmodat, to, name, mode);
    return result;
}

static int is_self_or_parent(const char *name) {
    return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

int64_t ca_copy_tree(int from, int to, int depth) {
    if (depth > MAXIMUM_DEPTH)
        return -ELOOP;
    _Alignas(8) char buffer[ENTRIES_SIZE];
    for (;;) {
        int64_t count = CALL(SYS_getdents64, from, buffer, sizeof buffer);
        if (count <= 0)
            return count;
        for (int64_t offset = 0; offset < count;) {
            struct entry *entry = (struct entry *)(buffer + offset);
            offset += entry->size;
            int64_t result =
                is_self_or_parent(entry->name) ? 0 : copy_entry(from, to, entry->name, depth);
            if (result < 0)
                return result;
        }
    }
}
