#define _GNU_SOURCE
#include "include/enclose.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Runs a call that answers -1 where it fails.
#define TRY(name, call)                                                                            \
    do {                                                                                           \
        *step = name;                                                                              \
        if ((call) < 0)                                                                            \
            return -errno;                                                                         \
    } while (0)

// What a detached tree has of its own, before anybody sees it.
static int set_up(int tree, int flags, const char **step) {
    struct mount_attr all = {
        .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                    (flags & CL_TREE_NOEXEC ? MOUNT_ATTR_NOEXEC : 0),
        .propagation = MS_PRIVATE,
    };
    struct mount_attr top = {.attr_set = MOUNT_ATTR_RDONLY};
    TRY("mount_setattr", mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &all, sizeof all));
    if (flags & CL_TREE_READONLY)
        TRY("mount_setattr", mount_setattr(tree, "", AT_EMPTY_PATH, &top, sizeof top));
    return 0;
}

static int copy(int folder, const char *name, int flags, const char **step) {
    int tree, result;
    TRY("open_tree",
        tree = open_tree(folder, name,
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
                             (flags & CL_TREE_RECURSIVE ? AT_RECURSIVE : 0)));
    if ((result = set_up(tree, flags, step)) < 0) {
        close(tree);
        return result;
    }
    return tree;
}

int cl_copy_tree(int file, int flags, const char **step) { return copy(file, "", flags, step); }

int cl_reopen(int file, const char **step) {
    char link[sizeof "/proc/self/fd/-2147483648"], path[PATH_MAX];
    struct open_how how = {
        .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    struct stat before, after;
    ssize_t size;
    int own;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    TRY("readlink", size = readlink(link, path, sizeof path - 1));
    path[size] = 0;
    TRY("open again", own = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
    if (fstat(file, &before) == 0 && fstat(own, &after) == 0 && before.st_dev == after.st_dev &&
        before.st_ino == after.st_ino)
        return own;
    close(own);
    return -ESTALE;
}

// A new file system of this type in a mount of its own.
static int detached(const char *type, const char **step) {
    int context, mount;
    TRY("fsopen", context = fsopen(type, FSOPEN_CLOEXEC));
    TRY("fsconfig", fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
    TRY("fsmount",
        mount = fsmount(context, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                            MOUNT_ATTR_NOEXEC));
    close(context);
    return mount;
}

// The folder is not trusted: only a directory of this name is mounted on, not what a link leads to.
static int show_proc(int proc, int root, const char **step) {
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    int place = (int)syscall(SYS_openat2, root, "proc", &how, sizeof how);
    if (place < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
    TRY("mount proc",
        move_mount(proc, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
    close(place);
    return 0;
}

// What is not there, or cannot be mounted on, is left out: the guest makes such places when it mounts.
static void show(const struct cl_shown *shown, int root) {
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    int place = (int)syscall(SYS_openat2, root, shown->place, &how, sizeof how);
    if (place < 0)
        return;
    move_mount(shown->tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    close(place);
}

// Makes the tree the root, and lets go of all else.
static int enter(int tree, const char **step) {
    TRY("move_mount", move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
    TRY("fchdir", fchdir(tree));
    TRY("pivot_root", syscall(SYS_pivot_root, ".", "."));
    // The old root lies on the new one.
    TRY("umount", umount2(".", MNT_DETACH));
    TRY("chdir", chdir("/"));
    return 0;
}

int cl_enclose(int folder, int flags, const struct cl_shown *shown, int count, const char **step) {
    int tree, root, proc = -1, result, descriptors;
    flags |= CL_TREE_RECURSIVE;
    // While the mounts are still ones of this namespace.
    if ((tree = folder < 0 ? detached("tmpfs", step) : copy(folder, "", flags, step)) < 0)
        return tree;
    if ((root = folder < 0 ? tree : copy(folder, "", flags, step)) < 0)
        return root;
    if ((descriptors = copy(AT_FDCWD, "/proc/self/fd", CL_TREE_READONLY | CL_TREE_NOEXEC, step)) < 0)
        return descriptors;
    if (folder >= 0 && (proc = detached("proc", step)) < 0)
        return proc;
    TRY("unshare", unshare(CLONE_NEWNS));
    TRY("mount", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    if ((result = enter(tree, step)) < 0)
        return result;
    if (proc >= 0 && (result = show_proc(proc, tree, step)) < 0)
        return result;
    for (int i = 0; i < count; i++)
        show(&shown[i], tree);
    TRY("fchdir", fchdir(root));
    TRY("chroot", chroot("."));
    close(proc);
    close(tree);
    if (root != tree)
        close(root);
    return descriptors;
}
