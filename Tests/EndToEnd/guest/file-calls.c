// Asks the kernel for everything that a file system can be asked for, in the folder that is its working directory: what a
// file server has a system call for is needed by one of these. Says what failed, and ends with 1 then.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static int failed;
static void check(const char *what, long result) {
    if (result < 0) {
        printf("%s: %s\n", what, strerror(errno));
        failed = 1;
    }
}
#define CHECK(call) check(#call, (long)(call))
#define CHECK_SUPPORTED(call) \
    do { \
        long result = (call); \
        if (result >= 0 || errno != EOPNOTSUPP) \
            check(#call, result); \
    } while (0)

static void files(void) {
    char data[70000] = {1}, back[sizeof data];
    struct statfs system;
    int file = open("file", O_CREAT | O_RDWR | O_EXCL, 0666), other = open("other", O_CREAT | O_RDWR, 0600);
    CHECK(file);
    CHECK(other);
    CHECK(write(file, data, sizeof data));
    CHECK(fsync(file));
    CHECK(pread(file, back, sizeof back, 0));
    CHECK(copy_file_range(file, &(loff_t){0}, other, &(loff_t){0}, 4096, 0));
    CHECK(fallocate(file, 0, 0, 1 << 20));
    CHECK(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    CHECK(ftruncate(file, 5));
    CHECK(fchmod(file, 0640));
    CHECK(futimens(file, (struct timespec[]){{1, 2}, {3, 4}}));
    CHECK(fstatfs(file, &system));
    CHECK(syncfs(file));
    unsigned flags = 0;
    // Not every file system of a host has such flags.
    if (ioctl(file, FS_IOC_GETFLAGS, &flags) == 0)
        CHECK(ioctl(file, FS_IOC_SETFLAGS, &flags));
    else if (errno != ENOTTY && errno != EOPNOTSUPP)
        check("FS_IOC_GETFLAGS", -1);
    CHECK(close(file));
    CHECK(close(other));
}

static void attributes(void) {
    char list[256];
    // Not every file system of a host has them; it is asked all the same.
    CHECK_SUPPORTED(setxattr("file", "user.name", "value", 5, 0));
    CHECK_SUPPORTED(getxattr("file", "user.name", list, sizeof list));
    CHECK(listxattr("file", list, sizeof list));
    CHECK_SUPPORTED(removexattr("file", "user.name"));
    // From here on it is somebody else's.
    CHECK(chown("file", 1, 2));
}

static void names(void) {
    char target[64];
    CHECK(mkdir("folder", 0755));
    CHECK(mkfifo("pipe", 0600));
    CHECK(mknod("device", S_IFCHR | 0600, makedev(1, 3)));
    CHECK(symlink("file", "symbolic"));
    CHECK(readlink("symbolic", target, sizeof target));
    CHECK(link("file", "hard"));
    CHECK(rename("hard", "folder/renamed"));
    CHECK(renameat2(AT_FDCWD, "file", AT_FDCWD, "other", RENAME_EXCHANGE));
    DIR *folder = opendir("folder");
    check("opendir", folder ? 0 : -1);
    if (folder) {
        while (readdir(folder)) {}
        rewinddir(folder);
        check("readdir", readdir(folder) ? 0 : -1);
        closedir(folder);
    }
}

// As another user, whose files are to be theirs.
static void others(void) {
    CHECK(chmod(".", 0777));
    umask(027);
    setfsgid(1000);
    setfsuid(1000);
    int file = open("theirs", O_CREAT | O_WRONLY, 0666);
    CHECK(file);
    CHECK(close(file));
    setfsuid(0);
    setfsgid(0);
    struct stat status = {0};
    CHECK(stat("theirs", &status));
    if (status.st_uid != 1000 || status.st_gid != 1000 || (status.st_mode & 0777) != 0640) {
        printf("theirs: %d %d %o\n", status.st_uid, status.st_gid, status.st_mode);
        failed = 1;
    }
}

int main(void) {
    files();
    attributes();
    names();
    others();
    for (const char *const *name = (const char *const[]){"file", "other", "folder/renamed", "folder", "pipe", "device", "symbolic", "theirs", 0};
         *name; name++)
        CHECK(remove(*name));
    if (!failed) puts("ok");
    return failed;
}
