"""What every measurement gets: options, runtimes, bundles, and the place for its results."""
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import children
from .bundles import Bundles
from .children import Failure
from .results import Results
from .runtimes import Runtime

# A start that takes longer than this (seconds) is repeated less often.
SLOW = 3.0


@dataclass
class Options:
    """How much is measured. Times in seconds, sizes in MiB."""

    runs: int = 20
    slow_runs: int = 3
    timeout: float = 180
    step_limit: float = 600
    counts: list[int] = field(default_factory=lambda: [1, 5, 20])
    parallel: list[int] = field(default_factory=lambda: [1, 4, 16])
    settle: float = 2
    file_mib: int = 64
    small_files: int = 1000
    stream_mib: int = 256
    # QEMU beside the runtimes, in measurements that have both.
    qemu: bool = True


class Context:
    """The state of one run of the bench."""

    def __init__(self, options: Options, work: Path, runtimes: list[Runtime], bundles: Bundles,
                 kernel_and_image: tuple[str, str] | None) -> None:
        self.options = options
        self.work = work
        self.runtimes = runtimes
        self.bundles = bundles
        self.kernel_and_image = kernel_and_image
        self.results = Results()
        self._starts: dict[str, float] = {}
        # Seconds of each runtime's very first start, which may make a template.
        self.first_starts: dict[str, float] = {}

    def start_seconds(self, runtime: Runtime) -> float | None:
        """What a start of `true` takes; None where the runtime cannot do it here. Measured once, not a sample.

        The first one of all makes the template where there is one, so it may take long.
        """
        if runtime.name not in self._starts:
            try:
                bundle = self.bundles.make("true")
                first = runtime.start(bundle).succeed(self.options.timeout * 2).seconds
                self.first_starts[runtime.name] = first
                self._starts[runtime.name] = runtime.start(bundle).succeed(self.options.timeout).seconds
            except Failure as failure:
                self._starts[runtime.name] = -1
                self.results.skip("all", runtime.name, f"`run true`: {failure}")
        seconds = self._starts[runtime.name]
        return seconds if seconds >= 0 else None

    def usable(self) -> list[Runtime]:
        """The runtimes that can run a container here."""
        return [runtime for runtime in self.runtimes if self.start_seconds(runtime) is not None]

    def runs(self, runtime: Runtime) -> int:
        """How many samples of a start are taken."""
        slow = (self.start_seconds(runtime) or 0) > SLOW
        return min(self.options.slow_runs, self.options.runs) if slow else self.options.runs

    def fits(self, measurement: str, runtime: Runtime, starts: int, what: str) -> bool:
        """Whether so many starts stay within the limit of a step; a skip where they do not."""
        cores = os.cpu_count() or 1
        expected = (self.start_seconds(runtime) or 0) * starts / min(cores, starts)
        if expected <= self.options.step_limit:
            return True
        self.results.skip(measurement, runtime.name,
                          f"{what}: would take about {expected:.0f} s, --step-limit is {self.options.step_limit:.0f} s")
        return False

    def limit(self, runtime: Runtime, at_once: int = 1) -> float:
        """Seconds for a child, where `at_once` share the processors."""
        return self.options.timeout + 3 * at_once * (self.start_seconds(runtime) or 0)

    def tell(self, text: str) -> None:
        """Progress, on stderr."""
        print(f"   {text}", file=sys.stderr, flush=True)

    def tidy(self) -> None:
        """Nothing of a measurement is left running for the next one."""
        for runtime in self.runtimes:
            runtime.remove_all()
        children.end_all()
        for runtime in self.runtimes:
            runtime.remove_remains()
