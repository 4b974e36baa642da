"""The bench inside the software host, a machine in QEMU's emulation whose KVM behaves like hardware."""
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from .bundles import HACK

# Seconds; emulation is 5 to 10 times slower.
_LIMIT = 7200


def run(arguments: list[str], vmrun: str, output: Path) -> int:
    """Runs `hack/bench` there with these arguments; its results come to `output`. Answers its exit status."""
    output.mkdir(parents=True, exist_ok=True)
    command = [str(HACK / "bench"), *arguments, "--vmrun", vmrun, "--output", "/out"]
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as job:
        job.write(f"exec {shlex.join(command)}\n")
        job.flush()
        child = subprocess.Popen([HACK / "software-host", "--timeout", str(_LIMIT), job.name],
                                 env={**os.environ, "VMRUN_OUT": str(output)}, stdin=subprocess.DEVNULL)
        try:
            return child.wait(_LIMIT + 600)
        finally:
            # Its own traps remove what it has made.
            if child.poll() is None:
                child.terminate()
                child.wait(30)
