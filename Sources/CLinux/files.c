#define _GNU_SOURCE
#include "include/files.h"

#include <errno.h>
#include <sys/uio.h>

#define RESULT(call)                                                                               \
    do {                                                                                           \
        __typeof__(call) result = (call);                                                          \
        return result < 0 ? (__typeof__(call))-errno : result;                                     \
    } while (0)

long cl_pwritev_append(int fd, const struct iovec *iov, int count, int64_t offset) {
    RESULT(pwritev2(fd, iov, count, offset, RWF_APPEND));
}
