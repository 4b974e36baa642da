"""The functions of the host's kernel that a set of processes reaches, by the function tracer."""
import contextlib
import os
import subprocess
from pathlib import Path

_TRACING = Path("/sys/kernel/tracing")
# Of lines such as `sh-12  [000] d..1  5.678: do_sys_open <-x64_sys_call`.
_DISTINCT = """{
    name = $0; sub(/.*[0-9]: /, "", name); sub(/ .*/, "", name)
    if (!(name in seen)) { seen[name]; print name; fflush() }
}"""


def unavailable() -> str | None:
    """Why there is no function tracer here; None where there is one."""
    try:
        if "function" not in (_TRACING / "available_tracers").read_text().split():
            return "the host's kernel has no function tracer"
        with (_TRACING / "available_filter_functions").open() as file:
            file.readline()
    except OSError as error:
        return f"the function tracer cannot be used here ({error.strerror})"
    return None


class Tracer:
    """Counts from `start` to `stop` the distinct functions that the threads of a process and their children call."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._reader: subprocess.Popen | None = None

    def start(self) -> None:
        self._write("tracing_on", "0")
        self._write("current_tracer", "nop")
        for option in ("function-fork", "event-fork"):
            with contextlib.suppress(OSError):
                self._write(f"options/{option}", "1")
        threads = os.listdir(f"/proc/{self._process}/task")
        self._write("set_ftrace_pid", " ".join(threads))
        self._write("buffer_size_kb", "16384")
        self._write("current_tracer", "function")
        # Names alone, once each; the reader's own work is not traced.
        self._reader = subprocess.Popen(
            ["awk", _DISTINCT, _TRACING / "trace_pipe"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._write("tracing_on", "1")

    def stop(self) -> int:
        self._write("tracing_on", "0")
        with contextlib.suppress(OSError):
            self._write("current_tracer", "nop")
            self._write("set_ftrace_pid", "")
        if self._reader is None:
            return 0
        self._reader.terminate()
        names = self._reader.communicate(timeout=60)[0].split()
        return len(set(names))

    @staticmethod
    def _write(name: str, value: str) -> None:
        (_TRACING / name).write_text(value + "\n")
