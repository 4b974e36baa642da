// Random reads and writes of a file, one at a time, of 4 KiB each: random-io FILE COUNT
// Prints "read SECONDS" and "write SECONDS" for COUNT operations; the writes end with an fsync.
// For the inside of a container, where busybox has nothing that seeks. Statically linked.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { block = 4096 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// The same places in every run, each other than the last: a linear congruential generator (Knuth, MMIX).
static uint64_t next_place(uint64_t *state, uint64_t blocks) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % blocks * block;
}

int main(int argc, char **argv) {
    static char buffer[block];
    struct stat status;
    if (argc != 3) return 2;
    int file = open(argv[1], O_RDWR);
    if (file < 0 || fstat(file, &status) != 0 || status.st_size < block) return 1;
    uint64_t blocks = (uint64_t)status.st_size / block, state = 1;
    long count = atol(argv[2]);
    double begin = now();
    for (long n = 0; n < count; n++)
        if (pread(file, buffer, block, (off_t)next_place(&state, blocks)) != block) return 1;
    printf("read %.6f\n", now() - begin);
    begin = now();
    for (long n = 0; n < count; n++)
        if (pwrite(file, buffer, block, (off_t)next_place(&state, blocks)) != block) return 1;
    if (fsync(file) != 0) return 1;
    printf("write %.6f\n", now() - begin);
    return 0;
}
