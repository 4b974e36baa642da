#define _GNU_SOURCE
#include "include/jail.h"
#include "include/clinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RESULT(call)                                                                               \
    do {                                                                                           \
        __typeof__(call) result = (call);                                                          \
        return result < 0 ? (__typeof__(call))-errno : result;                                     \
    } while (0)

void cl_share_heap(void) { mallopt(M_ARENA_MAX, 1); }
int cl_give_up_privileges(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    RESULT(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}
int cl_clear_bounding_set(void) {
    // EINVAL says that the kernel has no more.
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
        ;
    return errno == EINVAL ? 0 : -errno;
}
int cl_keep_capabilities(uint64_t kept) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(kept >> (32 * i));
        data[i].effective &= data[i].permitted;
        data[i].inheritable = 0;
    }
    // Ambient capabilities go with the inheritable ones.
    RESULT((int)syscall(SYS_capset, &header, data));
}
int cl_lower_limit(int resource, uint64_t value) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0)
        return -errno;
    if (limit.rlim_cur > value)
        limit.rlim_cur = value;
    if (limit.rlim_max > value)
        limit.rlim_max = value;
    RESULT(setrlimit(resource, &limit));
}
// Of Swift's runtime (Runtime/Once.h).
extern void swift_once(intptr_t *predicate, void (*function)(void *), void *context);
static void nothing(void *context) { (void)context; }
// The runtime's own locks, that of swift_once among them, know each thread by its number, for which they ask the kernel once
// (gettid(2)): now, since a filter need not allow that then.
static void learn_thread_number(void) {
    intptr_t predicate[2] = {0};
    swift_once(predicate, nothing, NULL);
}
int cl_install_filter(const void *filter, size_t size) {
    learn_thread_number();
    struct sock_fprog program = {
        .len = (unsigned short)(size / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)filter,
    };
    RESULT((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                        &program));
}
int cl_can_trap_calls(void) {
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int trap_log = -1;

// System calls that every filter allows, and nothing that locks or allocates.
static void trapped(int signal, siginfo_t *info, void *context) {
    const char *name = cl_call_name(info->si_syscall);
    char line[256];
    (void)context;
    int size = snprintf(line, sizeof line,
                        "vmrun-sandbox: the seccomp filter of thread %s does not allow the system "
                        "call %s (%d)\n",
                        cl_thread_name(), name ? name : "without a name", info->si_syscall);
    if (trap_log >= 0 && size > 0)
        size = (int)write(trap_log, line, (size_t)size);
    syscall(SYS_exit_group, 128 + signal);
}
int cl_report_trapped_calls(int log) {
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    trap_log = log;
    RESULT(sigaction(SIGSYS, &action, NULL));
}

// linux/landlock.h in its newest form, which the headers at hand may not have.
struct ruleset {
    uint64_t files, network, scoped;
};
struct __attribute__((packed)) beneath {
    uint64_t allowed;
    int32_t parent;
};
enum {
    RULE_PATH_BENEATH = 1,
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,
    ALL_NETWORK = 3,
    ALL_SCOPES = 3,
};
int cl_landlock_version(void) {
    RESULT((int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
}
static int add_root(int ruleset, const struct cl_landlock_root *root, uint64_t handled) {
    struct stat status;
    if (fstat(root->descriptor, &status) < 0)
        return -errno;
    uint64_t allowed = root->readonly ? READ_FILE | READ_DIR : handled & ~(uint64_t)EXECUTE;
    if (!S_ISDIR(status.st_mode))
        allowed &= WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
    struct beneath rule = {.allowed = allowed & handled, .parent = root->descriptor};
    RESULT((int)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0));
}
int cl_landlock(const struct cl_landlock_root *roots, int count) {
    int version = cl_landlock_version();
    if (version < 2)
        return version < 0 ? version : -EOPNOTSUPP;
    // Bits of the file system: 14 from version 2 on, 15 from 3, 16 from 5.
    int bits = version < 3 ? 14 : version < 5 ? 15 : 16;
    struct ruleset attributes = {
        .files = (1ULL << bits) - 1, .network = ALL_NETWORK, .scoped = ALL_SCOPES};
    size_t size = version < 4 ? 8 : version < 6 ? 16 : 24;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0), error = 0;
    if (ruleset < 0)
        return -errno;
    for (int i = 0; i < count && !error; i++)
        error = add_root(ruleset, &roots[i], attributes.files);
    if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        error = -errno;
    close(ruleset);
    return error;
}
