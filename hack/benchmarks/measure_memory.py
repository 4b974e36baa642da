"""Memory of idle containers: PSS of all processes below the bench, which are then a runtime's and its containers'."""
import os
import time

from . import idle, procfs
from .children import Failure
from .context import Context
from .runtimes import Runtime

NAME = "memory"
TITLE = "Memory of idle containers"
# While a container starts, PSS is read about this often (seconds).
_POLL = 0.02


def measure(context: Context) -> None:
    context.results.note(NAME, "Sum of PSS (smaps_rollup) of every process that a runtime leaves running for detached containers "
                         "with `sleep`; memory of the host's kernel is not in it. Peak: the highest of readings every "
                         f"{_POLL * 1000:.0f} ms while one starts in the foreground. Guest RAM: the longest run of writable "
                         "mappings of the sandbox; it has the template's file in it.")
    for runtime in context.usable():
        try:
            context.tell(f"{runtime.name}: peak")
            context.results.add(NAME, runtime.name, "peak of one start", "B", _peak(context, runtime))
            context.tidy()
            _steady(context, runtime)
        except Failure as failure:
            context.results.skip(NAME, runtime.name, str(failure))
        finally:
            context.tidy()


def total() -> int:
    """Bytes of PSS of all processes below this one."""
    return sum(procfs.pss(pid) for pid in procfs.descendants(os.getpid()))


def _peak(context: Context, runtime: Runtime) -> int:
    """Highest PSS from a start in the foreground until `settle` seconds after the container runs."""
    output = context.work / "ready"
    bundle = context.bundles.make("sh", "-c", "echo ready; exec sleep 100000")
    highest, ready = 0, None
    deadline = time.monotonic() + context.limit(runtime)
    with output.open("wb") as stdout:
        child = runtime.start(bundle, stdout=stdout)
    try:
        while ready is None or time.monotonic() < ready + context.options.settle:
            highest = max(highest, total())
            if ready is None and output.read_bytes() == b"ready\n":
                ready = time.monotonic()
            if time.monotonic() > deadline:
                raise Failure("the container did not say that it runs")
            time.sleep(_POLL)
    finally:
        child.kill()
    return highest


def _steady(context: Context, runtime: Runtime) -> None:
    """More and more containers, the first ones stay."""
    running, first = 0, 0
    for count in sorted(context.options.counts):
        if not context.fits(NAME, runtime, count - running, f"{count} containers"):
            return
        context.tell(f"{runtime.name}: {count} idle containers")
        idle.start(context, runtime, count - running, os.cpu_count() or 1)
        running = count
        time.sleep(context.options.settle)
        sum_of_all = total()
        context.results.add(NAME, runtime.name, f"{count} idle, each", "B", sum_of_all / count)
        if first == 0:
            first, fewest = sum_of_all, count
            _parts(context, runtime)
        else:
            increment = (sum_of_all - first) / (count - fewest)
            context.results.add(NAME, runtime.name, f"{count} idle, one more adds", "B", increment)


def _parts(context: Context, runtime: Runtime) -> None:
    """Splits each sandbox's memory into the guest's RAM and the rest."""
    for pid in procfs.descendants(os.getpid()):
        process, smaps = procfs.stat(pid), procfs.read(f"/proc/{pid}/smaps")
        if process is None or not smaps or process.name != "vmrun-sandbox":
            continue
        mappings = procfs.parse_smaps(smaps)
        everything = sum(mapping.pss for mapping in mappings)
        guest = sum(mapping.pss for mapping in procfs.guest_memory(mappings))
        context.results.add(NAME, runtime.name, "sandbox: guest RAM", "B", guest)
        context.results.add(NAME, runtime.name, "sandbox: the rest", "B", everything - guest)
