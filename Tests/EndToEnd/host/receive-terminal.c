// What an engine does with --console-socket: receive-terminal SOCKET ROWS COLUMNS
// Takes the terminal's master from the socket, gives it a size, and copies between it and stdin and stdout until the other
// side is closed.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void check(int ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

// Waits for one connection and the descriptor that comes over it.
static int receive(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    check(strlen(path) < sizeof address.sun_path, "path");
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(listener >= 0, "socket");
    check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    check(listen(listener, 1) == 0, "listen");
    int connection = accept(listener, NULL, NULL);
    check(connection >= 0, "accept");
    char name[256], control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {name, sizeof name};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    check(recvmsg(connection, &message, 0) > 0, "recvmsg");
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    check(header != NULL && header->cmsg_type == SCM_RIGHTS, "no descriptor came");
    int master;
    memcpy(&master, CMSG_DATA(header), sizeof master);
    close(connection);
    close(listener);
    return master;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    int master = receive(arguments[1]);
    struct winsize size = {.ws_row = (unsigned short)atoi(arguments[2]), .ws_col = (unsigned short)atoi(arguments[3])};
    check(ioctl(master, TIOCSWINSZ, &size) == 0, "TIOCSWINSZ");
    struct pollfd sources[2] = {{.fd = master, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    char bytes[4096];
    for (;;) {
        check(poll(sources, 2, -1) > 0, "poll");
        if (sources[0].revents) {
            ssize_t length = read(master, bytes, sizeof bytes);
            // EIO: the last process has closed the other side.
            if (length <= 0) return 0;
            check(write(1, bytes, (size_t)length) == length, "write");
        }
        if (sources[1].revents) {
            ssize_t length = read(0, bytes, sizeof bytes);
            if (length <= 0) sources[1].fd = -1;
            else check(write(master, bytes, (size_t)length) == length, "write");
        }
    }
}
