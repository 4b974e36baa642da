#define _GNU_SOURCE
#include "include/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define RESULT(call)                                                                               \
    do {                                                                                           \
        __typeof__(call) result = (call);                                                          \
        return result < 0 ? (__typeof__(call))-errno : result;                                     \
    } while (0)

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif

int cl_status(int fd, const char *name, struct cl_status *s) {
    struct statx x;
    int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (statx(fd, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &x) < 0)
        return -errno;
    *s = (struct cl_status){
        .ino = x.stx_ino, .size = x.stx_size, .blocks = x.stx_blocks, .mount = x.stx_mnt_id,
        .atime = x.stx_atime.tv_sec, .atime_ns = x.stx_atime.tv_nsec,
        .mtime = x.stx_mtime.tv_sec, .mtime_ns = x.stx_mtime.tv_nsec,
        .ctime = x.stx_ctime.tv_sec, .ctime_ns = x.stx_ctime.tv_nsec,
        .btime = x.stx_btime.tv_sec, .btime_ns = x.stx_btime.tv_nsec,
        .mode = x.stx_mode, .nlink = x.stx_nlink, .uid = x.stx_uid, .gid = x.stx_gid,
        .blksize = x.stx_blksize, .rdev_major = x.stx_rdev_major, .rdev_minor = x.stx_rdev_minor,
        .dev_major = x.stx_dev_major, .dev_minor = x.stx_dev_minor,
        .has_btime = (x.stx_mask & STATX_BTIME) != 0,
    };
    return 0;
}
int cl_fs_status(int fd, struct cl_fs_status *s) {
    struct statfs f;
    if (fstatfs(fd, &f) < 0)
        return -errno;
    *s = (struct cl_fs_status){
        .blocks = f.f_blocks, .bfree = f.f_bfree, .bavail = f.f_bavail, .files = f.f_files,
        .ffree = f.f_ffree, .bsize = f.f_bsize, .frsize = f.f_frsize, .namelen = f.f_namelen,
        .type = (uint32_t)f.f_type,
    };
    return 0;
}

int cl_open_beneath(int dir, const char *name, int flags, unsigned mode) {
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC), .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
    };
    RESULT((int)syscall(SYS_openat2, dir, name, &how, sizeof how));
}
int cl_open_following(int dir, const char *name, int flags, unsigned mode) {
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC), .mode = mode};
    RESULT((int)syscall(SYS_openat2, dir, name, &how, sizeof how));
}
int cl_mkdirat(int dir, const char *name, unsigned mode) { RESULT(mkdirat(dir, name, mode)); }
int cl_mknodat(int dir, const char *name, unsigned mode, unsigned major, unsigned minor) {
    RESULT(mknodat(dir, name, mode, makedev(major, minor)));
}
int cl_symlinkat(const char *target, int dir, const char *name) {
    RESULT(symlinkat(target, dir, name));
}
int cl_linkat(int from, const char *name, int dir, const char *new_name, int flags) {
    RESULT(linkat(from, name, dir, new_name, flags));
}
int cl_unlinkat(int dir, const char *name, int flags) { RESULT(unlinkat(dir, name, flags)); }
int cl_renameat2(int from, const char *name, int dir, const char *new_name, unsigned flags) {
    // The C library's function calls renameat(2) where there are no flags.
    RESULT((int)syscall(SYS_renameat2, from, name, dir, new_name, flags));
}
long cl_readlink_fd(int fd, char *buffer, size_t size) { RESULT(readlinkat(fd, "", buffer, size)); }
int cl_chown_fd(int fd, unsigned uid, unsigned gid) {
    RESULT(fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}
int cl_chmodat(int dir, const char *name, unsigned mode) { RESULT(fchmodat(dir, name, mode, 0)); }
int cl_set_times_fd(int fd, int64_t atime, uint32_t atime_ns, int64_t mtime, uint32_t mtime_ns) {
    struct timespec times[2] = {{atime, atime_ns}, {mtime, mtime_ns}};
    RESULT(utimensat(fd, "", times, AT_EMPTY_PATH));
}

long cl_getxattr(const char *path, const char *name, void *value, size_t size) {
    RESULT(getxattr(path, name, value, size));
}
long cl_listxattr(const char *path, char *list, size_t size) {
    RESULT(listxattr(path, list, size));
}
int cl_setxattr(const char *path, const char *name, const void *value, size_t size, int flags) {
    RESULT(setxattr(path, name, value, size, flags));
}
int cl_removexattr(const char *path, const char *name) { RESULT(removexattr(path, name)); }

long cl_getdents(int fd, void *buffer, size_t size) {
    RESULT(syscall(SYS_getdents64, fd, buffer, size));
}
int64_t cl_lseek(int fd, int64_t offset, int whence) { RESULT(lseek(fd, offset, whence)); }
int cl_fallocate(int fd, int mode, int64_t offset, int64_t length) {
    RESULT(fallocate(fd, mode, offset, length));
}
long cl_copy_file_range(int in, int64_t in_offset, int out, int64_t out_offset, size_t length) {
    RESULT(copy_file_range(in, &in_offset, out, &out_offset, length, 0));
}
int cl_fsync(int fd) { RESULT(fsync(fd)); }
int cl_syncfs(int fd) { RESULT(syncfs(fd)); }
long cl_pwritev_append(int fd, const struct iovec *iov, int count, int64_t offset) {
    RESULT(pwritev2(fd, iov, count, offset, RWF_APPEND));
}

unsigned cl_umask(unsigned mask) { return umask(mask); }

// Who a thread is, asked once: a thread that is confined later needs fewer calls. Its permitted capabilities do not
// grow, and those that it has lost meanwhile the kernel does not give it.
static __thread struct {
    int known;
    uid_t uid;
    gid_t gid;
    struct __user_cap_data_struct capabilities[2];
} self;

static int set_capabilities(const struct __user_cap_data_struct data[2]) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    RESULT((int)syscall(SYS_capset, &header, data));
}
static int know_self(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    if (self.known)
        return 0;
    if (syscall(SYS_capget, &header, self.capabilities) < 0)
        return -errno;
    self.uid = geteuid();
    self.gid = getegid();
    self.known = 1;
    return 0;
}
int cl_thread_folder(int fd) {
    static __thread int done;
    if (done)
        return 0;
    int error = know_self();
    if (error)
        return error;
    if (unshare(CLONE_FS) < 0 || fchdir(fd) < 0)
        return -errno;
    umask(0);
    done = 1;
    return 0;
}
int cl_may_administer(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    return (data[0].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}
// setfsuid(2) and setfsgid(2) tell no errors: asking again shows whether they took.
int cl_assume(unsigned uid, unsigned gid) {
    int error = know_self();
    if (error || self.uid != 0 || (uid == 0 && gid == 0))
        return error;
    setfsgid(gid);
    setfsuid(uid);
    if ((unsigned)setfsgid(gid) != gid || (unsigned)setfsuid(uid) != uid)
        error = -EPERM;
    else // the change of the user has dropped the capabilities on files
        error = uid ? set_capabilities(self.capabilities) : 0;
    if (error)
        cl_resume();
    return error;
}
void cl_resume(void) {
    if (know_self() || self.uid != 0)
        return;
    setfsuid(0);
    setfsgid(0);
}
int cl_clear_set_id(unsigned gid) {
    struct __user_cap_data_struct data[2];
    int error = know_self();
    if (error)
        return error;
    memcpy(data, self.capabilities, sizeof data);
    if (self.uid == 0)
        setfsgid(gid);
    data[0].effective &= ~CAP_TO_MASK(CAP_FSETID);
    return set_capabilities(data);
}
void cl_keep_set_id(void) {
    set_capabilities(self.capabilities);
    setfsgid(self.gid);
}
int64_t cl_raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    return (int64_t)limit.rlim_max;
}
