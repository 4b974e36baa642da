#define _GNU_SOURCE
#include "include/launch.h"
#include "descriptors.h"
#include "include/clinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int add_actions(posix_spawn_file_actions_t *actions, const char *folder, const int *fds,
                       int count, int *copies) {
    for (int i = 0; i < count; i++) {
        copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH);
        if (copies[i] < 0)
            return errno;
        int error = posix_spawn_file_actions_adddup2(actions, copies[i], i);
        if (error)
            return error;
    }
    int error = posix_spawn_file_actions_addclosefrom_np(actions, count);
    return error ? error : posix_spawn_file_actions_addchdir_np(actions, folder);
}

int cl_spawn(const char *path, char *const argv[], char *const envp[], const char *folder,
             const int *fds, int count) {
    if (count < 3 || count > MAX_SPAWN)
        return -EINVAL;
    int copies[MAX_SPAWN];
    memset(copies, -1, sizeof copies);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    // All bits: sigfillset leaves out two of the C library's own, which posix_spawn would then ignore.
    memset(&all, 0xff, sizeof all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    pid_t pid = -1;
    int error = add_actions(&actions, folder, fds, count, copies);
    if (!error)
        error = posix_spawn(&pid, path, &actions, &attributes, argv, envp);
    for (int i = 0; i < count; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error ? -error : pid;
}

// ---------------------------------------------------------------- the guard

enum { SOCKET = 3, PARENT, TTY, FIRST_FREE };
// More than there are hierarchies of cgroups.
#define MAX_GROUPS 64
// More than there are network cards.
#define MAX_MESSAGES 32

struct message {
    int socket;
    uint16_t size;
    char bytes[256];
};

// Leaves /dev/null as 0, 1, 2 and the three descriptors at their places; the rest is closed.
static int arrange(int socket, int parent, int tty) {
    int null = open("/dev/null", O_RDWR);
    int high[3] = {fcntl(socket, F_DUPFD, HIGH), fcntl(parent, F_DUPFD, HIGH),
                   tty < 0 ? -1 : fcntl(tty, F_DUPFD, HIGH)};
    if (null < 0 || high[0] < 0 || high[1] < 0)
        return -1;
    for (int i = 0; i < 3; i++)
        if (dup2(null, i) < 0)
            return -1;
    if (dup2(high[0], SOCKET) < 0 || dup2(high[1], PARENT) < 0)
        return -1;
    if (high[2] >= 0)
        dup2(high[2], TTY);
    return close_range(high[2] >= 0 ? FIRST_FREE : TTY, ~0U, 0);
}

// The maker's lock goes with its last descriptor, which may be after the end of the stream.
static int lock(int folder) {
    for (int i = 0; i < 100; i++) {
        if (flock(folder, LOCK_EX | LOCK_NB) == 0)
            return 0;
        poll(NULL, 0, 10);
    }
    return -1;
}

// Leaves a folder alone that somebody else has locked: it is being removed. With `only` (or -1), leaves it
// alone, too, unless it is that one.
static void remove_folder(const char *name, int only) {
    struct stat wanted, found;
    int folder = openat(PARENT, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (folder < 0 || fstat(folder, &found) < 0)
        return;
    if (only >= 0 && (fstat(only, &wanted) < 0 || wanted.st_ino != found.st_ino))
        return;
    DIR *list = lock(folder) < 0 ? NULL : fdopendir(folder);
    if (!list)
        return;
    struct dirent *entry;
    while ((entry = readdir(list)))
        unlinkat(folder, entry->d_name, 0);
    closedir(list);
    unlinkat(PARENT, name, AT_REMOVEDIR);
}

// Groups that a process has just left may be busy for a moment.
static void remove_groups(char *const *group, int count) {
    for (int i = 0, tries = 0; i < count; i++)
        while (rmdir(group[i]) < 0 && errno == EBUSY && tries++ < 200)
            poll(NULL, 0, 5);
}

// Exactly so many bytes; false where they do not come.
static int receive(void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t result = read(SOCKET, (char *)bytes + done, size - done);
        if (result == 0 || (result < 0 && errno != EINTR))
            return 0;
        if (result > 0)
            done += (size_t)result;
    }
    return 1;
}

// The rest of a message, up to its zero byte; NULL where that does not come.
static char *receive_path(void) {
    char path[PATH_MAX];
    for (size_t size = 0; size < sizeof path; size++) {
        if (!receive(path + size, 1))
            return NULL;
        if (!path[size])
            return strdup(path);
    }
    return NULL;
}

// The rest of one that is to be sent; false where it does not come, or is too long.
static int receive_message(struct message *message) {
    return receive(&message->size, sizeof message->size) &&
           message->size <= sizeof message->bytes && receive(message->bytes, message->size);
}

static void end(int pidfd) {
    struct pollfd process = {.fd = pidfd, .events = POLLIN};
    cl_pidfd_send_signal(pidfd, SIGKILL);
    while (poll(&process, 1, -1) < 0 && errno == EINTR)
        ;
}

static void guard(const char *name, const char *temporary, const struct termios *settings) {
    int pidfd = -1, folder = -1, groups = 0, messages = 0;
    char *group[MAX_GROUPS];
    struct message message[MAX_MESSAGES];
    for (;;) {
        char byte = 0;
        int received = -1, count = 1;
        long result = cl_recv_fds(SOCKET, &byte, 1, &received, &count);
        if (result == -EINTR)
            continue;
        if (result == 1 && byte == 'd')
            return;
        if (result != 1)
            break;
        if (count == 1 && byte == 'm' && messages < MAX_MESSAGES) {
            message[messages].socket = received;
            messages += receive_message(&message[messages]);
        } else if (count == 1) {
            *(byte == 'p' ? &pidfd : &folder) = received;
        }
        if (byte == 'c' && groups < MAX_GROUPS && (group[groups] = receive_path()))
            groups++;
    }
    if (pidfd >= 0)
        end(pidfd);
    for (int i = 0; i < messages; i++)
        send(message[i].socket, message[i].bytes, message[i].size, MSG_NOSIGNAL);
    remove_groups(group, groups);
    // The lock came with the descriptor.
    if (folder >= 0)
        flock(folder, LOCK_UN);
    remove_folder(temporary, -1);
    if (folder >= 0)
        remove_folder(name, folder);
    if (settings)
        tcsetattr(TTY, TCSADRAIN, settings);
}

int cl_guard(int socket, int parent, const char *name, const char *temporary, int tty) {
    struct termios settings;
    int has_settings = tty >= 0 && tcgetattr(tty, &settings) == 0;
    pid_t pid = fork();
    if (pid != 0)
        return pid < 0 ? -errno : pid;
    setsid();
    for (int signal = 1; signal < 32; signal++)
        cl_signal_ignore(signal);
    prctl(PR_SET_NAME, "vmrun-guard", 0, 0, 0);
    if (arrange(socket, parent, tty) == 0 && chdir("/") == 0)
        guard(name, temporary, has_settings ? &settings : NULL);
    _exit(0);
}
