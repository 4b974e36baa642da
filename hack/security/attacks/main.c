// The attacks of hack/secbench in one program: attack NAME... runs each in a process of its own with a limit of time.
#include "attack.h"
#include <signal.h>
#include <sys/wait.h>

static const struct attack attacks[] = {
    {"release-agent", release_agent},
    {"core-pattern", core_pattern},
    {"disk-read", disk_read},
    {"disk-mount", disk_mount},
    {"kernel-log", kernel_log},
    {"sysrq", sysrq},
    {"kernel-module", kernel_module},
    {"file-handle", file_handle},
    {"read-only-mount", read_only_mount},
    {"host-socket", host_socket},
    {"host-process", host_process},
    {"abstract-socket", abstract_socket},
    {"leaked-descriptor", leaked_descriptor},
    {"leaked-folder", leaked_descriptor},
    {"runtime-program", runtime_program},
    {"page-cache", page_cache},
    {"bpf", bpf_program},
    {"kernel-setting", kernel_setting},
    {"binary-format", binary_format},
    {"share-links", share_links},
    {"share-race", share_race},
    {"mount-link", mount_link},
    {"same-kernel", same_kernel},
};

const char *given(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

int put(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    if (file < 0) return -1;
    ssize_t size = strlen(text);
    int result = write(file, text, size) == size ? 0 : -1;
    int error = errno;
    close(file);
    errno = error;
    return result;
}

void show(int file) {
    char page[4096];
    ssize_t size = read(file, page, sizeof page);
    if (size > 0 && write(1, page, size) == size && write(1, "\n", 1) != 1) return;
}

void show_at(int folder, const char *path) {
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return;
    show(file);
    close(file);
}

void note(const char *step, long result) {
    fprintf(stderr, "  %s: %s\n", step, result < 0 ? strerror(errno) : "done");
}

void put_script(const char *path, const char *variable) {
    char text[1024];
    snprintf(text, sizeof text, "#!/bin/sh\n: >%s\n", given(variable));
    put(path, text);
}

static void run(const struct attack *attack) {
    fprintf(stderr, "== %s\n", attack->name);
    pid_t child = fork();
    if (child == 0) {
        alarm(atoi(given("ATTACK_SECONDS")));
        attack->run();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) fprintf(stderr, "  ended by signal %d\n", WTERMSIG(status));
}

int main(int count, char **words) {
    // A process in the manner of CVE-2019-5736 is named by the path in the container, not by an attack.
    for (int n = 1; n < count; n++)
        for (size_t m = 0; m < sizeof attacks / sizeof *attacks; m++)
            if (!strcmp(words[n], attacks[m].name)) run(&attacks[m]);
    // Whoever looks from the host has time to look once more.
    usleep(300000);
    return 0;
}
