"""Reading and writing pipes with a limit of time."""
import os
import select
import time

from .children import Failure


def read_some(stream, deadline: float) -> bytes:
    """What a pipe has by now, at most 1 MiB; empty at its end. Deadlines are of time.monotonic()."""
    left = deadline - time.monotonic()
    if left <= 0 or not select.select([stream], [], [], left)[0]:
        raise Failure("no output within its time")
    return os.read(stream.fileno(), 1 << 20)


def read_line(stream, wanted: bytes, limit: float) -> None:
    """Reads until a line is `wanted`; nothing may follow it yet. `limit` in seconds."""
    deadline = time.monotonic() + limit
    seen = b""
    while wanted not in seen.splitlines():
        more = read_some(stream, deadline)
        if not more:
            raise Failure(f"ended before it said {wanted.decode()}")
        seen += more


def timed_lines(stream, limit: float, watch=lambda: None):
    """Yields (time.monotonic(), line) as lines come, until the end of the stream.

    `watch` is called about every second without output; it may raise.
    """
    deadline = time.monotonic() + limit
    rest = b""
    while True:
        while not select.select([stream], [], [], 1)[0] and time.monotonic() < deadline:
            watch()
        more = read_some(stream, deadline)
        if not more:
            break
        now = time.monotonic()
        *lines, rest = (rest + more).split(b"\n")
        for line in lines:
            yield now, line.decode(errors="replace")
    if rest:
        yield time.monotonic(), rest.decode(errors="replace")


def pump(source, sink, size: int, limit: float) -> None:
    """Writes `size` bytes to `sink` and reads as many from `source`, both at once; closes the sink after the last."""
    deadline = time.monotonic() + limit
    os.set_blocking(sink.fileno(), False)
    block = memoryview(bytes(1 << 20))
    to_write, to_read = size, size
    while to_read > 0:
        left = deadline - time.monotonic()
        readable, writable, _ = select.select([source], [sink] if to_write else [], [], max(left, 0))
        if not readable and not writable:
            raise Failure(f"{size - to_read} of {size} bytes came through within {limit:.0f} s")
        if writable:
            to_write -= os.write(sink.fileno(), block[:to_write])
            if to_write == 0:
                sink.close()
        if readable:
            count = len(os.read(source.fileno(), 1 << 20))
            if count == 0:
                raise Failure(f"ended after {size - to_read} of {size} bytes")
            to_read -= count
