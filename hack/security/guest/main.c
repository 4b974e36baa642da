#include "guest.h"

static const struct {
    const char *name;
    void (*run)(void);
} attacks[] = {
    {"names", attack_names},       {"links", attack_links},     {"read-only", attack_read_only},
    {"nodes", attack_nodes},       {"handles", attack_handles}, {"lengths", attack_lengths},
    {"queues", attack_queues},     {"registers", attack_registers}, {"ports", attack_ports},
    {"sockets", attack_sockets},   {"spin", attack_spin},       {"hog", attack_hog},
    {"storm", attack_storm},       {"errors", attack_errors},   {"fault", attack_fault},
};

static u64 tables[6][512] __attribute__((aligned(4096)));
static const char *command_line;

void say(const char *text) {
    while (*text) out8(0x3f8, *text++);
    out8(0x3f8, '\n');
}

void say_number(const char *text, u64 value) {
    while (*text) out8(0x3f8, *text++);
    for (int shift = 60; shift >= 0; shift -= 4) out8(0x3f8, "0123456789abcdef"[value >> shift & 15]);
    out8(0x3f8, '\n');
}

void fill(void *target, u8 value, size_t size) {
    // Eight bytes at a time: a KVM that interprets this needs as long for one.
    u64 words = size / 8, rest = size % 8, pattern = value * 0x0101010101010101UL;
    __asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(target), "+c"(rest) : "a"(pattern) : "memory");
}

void copy(void *target, const void *source, size_t size) {
    u64 words = size / 8, rest = size % 8;
    __asm__ volatile("rep movsq" : "+D"(target), "+S"(source), "+c"(words)::"memory");
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(rest)::"memory");
}

size_t length(const char *text) {
    size_t size = 0;
    while (text[size]) size++;
    return size;
}

const char *parameter(const char *name) {
    static char values[8][512];
    static int next;
    size_t size = length(name);
    char *value = values[next++ % 8];
    value[0] = 0;
    for (const char *word = command_line; *word;) {
        size_t n = 0;
        while (n < size && word[n] == name[n]) n++;
        if (n == size && word[n] == '=') {
            word += n + 1;
            for (n = 0; n < 511 && word[n] && word[n] != ' '; n++) value[n] = word[n];
            value[n] = 0;
            return value;
        }
        while (*word && *word != ' ') word++;
        while (*word == ' ') word++;
    }
    return value;
}

u64 number(const char *text) {
    u64 value = 0;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (*text - '0');
    return value;
}

static int equal(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

// All of the first four gibibytes, as they are: the VMM's own tables lead to RAM only.
static void map_all(void) {
    tables[0][0] = (u64)tables[1] | 3;
    for (u64 n = 0; n < 4; n++) {
        tables[1][n] = (u64)tables[2 + n] | 3;
        for (u64 m = 0; m < 512; m++) tables[2 + n][m] = n << 30 | m << 21 | 0x83;
    }
    __asm__ volatile("mov %0, %%cr3" ::"r"(tables[0]) : "memory");
}

void run(const u8 *boot_parameters) {
    map_all();
    // cmd_line_ptr of struct boot_params' setup header.
    command_line = (const char *)(u64) * (const u32 *)(boot_parameters + 0x228);
    const char *wanted = parameter("attack");
    say("guest: begin");
    say(wanted);
    for (size_t n = 0; n < sizeof attacks / sizeof *attacks; n++)
        if (equal(wanted, attacks[n].name)) attacks[n].run();
    say("guest: done");
    // The keyboard controller's reset.
    out8(0x64, 0xfe);
}
