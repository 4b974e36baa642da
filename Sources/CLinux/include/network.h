// Sockets of netlink(7). Like clinux.h: the value, or the negated errno.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A NETLINK_ROUTE socket that hears the groups (RTMGRP_*), whose errors come with text and without
// the request. flags are SOCK_*.
int cl_netlink_socket(int flags, uint32_t groups);
// recv(2); *sender is the port of the sender, 0 for the kernel. With MSG_TRUNC it answers the whole
// length of a datagram that does not fit.
long cl_netlink_receive(int fd, void *buffer, size_t size, int flags, uint32_t *sender);
// Has an interface compute the checksums of what it sends itself (ETHTOOL_STXCSUM), and with them cut segments to its MTU.
int cl_compute_checksums(const char *name);
