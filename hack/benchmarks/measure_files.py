"""Files of the container's root: sequential and random transfer, and many small files."""
import os
import re
import shutil
import subprocess

from .children import Failure
from .context import Context
from .runtimes import Runtime
from .streams import timed_lines

NAME = "files"
TITLE = "Files on the shared root"
RANDOM_BLOCK = 4096

# One container does all of it. Lines with @ are timed by the bench as they come; dd and random-io time themselves.
_SCRIPT = """
cd /bench || exit
echo =sequential write; dd if=/dev/zero of=written bs=1M count=$1 conv=fsync 2>&1 || exit
echo =sequential read, first; dd if=given of=/dev/null bs=1M 2>&1 || exit
echo =sequential read, again; dd if=given of=/dev/null bs=1M 2>&1 || exit
[ ! -x random-io ] || ./random-io other $3 || exit
mkdir small || exit
echo @create; i=0; while [ $i -lt $2 ]; do : >small/$i || exit; i=$((i+1)); done
echo @look up, first; i=0; while [ $i -lt $2 ]; do [ -e many/$i ] || exit; i=$((i+1)); done
echo @list, first; for f in more/*; do :; done
echo @remove; rm -r small || exit
echo @
"""


def measure(context: Context) -> None:
    size, count = context.options.file_mib, context.options.small_files
    context.results.note(NAME, f"Sequential: {size} MiB in blocks of 1 MiB, the write with its fsync. Random: 4 KiB at a time in "
                         f"{size} MiB, the writes with one fsync at the end. The host has just written what is read, so it is in "
                         "the host's cache; `first` is what the container has not seen yet, `again` is in the guest's cache. "
                         f"Small files: {count} empty ones; removal is one `rm -r`, its own start included.")
    folder = context.bundles.rootfs / "bench"
    bundle = context.bundles.make("sh", "-c", _SCRIPT, "sh", str(size), str(count), str(count), writable=True)
    helper = _helper(context)
    for runtime in context.usable():
        for turn in range(min(context.runs(runtime), 5)):
            context.tell(f"{runtime.name}: run {turn + 1}")
            try:
                _prepare(context, folder, helper)
                for metric, unit, value in _run(context, runtime, bundle):
                    context.results.add(NAME, runtime.name, metric, unit, value)
            except Failure as failure:
                context.results.skip(NAME, runtime.name, str(failure))
                break
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _helper(context: Context):
    """random-io, where there is a compiler."""
    source = os.path.join(os.path.dirname(__file__), "random-io.c")
    target = context.work / "random-io"
    try:
        subprocess.run(["cc", "-O2", "-static", "-o", target, source], check=True, capture_output=True, timeout=120)
        return target
    except (OSError, subprocess.SubprocessError):
        context.results.skip(NAME, "all", "random transfer: no C compiler")
        return None


def _prepare(context: Context, folder, helper) -> None:
    """The files that the container finds."""
    folder.mkdir()
    for name in ("given", "other"):
        with (folder / name).open("wb") as file:
            for _ in range(context.options.file_mib):
                file.write(os.urandom(1 << 20))
            file.flush()
            os.fsync(file.fileno())
    for name in ("many", "more"):
        (folder / name).mkdir()
        for number in range(context.options.small_files):
            (folder / name / str(number)).touch()
    if helper is not None:
        shutil.copy(helper, folder / "random-io")


def _run(context: Context, runtime: Runtime, bundle) -> list[tuple[str, str, float]]:
    child = runtime.start(bundle, stdout=-1)
    try:
        # All of it may be many times slower than a start where the guest is interpreted.
        lines = list(timed_lines(child.stdout, context.limit(runtime) + context.options.step_limit))
        child.succeed(context.limit(runtime))
    finally:
        child.kill()
    return parse(lines, context.options.small_files)


_DD = re.compile(r"^(\d+) bytes .*copied, ([\d.]+) s")
_RANDOM = re.compile(r"^(read|write) ([\d.]+)$")


def parse(lines: list[tuple[float, str]], count: int) -> list[tuple[str, str, float]]:
    """Metric, unit and value of each line that tells one; lines are (seconds, text). Pure.

    `count` is that of random operations and of small files.
    """
    found, metric, mark = [], "", None
    for moment, line in lines:
        if line.startswith("="):
            metric = line[1:]
        elif match := _DD.match(line):
            found.append((metric, "B/s", int(match[1]) / max(float(match[2]), 1e-6)))
        elif match := _RANDOM.match(line):
            found.append((f"random {match[1]}", "B/s", count * RANDOM_BLOCK / max(float(match[2]), 1e-6)))
        elif line.startswith("@"):
            if mark is not None:
                found.append((f"small files: {mark[1]}", "1/s", count / max(moment - mark[0], 1e-6)))
            mark = (moment, line[1:])
    return found
