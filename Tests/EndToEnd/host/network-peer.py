#!/usr/bin/env python3
"""Talks to containers from the other end of their network.

    network-peer.py serve          TCP port 7000 and UDP port 7001, names on UDP port 53; both families, until it is ended
    network-peer.py pattern COUNT               prints that many bytes of the pattern
    network-peer.py echo ADDRESS PORT SIZE...   sends datagrams and wants each of them back

A connection to port 7000 begins with a line: `source COUNT` gets that many bytes of the pattern, `sink COUNT` sends
that many and gets their SHA-256.
"""
import hashlib
import itertools
import socket
import socketserver
import struct
import sys
import threading

BLOCK = bytes(itertools.islice(itertools.cycle(range(251)), 251 << 8))
# What every name leads to.
ADDRESSES = {1: socket.inet_aton("10.97.0.1"), 28: socket.inet_pton(socket.AF_INET6, "fd97::1")}


def pattern(count):
    """Bytes that tell where they belong, in blocks."""
    while count > 0:
        yield BLOCK[:count]
        count -= len(BLOCK)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        verb, count = self.rfile.readline().split()
        if verb == b"source":
            for block in pattern(int(count)):
                self.wfile.write(block)
            return
        digest, rest = hashlib.sha256(), int(count)
        while rest > 0:
            block = self.rfile.read1(min(rest, 1 << 16))
            if not block:
                return
            digest.update(block)
            rest -= len(block)
        self.wfile.write(digest.hexdigest().encode() + b"\n")


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        data, connection = self.request
        connection.sendto(data, self.client_address)


class Names(socketserver.BaseRequestHandler):
    """Answers one question (RFC 1035) with the address of this end."""

    def handle(self):
        data, connection = self.request
        end = data.index(b"\0", 12) + 5
        kind = struct.unpack(">H", data[end - 4:end - 2])[0]
        address = ADDRESSES.get(kind, b"")
        answer = struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(address)) + address if address else b""
        head = data[:2] + struct.pack(">HHHHH", 0x8580, 1, 1 if address else 0, 0, 0)
        connection.sendto(head + data[12:end] + answer, self.client_address)


class Both:
    """Of IPv6, and of IPv4 through it."""

    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class StreamServer(Both, socketserver.ThreadingTCPServer):
    pass


class DatagramServer(Both, socketserver.UDPServer):
    max_packet_size = 65535


def serve():
    servers = [StreamServer(("::", 7000), Stream), DatagramServer(("::", 7001), Echo), DatagramServer(("::", 53), Names)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    for thread in threads:
        thread.join()


def write(count):
    for block in pattern(int(count)):
        sys.stdout.buffer.write(block)


def echo(address, port, *sizes):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(30)
        datagrams.connect((address, int(port)))
        for size in sizes:
            data = next(pattern(int(size)))
            datagrams.send(data)
            if datagrams.recv(65535) != data:
                sys.exit("another datagram came back")


if __name__ == "__main__":
    {"serve": serve, "pattern": write, "echo": echo}[sys.argv[1]](*sys.argv[2:])
