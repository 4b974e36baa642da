// The socket device: floods, credit that is a lie, addresses of others, and an agent that is not one.
#include "guest.h"

static struct queue queues[3];
static u8 packet[44 + 0x11000] __attribute__((aligned(4096)));
static u8 answers[16][4096] __attribute__((aligned(4096)));

struct header {
    u64 source, destination;
    u32 source_port, destination_port, size;
    u16 type, operation;
    u32 flags, room, forwarded;
} __attribute__((packed));

static void supply(void) {
    for (int n = 0; n < 16; n++) {
        queues[0].descriptors[n] = (struct descriptor){(u64)answers[n], sizeof answers[n], WRITE_ONLY, 0};
        offer(VSOCK, queues, 0, n);
    }
}

static void send(struct header header, u32 sent) {
    copy(packet, &header, sizeof header);
    queues[1].descriptors[0] = (struct descriptor){(u64)packet, sizeof header + sent, 0, 0};
    offer(VSOCK, queues, 1, 0);
    if (!wait_used(&queues[1], 100000)) {
        // The device has given up on this guest: it begins again.
        fill(queues, 0, sizeof queues);
        begin(VSOCK, queues, 3);
        supply();
    }
}

static struct header to(u32 port, u16 operation) {
    return (struct header){3, 2, 1000 + port, port, 0, 1, operation, 0, 0x40000, 0};
}

void attack_sockets(void) {
    begin(VSOCK, queues, 3);
    supply();
    // Every operation and type, without a connection.
    for (u16 operation = 0; operation < 10; operation++)
        for (u16 type = 0; type < 4; type++) {
            struct header header = to(1, operation);
            header.type = type;
            send(header, 0);
        }
    // Other machines and the hypervisor's own addresses.
    u64 addresses[] = {0, 1, 2, 3, 4, 0xffffffff, ~0UL};
    for (int n = 0; n < 7; n++) {
        struct header header = to(22, 1);
        header.destination = addresses[n];
        send(header, 0);
        header = to(22, 1);
        header.source = addresses[n];
        send(header, 0);
    }
    // As many connections as there are ports to ask for.
    u32 agent = number(parameter("port"));
    for (u32 port = 0; port < 1200; port++)
        if (port != agent) send(to(port, 1), 0);
    supply();
    // Messages of an agent: a length that is a lie, and noise; sent to every port that may be the agent's.
    fill(packet + 44, 0xff, 0x11000);
    // The agent's own is the last one: the host ends a machine whose agent talks nonsense.
    u32 ports[] = {1, 2, agent + 1, agent + 2, agent};
    for (int n = 0; n < 5; n++)
        for (u32 sizes = 0; sizes < 5; sizes++) {
            struct header header = to(ports[n], 1);
            header.source_port = 5000 + n * 8 + sizes;
            // No room, all the room there is, and more received than was sent.
            header.room = sizes == 0 ? 0 : sizes == 1 ? ~0u : 0x1000;
            header.forwarded = sizes == 2 ? ~0u : 0;
            send(header, 0);
            header.operation = 5;
            header.size = sizes == 3 ? ~0u : sizes == 4 ? 0x10001 : 0x1000;
            send(header, 0x1000);
            header.operation = 7;
            send(header, 0);
            header.operation = 5;
            header.size = 0x10000;
            for (int m = 0; m < 8; m++) send(header, 0x10000);
            header.operation = 4;
            header.flags = ~0u;
            header.size = 0;
            send(header, 0);
            send(header, 0);
        }
}
