"""A bench inside the software host, a machine in QEMU's emulation whose KVM behaves like hardware."""
import os
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path

from . import children, procfs
from .bundles import HACK

# Seconds; emulation is 5 to 10 times slower.
_LIMIT = 7200


def run(arguments: list[str], vmrun: str, output: Path, script: str = "bench") -> int:
    """Runs `hack/bench`, or another script beside it, there with these arguments; its results come to `output`. Answers its
    exit status.

    All that it says comes from a console, so it goes to stderr; the report is printed from its file.
    """
    children.adopt_orphans()
    output.mkdir(parents=True, exist_ok=True)
    command = [str(HACK / script), *arguments, "--vmrun", vmrun, "--output", "/out"]
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as job:
        job.write(f"exec {shlex.join(command)}\n")
        job.flush()
        child = subprocess.Popen([HACK / "software-host", "--timeout", str(_LIMIT), job.name], stdout=2,
                                 env={**os.environ, "VMRUN_OUT": str(output)}, stdin=subprocess.DEVNULL)
        try:
            status = child.wait(_LIMIT + 600)
        finally:
            _end(child)
    if status == 0:
        print((output / "results.md").read_text(), end="")
    return status


def _end(child: subprocess.Popen) -> None:
    """Ends the machine first: then the script removes what it has made."""
    if child.poll() is None:
        for pid in procfs.descendants(os.getpid()):
            process = procfs.stat(pid)
            if process is not None and process.name.startswith("qemu-"):
                os.kill(pid, signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            pass
    children.end_all()
