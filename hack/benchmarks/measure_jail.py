"""What the jail around the sandbox costs a start: all of its layers beside none, by turns."""
import contextlib
import os

from . import phases
from .children import Failure
from .context import Context
from .measure_start import WITHOUT_GUEST

NAME = "jail"
TITLE = "a start with and without the layers of the jail"
LAYERS = ["namespaces", "limits", "capabilities", "seccomp", "landlock"]
SUBJECTS = {"vmrun": None, "vmrun without jail": ",".join(LAYERS)}


def measure(context: Context) -> None:
    context.results.note(NAME, "Phases of the debug log in which no guest instruction is executed, in runs that take turns; "
                         "without jail: VMRUN_WITHOUT names all layers.")
    runtimes = [runtime for runtime in context.usable() if runtime.name == "vmrun"]
    if not runtimes:
        context.results.skip(NAME, "all", "needs a vmrun with templates")
        return
    bundle = context.bundles.make("true")
    log = context.work / "phases.json"
    for turn in range(context.options.runs):
        for subject, without in SUBJECTS.items():
            context.tell(f"{subject}: run {turn + 1} of {context.options.runs}")
            log.unlink(missing_ok=True)
            try:
                with _without(without):
                    child = runtimes[0].start(bundle, debug_log=log)
                child.succeed(context.limit(runtimes[0]))
            except Failure as failure:
                context.results.skip(NAME, subject, f"a run: {failure}")
                continue
            found = phases.marks(log.read_text(errors="replace"))
            durations = phases.durations(child.begin_nanoseconds, found, child.end_nanoseconds)
            for label, seconds in alone(durations).items():
                context.results.add(NAME, subject, label, "s", seconds)


def alone(durations: dict[str, float]) -> dict[str, float]:
    """What of a start's phases is the host's alone, and their sum. Pure."""
    kept = {label: seconds for label, seconds in durations.items() if label in phases.WITHOUT_GUEST}
    return {**kept, WITHOUT_GUEST: sum(kept.values())}


@contextlib.contextmanager
def _without(layers: str | None):
    """What is started within has these layers left off."""
    if layers is not None:
        os.environ["VMRUN_WITHOUT"] = layers
    try:
        yield
    finally:
        os.environ.pop("VMRUN_WITHOUT", None)
