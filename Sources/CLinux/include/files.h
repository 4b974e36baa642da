// Calls on files that a file server makes. Like clinux.h: the value, or the negated errno.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

// statx(2), flattened. Times are seconds and nanoseconds since 1970.
struct cl_status {
    uint64_t ino, size, blocks, mount;
    int64_t atime, mtime, ctime, btime;
    uint32_t atime_ns, mtime_ns, ctime_ns, btime_ns;
    uint32_t mode, nlink, uid, gid, blksize;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint32_t has_btime;
};
// The file of the descriptor (empty name) or an entry of that folder; no symbolic link is followed.
int cl_status(int fd, const char *name, struct cl_status *status);

struct cl_fs_status {
    uint64_t blocks, bfree, bavail, files, ffree;
    uint32_t bsize, frsize, namelen, type;
};
int cl_fs_status(int fd, struct cl_fs_status *status);

// openat2 that stays beneath the folder, through neither symbolic nor magic links, nor automounts.
int cl_open_beneath(int dir, const char *name, int flags, unsigned mode);
// openat2 without any of that, for /proc/self/fd.
int cl_open_following(int dir, const char *name, int flags, unsigned mode);
int cl_mkdirat(int dir, const char *name, unsigned mode);
int cl_mknodat(int dir, const char *name, unsigned mode, unsigned major, unsigned minor);
int cl_symlinkat(const char *target, int dir, const char *name);
int cl_linkat(int from, const char *name, int dir, const char *new_name, int flags);
int cl_unlinkat(int dir, const char *name, int flags);
int cl_renameat2(int from, const char *name, int dir, const char *new_name, unsigned flags);
// The link that the O_PATH descriptor itself is.
long cl_readlink_fd(int fd, char *buffer, size_t size);
int cl_chown_fd(int fd, unsigned uid, unsigned gid);
int cl_chmodat(int dir, const char *name, unsigned mode);
// A nanosecond value of UTIME_NOW or UTIME_OMIT has its meaning of utimensat(2).
int cl_set_times_fd(int fd, int64_t atime, uint32_t atime_ns, int64_t mtime, uint32_t mtime_ns);

long cl_getxattr(const char *path, const char *name, void *value, size_t size);
long cl_listxattr(const char *path, char *list, size_t size);
int cl_setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
int cl_removexattr(const char *path, const char *name);

// linux_dirent64 records; zero at the end.
long cl_getdents(int fd, void *buffer, size_t size);
int64_t cl_lseek(int fd, int64_t offset, int whence);
int cl_fallocate(int fd, int mode, int64_t offset, int64_t length);
long cl_copy_file_range(int in, int64_t in_offset, int out, int64_t out_offset, size_t length);
int cl_fsync(int fd);
int cl_syncfs(int fd);
// pwritev2 with RWF_APPEND: writes at the end of the file whatever the offset.
long cl_pwritev_append(int fd, const struct iovec *iov, int count, int64_t offset);

// Gives the calling thread its own umask and working directory, once per thread: the folder.
int cl_thread_folder(int fd);
unsigned cl_umask(unsigned mask);
// Lets the thread make files as that owner, with all its capabilities; cl_resume takes it back.
// Does nothing in a process that is not root.
int cl_assume(unsigned uid, unsigned gid);
void cl_resume(void);
// Drops CAP_FSETID and takes on the group, so that the kernel clears set-id bits as for its members;
// cl_keep_set_id takes both back.
int cl_clear_set_id(unsigned gid);
void cl_keep_set_id(void);
// 1: this thread has CAP_SYS_ADMIN.
int cl_may_administer(void);
// The hard limit of RLIMIT_NOFILE, which the soft one is raised to.
int64_t cl_raise_open_files(void);
