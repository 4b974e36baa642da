"""CPU time that a start costs the host outside the guest: that of every thread but those of virtual processors."""
import os
import time

from . import procfs
from .children import Failure
from .context import Context
from .runtimes import Runtime
from .streams import read_line

NAME = "cpu"
TITLE = "CPU time of the host for a start"


def measure(context: Context) -> None:
    context.results.note(NAME, "A container that says `ready` and then waits for its stdin. When it has said so, the CPU time of "
                         "every living thread below the bench is read (schedstat). Threads vcpu* are guest execution with its "
                         "exits; a KVM that interprets the guest does that in them, too. What is left is the host's cost. "
                         "Threads and processes that ended before are not in it.")
    bundle = context.bundles.make("sh", "-c", "echo ready; read line")
    for runtime in context.usable():
        for turn in range(min(context.runs(runtime), 10)):
            context.tell(f"{runtime.name}: run {turn + 1}")
            try:
                for metric, seconds in _start(context, runtime, bundle).items():
                    context.results.add(NAME, runtime.name, metric, "s", seconds)
            except Failure as failure:
                context.results.skip(NAME, runtime.name, str(failure))
                break
            finally:
                context.tidy()


def _start(context: Context, runtime: Runtime, bundle) -> dict[str, float]:
    """CPU seconds by what they went into."""
    child = runtime.start(bundle, stdin=-1, stdout=-1)
    try:
        read_line(child.stdout, b"ready", context.limit(runtime))
        # A running thread's time is brought up to date when it goes to sleep.
        time.sleep(0.05)
        times = split(_by_process())
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.succeed(context.limit(runtime))
        return times
    finally:
        child.kill()


def _by_process() -> list[tuple[str, dict[str, float]]]:
    """Name and threads' CPU seconds of each process below this one."""
    found = []
    for pid in procfs.descendants(os.getpid()):
        process = procfs.stat(pid)
        if process is not None:
            found.append((process.name, procfs.thread_times(pid)))
    return found


# How threads are called that are virtual processors: vmrun's, and QEMU's with `debug-threads`.
_VIRTUAL = ("vcpu", "CPU ", "ALL CPUs")


def split(processes: list[tuple[str, dict[str, float]]]) -> dict[str, float]:
    """Adds up threads: those of virtual processors, and the others by process. Pure."""
    guest, host = 0.0, {}
    for name, threads in processes:
        virtual = sum(seconds for thread, seconds in threads.items() if thread.startswith(_VIRTUAL))
        guest += virtual
        host[name] = host.get(name, 0.0) + sum(threads.values()) - virtual
    runtime_parts = {name: seconds for name, seconds in host.items() if name.startswith("vmrun")}
    result = {"host": sum(runtime_parts.values()) if runtime_parts else sum(host.values())}
    result.update({f"host: {name}": seconds for name, seconds in runtime_parts.items()})
    if guest:
        result["vcpu threads"] = guest
    return result
