"""Throughput and round-trip time of a container's network interface."""
import ctypes
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from . import procfs
from .children import Failure, run
from .context import Context
from .measure_cpu import split
from .runtimes import Runtime
from .streams import read_line

NAME = "network"
TITLE = "A container's interface"
_PORT = 7000
# linux/sched.h
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def measure(context: Context) -> None:
    size = context.options.stream_mib << 20
    context.results.note(NAME, f"A veth pair between two network namespaces, MTU 1500: {context.options.stream_mib} MiB over one TCP "
                         "connection of `nc`, timed from the first byte to the last by the end outside; then pings from there. CPU "
                         "time is that of the runtime's threads but for virtual processors, per 10^9 bytes, without the kernel's "
                         "soft interrupts.")
    inside, outside = f"bench-{os.getpid()}-inside", f"bench-{os.getpid()}-outside"
    try:
        _make_network(inside, outside)
        bundle = _bundle(context, inside, size)
        for runtime in context.usable():
            for turn in range(min(context.runs(runtime), 3)):
                context.tell(f"{runtime.name}: run {turn + 1}")
                try:
                    for metric, unit, samples in _run(context, runtime, bundle, outside, size):
                        context.results.add(NAME, runtime.name, metric, unit, *samples)
                except Failure as failure:
                    context.results.skip(NAME, runtime.name, str(failure))
                    break
                finally:
                    context.tidy()
    except (Failure, OSError) as failure:
        context.results.skip(NAME, "all", str(failure))
    finally:
        for name in (inside, outside):
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def _make_network(inside: str, outside: str) -> None:
    for name in (inside, outside):
        run(["ip", "netns", "add", name])
    run(["ip", "link", "add", "eth0", "netns", inside, "type", "veth", "peer", "name", "other", "netns", outside])
    for name, link, address in ((inside, "eth0", "10.97.0.2/24"), (outside, "other", "10.97.0.1/24")):
        run(["ip", "-n", name, "address", "add", address, "dev", link])
        run(["ip", "-n", name, "link", "set", link, "up"])


def _bundle(context: Context, inside: str, size: int) -> Path:
    """Gets bytes, sends bytes, and waits: each when it reads a line."""
    nc = f"nc 10.97.0.1 {_PORT}"
    bundle = context.bundles.make(
        "sh", "-c", f"echo ready; read line; {nc} </dev/null >/dev/null; echo got; "
        f"read line; head -c {size} /dev/zero | {nc}; echo sent; read line")
    path = bundle / "config.json"
    configuration = json.loads(path.read_text())
    for namespace in configuration["linux"]["namespaces"]:
        if namespace["type"] == "network":
            namespace["path"] = f"/run/netns/{inside}"
    path.write_text(json.dumps(configuration))
    return bundle


def _run(context: Context, runtime: Runtime, bundle: Path, outside: str, size: int):
    """Metrics with their units and samples."""
    listener = _listen(outside)
    child = runtime.start(bundle, stdin=-1, stdout=-1)
    limit = context.limit(runtime)
    try:
        listener.settimeout(limit)
        read_line(child.stdout, b"ready", limit)
        result = []
        for metric, word, move in (("to the container", b"got", _send), ("from the container", b"sent", _receive)):
            before = _host_seconds()
            child.stdin.write(b"\n")
            child.stdin.flush()
            with listener.accept()[0] as connection:
                connection.settimeout(context.options.step_limit)
                seconds = move(connection, size)
            read_line(child.stdout, word, limit)
            result.append((metric, "B/s", [size / seconds]))
            result.append((f"{metric}: CPU of the host per GB", "s", [(_host_seconds() - before) * 1e9 / size]))
        pings = run(["ip", "netns", "exec", outside, "busybox", "ping", "-c", "5", "-W", "20", "10.97.0.2"], limit + 120)
        # The first one asks for the address.
        times = [float(text) / 1000 for text in re.findall(r"time=([0-9.]+) ms", pings)][1:]
        result.append(("round trip (ping)", "s", times))
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.succeed(limit)
        return result
    except TimeoutError as error:
        raise Failure("no connection within its time") from error
    finally:
        listener.close()
        child.kill()


def _listen(space: str) -> socket.socket:
    """A socket stays in the namespace that it was made in."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        if _libc.setns(there, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return socket.create_server(("10.97.0.1", _PORT))
        finally:
            _libc.setns(here, _CLONE_NEWNET)
    finally:
        os.close(here)
        os.close(there)


def _send(connection: socket.socket, size: int) -> float:
    """Seconds until the other end has taken everything."""
    block = memoryview(bytes(1 << 20))
    begin = time.monotonic()
    left = size
    while left > 0:
        left -= connection.send(block[:left])
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(1 << 16):
        pass
    return time.monotonic() - begin


def _receive(connection: socket.socket, size: int) -> float:
    count = len(connection.recv(1 << 20))
    begin = time.monotonic()
    while count < size:
        more = len(connection.recv(1 << 20))
        if more == 0:
            raise Failure(f"ended after {count} of {size} bytes")
        count += more
    return time.monotonic() - begin


def _host_seconds() -> float:
    """CPU time so far of all below this process but virtual processors."""
    found = []
    for pid in procfs.descendants(os.getpid()):
        process = procfs.stat(pid)
        if process is not None:
            found.append((process.name, procfs.thread_times(pid)))
    return split(found)["host"]
