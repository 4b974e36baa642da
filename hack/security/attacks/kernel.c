// Code that is to run in the host's kernel, and devices of the host.
#include "attack.h"
#include <linux/bpf.h>
#include <sys/sysmacros.h>

void kernel_module(void) {
    int file = open("/module.ko", O_RDONLY | O_CLOEXEC);
    if (file >= 0) note("finit_module", syscall(SYS_finit_module, file, "", 0));
    // Where the host has given none: whether the call comes through at all.
    else note("init_module", syscall(SYS_init_module, "\177ELF", 4UL, ""));
}

// The smallest program there is, of the only type that some kernels allow to everybody; held for the host to see.
void bpf_program(void) {
    struct bpf_insn instructions[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes = {
        .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
        .insns = (uintptr_t)instructions,
        .insn_cnt = 2,
        .license = (uintptr_t) "GPL",
    };
    strncpy(attributes.prog_name, given("BPF_NAME"), sizeof attributes.prog_name - 1);
    long program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
    note("BPF_PROG_LOAD", program);
    if (program >= 0) sleep(1);
}

static int disk(const char *node) {
    unlink(node);
    note("mknod", mknod(node, S_IFBLK | 0600, makedev(atoi(given("DISK_MAJOR")), atoi(given("DISK_MINOR")))));
    return open(node, O_RDONLY | O_CLOEXEC);
}

void disk_read(void) {
    int file = disk("/tmp/disk");
    note("open", file);
    if (file >= 0) show(file);
    show_at(AT_FDCWD, given("DISK_PATH"));
}

void disk_mount(void) {
    int file = disk("/tmp/disk-to-mount");
    if (file >= 0) close(file);
    mkdir("/tmp/disk-mounted", 0755);
    note("mount", mount("/tmp/disk-to-mount", "/tmp/disk-mounted", "ext4", MS_RDONLY, NULL));
    show_at(AT_FDCWD, "/tmp/disk-mounted/secret");
    umount("/tmp/disk-mounted");
}

void kernel_log(void) {
    char line[128];
    unlink("/tmp/kmsg");
    note("mknod", mknod("/tmp/kmsg", S_IFCHR | 0600, makedev(1, 11)));
    snprintf(line, sizeof line, "secbench %s", given("LOG_TOKEN"));
    note("through a node of its own", put("/tmp/kmsg", line));
    note("/dev/kmsg", put("/dev/kmsg", line));
}
