#define _GNU_SOURCE
#include "include/place.h"
#include "descriptors.h"
#include "include/clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h> // before sched.h, whose flags it would define again
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What the child tells through its pipe, when it does not get to its program.
struct report {
    struct cl_spawn_failure failure;
    int error;
};

static _Noreturn void give_up(int pipe, int step, int index) {
    struct report report = {{step, index}, errno};
    while (write(pipe, &report, sizeof report) < 0 && errno == EINTR)
        ;
    _exit(127);
}

// What the child executes.
struct program {
    const char *path;
    char *const *argv, *const *envp;
    const char *folder;
};

// No signal is handled or ignored, those of the C library's own among them.
static void reset_signals(void) {
    // The kernel's struct sigaction: handler, flags, restorer, mask.
    const unsigned long defaults[4] = {0};
    for (int signal = 1; signal <= 64; signal++)
        syscall(SYS_rt_sigaction, signal, defaults, NULL, 8);
}

// Runs in the child, which shares nothing with its parent: system calls only.
static _Noreturn void begin(const struct program *program, const int *copies, int count,
                            const struct cl_place *place, int pipe) {
    reset_signals();
    for (int i = 0; i < place->cgroup_count; i++)
        // 0 is the process that writes.
        if (write(place->cgroups[i], "0", 1) != 1)
            give_up(pipe, CL_SPAWN_CGROUP, i);
    if (place->network >= 0 && setns(place->network, CLONE_NEWNET) < 0)
        give_up(pipe, CL_SPAWN_NETWORK, 0);
    if ((place->mounts >= 0 && setns(place->mounts, CLONE_NEWNS) < 0) ||
        (place->new_mounts && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0))
        give_up(pipe, CL_SPAWN_MOUNTS, 0);
    for (int i = 0; i < count; i++)
        if (dup2(copies[i], i) < 0)
            give_up(pipe, CL_SPAWN_EXECUTE, 0);
    if (setsid() < 0 || chdir(program->folder) < 0 ||
        close_range(count, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        give_up(pipe, CL_SPAWN_EXECUTE, 0);
    sigset_t blocked;
    memset(&blocked, 0, sizeof blocked);
    memcpy(&blocked, &place->blocked, sizeof place->blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    execve(program->path, program->argv, program->envp);
    give_up(pipe, CL_SPAWN_EXECUTE, 0);
}

// A child with its parent's memory as it is now, and all signals blocked.
static pid_t split(const struct cl_place *place) {
    struct clone_args arguments = {
        .flags = (place->new_pids ? CLONE_NEWPID : 0) | (place->new_network ? CLONE_NEWNET : 0) |
                 (place->new_mounts ? CLONE_NEWNS : 0) |
                 (place->new_ipc_and_uts ? CLONE_NEWIPC | CLONE_NEWUTS : 0),
        .exit_signal = SIGCHLD,
    };
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

// The child's pid, or what has kept it from its program.
static int start(const struct program *program, const int *copies, int count,
                 const struct cl_place *place, const int pipe[2],
                 struct cl_spawn_failure *failure) {
    struct report report;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = split(place);
    int error = errno;
    if (pid == 0)
        begin(program, copies, count, place, pipe[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipe[1]);
    if (pid < 0)
        return -error;
    long size;
    while ((size = read(pipe[0], &report, sizeof report)) < 0 && errno == EINTR)
        ;
    if (size != sizeof report)
        return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *failure = report.failure;
    return -report.error;
}

int cl_spawn_placed(const char *path, char *const argv[], char *const envp[], const char *folder,
                    const int *fds, int count, const struct cl_place *place,
                    struct cl_spawn_failure *failure) {
    const struct program program = {path, argv, envp, folder};
    int copies[MAX_SPAWN], ends[2], error = 0, made = 0;
    *failure = (struct cl_spawn_failure){CL_SPAWN_START, 0};
    if (count < 3 || count > MAX_SPAWN)
        return -EINVAL;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    int pipe[2] = {ends[0], fcntl(ends[1], F_DUPFD_CLOEXEC, HIGH)};
    close(ends[1]);
    if (pipe[1] < 0)
        error = -errno;
    for (; !error && made < count; made++)
        if ((copies[made] = fcntl(fds[made], F_DUPFD_CLOEXEC, HIGH)) < 0)
            error = -errno;
    if (!error)
        error = start(&program, copies, count, place, pipe, failure);
    else if (pipe[1] >= 0)
        close(pipe[1]);
    for (int i = 0; i < made; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    close(pipe[0]);
    return error;
}
