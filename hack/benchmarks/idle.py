"""Containers that run idle: started detached, ended by the caller of `Context.tidy`."""
import time
from pathlib import Path

from .children import Failure
from .context import Context
from .runtimes import Runtime

_COMMAND = ("sh", "-c", "echo ready; exec sleep 100000")


def start(context: Context, runtime: Runtime, count: int, at_once: int) -> list[str]:
    """Starts `count` more containers, `at_once` of them at a time; returns their names when all of them run."""
    bundle = context.bundles.make(*_COMMAND)
    names: list[str] = []
    while len(names) < count:
        batch = []
        for _ in range(min(at_once, count - len(names))):
            output = bundle / f"output-{len(names) + len(batch)}"
            with output.open("wb") as stdout:
                name, child = runtime.detach(bundle, stdout=stdout)
            batch.append((name, child, output))
        for name, child, output in batch:
            child.succeed(context.limit(runtime, at_once))
            _wait_ready(output, context.limit(runtime, at_once))
            names.append(name)
    return names


def _wait_ready(output: Path, limit: float) -> None:
    deadline = time.monotonic() + limit
    while output.read_bytes() != b"ready\n":
        if time.monotonic() > deadline:
            raise Failure("a detached container did not say that it runs")
        time.sleep(0.01)
