// What Swift's Glibc module does not offer: prototypes behind _GNU_SOURCE, variadic calls and macros.
//
// Every function answers the value of the system call, or the negated errno: Swift reads the error
// from the result, so that nothing the compiler inserts between call and check can disturb it.
// No policy belongs here. _GNU_SOURCE is defined in the .c files only: in a header it changes the
// layout of types that the Glibc module has too.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

struct stat;

int cl_open(const char *path, int flags, unsigned mode);
int cl_openat(int dir, const char *path, int flags, unsigned mode);
int cl_close(int fd);
int cl_dup(int fd);
int cl_set_cloexec(int fd, int on);
int cl_set_nonblocking(int fd, int on);
// 1: the open file does not block.
int cl_is_nonblocking(int fd);
long cl_read(int fd, void *buffer, size_t count);
long cl_write(int fd, const void *buffer, size_t count);
long cl_readv(int fd, const struct iovec *iov, int count);
long cl_writev(int fd, const struct iovec *iov, int count);
long cl_preadv(int fd, const struct iovec *iov, int count, int64_t offset);
long cl_pwritev(int fd, const struct iovec *iov, int count, int64_t offset);
int cl_pipe(int fds[2], int flags);

int cl_epoll_create(void);
// op is EPOLL_CTL_*; events and token go into the epoll_event.
int cl_epoll_ctl(int epoll, int op, int fd, uint32_t events, uint64_t token);
int cl_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms);
uint64_t cl_epoll_token(const struct epoll_event *event);

int cl_eventfd(unsigned initial, int flags);
// First argument set: bit N-1 stands for signal N.
int cl_signalfd(uint64_t set, int flags);
// Blocks (1) or unblocks (0) the signals of the set for the calling thread.
int cl_signal_mask(uint64_t set, int block);
// Installs a handler that does nothing, so that the signal only interrupts system calls.
int cl_signal_interrupts(int signal);
int cl_signal_default(int signal);
int cl_signal_ignore(int signal);
int cl_timerfd(int clock, int flags);
// Relative one-shot or periodic timer in nanoseconds; zero disarms it.
int cl_timerfd_set(int fd, int64_t first_ns, int64_t interval_ns);

int cl_socket_unix(int type);
int cl_socketpair(int type, int fds[2]);
int cl_bind_unix(int fd, const char *path);
int cl_connect_unix(int fd, const char *path);
int cl_listen(int fd, int backlog);
int cl_accept(int fd);
int cl_shutdown(int fd, int how);
int cl_socket_error(int fd);
// One message with up to 253 descriptors (SCM_RIGHTS). Received descriptors are close-on-exec;
// *count is the room on entry and the number on return.
long cl_send_fds(int socket, const void *data, size_t size, const int *fds, int count);
long cl_recv_fds(int socket, void *data, size_t size, int *fds, int *count);
// AF_VSOCK: a stream socket, connected or listening.
int cl_vsock_socket(void);
int cl_vsock_set_connect_timeout(int fd, int64_t seconds);
int cl_vsock_connect(int fd, uint32_t cid, uint32_t port);
int cl_vsock_bind(int fd, uint32_t cid, uint32_t port);

int cl_pidfd_open(int pid);
int cl_pidfd_send_signal(int pidfd, int signal);
// waitpid; *status is the raw wait status.
int cl_waitpid(int pid, int *status, int options);
// Raw wait status to: the exit code (0-255), or -1 when a signal ended it.
int cl_wait_exit_code(int status);
// Raw wait status to: the signal that ended it, or 0.
int cl_wait_signal(int status);
int cl_gettid(void);
int cl_tgkill(int pid, int tid, int signal);
int cl_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5);
int cl_set_thread_name(const char *name);
// What the calling thread has been given, or "main". Valid as long as it runs.
const char *cl_thread_name(void);

int cl_ioctl(int fd, unsigned long request, void *argument);
int cl_ioctl_value(int fd, unsigned long request, unsigned long argument);
int cl_memfd_create(const char *name, unsigned flags);
int cl_ftruncate(int fd, int64_t size);
// mmap whose failure is NULL; *error is then the errno.
void *cl_mmap(size_t size, int prot, int flags, int fd, int64_t offset, int *error);
// mmap with MAP_FIXED, over pages that are mapped already.
int cl_mmap_over(void *address, size_t size, int prot, int flags, int fd, int64_t offset);
int cl_munmap(void *address, size_t size);
int cl_madvise(void *address, size_t size, int advice);

int cl_mount(const char *source, const char *target, const char *type, unsigned long flags,
             const char *data);
int cl_umount(const char *target, int flags);
int cl_unshare(int flags);
int cl_setns(int fd, int flags);
int cl_pivot_root(const char *new_root, const char *put_old);
long cl_getrandom(void *buffer, size_t count);
int64_t cl_clock_ns(int clock);

const char *cl_errno_name(int error);
const char *cl_errno_text(int error);

// recv(2) and send(2); flags are MSG_*. MSG_NOSIGNAL is added.
long cl_recv(int fd, void *buffer, size_t count, int flags);
long cl_send(int fd, const void *buffer, size_t count, int flags);
// The S_IFMT bits of an open file.
int cl_file_type(int fd);
long cl_pread(int fd, void *buffer, size_t count, int64_t offset);
// In bytes, of a regular file.
int64_t cl_file_size(int fd);
