"""Throughput and round-trip time of a container's network interface."""
import ctypes
import json
import os
import re
import select
import socket
import subprocess
import time
from pathlib import Path

from . import measure_qemu, newc, procfs
from .children import Child, Failure, run
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
                         "soft interrupts. QEMU's microvm has vmrun's kernel and the same busybox, and a tap that is joined with the "
                         "same interface in the same way (ingress and mirred).")
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
        if context.options.qemu:
            _measure_qemu(context, inside, outside, size)
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
        read_line(child.stdout, b"ready", limit)
        result = []
        for metric, word, move in _MOVES:
            # From before the container's own program to after its end: under runc it is one of the processes below this one.
            before = _host_seconds()
            child.stdin.write(b"\n")
            child.stdin.flush()
            seconds, _ = _move(context, listener, move, size, limit)
            read_line(child.stdout, word, limit)
            result += _rates(metric, size, seconds, _host_seconds() - before)
        result.append(_round_trips(outside, limit))
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.succeed(limit)
        return result
    finally:
        listener.close()
        child.kill()


def _move(context: Context, listener: socket.socket, move, size: int, limit: float, watch=lambda: None) -> tuple[float, float]:
    """Seconds that the next connection's transfer takes, and those of the host's processors. `watch` is called each second
    until that comes; it may raise."""
    deadline = time.monotonic() + limit
    listener.settimeout(1)
    while True:
        watch()
        try:
            connection = listener.accept()[0]
            break
        except TimeoutError as error:
            if time.monotonic() > deadline:
                raise Failure("no connection within its time") from error
    with connection:
        connection.settimeout(context.options.step_limit)
        before = _host_seconds()
        try:
            seconds = move(connection, size)
        except TimeoutError as error:
            raise Failure("nothing came or went within its time") from error
        return seconds, _host_seconds() - before


def _rates(metric: str, size: int, seconds: float, host_seconds: float):
    return [(metric, "B/s", [size / seconds]), (f"{metric}: CPU of the host per GB", "s", [host_seconds * 1e9 / size])]


def _round_trips(outside: str, limit: float):
    pings = run(["ip", "netns", "exec", outside, "busybox", "ping", "-c", "5", "-W", "20", "10.97.0.2"], limit + 120)
    # The first one asks for the address.
    times = [float(text) / 1000 for text in re.findall(r"time=([0-9.]+) ms", pings)][1:]
    return ("round trip (ping)", "s", times)


def _measure_qemu(context: Context, inside: str, outside: str, size: int) -> None:
    """Takes samples of each accelerator that boots."""
    for subject, accelerator, processors in measure_qemu.VARIANTS:
        reason = measure_qemu.missing(context, accelerator)
        if reason:
            context.results.skip(NAME, subject, reason)
            continue
        for processor in processors:
            context.tell(f"{subject} (-cpu {processor})")
            try:
                for metric, unit, samples in _run_qemu(context, accelerator, processor, inside, outside, size):
                    context.results.add(NAME, subject, metric, unit, *samples)
                break
            except Failure as failure:
                context.results.skip(NAME, subject, f"-cpu {processor}: {failure}")
            finally:
                context.tidy()


def _run_qemu(context: Context, accelerator: str, processor: str, inside: str, outside: str, size: int):
    kernel, _ = context.kernel_and_image
    image = context.work / "network.cpio"
    image.write_bytes(_image(context, size))
    tap = "qemu0"
    address = json.loads(run(["ip", "-j", "-n", inside, "link", "show", "eth0"]))[0]["address"]
    join_tap(inside, tap)
    listener = _listen(outside)
    child = Child(["ip", "netns", "exec", inside, *measure_qemu.command(accelerator, processor, kernel, str(image)),
                   "-name", "bench,debug-threads=on", "-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no,vhost=off",
                   "-device", f"virtio-net-device,netdev=net,mac={address}"])
    limit = context.options.timeout
    try:
        result = []
        for metric, _, move in _MOVES:
            result += _rates(metric, size, *_move(context, listener, move, size, limit, lambda: _watch(child)))
        return [*result, _round_trips(outside, limit)]
    finally:
        listener.close()
        child.kill()
        run(["ip", "-n", inside, "link", "delete", tap])


def _watch(child: Child) -> None:
    """Nobody will connect any more."""
    if select.select([child], [], [], 0)[0]:
        raise Failure(f"QEMU ended: {child.errors().strip()[:200]}")
    measure_qemu.stop_where_stuck(child)


def join_tap(inside: str, tap: str) -> None:
    """Makes a tap and leads every frame between it and eth0, as vmrun does."""
    run(["ip", "-n", inside, "tuntap", "add", tap, "mode", "tap", "vnet_hdr"])
    run(["ip", "-n", inside, "link", "set", tap, "up"])
    for one, other in (("eth0", tap), (tap, "eth0")):
        # What was there before is nobody's any more.
        subprocess.run(["tc", "-n", inside, "qdisc", "delete", "dev", one, "ingress"], check=False, stderr=subprocess.DEVNULL)
        run(["tc", "-n", inside, "qdisc", "add", "dev", one, "ingress"])
        _redirect(inside, one, other)


def _redirect(inside: str, one: str, other: str) -> None:
    """With whichever classifier the kernel has."""
    begin = ["tc", "-n", inside, "filter", "add", "dev", one, "parent", "ffff:", "protocol", "all"]
    end = ["action", "mirred", "egress", "redirect", "dev", other]
    try:
        run([*begin, "matchall", *end])
    except Failure:
        run([*begin, "u32", "match", "u32", "0", "0", *end])


def _image(context: Context, size: int) -> bytes:
    """A root with busybox, and an init that does what the container does without being asked."""
    script = "\n".join([
        "#!/bin/busybox sh",
        "/bin/busybox ip link set lo up; /bin/busybox ip link set eth0 up",
        "/bin/busybox ip address add 10.97.0.2/24 dev eth0",
        f"/bin/busybox nc 10.97.0.1 {_PORT} </dev/null >/dev/null",
        f"/bin/busybox head -c {size} /dev/zero | /bin/busybox nc 10.97.0.1 {_PORT}",
        "/bin/busybox sleep 100000", ""])
    busybox = (context.bundles.rootfs / "bin" / "busybox").read_bytes()
    return newc.archive([
        newc.folder("dev"), newc.character_device("dev/console", 5, 1), newc.character_device("dev/null", 1, 3),
        newc.character_device("dev/zero", 1, 5), newc.folder("bin"), newc.program("bin/busybox", busybox),
        newc.program("init", script.encode())])


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


# Metric, what the container says at its end, and what the end outside does.
_MOVES = (("to the container", b"got", _send), ("from the container", b"sent", _receive))


def _host_seconds() -> float:
    """CPU time so far of all below this process but virtual processors."""
    found = []
    for pid in procfs.descendants(os.getpid()):
        process = procfs.stat(pid)
        if process is not None:
            found.append((process.name, procfs.thread_times(pid)))
    return split(found)["host"]
