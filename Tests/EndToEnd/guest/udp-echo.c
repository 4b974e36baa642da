// Sends each datagram that comes to port 7001, of IPv4 or IPv6, back to where it came from, until it is ended.
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
    static char data[65536];
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(7001)};
    int end = socket(AF_INET6, SOCK_DGRAM, 0);
    if (end < 0 || bind(end, (struct sockaddr *)&address, sizeof address) < 0) return 1;
    for (;;) {
        socklen_t size = sizeof address;
        ssize_t count = recvfrom(end, data, sizeof data, 0, (struct sockaddr *)&address, &size);
        if (count >= 0) sendto(end, data, count, 0, (struct sockaddr *)&address, size);
    }
}
