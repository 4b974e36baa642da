"""Processes that the bench starts: each has a limit of time, and all of them end with the bench."""
import ctypes
import os
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from . import procfs

_libc = ctypes.CDLL(None, use_errno=True)
# linux/prctl.h and linux/sched.h
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWNS = 0x20000


class Failure(Exception):
    """A child that did not do what it was started for; the text is for the report."""


@dataclass(frozen=True)
class Ended:
    """How a child ended. `seconds` is from before its start, `cpu_seconds` is its own and its children's."""

    status: int
    seconds: float
    cpu_seconds: float
    stderr: str


class Child:
    """A running process in a session of its own, with its stderr in a file."""

    def __init__(self, argv: list[str], *, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                 namespace: int | None = None) -> None:
        """`namespace` is a descriptor of the mount namespace to run in."""
        self.argv = argv
        self._stderr = tempfile.TemporaryFile()
        self.begin_nanoseconds = time.time_ns()
        self.begin = time.monotonic()
        self._process = subprocess.Popen(
            argv, stdin=stdin, stdout=stdout, stderr=self._stderr, start_new_session=True,
            preexec_fn=lambda: _prepare(namespace))
        self.pid = self._process.pid
        self.stdin, self.stdout = self._process.stdin, self._process.stdout
        self.end_nanoseconds = 0
        self._pidfd = os.pidfd_open(self.pid)

    def fileno(self) -> int:
        """Readable for select when the process has ended."""
        return self._pidfd

    def wait(self, limit: float) -> Ended:
        """Waits up to `limit` seconds for the end, then kills."""
        if not select.select([self], [], [], limit)[0]:
            self.kill()
            raise Failure(f"not within {limit:.0f} s{self._last_line(': ')}")
        _, status, usage = os.wait4(self.pid, 0)
        self.end_nanoseconds = time.time_ns()
        seconds = time.monotonic() - self.begin
        code = self._process.returncode = os.waitstatus_to_exitcode(status)
        self._close()
        return Ended(code, seconds, usage.ru_utime + usage.ru_stime, self.errors())

    def succeed(self, limit: float) -> Ended:
        """Like wait; an exit status other than 0 is a failure."""
        end = self.wait(limit)
        if end.status != 0:
            raise Failure(f"exit status {end.status}{self._last_line(': ')}")
        return end

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        for stream in (self.stdin, self.stdout):
            if stream is not None:
                stream.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def errors(self) -> str:
        """What it has written to stderr."""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")

    def _last_line(self, before: str) -> str:
        lines = self.errors().strip().splitlines()
        return before + lines[-1][:300] if lines else ""


def _prepare(namespace: int | None) -> None:
    """Runs in the child before exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if namespace is not None and _libc.setns(namespace, _CLONE_NEWNS) != 0:
        os._exit(126)


def run(argv: list[str], limit: float = 60, namespace: int | None = None) -> str:
    """The stdout of a command that succeeds."""
    with tempfile.TemporaryFile() as output:
        Child(argv, stdout=output, namespace=namespace).succeed(limit)
        output.seek(0)
        return output.read().decode(errors="replace")


def adopt_orphans() -> None:
    """Makes this process the parent of what its children leave running, such as detached containers."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def reap_orphans() -> None:
    """Collects adopted processes that have ended. Not while a Child runs: its status would be lost."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def end_adopted(pid: int, seconds: float = 10) -> None:
    """Kills a process that descends from this one, and collects it where it is a child by now."""
    if pid in procfs.descendants(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    limit = time.monotonic() + seconds
    try:
        while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < limit:
            time.sleep(0.005)
    except ChildProcessError:
        pass


def end_all(seconds: float = 10) -> None:
    """Kills every process that descends from this one."""
    limit = time.monotonic() + seconds
    while (left := procfs.descendants(os.getpid())) and time.monotonic() < limit:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        reap_orphans()
    reap_orphans()
