// Opening a mount point below a root, and making it and the folders on the way where they are missing. Links are followed
// as if the root were the only one, also to what is missing: images have such links, and engines mount on them. It runs in
// the child, before any program of the container does, so the tree does not move.
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

// As the kernel has it, for one path.
enum { PATH_SIZE = 4096, NAME_SIZE = 256, MAXIMUM_LINKS = 40 };

struct walk {
    int root;
    // What has been come to, and its path below the root, in which no link is left.
    int64_t place;
    char done[PATH_SIZE];
    // What is still to be walked.
    char rest[PATH_SIZE];
    int links;
};

static int64_t open_beneath(int root, const char *path, uint64_t resolve) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | resolve};
    return CALL(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
}

// Takes the next name; an empty one at the end.
static int64_t next_name(struct walk *walk, char name[NAME_SIZE]) {
    const char *begin = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(begin, "/");
    if (length >= NAME_SIZE)
        return -ENAMETOOLONG;
    memcpy(name, begin, length);
    name[length] = 0;
    begin += length;
    begin += strspn(begin, "/");
    memmove(walk->rest, begin, strlen(begin) + 1);
    return 0;
}

static int64_t enter(struct walk *walk, const char *name) {
    size_t used = strlen(walk->done), length = strlen(name);
    if (used + length + 2 > PATH_SIZE)
        return -ENAMETOOLONG;
    if (used > 0)
        walk->done[used++] = '/';
    memcpy(walk->done + used, name, length + 1);
    return walk->place = CALL(SYS_openat, walk->place, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static int64_t leave(struct walk *walk) {
    char *last = strrchr(walk->done, '/');
    *(last ? last : walk->done) = 0;
    return walk->place = open_beneath(walk->root, walk->done, RESOLVE_NO_SYMLINKS);
}

// What the link says comes before what is still to be walked.
static int64_t follow(struct walk *walk, char target[PATH_SIZE], size_t length) {
    size_t left = strlen(walk->rest);
    if (++walk->links > MAXIMUM_LINKS)
        return -ELOOP;
    if (length + left + 2 > PATH_SIZE)
        return -ENAMETOOLONG;
    memmove(walk->rest + length + 1, walk->rest, left + 1);
    memcpy(walk->rest, target, length);
    walk->rest[length] = '/';
    if (target[0] != '/')
        return 0;
    walk->done[0] = 0;
    return walk->place = open_beneath(walk->root, "", 0);
}

static int64_t step(struct walk *walk, const char *name, int is_folder) {
    char target[PATH_SIZE];
    if (strcmp(name, ".") == 0)
        return 0;
    if (strcmp(name, "..") == 0)
        return leave(walk);
    int64_t result = CALL(SYS_readlinkat, walk->place, name, target, sizeof target);
    if (result >= 0)
        return follow(walk, target, (size_t)result);
    if (result == -ENOENT && (is_folder || walk->rest[0] != 0))
        result = CALL(SYS_mkdirat, walk->place, name, 0755);
    else if (result == -ENOENT)
        // Not opened: while a file is open for writing, its mount cannot be made read-only.
        result = CALL(SYS_mknodat, walk->place, name, S_IFREG | 0644, 0);
    // EINVAL: it is there, and no link.
    if (result < 0 && result != -EINVAL && result != -EEXIST)
        return result;
    return enter(walk, name);
}

int64_t ca_make_path(int root, const char *path, int is_folder) {
    char name[NAME_SIZE];
    struct walk walk = {.root = root};
    int64_t result = open_beneath(root, path, 0);
    if (result != -ENOENT)
        return result;
    if (strlen(path) >= PATH_SIZE)
        return -ENAMETOOLONG;
    strcpy(walk.rest, path);
    walk.place = open_beneath(root, "", 0);
    for (result = walk.place; result >= 0; result = step(&walk, name, is_folder)) {
        result = next_name(&walk, name);
        if (result < 0 || name[0] == 0)
            break;
    }
    return result < 0 ? result : walk.place;
}
