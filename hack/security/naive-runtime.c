// A runtime that makes the mistakes of CVE-2019-5736 and CVE-2024-21626, as the control of those two scenarios: a process
// that still has the runtime's own program, and the caller's descriptors, enters the container.
//   naive-runtime ROOT PROGRAM [ARGUMENT...]
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int count, char **words) {
    // The second time: as the interpreter of the container's script.
    if (count >= 2 && !strcmp(words[1], "/entry")) return sleep(1);
    if (count < 3 || unshare(CLONE_NEWNS | CLONE_NEWPID) != 0) return 1;
    // Whoever still runs this program keeps it from being written: nobody stays.
    if (fork() != 0) return execl("/bin/sleep", "sleep", "6", NULL);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || chroot(words[1]) != 0 || chdir("/") != 0) return 1;
    if (mount("proc", "/proc", "proc", 0, NULL) != 0) return 1;
    if (fork() == 0) {
        sleep(1);
        execl("/entry", "/entry", NULL);
        return 1;
    }
    return execv(words[2], words + 2);
}
