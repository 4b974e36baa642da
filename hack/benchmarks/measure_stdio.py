"""Throughput of a container's standard streams."""
import time

from .children import Failure
from .context import Context
from .runtimes import Runtime
from .streams import pump, read_line

NAME = "stdio"
TITLE = "Standard streams through `cat`"


def measure(context: Context) -> None:
    size = context.options.stream_mib << 20
    context.results.note(NAME, f"{context.options.stream_mib} MiB into stdin and out of stdout of `cat`, both pipes, from the first "
                         "byte after the container answers to the last.")
    bundle = context.bundles.make("cat")
    for runtime in context.usable():
        for turn in range(min(context.runs(runtime), 5)):
            context.tell(f"{runtime.name}: run {turn + 1}")
            try:
                context.results.add(NAME, runtime.name, "in and out", "B/s", _rate(context, runtime, bundle, size))
            except Failure as failure:
                context.results.skip(NAME, runtime.name, str(failure))
                break


def _rate(context: Context, runtime: Runtime, bundle, size: int) -> float:
    """Bytes per second."""
    child = runtime.start(bundle, stdin=-1, stdout=-1)
    try:
        child.stdin.write(b"ready\n")
        child.stdin.flush()
        read_line(child.stdout, b"ready", context.limit(runtime))
        begin = time.monotonic()
        pump(child.stdout, child.stdin, size, context.options.step_limit)
        seconds = time.monotonic() - begin
        child.succeed(context.limit(runtime))
        return size / seconds
    finally:
        child.kill()
