// What a process and its threads give up for good. Like clinux.h: the value, or the negated errno.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Threads that are started later share one heap: with heaps of their own they would call mprotect(2).
void cl_share_heap(void);
// No privileges by execve(2), no core file and no access for processes of the same user (prctl(2)): of the process.
int cl_give_up_privileges(void);
// Leaves nothing in the bounding set of this thread and of those that it starts. Needs CAP_SETPCAP.
int cl_clear_bounding_set(void);
// Leaves the calling thread these capabilities at most (bits of capabilities(7)), and the threads that it starts.
int cl_keep_capabilities(uint64_t kept);
// Lowers both limits of a resource (RLIMIT_*), where they are higher.
int cl_lower_limit(int resource, uint64_t value);
// Adds a filter to the calling thread: an array of struct sock_filter of this size in bytes.
int cl_install_filter(const void *filter, size_t size);
// 1: the kernel has filters, and they can trap.
int cl_can_trap_calls(void);
// From now on a system call that a filter traps ends the process with status 128 + SIGSYS, and one line at `log` (or -1)
// that names the call and the thread.
int cl_report_trapped_calls(int log);
// The name of a system call of x86-64, or NULL.
const char *cl_call_name(int number);

// The version of Landlock's interface; an error where the kernel has none.
int cl_landlock_version(void);
struct cl_landlock_root {
    int descriptor, readonly;
};
// Leaves this process the files at and below these roots, in which it executes nothing, no TCP, and no signals to others;
// as far as the kernel can say so. Needs version 2 and no new privileges.
int cl_landlock(const struct cl_landlock_root *roots, int count);
