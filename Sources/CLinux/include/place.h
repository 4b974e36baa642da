// Starting a program somewhere else than where its parent is. Like clinux.h: the value, or the negated errno.
#pragma once

#include <stdint.h>

// Where a child is before it executes its program.
struct cl_place {
    // Descriptors of cgroup.procs, open for writing: the child joins each of those control groups.
    const int *cgroups;
    int cgroup_count;
    // A network namespace to join, or -1.
    int network;
    // A mount namespace to join, or -1.
    int mounts;
    // Namespaces of its own, instead; in a new pid namespace it is process 1, and what is mounted in a new mount namespace
    // is not in others, which pass on to it what is mounted there.
    int new_network, new_mounts, new_pids, new_ipc_and_uts;
    // First argument of cl_signal_mask: what is blocked when the program begins, and before.
    uint64_t blocked;
};

enum { CL_SPAWN_START, CL_SPAWN_CGROUP, CL_SPAWN_NETWORK, CL_SPAWN_MOUNTS, CL_SPAWN_EXECUTE };
struct cl_spawn_failure {
    // CL_SPAWN_*: what failed, and for CGROUP which of them.
    int step, index;
};

// As cl_spawn, but for the signals, which no moment lets through that are blocked in the end. The folder and the program are
// those of these names in the child's mount namespace.
int cl_spawn_placed(const char *path, char *const argv[], char *const envp[], const char *folder,
                    const int *fds, int count, const struct cl_place *place,
                    struct cl_spawn_failure *failure);
