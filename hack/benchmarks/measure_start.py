"""`run true` in a busybox bundle: the total of each runtime, and vmrun phase by phase."""
from . import phases
from .children import Failure
from .context import Context
from .runtimes import Runtime

NAME = "start"
TITLE = "`run true` in a busybox bundle"
TOTAL = "total"
PHASES = "phase"
WITHOUT_GUEST = "phases without guest execution"


def measure(context: Context) -> None:
    """Runtimes take turns, so that a change of the machine's load meets all of them."""
    runtimes = context.usable()
    context.results.note(NAME, "Total: from before the spawn of the runtime to its collected exit, nothing logged. CPU time: user "
                         "and system of the runtime and of all that it waits for, the guest's included where the runtime "
                         "collects its sandbox.")
    if "vmrun" in context.first_starts:
        context.results.add(NAME, "vmrun", "first run, which makes the template", "s", context.first_starts["vmrun"])
    bundle = context.bundles.make("true")
    for turn in range(context.options.runs):
        for runtime in runtimes:
            if turn < context.runs(runtime):
                context.tell(f"{runtime.name}: run {turn + 1} of {context.runs(runtime)}")
                _total(context, runtime, bundle)
    for runtime in runtimes:
        if runtime.name.startswith("vmrun"):
            _phases(context, runtime, bundle)


def _total(context: Context, runtime: Runtime, bundle) -> None:
    try:
        end = runtime.start(bundle).succeed(context.limit(runtime))
    except Failure as failure:
        context.results.skip(NAME, runtime.name, f"a run: {failure}")
        return
    context.results.add(NAME, runtime.name, TOTAL, "s", end.seconds)
    context.results.add(NAME, runtime.name, "CPU time", "s", end.cpu_seconds)


def _phases(context: Context, runtime: Runtime, bundle) -> None:
    """Separate runs with a debug log, whose phases end where vmrun says so."""
    context.results.note(NAME, "Phases: from the debug log, in runs of their own; a phase has the name of what is reached at its "
                         "end. The clean-up ends with vmrun's collected exit.")
    log = context.work / "phases.json"
    for turn in range(context.runs(runtime)):
        context.tell(f"{runtime.name}: phases {turn + 1} of {context.runs(runtime)}")
        log.unlink(missing_ok=True)
        child = runtime.start(bundle, debug_log=log)
        try:
            child.succeed(context.limit(runtime))
        except Failure as failure:
            context.results.skip(NAME, runtime.name, f"a run with phases: {failure}")
            continue
        found = phases.marks(log.read_text(errors="replace"))
        if not found:
            context.results.skip(NAME, runtime.name, "phases: this vmrun does not log them")
            return
        _add(context, runtime, phases.durations(child.begin_nanoseconds, found, child.end_nanoseconds), found)


def _add(context: Context, runtime: Runtime, durations: dict[str, float], found: dict[str, int]) -> None:
    for label, seconds in durations.items():
        context.results.add(NAME, runtime.name, f"{PHASES}: {label}", "s", seconds)
    missing = [name for name in phases.ORDER if name not in found]
    if missing:
        context.results.note(NAME, f"{runtime.name} does not log these phases; the next one has their time: {', '.join(missing)}.")
    if not missing:
        alone = sum(seconds for label, seconds in durations.items() if label in phases.WITHOUT_GUEST)
        context.results.add(NAME, runtime.name, WITHOUT_GUEST, "s", alone)
