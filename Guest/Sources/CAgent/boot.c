// What must happen before Swift's runtime starts in PID 1.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// The runtime aborts before main when it cannot read /proc/self/exe, and what it prints on the way must
// reach the kernel's log. Where there is a /proc (a test that is PID 1 of a namespace) nothing is done.
__attribute__((constructor(101))) static void before_swift(void) {
    if (getpid() != 1 || access("/proc/self/exe", F_OK) == 0)
        return;
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, NULL);
    int log = open("/dev/kmsg", O_WRONLY);
    for (int fd = 0; log >= 0 && fd < 3; fd++)
        if (fd != log)
            dup2(log, fd);
    if (log > 2)
        close(log);
}
