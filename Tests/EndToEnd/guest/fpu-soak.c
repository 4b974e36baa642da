// Fills the registers of the extended state with a pattern of its own per process, again and again lets others run, and
// looks whether a register has changed. `fpu-soak PROCESSES ROUNDS` prints "ok" when none has.
#include <immintrin.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REGISTERS = 16, WIDTH = 32 };

static void switch_away(unsigned round) {
    // System calls, page faults and other processes: all ways into the kernel.
    switch (round % 4) {
    case 0: sched_yield(); break;
    case 1: usleep(1); break;
    case 2: {
        char *page = malloc(1 << 16);
        memset(page, (int)round, 1 << 16);
        free(page);
        break;
    }
    default: getppid();
    }
}

#define LOAD(n) __asm__ volatile("vmovdqu %0, %%ymm" #n : : "m"(in[n]) : "xmm" #n)
#define STORE(n) __asm__ volatile("vmovdqu %%ymm" #n ", %0" : "=m"(out[n]))
#define ALL(do) do(0); do(1); do(2); do(3); do(4); do(5); do(6); do(7); do(8); do(9); do(10); do(11); do(12); \
    do(13); do(14); do(15)

typedef uint8_t vector[WIDTH];

// The system calls are made here, so that no C code between load and store can use a register.
static int vectors_survive(uint8_t seed) {
    vector in[REGISTERS], out[REGISTERS];
    for (int i = 0; i < REGISTERS; i++)
        for (int j = 0; j < WIDTH; j++)
            in[i][j] = (uint8_t)(seed * 31 + i * 7 + j);
    ALL(LOAD);
    long yield = 24;
    __asm__ volatile("syscall" : "+a"(yield) : : "rcx", "r11", "memory");
    for (volatile int spin = 0; spin < 20000; spin++) {}
    ALL(STORE);
    return memcmp(in, out, sizeof in) == 0;
}

static int control_words_survive(uint8_t seed) {
    unsigned mxcsr = 0x1f80u | (unsigned)(seed & 3) << 13, mxcsr_after;
    uint16_t control = (uint16_t)(0x037f & ~(3 << 8)) | (uint16_t)((seed & 1) << 9), control_after;
    long double x87 = 1.0L + seed / 3.0L, x87_after;
    __asm__ volatile("ldmxcsr %0; fldcw %1; fldt %2" : : "m"(mxcsr), "m"(control), "m"(x87));
    long yield = 24;
    __asm__ volatile("syscall" : "+a"(yield) : : "rcx", "r11", "memory");
    for (volatile int spin = 0; spin < 20000; spin++) {}
    __asm__ volatile("fstpt %2; fnstcw %1; stmxcsr %0"
                     : "=m"(mxcsr_after), "=m"(control_after), "=m"(x87_after));
    unsigned normal = 0x1f80;
    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(normal));
    return mxcsr == mxcsr_after && control == control_after && memcmp(&x87, &x87_after, 10) == 0;
}

static int soak(uint8_t seed, unsigned rounds) {
    int avx = __builtin_cpu_supports("avx");
    for (unsigned round = 0; round < rounds; round++) {
        if (avx && !vectors_survive((uint8_t)(seed + round))) return 1;
        if (!control_words_survive((uint8_t)(seed + round))) return 2;
        switch_away(round);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count != 3) return 64;
    int processes = atoi(arguments[1]), bad = 0;
    for (int i = 0; i < processes; i++)
        if (fork() == 0) _exit(soak((uint8_t)(i * 50 + 1), (unsigned)atoi(arguments[2])));
    for (int status; wait(&status) > 0;)
        if (status != 0) {
            printf("a process found other registers than its own: status 0x%x\n", status);
            bad = 1;
        }
    if (!bad) puts("ok");
    return bad;
}
