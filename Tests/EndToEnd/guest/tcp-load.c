// Streams over many TCP connections at once, whose every byte is known to both ends.
//
//   tcp-load serve PORT
//   tcp-load send|receive ADDRESS PORT CONNECTIONS BYTES
//
// `send` and `receive` move so many bytes over each connection, all of which are open before the first one moves any, and
// succeed when every byte has come right. They print the total and the milliseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The pattern repeats after a prime number of bytes, and has room for a piece behind that.
#define PERIOD 65521
#define PIECE 65536
#define MAX_STREAMS 256

struct header {
    uint32_t to_server, number;
    uint64_t count;
};

struct stream {
    int fd;
    // What the header says; the one who begins sends it.
    struct header header;
    size_t header_done;
    int begins, sends;
    uint64_t offset;
};

static unsigned char pattern[PERIOD + PIECE], piece[PIECE];
static struct stream streams[MAX_STREAMS];
static int stream_count;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static const unsigned char *expected(const struct stream *stream) {
    return pattern + (stream->offset + stream->header.number * 977) % PERIOD;
}

// A result of a call on the stream: the bytes that were moved, or 0 where it is to be called again.
static size_t moved(ssize_t result, const char *what) {
    if (result < 0 && errno != EAGAIN && errno != EINTR)
        die(what);
    if (result == 0) {
        fprintf(stderr, "%s: the stream ended too early\n", what);
        exit(1);
    }
    return result < 0 ? 0 : (size_t)result;
}

static void check(const struct stream *stream, size_t count) {
    if (memcmp(piece, expected(stream), count) == 0)
        return;
    fprintf(stderr, "stream %u: wrong bytes between %llu and %llu\n", stream->header.number,
            (unsigned long long)stream->offset, (unsigned long long)(stream->offset + count));
    exit(1);
}

// Moves something; true when the stream is done, with one byte more, which the receiver sends.
static int step(struct stream *stream) {
    size_t left = sizeof stream->header - stream->header_done;
    char *rest = (char *)&stream->header + stream->header_done;
    if (left > 0) {
        stream->header_done += stream->begins ? moved(write(stream->fd, rest, left), "write the header")
                                              : moved(read(stream->fd, rest, left), "read the header");
        stream->sends = stream->begins == (int)stream->header.to_server;
        return 0;
    }
    uint64_t rest_count = stream->header.count - stream->offset;
    size_t count = rest_count < PIECE ? (size_t)rest_count : PIECE;
    if (count == 0)
        return stream->sends ? moved(read(stream->fd, piece, 1), "read the answer") == 1
                             : moved(write(stream->fd, "k", 1), "write the answer") == 1;
    if (stream->sends) {
        stream->offset += moved(write(stream->fd, expected(stream), count), "write");
    } else {
        size_t got = moved(read(stream->fd, piece, count), "read");
        check(stream, got);
        stream->offset += got;
    }
    return 0;
}

static short wanted(const struct stream *stream) {
    if (stream->header_done < sizeof stream->header)
        return stream->begins ? POLLOUT : POLLIN;
    int at_end = stream->offset == stream->header.count;
    return stream->sends != at_end ? POLLOUT : POLLIN;
}

static struct stream *add(int fd) {
    if (stream_count == MAX_STREAMS) {
        fprintf(stderr, "too many streams\n");
        exit(1);
    }
    struct stream *stream = &streams[stream_count++];
    *stream = (struct stream){.fd = fd};
    return stream;
}

// Serves all streams, and newcomers of `listener` (or -1): for ever, or until no stream is left.
static void run(int listener) {
    while (listener >= 0 || stream_count > 0) {
        struct pollfd polls[MAX_STREAMS + 1];
        int count = stream_count;
        for (int i = 0; i < count; i++)
            polls[i] = (struct pollfd){.fd = streams[i].fd, .events = wanted(&streams[i])};
        polls[count] = (struct pollfd){.fd = listener, .events = POLLIN};
        if (poll(polls, (nfds_t)count + 1, -1) < 0 && errno != EINTR)
            die("poll");
        // From the end, so that the last one can take the place of one that is done.
        for (int i = count - 1; i >= 0; i--)
            if (polls[i].revents && step(&streams[i])) {
                close(streams[i].fd);
                streams[i] = streams[--stream_count];
            }
        if (polls[count].revents) {
            int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0)
                die("accept");
            add(fd);
        }
    }
}

static int listen_on(const char *port) {
    int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, MAX_STREAMS) < 0)
        die("listen");
    return fd;
}

static int connect_to(const char *name, const char *port) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six.sin6_port};
    int is_six = inet_pton(AF_INET6, name, &six.sin6_addr) == 1;
    if (!is_six && inet_pton(AF_INET, name, &four.sin_addr) != 1) {
        fprintf(stderr, "%s is no address\n", name);
        exit(1);
    }
    int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || (is_six ? connect(fd, (struct sockaddr *)&six, sizeof six)
                          : connect(fd, (struct sockaddr *)&four, sizeof four)) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        die("connect");
    return fd;
}

static void load(int to_server, const char *address, const char *port, int connections, uint64_t count) {
    for (int i = 0; i < connections; i++) {
        struct stream *stream = add(connect_to(address, port));
        stream->begins = 1;
        stream->header = (struct header){(uint32_t)to_server, (uint32_t)i, count};
    }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    run(-1);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%llu %lld\n", (unsigned long long)count * (unsigned)connections,
           (long long)(end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
}

int main(int argc, char **argv) {
    for (uint32_t i = 0, value = 1; i < sizeof pattern; i++) {
        value = value * 1664525 + 1013904223;
        pattern[i] = i < PERIOD ? (unsigned char)(value >> 24) : pattern[i - PERIOD];
    }
    if (argc == 3 && strcmp(argv[1], "serve") == 0) {
        int listener = listen_on(argv[2]);
        puts("ready");
        fflush(stdout);
        run(listener);
    } else if (argc == 6 && (strcmp(argv[1], "send") == 0 || strcmp(argv[1], "receive") == 0)) {
        load(argv[1][0] == 's', argv[2], argv[3], atoi(argv[4]), strtoull(argv[5], NULL, 10));
    } else {
        fprintf(stderr, "usage: tcp-load serve PORT | send|receive ADDRESS PORT CONNECTIONS BYTES\n");
        return 2;
    }
    return 0;
}
