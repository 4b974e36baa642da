// Calls on files that a file server makes. Like clinux.h: the value, or the negated errno.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

// pwritev2 with RWF_APPEND: writes at the end of the file whatever the offset.
long cl_pwritev_append(int fd, const struct iovec *iov, int count, int64_t offset);
