#define _GNU_SOURCE
#include "include/clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESULT(call)                                                                               \
    do {                                                                                           \
        __typeof__(call) result = (call);                                                          \
        return result < 0 ? (__typeof__(call))-errno : result;                                     \
    } while (0)

int cl_open(const char *path, int flags, unsigned mode) {
    RESULT(open(path, flags | O_CLOEXEC, mode));
}
int cl_openat(int dir, const char *path, int flags, unsigned mode) {
    RESULT(openat(dir, path, flags | O_CLOEXEC, mode));
}
int cl_close(int fd) { RESULT(close(fd)); }
int cl_dup(int fd) { RESULT(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }
int cl_set_cloexec(int fd, int on) { RESULT(fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0)); }
// What fcntl(2) does as well, which a process that is confined lacks.
int cl_set_nonblocking(int fd, int on) { RESULT(ioctl(fd, FIONBIO, &on)); }
int cl_is_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -errno : (flags & O_NONBLOCK) != 0;
}
// With an offset of -1 these are read(2), readv(2) and writev(2): a process that is confined needs fewer calls.
long cl_read(int fd, void *buffer, size_t count) {
    struct iovec iov = {buffer, count};
    RESULT(preadv2(fd, &iov, 1, -1, 0));
}
long cl_write(int fd, const void *buffer, size_t count) { RESULT(write(fd, buffer, count)); }
long cl_readv(int fd, const struct iovec *iov, int count) { RESULT(preadv2(fd, iov, count, -1, 0)); }
long cl_writev(int fd, const struct iovec *iov, int count) {
    RESULT(pwritev2(fd, iov, count, -1, 0));
}
long cl_preadv(int fd, const struct iovec *iov, int count, int64_t offset) {
    RESULT(preadv2(fd, iov, count, offset, 0));
}
long cl_pwritev(int fd, const struct iovec *iov, int count, int64_t offset) {
    RESULT(pwritev2(fd, iov, count, offset, 0));
}
int cl_pipe(int fds[2], int flags) { RESULT(pipe2(fds, flags | O_CLOEXEC)); }

int cl_epoll_create(void) { RESULT(epoll_create1(EPOLL_CLOEXEC)); }
int cl_epoll_ctl(int epoll, int op, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    RESULT(epoll_ctl(epoll, op, fd, &event));
}
int cl_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms) {
    RESULT(epoll_wait(epoll, events, max, timeout_ms));
}
uint64_t cl_epoll_token(const struct epoll_event *event) { return event->data.u64; }

static void fill(sigset_t *signals, uint64_t set) {
    sigemptyset(signals);
    for (int i = 0; i < 64; i++)
        if (set >> i & 1)
            sigaddset(signals, i + 1);
}
static void no_op(int signal) { (void)signal; }
static int install(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    RESULT(sigaction(signal, &action, NULL));
}
int cl_eventfd(unsigned initial, int flags) { RESULT(eventfd(initial, flags | EFD_CLOEXEC)); }
int cl_signalfd(uint64_t set, int flags) {
    sigset_t signals;
    fill(&signals, set);
    RESULT(signalfd(-1, &signals, flags | SFD_CLOEXEC));
}
int cl_signal_mask(uint64_t set, int block) {
    sigset_t signals;
    fill(&signals, set);
    return -pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &signals, NULL);
}
int cl_signal_interrupts(int signal) { return install(signal, no_op); }
int cl_signal_default(int signal) { return install(signal, SIG_DFL); }
int cl_signal_ignore(int signal) { return install(signal, SIG_IGN); }
int cl_timerfd(int clock, int flags) { RESULT(timerfd_create(clock, flags | TFD_CLOEXEC)); }
int cl_timerfd_set(int fd, int64_t first_ns, int64_t interval_ns) {
    struct itimerspec spec = {
        .it_value = {first_ns / 1000000000, first_ns % 1000000000},
        .it_interval = {interval_ns / 1000000000, interval_ns % 1000000000},
    };
    RESULT(timerfd_settime(fd, 0, &spec, NULL));
}

int cl_socket_unix(int type) { RESULT(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)); }
int cl_socketpair(int type, int fds[2]) {
    RESULT(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds));
}
static int unix_address(struct sockaddr_un *address, const char *path) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}
int cl_bind_unix(int fd, const char *path) {
    struct sockaddr_un address;
    int error = unix_address(&address, path);
    if (error)
        return error;
    RESULT(bind(fd, (struct sockaddr *)&address, sizeof address));
}
int cl_connect_unix(int fd, const char *path) {
    struct sockaddr_un address;
    int error = unix_address(&address, path);
    if (error)
        return error;
    RESULT(connect(fd, (struct sockaddr *)&address, sizeof address));
}
int cl_listen(int fd, int backlog) { RESULT(listen(fd, backlog)); }
int cl_accept(int fd) { RESULT(accept4(fd, NULL, NULL, SOCK_CLOEXEC)); }
int cl_shutdown(int fd, int how) { RESULT(shutdown(fd, how)); }
int cl_socket_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return -error;
}

#define MAX_FDS 253 // SCM_MAX_FD of the kernel
long cl_send_fds(int socket, const void *data, size_t size, const int *fds, int count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = {(void *)data, size};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    if (count < 0 || count > MAX_FDS)
        return -EINVAL;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    }
    RESULT(sendmsg(socket, &message, MSG_NOSIGNAL));
}
long cl_recv_fds(int socket, void *data, size_t size, int *fds, int *count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = {data, size};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int room = *count;
    *count = 0;
    long result = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (result < 0)
        return -errno;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        int received = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < received; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof fd);
            if (*count < room)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
    return result;
}
int cl_vsock_socket(void) { RESULT(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
int cl_vsock_set_connect_timeout(int fd, int64_t seconds) {
    struct timeval timeout = {.tv_sec = seconds};
    RESULT(setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &timeout, sizeof timeout));
}
int cl_vsock_connect(int fd, uint32_t cid, uint32_t port) {
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
    RESULT(connect(fd, (struct sockaddr *)&address, sizeof address));
}
int cl_vsock_bind(int fd, uint32_t cid, uint32_t port) {
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
    RESULT(bind(fd, (struct sockaddr *)&address, sizeof address));
}

int cl_pidfd_open(int pid) { RESULT((int)syscall(SYS_pidfd_open, pid, 0)); }
int cl_pidfd_send_signal(int pidfd, int signal) {
    RESULT((int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}
int cl_waitpid(int pid, int *status, int options) { RESULT(waitpid(pid, status, options)); }
int cl_wait_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int cl_wait_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
int cl_gettid(void) { return (int)syscall(SYS_gettid); }
int cl_tgkill(int pid, int tid, int signal) { RESULT((int)syscall(SYS_tgkill, pid, tid, signal)); }
int cl_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) {
    RESULT(prctl(option, a2, a3, a4, a5));
}
static __thread char thread_name[16] = "main";
int cl_set_thread_name(const char *name) {
    strncpy(thread_name, name, sizeof thread_name - 1);
    return -pthread_setname_np(pthread_self(), name);
}
const char *cl_thread_name(void) { return thread_name; }

int cl_ioctl(int fd, unsigned long request, void *argument) {
    RESULT(ioctl(fd, request, argument));
}
int cl_ioctl_value(int fd, unsigned long request, unsigned long argument) {
    RESULT(ioctl(fd, request, argument));
}
int cl_memfd_create(const char *name, unsigned flags) {
    RESULT(memfd_create(name, flags | MFD_CLOEXEC));
}
int cl_ftruncate(int fd, int64_t size) { RESULT(ftruncate(fd, size)); }
void *cl_mmap(size_t size, int prot, int flags, int fd, int64_t offset, int *error) {
    void *address = mmap(NULL, size, prot, flags, fd, offset);
    *error = address == MAP_FAILED ? errno : 0;
    return address == MAP_FAILED ? NULL : address;
}
int cl_mmap_over(void *address, size_t size, int prot, int flags, int fd, int64_t offset) {
    RESULT(mmap(address, size, prot, flags | MAP_FIXED, fd, offset) == MAP_FAILED ? -1 : 0);
}
int cl_munmap(void *address, size_t size) { RESULT(munmap(address, size)); }
int cl_madvise(void *address, size_t size, int advice) { RESULT(madvise(address, size, advice)); }

int cl_mount(const char *source, const char *target, const char *type, unsigned long flags,
             const char *data) {
    RESULT(mount(source, target, type, flags, data));
}
int cl_umount(const char *target, int flags) { RESULT(umount2(target, flags)); }
int cl_unshare(int flags) { RESULT(unshare(flags)); }
int cl_setns(int fd, int flags) { RESULT(setns(fd, flags)); }
int cl_pivot_root(const char *new_root, const char *put_old) {
    RESULT((int)syscall(SYS_pivot_root, new_root, put_old));
}
long cl_getrandom(void *buffer, size_t count) { RESULT(getrandom(buffer, count, 0)); }
int64_t cl_clock_ns(int clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) < 0)
        return -errno;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *cl_errno_name(int error) { return strerrorname_np(error); }
const char *cl_errno_text(int error) { return strerrordesc_np(error); }

long cl_recv(int fd, void *buffer, size_t count, int flags) {
    struct iovec iov = {buffer, count};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    RESULT(recvmsg(fd, &message, flags | MSG_NOSIGNAL));
}
long cl_send(int fd, const void *buffer, size_t count, int flags) {
    struct iovec iov = {(void *)buffer, count};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    RESULT(sendmsg(fd, &message, flags | MSG_NOSIGNAL));
}
int cl_file_type(int fd) {
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status) < 0)
        return -errno;
    return status.stx_mode & S_IFMT;
}
long cl_pread(int fd, void *buffer, size_t count, int64_t offset) {
    RESULT(pread(fd, buffer, count, offset));
}
int64_t cl_file_size(int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    return status.st_size;
}
