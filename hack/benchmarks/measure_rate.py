"""Containers started per second, several at once."""
import select
import time

from .children import Child, Failure
from .context import SLOW, Context
from .runtimes import Runtime

NAME = "rate"
TITLE = "Containers started per second"
# As many starts as take about this long (seconds), within bounds.
_LENGTH = 4
_MOST = 200


def measure(context: Context) -> None:
    context.results.note(NAME, "`run true` over and over with a fixed number at once, from the first spawn to the last exit.")
    for runtime in context.usable():
        seconds = context.start_seconds(runtime) or 0
        for at_once in context.options.parallel:
            count = how_many(seconds, at_once)
            if context.fits(NAME, runtime, count, f"{at_once} at once"):
                _rates(context, runtime, at_once, count, 1 if seconds > SLOW else min(3, context.options.runs))


def how_many(seconds: float, at_once: int) -> int:
    """Starts for one sample, where one takes so long. Pure."""
    if seconds > SLOW:
        return at_once
    return min(max(2 * at_once, round(_LENGTH / max(seconds, 0.001))), _MOST)


def _rates(context: Context, runtime: Runtime, at_once: int, count: int, samples: int) -> None:
    context.tell(f"{runtime.name}: {count} starts, {at_once} at once")
    try:
        for _ in range(samples):
            rate = starts_per_second(context, runtime, at_once, count)
            context.results.add(NAME, runtime.name, f"{at_once} at once", "1/s", rate)
    except Failure as failure:
        context.results.skip(NAME, runtime.name, f"{at_once} at once: {failure}")
    finally:
        context.tidy()


def starts_per_second(context: Context, runtime: Runtime, at_once: int, count: int) -> float:
    """Keeps `at_once` running until `count` have ended."""
    bundle = context.bundles.make("true")
    limit = context.limit(runtime, at_once)
    begin = time.monotonic()
    running, started, ended = [], 0, 0
    while ended < count:
        while started < count and len(running) < at_once:
            running.append(runtime.start(bundle))
            started += 1
        for child in wait_any(running, limit):
            running.remove(child)
            child.succeed(limit)
            ended += 1
    return count / (time.monotonic() - begin)


def wait_any(running: list[Child], limit: float) -> list[Child]:
    """The children that have ended; waits up to `limit` seconds for the first."""
    ended, _, _ = select.select(running, [], [], limit)
    if not ended:
        raise Failure(f"none of {len(running)} ended within {limit:.0f} s")
    return ended
