"""`exec true` in a container that runs."""
from . import idle
from .children import Failure
from .context import Context

NAME = "exec"
TITLE = "`exec true` in a running container"


def measure(context: Context) -> None:
    for runtime in context.usable():
        if not runtime.has("exec"):
            context.results.skip(NAME, runtime.name, "the verb exec does not exist yet")
            continue
        try:
            [name] = idle.start(context, runtime, 1, 1)
            for turn in range(context.options.runs):
                context.tell(f"{runtime.name}: exec {turn + 1} of {context.options.runs}")
                end = runtime.execute(name, "true").succeed(context.limit(runtime))
                context.results.add(NAME, runtime.name, "total", "s", end.seconds)
                if end.seconds > 1 and turn + 1 >= context.options.slow_runs:
                    break
        except Failure as failure:
            context.results.skip(NAME, runtime.name, str(failure))
        finally:
            context.tidy()
