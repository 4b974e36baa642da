// What a container's files cost: file-io FOLDER MIB COUNT
// FOLDER has "given" and "other", files of MIB MiB, and "many", a folder of COUNT files called 0, 1, ...
// Prints a line for each thing done: its name, how much was done (bytes or files), the seconds, with tabs between.
// For the inside of a container, so that no start of a process is in the figures. Statically linked.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { block = 4096, megabyte = 1 << 20 };
static char buffer[megabyte];
static double begin;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void told(const char *name, long amount) { printf("%s\t%ld\t%.7f\n", name, amount, now() - begin); }

static void need(int good, const char *what) {
    if (good) return;
    perror(what);
    exit(1);
}

static int opened(const char *name, int flags) {
    int file = open(name, flags, 0644);
    need(file >= 0, name);
    return file;
}

static void write_all(const char *name, long megabytes) {
    begin = now();
    int file = opened("written", O_WRONLY | O_CREAT | O_TRUNC);
    for (long n = 0; n < megabytes; n++) need(write(file, buffer, megabyte) == megabyte, "write");
    need(fsync(file) == 0, "fsync");
    close(file);
    told(name, megabytes * megabyte);
}

static void read_all(const char *name, long megabytes) {
    begin = now();
    int file = opened("given", O_RDONLY);
    for (long n = 0; n < megabytes; n++) need(read(file, buffer, megabyte) == megabyte, "read");
    close(file);
    told(name, megabytes * megabyte);
}

// The same places in every run: a linear congruential generator (Knuth, MMIX).
static off_t next_place(uint64_t *state, uint64_t blocks) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (off_t)((*state >> 33) % blocks * block);
}

static void random_blocks(long megabytes, long count) {
    uint64_t blocks = (uint64_t)megabytes * megabyte / block, state = 1;
    int file = opened("other", O_RDWR);
    begin = now();
    for (long n = 0; n < count; n++) need(pread(file, buffer, block, next_place(&state, blocks)) == block, "pread");
    told("random read", count * block);
    begin = now();
    for (long n = 0; n < count; n++) need(pwrite(file, buffer, block, next_place(&state, blocks)) == block, "pwrite");
    need(fsync(file) == 0, "fsync");
    told("random write", count * block);
    close(file);
}

static const char *numbered(const char *folder, long number) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%ld", folder, number);
    return path;
}

static void create_files(long count) {
    need(mkdir("small", 0755) == 0, "mkdir");
    begin = now();
    for (long n = 0; n < count; n++) close(opened(numbered("small", n), O_WRONLY | O_CREAT | O_EXCL));
    told("small files: create", count);
}

static void stat_files(const char *name, long count) {
    struct stat status;
    begin = now();
    for (long n = 0; n < count; n++) need(stat(numbered("many", n), &status) == 0, "stat");
    told(name, count);
}

static void list_files(long count) {
    long found = 0;
    begin = now();
    DIR *folder = opendir("many");
    need(folder != NULL, "opendir");
    while (readdir(folder) != NULL) found++;
    closedir(folder);
    need(found == count + 2, "readdir");
    told("small files: list", count);
}

static void remove_files(long count) {
    begin = now();
    for (long n = 0; n < count; n++) need(unlink(numbered("small", n)) == 0, "unlink");
    told("small files: remove", count);
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    need(chdir(argv[1]) == 0, argv[1]);
    long megabytes = atol(argv[2]), count = atol(argv[3]);
    write_all("sequential write", megabytes);
    read_all("sequential read, first", megabytes);
    read_all("sequential read, again", megabytes);
    random_blocks(megabytes, count);
    create_files(count);
    stat_files("small files: stat, first", count);
    stat_files("small files: stat, again", count);
    list_files(count);
    remove_files(count);
    return 0;
}
