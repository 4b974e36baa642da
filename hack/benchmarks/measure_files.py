"""Files of the container's root: sequential and random transfer, and many small files."""
import os
import shutil
import subprocess
from pathlib import Path

from .children import Failure
from .context import Context
from .runtimes import Runtime
from .streams import timed_lines

NAME = "files"
TITLE = "Files on the shared root"
_SOURCE = Path(__file__).with_name("file-io.c")


def measure(context: Context) -> None:
    """One container does all of it, in a program that takes the times itself."""
    size, count = context.options.file_mib, context.options.small_files
    context.results.note(NAME, f"Sequential: {size} MiB in blocks of 1 MiB. Random: {count} times 4 KiB in {size} MiB. Writes "
                         "end with one fsync. The host has just written what is read, so it is in the host's cache; `first` "
                         f"is what the container has not seen yet, `again` may be in the guest's cache. Small files: {count} "
                         "empty ones.")
    folder = context.bundles.rootfs / "bench"
    bundle = context.bundles.make("/bench/file-io", "/bench", str(size), str(count), writable=True)
    program = context.work / "file-io"
    subprocess.run(["cc", "-O2", "-static", "-o", program, _SOURCE], check=True, capture_output=True, timeout=120)
    for runtime in context.usable():
        for turn in range(min(context.runs(runtime), 5)):
            context.tell(f"{runtime.name}: run {turn + 1}")
            try:
                _prepare(context, folder, program)
                for metric, unit, value in _run(context, runtime, bundle):
                    context.results.add(NAME, runtime.name, metric, unit, value)
            except Failure as failure:
                context.results.skip(NAME, runtime.name, str(failure))
                break
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _prepare(context: Context, folder: Path, program: Path) -> None:
    """The files that the container finds."""
    folder.mkdir()
    for name in ("given", "other"):
        with (folder / name).open("wb") as file:
            for _ in range(context.options.file_mib):
                file.write(os.urandom(1 << 20))
            file.flush()
            os.fsync(file.fileno())
    (folder / "many").mkdir()
    for number in range(context.options.small_files):
        (folder / "many" / str(number)).touch()
    shutil.copy(program, folder / "file-io")


def _run(context: Context, runtime: Runtime, bundle: Path) -> list[tuple[str, str, float]]:
    child = runtime.start(bundle, stdout=-1)
    try:
        # All of it may be many times slower than a start where the guest is interpreted.
        lines = [line for _, line in timed_lines(child.stdout, context.limit(runtime) + context.options.step_limit)]
        child.succeed(context.limit(runtime))
    finally:
        child.kill()
    return parse(lines)


def parse(lines: list[str]) -> list[tuple[str, str, float]]:
    """Metric, unit and value of each line of file-io; others are passed over. Pure."""
    found = []
    for line in lines:
        fields = line.split("\t")
        if len(fields) == 3:
            name, amount, seconds = fields[0], int(fields[1]), float(fields[2])
            unit = "1/s" if name.startswith("small files") else "B/s"
            found.append((name, unit, amount / max(seconds, 1e-7)))
    return found
