"""The tracepoints of the host's kernel that a set of processes passes, in a buffer of their own."""
import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

_TRACING = Path("/sys/kernel/tracing")
# Of lines such as `sh-12  [000] d..1  5.678: sched_switch: prev_comm=...` and `sh-12 [000] ..... 5.678: sys_read(fd: 3, ...`.
_DISTINCT = """!/^#/ {
    name = $0; sub(/^.*[0-9][0-9][0-9][0-9]: /, "", name); sub(/[^a-zA-Z0-9_].*/, "", name)
    if (name != "" && !(name in seen)) { seen[name]; print name; fflush() }
}"""


class Tracer:
    """Counts from `start` to `stop` the distinct tracepoints that the threads of a process and their children pass. OSError where
    this host does not let it. `stop` is to be called in any case."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._undo = contextlib.ExitStack()
        self._buffer: Path | None = None
        self._reader: subprocess.Popen | None = None

    def start(self) -> None:
        self._buffer = self._folder() / "instances" / f"secbench-{os.getpid()}"
        self._buffer.mkdir()
        self._undo.callback(self._buffer.rmdir)
        self._write("options/event-fork", "1")
        self._write("set_event_pid", " ".join(os.listdir(f"/proc/{self._process}/task")))
        self._write("buffer_size_kb", "8192")
        self._reader = subprocess.Popen(["awk", _DISTINCT, self._buffer / "trace_pipe"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self._write("events/enable", "1")

    def stop(self) -> int:
        try:
            if self._buffer is not None and self._buffer.is_dir():
                with contextlib.suppress(OSError):
                    self._write("events/enable", "0")
            if self._reader is None:
                return 0
            self._reader.terminate()
            return len(set(self._reader.communicate(timeout=60)[0].split()))
        finally:
            self._undo.close()

    def _folder(self) -> Path:
        """Where tracefs is; mounted for the while where it is not."""
        if (_TRACING / "instances").is_dir():
            return _TRACING
        folder = Path(tempfile.mkdtemp(prefix="secbench-tracing-"))
        self._undo.callback(folder.rmdir)
        done = subprocess.run(["mount", "-t", "tracefs", "tracefs", folder], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(done.stderr.strip() or "tracefs cannot be mounted")
        self._undo.callback(subprocess.run, ["umount", folder], check=False)
        return folder

    def _write(self, name: str, value: str) -> None:
        (self._buffer / name).write_text(value + "\n")
