/*
 * The guest kernel's self-test: PID 1 of a guest that checks what vmrun and containers need of the
 * kernel, prints "ok NAME" or "not ok NAME: why" for each, then "selftest: N failed", and resets.
 *
 *   gcc -O2 -static -pthread -o init init.c
 *   echo init | cpio -o -H newc >init.cpio        (the guest image)
 *
 * Boot any vmrun kernel with that image. There is no console device, so lines go to /dev/kmsg: the
 * command line needs printk.devkmsg=on and a loglevel of at least 4, the guest 128 MiB. Every check runs in a process
 * of its own; one that crashes or hangs is a failure of that check only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/keyctl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static int log_fd = 2;
static char why[200];

static int fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, sizeof why, format, arguments);
  va_end(arguments);
  return -1;
}
#define NEED(condition)                                                                            \
  do {                                                                                             \
    if (!(condition))                                                                              \
      return fail("line %d: %s (errno %d)", __LINE__, #condition, errno);                          \
  } while (0)

static void say(const char *format, ...) {
  char line[300] = "<3>";
  va_list arguments;
  va_start(arguments, format);
  int length = 3 + vsnprintf(line + 3, sizeof line - 4, format, arguments);
  va_end(arguments);
  line[length++] = '\n';
  if (write(log_fd, line, length) < 0)
    _exit(99);
}

static int read_file(const char *path, char *buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  ssize_t length = read(fd, buffer, size - 1);
  close(fd);
  buffer[length < 0 ? 0 : length] = 0;
  return length < 0 ? -1 : 0;
}
static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  ssize_t length = write(fd, text, strlen(text));
  close(fd);
  return length < 0 ? -1 : 0;
}
static int wait_for(pid_t pid) {
  int status;
  while (waitpid(pid, &status, __WALL) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}

/* --- system calls as such --------------------------------------------------------------------- */

static int t_registers(void) {
  /* SYSCALL keeps all registers but rax, rcx and r11; those hold result, next address and flags. */
  uint64_t rcx, r11, rax, kept = 1, next;
  asm volatile("mov $0x1111, %%rbx\n mov $0x2222, %%rdi\n mov $0x3333, %%rsi\n mov $0x4444, %%rdx\n"
               "mov $0x5555, %%r8\n mov $0x6666, %%r9\n mov $0x7777, %%r10\n mov $0x8888, %%r12\n"
               "mov $0x9999, %%r13\n mov $0xaaaa, %%r14\n mov $0xbbbb, %%r15\n mov %[nr], %%rax\n"
               "std\n stc\n syscall\n1: mov %%rcx, %[rcx]\n pushfq\n pop %%rcx\n cld\n"
               "cmp %%rcx, %%r11\n jne 2f\n"
               "cmp $0x1111, %%rbx\n jne 2f\n cmp $0x2222, %%rdi\n jne 2f\n cmp $0x3333, %%rsi\n"
               "jne 2f\n cmp $0x4444, %%rdx\n jne 2f\n cmp $0x5555, %%r8\n jne 2f\n"
               "cmp $0x6666, %%r9\n jne 2f\n cmp $0x7777, %%r10\n jne 2f\n cmp $0x8888, %%r12\n"
               "jne 2f\n cmp $0x9999, %%r13\n jne 2f\n cmp $0xaaaa, %%r14\n jne 2f\n"
               "cmp $0xbbbb, %%r15\n jne 2f\n jmp 3f\n2: movq $0, %[kept]\n"
               "3: mov %%r11, %[r11]\n mov %%rax, %[rax]\n lea 1b(%%rip), %%rcx\n mov %%rcx, %[next]\n"
               : [rcx] "=m"(rcx), [r11] "=m"(r11), [rax] "=m"(rax), [kept] "+m"(kept),
                 [next] "=m"(next)
               : [nr] "i"(SYS_getppid)
               : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
                 "r14", "r15", "memory", "cc");
  NEED(kept);
  NEED(rax == (uint64_t)getppid());
  NEED(rcx == next);
  NEED((r11 & 0x401) == 0x401); /* DF and CF survive */
  NEED((r11 & 0x200) && !(r11 & 0x3000) && !(r11 & 0x100));
  return 0;
}
static int t_bad_number(void) {
  errno = 0;
  NEED(syscall(100000) == -1 && errno == ENOSYS);
  errno = 0;
  NEED(syscall(-1) == -1 && errno == ENOSYS);
  return 0;
}
static int t_int80(void) {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
  NEED(result == getpid() || result == -ENOSYS);
  return result < 0 ? fail("no 32-bit system calls") : 0;
}
static int t_compat_mode(void) {
  /* A jump into the 32-bit code segment, a system call there, and a jump back. */
  struct page {
    uint8_t narrow[7], back; /* mov $20, %eax; int $0x80; ljmp */
    uint32_t wide_offset;
    uint16_t wide_selector;
    uint8_t wide_rsp[4]; /* mov (rsp), %rsp; jmp *(next) */
    uint32_t wide_rsp_at;
    uint8_t wide_jump[3];
    uint32_t wide_jump_at;
    uint32_t narrow_offset;
    uint16_t narrow_selector;
    uint64_t rsp, next;
  } __attribute__((packed)) *low = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  NEED(low != MAP_FAILED);
  uint32_t at = (uintptr_t)low;
  *low = (struct page){{0xb8, 20, 0, 0, 0, 0xcd, 0x80},
                       0xea,
                       at + offsetof(struct page, wide_rsp),
                       0x33,
                       {0x48, 0x8b, 0x24, 0x25},
                       at + offsetof(struct page, rsp),
                       {0xff, 0x24, 0x25},
                       at + offsetof(struct page, next),
                       at,
                       0x23,
                       0,
                       0};
  long result;
  asm volatile("mov %%rsp, %[rsp]\n lea 1f(%%rip), %%rax\n mov %%rax, %[next]\n"
               "lea 8192(%[low]), %%rsp\n ljmp *%[narrow]\n1:\n"
               : "=&a"(result), [rsp] "=m"(low->rsp), [next] "=m"(low->next)
               : [low] "r"(low), [narrow] "m"(low->narrow_offset)
               : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
  NEED((int)result == getpid());
  return 0;
}
static volatile sig_atomic_t signals;
static void count(int number) {
  (void)number;
  signals++;
}
static void on_signal(int number, int flags) {
  struct sigaction action = {.sa_handler = count, .sa_flags = flags};
  sigaction(number, &action, 0);
}
static pid_t signal_later(int milliseconds, int number, int fd) {
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    usleep(milliseconds * 1000);
    kill(parent, number);
    usleep(milliseconds * 1000);
    if (fd >= 0 && write(fd, "x", 1) != 1)
      _exit(1);
    _exit(0);
  }
  return pid;
}
static int t_restart(void) {
  int fds[2];
  char byte = 0;
  NEED(pipe(fds) == 0);
  on_signal(SIGUSR1, SA_RESTART);
  pid_t pid = signal_later(500, SIGUSR1, fds[1]);
  ssize_t got = read(fds[0], &byte, 1);
  NEED(got == 1 && byte == 'x' && signals == 1);
  wait_for(pid);
  return 0;
}
static int t_eintr(void) {
  int fds[2];
  char byte;
  NEED(pipe(fds) == 0);
  on_signal(SIGUSR1, 0);
  pid_t pid = signal_later(500, SIGUSR1, -1);
  NEED(read(fds[0], &byte, 1) == -1 && errno == EINTR && signals == 1);
  wait_for(pid);
  return 0;
}
static int t_restart_block(void) {
  /* A stop and a continue interrupt nanosleep without a handler: the kernel restarts the rest. */
  pid_t pid = fork();
  if (pid == 0) {
    struct timespec t = {2, 0};
    _exit(nanosleep(&t, 0) ? 1 : 0);
  }
  usleep(700000);
  NEED(kill(pid, SIGSTOP) == 0);
  int status;
  NEED(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
  NEED(kill(pid, SIGCONT) == 0);
  status = wait_for(pid);
  NEED(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return 0;
}
static int t_vfork(void) {
  static volatile int shared;
  pid_t pid = vfork();
  if (pid == 0) {
    shared = 7;
    _exit(3);
  }
  int status = wait_for(pid);
  NEED(shared == 7 && WEXITSTATUS(status) == 3);
  return 0;
}
static int t_exec(void) {
  pid_t pid = fork();
  if (pid == 0) {
    char *arguments[] = {"/init", "exec-child", 0}, *environment[] = {"A=b", 0};
    execve("/proc/self/exe", arguments, environment);
    _exit(1);
  }
  int status = wait_for(pid);
  NEED(WIFEXITED(status) && WEXITSTATUS(status) == 42);
  char *none[] = {0};
  NEED(execve("/none", none, none) == -1 && errno == ENOENT);
  return 0;
}
static void *thread_main(void *argument) {
  *(long *)argument = syscall(SYS_gettid);
  return argument;
}
static int t_threads(void) {
  pthread_t thread;
  long id = 0;
  NEED(pthread_create(&thread, 0, thread_main, &id) == 0);
  NEED(pthread_join(thread, 0) == 0);
  NEED(id && id != getpid());
  return 0;
}
static int t_clone3(void) {
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
  } arguments = {0};
  int pidfd = -1;
  arguments.flags = CLONE_PIDFD | 0x100000000ull /* CLONE_CLEAR_SIGHAND */;
  arguments.pidfd = (uintptr_t)&pidfd;
  arguments.exit_signal = SIGCHLD;
  long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0)
    _exit(5);
  NEED(pid > 0 && pidfd >= 0);
  siginfo_t info;
  NEED(waitid(P_PIDFD, pidfd, &info, WEXITED) == 0 && info.si_status == 5);
  return 0;
}
static void change_context(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  ucontext_t *u = context;
  u->uc_mcontext.gregs[REG_RAX] = 0x1234;
  u->uc_mcontext.gregs[REG_RCX] = 0x5678; /* differs from rip: no short way back */
  u->uc_mcontext.gregs[REG_R11] = 0x9abc;
}
static int t_sigreturn(void) {
  struct sigaction action = {.sa_sigaction = change_context, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR2, &action, 0);
  uint64_t rax, rcx, r11;
  asm volatile("syscall\n mov %%r11, %[r11]"
               : "=a"(rax), "=c"(rcx), [r11] "=m"(r11)
               : "a"(SYS_tgkill), "D"((uint64_t)getpid()), "S"((uint64_t)syscall(SYS_gettid)),
                 "d"((uint64_t)SIGUSR2)
               : "r11", "memory");
  NEED(rax == 0x1234);
  NEED(r11 == 0x9abc);
  NEED(rcx == 0x5678);
  return 0;
}
static int t_timer_in_user_mode(void) {
  on_signal(SIGALRM, SA_RESTART);
  struct itimerval t = {{0, 200000}, {0, 200000}};
  NEED(setitimer(ITIMER_REAL, &t, 0) == 0);
  for (volatile uint64_t i = 0; signals < 3 && i < 20000000000ull; i++) {
  }
  NEED(signals >= 3);
  return 0;
}
static int vectors(int seed, int rounds) {
  uint64_t in[8], out[8];
  for (int i = 0; i < 8; i++)
    in[i] = (uint64_t)seed * 0x0101010101010101ull + i;
  int wide = __builtin_cpu_supports("avx512f") ? 2 : __builtin_cpu_supports("avx") ? 1 : 0;
  for (int round = 0; round < rounds; round++) {
    /* The system call is inside, so that nothing in between uses the register. */
    if (wide == 2)
      asm volatile("vmovdqu64 (%1), %%zmm17\n syscall\n vmovdqu64 %%zmm17, (%2)\n"
                   :: "a"(SYS_sched_yield), "r"(in), "r"(out) : "rcx", "r11", "memory");
    else if (wide == 1)
      asm volatile("vmovdqu (%1), %%ymm7\n syscall\n vmovdqu %%ymm7, (%2)\n"
                   :: "a"(SYS_sched_yield), "r"(in), "r"(out) : "rcx", "r11", "xmm7", "memory");
    else
      asm volatile("movdqu (%1), %%xmm7\n syscall\n movdqu %%xmm7, (%2)\n"
                   :: "a"(SYS_sched_yield), "r"(in), "r"(out) : "rcx", "r11", "xmm7", "memory");
    if (memcmp(in, out, wide == 2 ? 64 : wide == 1 ? 32 : 16))
      return 1;
  }
  return 0;
}
static int t_vector_registers(void) {
  pid_t pid = fork();
  if (pid == 0)
    _exit(vectors(3, 40));
  int bad = vectors(5, 40), status = wait_for(pid);
  NEED(!bad && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return 0;
}
static int t_copy_on_write(void) {
  char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int fds[2];
  NEED(pipe(fds) == 0);
  strcpy(page, "parent");
  pid_t pid = fork();
  if (pid == 0) {
    /* The kernel writes into the shared page: it must copy, not overwrite. */
    NEED(write(fds[1], "child!", 7) == 7);
    _exit(read(fds[0], page, 7) == 7 && !strcmp(page, "child!") ? 0 : 1);
  }
  int status = wait_for(pid);
  NEED(status == 0 && !strcmp(page, "parent"));
  int zero = open("/dev/zero", O_RDONLY);
  char *constant = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(read(zero, constant, 8) == -1 && errno == EFAULT);
  return 0;
}

/* --- ptrace and seccomp ----------------------------------------------------------------------- */

static int stop(pid_t pid, int expected) {
  int status;
  if (waitpid(pid, &status, __WALL) != pid)
    return fail("waitpid: %d", errno);
  if (!WIFSTOPPED(status) || status >> 8 != expected)
    return fail("stopped with %x, not %x", status, expected << 8 | 0x7f);
  return 0;
}
static pid_t tracee(int (*body)(void)) {
  pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    _exit(body());
  }
  if (stop(pid, SIGSTOP))
    return -1;
  if (ptrace(PTRACE_SETOPTIONS, pid, 0,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL))
    return -1;
  return pid;
}
static int ask_parent(void) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
  return result == 0x77 ? 9 : 1;
}
static int t_ptrace_syscall(void) {
  struct user_regs_struct r;
  pid_t pid = tracee(ask_parent);
  NEED(pid > 0);
  /* The rest of raise() may make calls of its own: go on to ours. */
  do {
    NEED(ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 && stop(pid, SIGTRAP | 0x80) == 0);
    NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
  } while (r.orig_rax != SYS_getppid);
  NEED(r.rax == (uint64_t)-ENOSYS);
  NEED(r.rcx == r.rip && r.r11 == r.eflags);
  NEED(r.cs == 0x33 && r.ss == 0x2b);
  long text = ptrace(PTRACE_PEEKTEXT, pid, r.rip - 2, 0);
  NEED((text & 0xffff) == 0x050f);
  NEED(ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 && stop(pid, SIGTRAP | 0x80) == 0);
  NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
  NEED(r.rax == (uint64_t)getpid() && r.orig_rax == SYS_getppid);
  r.rax = 0x77;
  NEED(ptrace(PTRACE_SETREGS, pid, 0, &r) == 0 && ptrace(PTRACE_CONT, pid, 0, 0) == 0);
  int status = wait_for(pid);
  NEED(WIFEXITED(status) && WEXITSTATUS(status) == 9);
  return 0;
}
static int stepped(void) {
  long result;
  asm volatile("nop\n syscall\n nop\n nop" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
  return result == getppid() ? 6 : 1;
}
static int t_ptrace_step(void) {
  struct user_regs_struct r;
  pid_t pid = tracee(stepped);
  NEED(pid > 0);
  do {
    NEED(ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 && stop(pid, SIGTRAP | 0x80) == 0);
    NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
  } while (r.orig_rax != SYS_getppid);
  /* The way out of the call is a stop of its own when the task is being stepped. */
  NEED(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && stop(pid, SIGTRAP) == 0);
  NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
  uint64_t after = r.rip;
  NEED(r.rax == (uint64_t)getpid());
  NEED(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && stop(pid, SIGTRAP) == 0);
  NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
  NEED(r.rip == after + 1);
  NEED(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
  int status = wait_for(pid);
  NEED(WIFEXITED(status) && WEXITSTATUS(status) == 6);
  return 0;
}
static int t_ptrace_step_over(void) {
  struct user_regs_struct r;
  pid_t pid = tracee(stepped);
  NEED(pid > 0);
  /* Step instruction by instruction through the call itself. */
  for (int i = 0; i < 400; i++) {
    NEED(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && stop(pid, SIGTRAP) == 0);
    NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
    long text = ptrace(PTRACE_PEEKTEXT, pid, r.rip, 0);
    if ((text & 0xffff) == 0x050f && r.rax == SYS_getppid) {
      uint64_t at = r.rip;
      NEED(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && stop(pid, SIGTRAP) == 0);
      NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
      NEED(r.rip == at + 2 || r.rip == at + 3);
      NEED(r.rax == (uint64_t)getpid());
      NEED(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
      int status = wait_for(pid);
      NEED(WIFEXITED(status) && WEXITSTATUS(status) == 6);
      return 0;
    }
  }
  return fail("never came to the system call");
}
static int install(uint32_t action) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
static int t_seccomp_errno(void) {
  NEED(install(SECCOMP_RET_ERRNO | 77) == 0);
  errno = 0;
  NEED(syscall(SYS_getppid) == -1 && errno == 77);
  NEED(getpid() > 0);
  return 0;
}
static siginfo_t trapped;
static void on_trap(int number, siginfo_t *info, void *context) {
  (void)number;
  trapped = *info;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 4321;
}
static int t_seccomp_trap(void) {
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &action, 0);
  NEED(install(SECCOMP_RET_TRAP) == 0);
  long result;
  uint64_t next;
  asm volatile("syscall\n1: lea 1b(%%rip), %1" : "=a"(result), "=r"(next)
               : "a"(SYS_getppid) : "rcx", "r11", "memory");
  NEED(result == 4321 && trapped.si_syscall == SYS_getppid);
  NEED((uint64_t)trapped.si_call_addr == next && trapped.si_arch == 0xc000003e);
  return 0;
}
static int t_seccomp_kill(void) {
  pid_t pid = fork();
  if (pid == 0) {
    install(SECCOMP_RET_KILL_PROCESS);
    syscall(SYS_getppid);
    _exit(0);
  }
  int status = wait_for(pid);
  NEED(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
  return 0;
}
static int filtered_ask(void) { return install(SECCOMP_RET_TRACE | 5) ? 2 : ask_parent(); }
static int t_seccomp_trace(void) {
  struct user_regs_struct r;
  unsigned long message;
  pid_t pid = tracee(filtered_ask);
  NEED(pid > 0 && ptrace(PTRACE_CONT, pid, 0, 0) == 0);
  NEED(stop(pid, SIGTRAP | PTRACE_EVENT_SECCOMP << 8) == 0);
  NEED(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message) == 0 && message == 5);
  NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0 && r.orig_rax == SYS_getppid);
  r.orig_rax = -1; /* skip the call, give a result */
  r.rax = 0x77;
  NEED(ptrace(PTRACE_SETREGS, pid, 0, &r) == 0 && ptrace(PTRACE_CONT, pid, 0, 0) == 0);
  int status = wait_for(pid);
  NEED(WIFEXITED(status) && WEXITSTATUS(status) == 9);
  return 0;
}
static int t_seccomp_notify(void) {
  struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {1, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  NEED(fd >= 0);
  return 0;
}

/* --- namespaces, cgroups, mounts -------------------------------------------------------------- */

static int t_namespaces(void) {
  static const struct {
    int flag;
    const char *name;
  } all[] = {{CLONE_NEWNS, "mnt"},   {CLONE_NEWUTS, "uts"},       {CLONE_NEWIPC, "ipc"},
             {CLONE_NEWNET, "net"},  {CLONE_NEWPID, "pid"},       {CLONE_NEWCGROUP, "cgroup"},
             {0x80 /* time */, "time"}, {CLONE_NEWUSER, "user"}};
  char path[40];
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    snprintf(path, sizeof path, "/proc/self/ns/%s", all[i].name);
    if (access(path, F_OK) || unshare(all[i].flag))
      return fail("%s: errno %d", all[i].name, errno);
  }
  return 0;
}
static int t_user_namespace_map(void) {
  NEED(unshare(CLONE_NEWUSER) == 0);
  NEED(write_file("/proc/self/setgroups", "deny") == 0);
  NEED(write_file("/proc/self/uid_map", "0 0 1") == 0);
  NEED(write_file("/proc/self/gid_map", "0 0 1") == 0);
  NEED(getuid() == 0);
  return 0;
}
static int t_cgroup2(void) {
  char have[300];
  NEED(mount("cgroup2", "/cg", "cgroup2", 0, 0) == 0);
  NEED(read_file("/cg/cgroup.controllers", have, sizeof have) == 0);
  for (char *end = have + strlen(have); end > have && end[-1] == '\n';)
    *--end = 0;
  static const char *const names[] = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids"};
  for (size_t i = 0; i < 6; i++)
    if (!strstr(have, names[i]))
      return fail("no %s among: %s", names[i], have);
  NEED(write_file("/cg/cgroup.subtree_control", "+cpuset +cpu +io +memory +hugetlb +pids") == 0);
  NEED(mkdir("/cg/a", 0755) == 0);
  static const char *const files[] = {
      "memory.max", "memory.high", "memory.oom.group", "pids.max", "cpu.max", "cpu.weight", "io.max",
      "cpuset.cpus", "cpuset.mems", "cgroup.freeze", "cgroup.kill", "hugetlb.2MB.max", "cpu.stat",
      "io.stat", "memory.stat", "memory.events", "cgroup.events", "memory.peak", "memory.reclaim"};
  char path[60];
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    snprintf(path, sizeof path, "/cg/a/%s", files[i]);
    if (access(path, F_OK))
      return fail("no %s", files[i]);
  }
  NEED(write_file("/cg/a/pids.max", "2") == 0 && write_file("/cg/a/memory.max", "33554432") == 0);
  NEED(write_file("/cg/a/cpu.max", "50000 100000") == 0);
  pid_t pid = fork();
  if (pid == 0) {
    if (write_file("/cg/a/cgroup.procs", "0"))
      _exit(1);
    pid_t one = fork();
    if (one == 0)
      pause();
    _exit(fork() == -1 && errno == EAGAIN ? 0 : 2);
  }
  int status = wait_for(pid);
  NEED(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  NEED(write_file("/cg/a/cgroup.freeze", "1") == 0);
  NEED(write_file("/cg/a/cgroup.kill", "1") == 0);
  return 0;
}
static int t_cgroup_device_bpf(void) {
  if (access("/cg/cgroup.procs", F_OK))
    NEED(mount("cgroup2", "/cg", "cgroup2", 0, 0) == 0);
  struct bpf_insn deny[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
                            {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                         .insn_cnt = 2,
                         .insns = (uintptr_t)deny,
                         .license = (uintptr_t)"GPL"};
  int program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  NEED(program >= 0);
  NEED(mkdir("/cg/dev", 0755) == 0 || errno == EEXIST);
  int group = open("/cg/dev", O_RDONLY | O_DIRECTORY);
  union bpf_attr attach = {.target_fd = group,
                           .attach_bpf_fd = program,
                           .attach_type = BPF_CGROUP_DEVICE,
                           .attach_flags = BPF_F_ALLOW_MULTI};
  NEED(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) == 0);
  NEED(write_file("/cg/dev/cgroup.procs", "0") == 0);
  errno = 0;
  NEED(open("/dev/zero", O_RDONLY) == -1 && errno == EPERM);
  return 0;
}
static int try_mount(const char *type, const char *options) {
  NEED(mkdir("/m", 0755) == 0 || errno == EEXIST);
  if (mount(type, "/m", type, 0, options))
    return fail("mount %s: errno %d", type, errno);
  return 0;
}
static int t_mount_devpts(void) {
  if (try_mount("devpts", "newinstance,ptmxmode=0666,mode=0620"))
    return -1;
  int master = open("/m/ptmx", O_RDWR | O_NOCTTY), zero = 0;
  NEED(master >= 0 && ioctl(master, TIOCSPTLCK, &zero) == 0);
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  NEED(slave >= 0);
  char buffer[8] = "";
  NEED(write(slave, "hi", 2) == 2 && read(master, buffer, 8) == 2 && !strcmp(buffer, "hi"));
  NEED(ioctl(slave, TIOCSCTTY, 0) == 0);
  return 0;
}
static int t_mount_mqueue(void) {
  if (try_mount("mqueue", 0))
    return -1;
  mqd_t queue = mq_open("/q", O_CREAT | O_RDWR, 0600, 0);
  NEED(queue != (mqd_t)-1 && access("/m/q", F_OK) == 0);
  return 0;
}
static int t_mount_tmpfs(void) {
  if (try_mount("tmpfs", "size=1m,mode=1777,nr_inodes=100"))
    return -1;
  int fd = open("/m/f", O_CREAT | O_RDWR, 0600);
  NEED(fd >= 0 && fsetxattr(fd, "user.a", "b", 1, 0) == 0);
  NEED(fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) == 0);
  /* version 2; owner rw, uid 1 r, group r, mask r, others none */
  static const uint8_t acl[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 1, 0, 0, 0,
                                4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255,
                                32, 0, 0, 0, 255, 255, 255, 255};
  NEED(fsetxattr(fd, "system.posix_acl_access", acl, sizeof acl, 0) == 0);
  NEED(open("/m", O_TMPFILE | O_RDWR, 0600) >= 0);
  return 0;
}
static int t_mount_overlay(void) {
  if (try_mount("tmpfs", 0))
    return -1;
  NEED(mkdir("/m/l", 0755) == 0 && mkdir("/m/u", 0755) == 0 && mkdir("/m/w", 0755) == 0 &&
       mkdir("/m/o", 0755) == 0);
  NEED(close(open("/m/l/f", O_CREAT | O_RDWR, 0600)) == 0);
  NEED(mount("overlay", "/m/o", "overlay", 0, "lowerdir=/m/l,upperdir=/m/u,workdir=/m/w") == 0);
  NEED(unlink("/m/o/f") == 0);
  struct stat whiteout;
  NEED(stat("/m/u/f", &whiteout) == 0 && S_ISCHR(whiteout.st_mode));
  return 0;
}
static int t_mount_sysfs(void) { return try_mount("sysfs", 0); }
static int t_mount_hugetlbfs(void) { return try_mount("hugetlbfs", 0); }
static int t_mount_binfmt(void) {
  if (try_mount("binfmt_misc", 0))
    return -1;
  NEED(access("/m/register", W_OK) == 0);
  return 0;
}
static int t_mount_idmapped(void) {
  if (try_mount("tmpfs", 0))
    return -1;
  int tree = syscall(SYS_open_tree, -1, "/m", 1 /* clone */);
  NEED(tree >= 0);
  pid_t pid = fork();
  if (pid == 0) {
    if (unshare(CLONE_NEWUSER))
      _exit(1);
    pause();
  }
  char path[40];
  usleep(500000);
  snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
  NEED(write_file(path, "0 100000 1000") == 0);
  snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
  NEED(write_file(path, "0 100000 1000") == 0);
  snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  int namespace = open(path, O_RDONLY);
  struct {
    uint64_t set, clear, propagation, userns;
  } attributes = {0x100000, 0, 0, namespace};
  int result = syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  kill(pid, SIGKILL);
  NEED(result == 0);
  return 0;
}
static int t_filesystems(void) {
  char have[1000];
  NEED(read_file("/proc/filesystems", have, sizeof have) == 0);
  static const char *const names[] = {"ext4", "erofs", "squashfs", "fuse", "virtiofs", "overlay",
                                      "tmpfs", "devpts", "mqueue", "cgroup2", "ext2"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char word[30];
    snprintf(word, sizeof word, "\t%s\n", names[i]);
    if (!strstr(have, word))
      return fail("no %s", names[i]);
  }
  return 0;
}
static int t_devices(void) {
  static const char *const names[] = {"null", "zero", "full", "random", "urandom", "tty", "ptmx",
                                      "fuse", "loop-control", "net/tun", "vsock", "kmsg"};
  char path[40];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    snprintf(path, sizeof path, "/dev/%s", names[i]);
    if (access(path, F_OK))
      return fail("no %s", path);
  }
  int fuse = open("/dev/fuse", O_RDWR), control = open("/dev/loop-control", O_RDWR);
  NEED(fuse >= 0 && control >= 0);
  NEED(ioctl(control, 0x4c82 /* LOOP_CTL_GET_FREE */) >= 0);
  return 0;
}

/* --- facilities ------------------------------------------------------------------------------- */

static int t_io_uring(void) {
  char parameters[120] = {0};
  NEED(syscall(SYS_io_uring_setup, 4, parameters) >= 0);
  return 0;
}
static int t_userfaultfd(void) {
  NEED(syscall(SYS_userfaultfd, O_CLOEXEC | 1) >= 0);
  return 0;
}
static int t_memfd(void) {
  int fd = memfd_create("m", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  NEED(fd >= 0 && ftruncate(fd, 4096) == 0);
  NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE) == 0);
  return 0;
}
static int t_notification(void) {
  NEED(inotify_init1(IN_CLOEXEC) >= 0);
  NEED(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY) >= 0);
  NEED(fanotify_init(FAN_REPORT_DFID_NAME, 0) >= 0);
  return 0;
}
static int t_event_fds(void) {
  sigset_t set;
  sigemptyset(&set);
  NEED(epoll_create1(0) >= 0 && eventfd(0, 0) >= 0 && signalfd(-1, &set, 0) >= 0);
  NEED(timerfd_create(CLOCK_MONOTONIC, 0) >= 0 && syscall(SYS_pidfd_open, getpid(), 0) >= 0);
  aio_context_t context = 0;
  NEED(syscall(SYS_io_setup, 1, &context) == 0);
  return 0;
}
static int t_sysv_ipc(void) {
  int shm = shmget(IPC_PRIVATE, 4096, 0600);
  NEED(shm >= 0 && shmat(shm, 0, 0) != (void *)-1 && shmctl(shm, IPC_RMID, 0) == 0);
  NEED(semget(IPC_PRIVATE, 1, 0600) >= 0 && msgget(IPC_PRIVATE, 0600) >= 0);
  return 0;
}
static int t_keys(void) {
  NEED(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "s") >= 0);
  NEED(syscall(SYS_add_key, "user", "k", "v", 1, KEY_SPEC_SESSION_KEYRING) >= 0);
  return 0;
}
static int t_inspection(void) {
  NEED(syscall(SYS_kcmp, getpid(), getpid(), 0, 1, 1) == 0);
  char copy[8] = "";
  static const char source[8] = "source";
  struct iovec to = {copy, 7}, from = {(void *)source, 7};
  NEED(process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 7 && !strcmp(copy, source));
  NEED(access("/proc/self/map_files", F_OK) == 0 && access("/proc/self/pagemap", F_OK) == 0);
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event,
                                  .config = PERF_COUNT_SW_TASK_CLOCK};
  NEED(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0) >= 0);
  NEED(syscall(SYS_membarrier, 0, 0, 0) > 0);
  union {
    struct file_handle handle;
    char room[200];
  } h = {.handle.handle_bytes = 128};
  int id;
  NEED(name_to_handle_at(AT_FDCWD, "/m", &h.handle, &id, 0) == 0 || errno == EOPNOTSUPP);
  return 0;
}
static int t_random(void) {
  uint64_t value = 0;
  NEED(syscall(SYS_getrandom, &value, 8, 1 /* do not wait */) == 8 && value);
  return 0;
}
static int t_clocks(void) {
  char source[40] = "";
  struct timespec a, b;
  NEED(clock_gettime(CLOCK_MONOTONIC, &a) == 0);
  usleep(100000);
  NEED(clock_gettime(CLOCK_MONOTONIC, &b) == 0);
  double passed = b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9;
  if (passed < 0.09 || passed > 5)
    return fail("0.1 s took %f", passed);
  NEED(mkdir("/s", 0755) == 0 || errno == EEXIST);
  NEED(mount("sysfs", "/s", "sysfs", 0, 0) == 0);
  NEED(read_file("/s/devices/system/clocksource/clocksource0/current_clocksource", source,
                 sizeof source) == 0);
  if (strncmp(source, "kvm-clock", 9) && strncmp(source, "tsc", 3))
    return fail("clock source %s", source);
  return 0;
}
static int core_dumper(void) { abort(); }
static int t_core_dump(void) {
  if (try_mount("tmpfs", 0))
    return -1;
  NEED(write_file("/proc/sys/kernel/core_pattern", "/m/core") == 0);
  pid_t pid = fork();
  if (pid == 0) {
    struct {
      uint64_t soft, hard;
    } limit = {1 << 20, 1 << 20};
    syscall(SYS_prlimit64, 0, 4 /* RLIMIT_CORE */, &limit, 0);
    core_dumper();
  }
  int status = wait_for(pid);
  NEED(WIFSIGNALED(status) && WCOREDUMP(status));
  struct stat core;
  NEED(stat("/m/core", &core) == 0 && core.st_size > 0);
  return 0;
}

/* --- network ---------------------------------------------------------------------------------- */

static int t_socket_families(void) {
  static const struct {
    int family, type, protocol;
    const char *name;
  } all[] = {{AF_UNIX, SOCK_SEQPACKET, 0, "unix"},
             {AF_INET, SOCK_STREAM, 0, "inet"},
             {AF_INET6, SOCK_DGRAM, 0, "inet6"},
             {AF_INET, SOCK_RAW, IPPROTO_ICMP, "raw"},
             {AF_PACKET, SOCK_RAW, 0, "packet"},
             {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, "route"},
             {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, "netfilter"},
             {AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG, "sock_diag"},
             {AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, "generic"},
             {AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT, "uevent"},
             {AF_VSOCK, SOCK_STREAM, 0, "vsock"}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (socket(all[i].family, all[i].type, all[i].protocol) < 0)
      return fail("%s: errno %d", all[i].name, errno);
  return 0;
}
static int netlink(int protocol) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  return fd < 0 || bind(fd, (void *)&address, sizeof address) ? -1 : fd;
}
static struct {
  struct nlmsghdr header;
  char body[500];
} message;
static void *put(int type, const void *data, int size) {
  struct nlattr *attribute = (void *)((char *)&message + NLMSG_ALIGN(message.header.nlmsg_len));
  attribute->nla_type = type;
  attribute->nla_len = NLA_HDRLEN + size;
  if (size)
    memcpy((char *)attribute + NLA_HDRLEN, data, size);
  message.header.nlmsg_len = NLMSG_ALIGN(message.header.nlmsg_len) + NLMSG_ALIGN(NLA_HDRLEN + size);
  return attribute;
}
static void end(struct nlattr *nest) {
  nest->nla_len = (char *)&message + message.header.nlmsg_len - (char *)nest;
}
static void start(int type, int flags, const void *fixed, int size) {
  memset(&message, 0, sizeof message);
  message.header.nlmsg_type = type;
  message.header.nlmsg_flags = NLM_F_REQUEST | flags;
  memcpy(NLMSG_DATA(&message.header), fixed, size);
  message.header.nlmsg_len = NLMSG_LENGTH(size);
}
/* Sends the message; 0 or the error it is answered with. */
static int answer(int fd) {
  union {
    struct nlmsghdr header;
    char room[4096];
  } reply;
  if (send(fd, &message, message.header.nlmsg_len, 0) < 0)
    return -errno;
  if (recv(fd, &reply, sizeof reply, 0) < 0)
    return -errno;
  if (reply.header.nlmsg_type == NLMSG_ERROR)
    return ((struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
  return 0;
}
static int add_link(int fd, const char *kind, const char *name, int parent, int id_type, int id) {
  struct ifinfomsg fixed = {.ifi_family = AF_UNSPEC};
  start(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &fixed, sizeof fixed);
  put(IFLA_IFNAME, name, strlen(name) + 1);
  if (parent)
    put(IFLA_LINK, &parent, 4);
  struct nlattr *nest = put(IFLA_LINKINFO, 0, 0);
  put(IFLA_INFO_KIND, kind, strlen(kind));
  if (id_type) {
    struct nlattr *data = put(IFLA_INFO_DATA, 0, 0);
    uint16_t value = id;
    put(id_type, &value, id_type == IFLA_VLAN_ID ? 2 : 4);
    end(data);
  }
  end(nest);
  return answer(fd);
}
static int t_links(void) {
  int result;
  NEED(unshare(CLONE_NEWNET) == 0);
  int fd = netlink(NETLINK_ROUTE);
  NEED(fd >= 0);
  static const char *const plain[] = {"dummy", "veth", "bridge"};
  for (int i = 0; i < 3; i++)
    if ((result = add_link(fd, plain[i], plain[i], 0, 0, 0)))
      return fail("%s: %d", plain[i], result);
  int dummy = if_nametoindex("dummy");
  NEED(dummy > 0);
  if ((result = add_link(fd, "vlan", "vlan", dummy, IFLA_VLAN_ID, 5)))
    return fail("vlan: %d", result);
  if ((result = add_link(fd, "macvlan", "macvlan", dummy, 0, 0)))
    return fail("macvlan: %d", result);
  if ((result = add_link(fd, "ipvlan", "ipvlan", if_nametoindex("veth"), 0, 0)))
    return fail("ipvlan: %d", result);
  int tun = open("/dev/net/tun", O_RDWR);
  struct ifreq request = {.ifr_name = "tap"};
  request.ifr_flags = 2 | 0x1000; /* TAP, no packet information */
  NEED(tun >= 0 && ioctl(tun, 0x400454ca /* TUNSETIFF */, &request) == 0);
  return 0;
}
static int t_loopback(void) {
  NEED(unshare(CLONE_NEWNET) == 0);
  int fd = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  struct ifreq request = {.ifr_name = "lo"};
  request.ifr_flags = IFF_UP;
  NEED(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  NEED(bind(fd, (void *)&address, size) == 0 && listen(fd, 1) == 0);
  NEED(getsockname(fd, (void *)&address, &size) == 0);
  NEED(connect(client, (void *)&address, size) == 0);
  int server = accept(fd, 0, 0);
  char buffer[4] = "";
  NEED(server >= 0 && write(client, "tcp", 3) == 3 && read(server, buffer, 3) == 3);
  NEED(!strcmp(buffer, "tcp"));
  int six = socket(AF_INET6, SOCK_DGRAM, 0);
  struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  NEED(bind(six, (void *)&address6, sizeof address6) == 0);
  return 0;
}
static int t_nftables(void) {
  NEED(unshare(CLONE_NEWNET) == 0);
  int fd = netlink(NETLINK_NETFILTER), result;
  NEED(fd >= 0);
  static const struct {
    int family;
    const char *name;
  } families[] = {{2, "ip"}, {10, "ip6"}, {1, "inet"}, {3, "arp"}, {7, "bridge"}, {5, "netdev"}};
  for (int i = 0; i < 6; i++) {
    /* A batch: begin, new table, end, in one datagram. */
    struct {
      struct nlmsghdr h;
      struct nfgenmsg g;
    } begin = {{20, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, 0}, {0, 0, htons(NFNL_SUBSYS_NFTABLES)}},
      finish = {{20, NFNL_MSG_BATCH_END, NLM_F_REQUEST, 0, 0}, {0, 0, htons(NFNL_SUBSYS_NFTABLES)}};
    struct nfgenmsg fixed = {families[i].family, 0, 0};
    start(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK, &fixed, sizeof fixed);
    put(NFTA_TABLE_NAME, "t", 2);
    struct iovec parts[] = {{&begin, 20}, {&message, message.header.nlmsg_len}, {&finish, 20}};
    NEED(writev(fd, parts, 3) > 0);
    char reply[500];
    NEED(recv(fd, reply, sizeof reply, 0) >= 20);
    result = ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)reply))->error;
    if (result)
      return fail("table of family %s: %d", families[i].name, result);
  }
  return 0;
}
static int t_iptables_nft(void) {
  NEED(unshare(CLONE_NEWNET) == 0);
  int fd = netlink(NETLINK_NETFILTER), result;
  static const struct {
    const char *name;
    uint32_t revision, target;
  } all[] = {{"addrtype", 1, 0}, {"comment", 0, 0},   {"conntrack", 3, 0}, {"multiport", 1, 0},
             {"mark", 1, 0},     {"limit", 0, 0},     {"recent", 1, 0},    {"statistic", 0, 0},
             {"owner", 1, 0},    {"physdev", 0, 0},   {"tcp", 0, 0},       {"udp", 0, 0},
             {"icmp", 0, 0},     {"MASQUERADE", 0, 1}, {"MARK", 2, 1},     {"REJECT", 0, 1},
             {"DNAT", 2, 1},     {"SNAT", 1, 1},      {"REDIRECT", 0, 1},  {"LOG", 0, 1},
             {"CONNMARK", 1, 1}, {"TCPMSS", 0, 1},    {"CHECKSUM", 0, 1},  {"CT", 2, 1}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    struct nfgenmsg fixed = {AF_INET, 0, 0};
    start(NFNL_SUBSYS_NFT_COMPAT << 8 | NFNL_MSG_COMPAT_GET, NLM_F_ACK, &fixed, sizeof fixed);
    uint32_t revision = htonl(all[i].revision), target = htonl(all[i].target);
    put(NFTA_COMPAT_NAME, all[i].name, strlen(all[i].name) + 1);
    put(NFTA_COMPAT_REV, &revision, 4);
    put(NFTA_COMPAT_TYPE, &target, 4);
    if ((result = answer(fd)))
      return fail("%s revision %u: %d", all[i].name, all[i].revision, result);
    close(fd);
    fd = netlink(NETLINK_NETFILTER);
  }
  return 0;
}

/* --- the run ---------------------------------------------------------------------------------- */

#define T(name) {#name, t_##name}
static const struct {
  const char *name;
  int (*run)(void);
} tests[] = {
    T(registers), T(bad_number), T(int80), T(compat_mode), T(restart), T(eintr), T(restart_block),
    T(vfork), T(exec), T(threads), T(clone3), T(sigreturn), T(timer_in_user_mode),
    T(vector_registers), T(copy_on_write), T(ptrace_syscall), T(ptrace_step), T(ptrace_step_over),
    T(seccomp_errno), T(seccomp_trap), T(seccomp_kill), T(seccomp_trace), T(seccomp_notify),
    T(namespaces), T(user_namespace_map), T(cgroup2), T(cgroup_device_bpf), T(mount_devpts),
    T(mount_mqueue), T(mount_tmpfs), T(mount_overlay), T(mount_sysfs), T(mount_hugetlbfs),
    T(mount_binfmt), T(mount_idmapped), T(filesystems), T(devices), T(io_uring), T(userfaultfd),
    T(memfd), T(notification), T(event_fds), T(sysv_ipc), T(keys), T(inspection), T(random),
    T(clocks), T(core_dump), T(socket_families), T(links), T(loopback), T(nftables),
    T(iptables_nft),
};

static int interpreted; /* booted with vmrun.softkvm */

static int run_one(size_t index) {
  int fds[2], status;
  if (pipe2(fds, O_CLOEXEC))
    return 1;
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    if (strncmp(tests[index].name, "mount", 5) == 0 || strcmp(tests[index].name, "clocks") == 0)
      unshare(CLONE_NEWNS);
    int failed = tests[index].run();
    if (failed && write(fds[1], why, strlen(why)) < 0)
      _exit(2);
    _exit(failed ? 1 : 0);
  }
  close(fds[1]);
  /* 60 seconds: system calls may take milliseconds each on a slow host. */
  int pidfd = syscall(SYS_pidfd_open, pid, 0);
  struct pollfd ready = {.fd = pidfd, .events = POLLIN};
  int done = poll(&ready, 1, 60000);
  kill(-pid, SIGKILL);
  status = wait_for(pid);
  close(pidfd);
  char reason[200] = "";
  if (done == 1 && read(fds[0], reason, sizeof reason - 1) < 0)
    reason[0] = 0;
  close(fds[0]);
  /* A host that interprets supervisor mode may not know INT n from user mode: SIGILL. */
  if (done == 1 && interpreted && WIFSIGNALED(status) && WTERMSIG(status) == SIGILL &&
      (tests[index].run == t_int80 || tests[index].run == t_compat_mode)) {
    say("ok %s # skip: not on this host", tests[index].name);
    return 0;
  }
  if (done != 1)
    say("not ok %s: hangs", tests[index].name);
  else if (status)
    say("not ok %s: %s (status %x)", tests[index].name, reason, status);
  else
    say("ok %s", tests[index].name);
  return done != 1 || status;
}

int main(int count_, char **arguments) {
  if (count_ > 1 && !strcmp(arguments[1], "exec-child"))
    _exit(getenv("A") && !strcmp(getenv("A"), "b") ? 42 : 1);
  mkdir("/dev", 0755), mkdir("/proc", 0755), mkdir("/m", 0755), mkdir("/cg", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, 0);
  mount("proc", "/proc", "proc", 0, 0);
  log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  if (log_fd < 0)
    return 1;
  char uptime[40] = "", command_line[4096] = "";
  read_file("/proc/uptime", uptime, sizeof uptime);
  read_file("/proc/cmdline", command_line, sizeof command_line);
  interpreted = strstr(command_line, "vmrun.softkvm") != 0;
  say("selftest: %zu checks, uptime %.6s", sizeof tests / sizeof tests[0], uptime);
  int failures = 0;
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
    failures += run_one(i);
  say("selftest: %d failed", failures);
  reboot(RB_AUTOBOOT);
  return 0;
}
