// The part of the agent that cannot be Swift: what runs before main, and what a child process does
// between clone and execve. No policy: the child carries out a list of steps that Swift has written.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// A system call without libc: no errno, so that a child that shares the agent's memory, its thread
// pointer included, may use it. The result is negative where it failed.
int64_t ca_system_call(int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                       uint64_t f);

// Numbers of steps that are no system calls.
enum {
    // (kind, value): writes a report.
    CA_REPORT = 100000,
    // (): reads one byte from the go pipe; ends the process where nobody will ever write one.
    CA_AWAIT,
    // (path): the path if it names a program that may be executed, as Go's os/exec looks for one.
    CA_LOOK,
    // (buffer, size): writes "HOME=" and the folder of a user of /etc/passwd. Arguments: buffer, its
    // size, uid, scratch memory, its size.
    CA_HOME,
    // (): the working directory must be reachable from the root.
    CA_CHECK_FOLDER,
    // (from, to): copies what one folder holds into another, both open.
    CA_COPY_TREE,
    // (root, path, is_folder): opens a mount point below a root, which is made where it is missing.
    CA_MAKE_PATH,
    // (folder, digits): writes the mode of an open folder as CA_MODE_DIGITS octal digits.
    CA_PRINT_MODE,
    // (errno): fails.
    CA_FAIL,
    // (number): the number.
    CA_VALUE,
};

// The two pipes of a child, at fixed numbers.
enum { CA_REPORT_FD = 3, CA_GO_FD = 4, CA_FIRST_FREE_FD = 6 };

enum { CA_REGISTERS = 32, CA_TOLERATED = 4, CA_MODE_DIGITS = 4 };

struct ca_step {
    int32_t number;
    // Bit N: argument N is the number of a register whose value is meant.
    uint8_t register_arguments;
    // Register for the result, or -1.
    int8_t result;
    // The step is skipped unless this register's value is negative (or, with condition_success, is not);
    // -1: never skipped.
    int8_t condition;
    uint8_t condition_success;
    uint64_t arguments[6];
    // Errors that are no failures; 0: no more of them.
    int32_t tolerated[CA_TOLERATED];
    // The step to go on with after success and after a tolerated error.
    uint32_t next;
    uint32_t next_tolerated;
};

struct ca_program {
    const struct ca_step *steps;
    uint32_t count;
    // Where it stopped, and with which errno.
    uint32_t failed_step;
    int32_t failed_error;
    int64_t registers[CA_REGISTERS];
};

// Carries the steps out in this process: 0, or the negated errno of the one that failed.
int ca_run(struct ca_program *program);

// What a child writes into its report pipe, in one write.
struct ca_report {
    uint32_t kind;
    uint32_t step;
    int64_t value;
};
enum {
    CA_REPORT_FAILED = 1, // value: errno
    CA_REPORT_READY = 2,  // value: the master of its terminal, a descriptor of the child, or -1
    CA_REPORT_MAPS = 3,   // waits for its uid_map
};

struct ca_launch {
    struct ca_program program;
    // Flags of clone3; CLONE_PIDFD and CLONE_CLEAR_SIGHAND come on top.
    uint64_t flags;
    // Descriptor of a cgroup to be born into, or -1.
    int32_t cgroup;
    // The agent's numbers of the child's 0, 1, 2, CA_REPORT_FD, CA_GO_FD and 5; -1: none. All of them
    // at CA_FIRST_FREE_FD or above.
    int32_t descriptors[CA_FIRST_FREE_FD];
    void *stack;
    size_t stack_size;
    int32_t pidfd;
};

// Makes a child that closes all but its descriptors and runs its program, whose last step is execve.
// Everything the launch refers to must stay as it is until the report pipe ends: with CLONE_VM the
// child reads it where it is. The result is the pid.
int ca_launch(struct ca_launch *launch);

// The folder of a user in the text of a passwd file: writes "HOME=folder" with its zero into `out` and
// returns the length, or 0 when there is no such user, no folder or no room.
size_t ca_find_home(const char *text, size_t size, uint32_t uid, char *out, size_t out_size);

// A network interface request to bring "lo" up (SIOCSIFFLAGS), and its size.
enum { CA_INTERFACE_REQUEST_SIZE = 40 };
void ca_loopback_up_request(void *request);
