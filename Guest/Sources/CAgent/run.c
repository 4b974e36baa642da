// The interpreter of launch programs. It runs in a child that may share the agent's memory: no libc call
// that writes errno or takes a lock, no allocation.
#define _GNU_SOURCE
#include "cagent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#ifndef __x86_64__
#error "system calls and clone are written for x86-64 only"
#endif

int64_t ca_system_call(int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                       uint64_t f) {
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static int64_t report(uint32_t kind, uint32_t step, int64_t value) {
    struct ca_report message = {kind, step, value};
    return CALL(SYS_write, CA_REPORT_FD, &message, sizeof message);
}

static int64_t await_go(void) {
    char byte;
    int64_t count = CALL(SYS_read, CA_GO_FD, &byte, 1);
    if (count == 0)
        CALL(SYS_exit_group, 1);
    return count < 0 ? count : 0;
}

// Go's exec.LookPath for a name with a slash: a file, executable for the effective user.
static int64_t look(const char *path) {
    struct stat status;
    int64_t result = CALL(SYS_newfstatat, AT_FDCWD, path, &status, 0);
    if (result < 0)
        return result;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    result = CALL(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS);
    if (result < 0)
        return result;
    return status.st_mode & 0111 ? (int64_t)path : -EACCES;
}

static int64_t find_home(char *out, size_t out_size, uint32_t uid, char *scratch, size_t size) {
    struct stat status;
    int64_t fd = CALL(SYS_openat, AT_FDCWD, "/etc/passwd",
                      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0 || CALL(SYS_fstat, fd, &status) < 0 || !S_ISREG(status.st_mode))
        return 0;
    size_t used = 0;
    int64_t count;
    while (used < size && (count = CALL(SYS_read, fd, scratch + used, size - used)) > 0)
        used += (size_t)count;
    return (int64_t)ca_find_home(scratch, used, uid, out, out_size);
}

// A folder outside the root, which a descriptor of /proc/self/fd could lead to, has a path that does
// not begin with a slash.
static int64_t check_folder(void) {
    char path[4096];
    int64_t length = CALL(SYS_getcwd, path, sizeof path);
    if (length < 0)
        return length;
    return path[0] == '/' ? 0 : -ENOENT;
}

static int64_t print_mode(int folder, char *digits) {
    struct stat status;
    int64_t result = CALL(SYS_fstat, folder, &status);
    for (int i = 0; result >= 0 && i < CA_MODE_DIGITS; i++)
        digits[i] = (char)('0' + (status.st_mode >> 3 * (CA_MODE_DIGITS - 1 - i) & 7));
    return result;
}

// With "..", a path below a root is refused (EAGAIN) where somebody renames or mounts anything at the same
// time: the kernel cannot tell whether it still lies below (openat2(2)). Others may do so all the time, so
// there is an end to it.
static int64_t open_beneath(const uint64_t a[6]) {
    int64_t result;
    int tries = 100000;
    do
        result = CALL(SYS_openat2, a[0], a[1], a[2], a[3]);
    while (result == -EAGAIN && --tries > 0);
    return result;
}

static int64_t perform(const struct ca_step *step, uint32_t index, const uint64_t a[6]) {
    switch (step->number) {
    case CA_REPORT:
        return report((uint32_t)a[0], index, (int64_t)a[1]);
    case CA_AWAIT:
        return await_go();
    case CA_LOOK:
        return look((const char *)a[0]);
    case CA_HOME:
        return find_home((char *)a[0], a[1], (uint32_t)a[2], (char *)a[3], a[4]);
    case CA_CHECK_FOLDER:
        return check_folder();
    case CA_COPY_TREE:
        return ca_copy_tree((int)a[0], (int)a[1], 0);
    case CA_MAKE_PATH:
        return ca_make_path((int)a[0], (const char *)a[1], (int)a[2]);
    case CA_PRINT_MODE:
        return print_mode((int)a[0], (char *)a[1]);
    case CA_FAIL:
        return -(int64_t)a[0];
    case CA_VALUE:
        return (int64_t)a[0];
    case SYS_openat2:
        return open_beneath(a);
    default:
        return ca_system_call(step->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

static int is_tolerated(const struct ca_step *step, int64_t error) {
    for (int i = 0; i < CA_TOLERATED && step->tolerated[i] != 0; i++)
        if (step->tolerated[i] == error)
            return 1;
    return 0;
}

static int is_skipped(const struct ca_program *program, const struct ca_step *step) {
    if (step->condition < 0)
        return 0;
    return (program->registers[step->condition] >= 0) != step->condition_success;
}

int ca_run(struct ca_program *program) {
    uint32_t index = 0;
    while (index < program->count) {
        const struct ca_step *step = &program->steps[index];
        if (is_skipped(program, step)) {
            index++;
            continue;
        }
        uint64_t arguments[6];
        for (int i = 0; i < 6; i++)
            arguments[i] = step->register_arguments >> i & 1
                               ? (uint64_t)program->registers[step->arguments[i] % CA_REGISTERS]
                               : step->arguments[i];
        int64_t result;
        do
            result = perform(step, index, arguments);
        while (result == -EINTR);
        if (step->result >= 0)
            program->registers[step->result] = result;
        if (result >= 0) {
            index = step->next;
        } else if (is_tolerated(step, -result)) {
            index = step->next_tolerated;
        } else {
            program->failed_step = index;
            program->failed_error = (int32_t)-result;
            return (int)result;
        }
    }
    return 0;
}

static void child(struct ca_launch *launch) {
    // The agent's numbers lie above the child's, so no dup3 closes one that is still to come.
    for (int fd = 0; fd < CA_FIRST_FREE_FD; fd++)
        if (launch->descriptors[fd] >= 0)
            CALL(SYS_dup3, launch->descriptors[fd], fd, fd < 3 ? 0 : O_CLOEXEC);
    CALL(SYS_close_range, CA_FIRST_FREE_FD, ~0u, 0);
    int error = ca_run(&launch->program);
    report(CA_REPORT_FAILED, launch->program.failed_step, -error);
    CALL(SYS_exit_group, error == -ENOENT ? 127 : 126);
}

// clone3 whose child calls the function on its new stack and never returns.
static int64_t clone_child(struct clone_args *args, struct ca_launch *launch) {
    register void (*function)(struct ca_launch *) __asm__("r8") = child;
    register struct ca_launch *argument __asm__("r9") = launch;
    int64_t result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r9, %%rdi\n\t"
                     "call *%%r8\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(result)
                     : "0"((int64_t)SYS_clone3), "D"(args), "S"(sizeof *args), "r"(function),
                       "r"(argument)
                     : "rcx", "r11", "memory");
    return result;
}

int ca_launch(struct ca_launch *launch) {
    launch->pidfd = -1;
    struct clone_args args = {
        .flags = launch->flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)&launch->pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)launch->stack,
        .stack_size = launch->stack_size,
    };
    if (launch->cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)launch->cgroup;
    }
    return (int)clone_child(&args, launch);
}

void ca_loopback_up_request(void *request) {
    struct ifreq interface = {.ifr_name = "lo"};
    interface.ifr_flags = IFF_UP | IFF_RUNNING;
    _Static_assert(sizeof interface == CA_INTERFACE_REQUEST_SIZE, "struct ifreq");
    memcpy(request, &interface, sizeof interface);
}
