// What the attacks share. An attack does what it can and returns; whether it had success is found out on the host alone,
// so that none of them says so. All values come from the environment: what the host has prepared, and its names for it.
#pragma once
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct attack {
    const char *name;
    void (*run)(void);
};

// A value of the environment, empty where it is not set.
const char *given(const char *name);
// Writes a text to a file that may have to be made; answers 0, else -1 and errno.
int put(const char *path, const char *text);
// Prints up to a page of what can be read, so that the host can look for its secrets in it.
void show(int file);
// Opens a file below a folder (or AT_FDCWD) and shows it.
void show_at(int folder, const char *path);
// Says on stderr what a step came to; for those who read logs.
void note(const char *step, long result);
// Writes a program of the shell to a path, which leaves the marker `variable` names on the file system that it runs in.
void put_script(const char *path, const char *variable);

void release_agent(void);
void core_pattern(void);
void disk_read(void);
void disk_mount(void);
void kernel_log(void);
void sysrq(void);
void kernel_module(void);
void file_handle(void);
void read_only_mount(void);
void host_socket(void);
void host_process(void);
void abstract_socket(void);
void leaked_descriptor(void);
void runtime_program(void);
void page_cache(void);
void bpf_program(void);
void kernel_setting(void);
void binary_format(void);
void share_links(void);
void share_race(void);
void mount_link(void);
void same_kernel(void);
