"""The runtimes that are attacked, each by a copy of its programs, which an attack may write."""
import contextlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks import children, namespaces
from benchmarks.runtimes import Runtime


class Subject:
    """A runtime with copies of its programs."""

    def __init__(self, name: str, program: Path, programs: list[Path], state: Path, options: list[str] | None = None) -> None:
        hybrid = name == "crun" and namespaces.layout() == "hybrid"
        self.name = name
        # What an attacker would like to write.
        self.programs = programs
        # What all of its containers share, and none may change.
        self.templates = state.with_name("templates")
        self.runtime = Runtime(name, str(program), state, options=options,
                               namespace=namespaces.without_unified_tree() if hybrid else None)
        self.booted = Runtime(name, str(program), state, options=["--no-template"])

    @property
    def is_machine(self) -> bool:
        return self.name == "vmrun"

    def start(self, bundle: Path, name: str, output, leak: Path | None, log: Path | None) -> subprocess.Popen:
        """`run` in the foreground, with a folder of the host left open as descriptors 3 and 17 where one is given.

        With a log, of which the guest's lines are a part, the machine is booted: a hostile kernel makes no template.
        """
        runtime = self.runtime if log is None else self.booted
        words = runtime.argv("run", "--bundle", str(bundle), name, debug_log=log)
        if leak is not None:
            words = ["bash", "-c", 'exec 3<"$1" 17<"$1"; shift; exec "$@"', "leak", str(leak), *words]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                start_new_session=True, preexec_fn=lambda: children._prepare(self.runtime.namespace))

    def enter(self, name: str, *words: str) -> None:
        """`exec`; whatever becomes of it."""
        process = subprocess.Popen(self.runtime.argv("exec", name, *words), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                   preexec_fn=lambda: children._prepare(self.runtime.namespace))
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def facing(self, name: str, verb: subprocess.Popen, seconds: float, output) -> int:
        """The process that faces the workload of a container, as soon as that runs: the container's own, or what stands
        between it and the host."""
        limit = time.monotonic() + seconds
        while verb.poll() is None and time.monotonic() < limit:
            with contextlib.suppress(children.Failure, ValueError):
                state = json.loads(children.run(self.runtime.argv("state", name), 60, self.runtime.namespace))
                if state["status"] == "running":
                    return int(state["pid"])
            time.sleep(0.2)
        lines = os.pread(output.fileno(), 1 << 16, 0).decode(errors="replace").strip().splitlines()
        raise OSError(f"the container does not run: {lines[-1] if lines else 'no word of it'}")

    def version(self) -> str:
        return children.run([self.runtime.program, "--version"]).splitlines()[0]


def find(work: Path, vmrun: Path, wanted: list[str] | None) -> list[Subject]:
    """All that are there, or those of `wanted`."""
    found = []
    for name in ("runc", "crun", "runsc"):
        program = shutil.which(name)
        if program and (wanted is None or name in wanted):
            copy = work / "programs" / name
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(program, copy)
            options = ["--network=none"] if name == "runsc" else None
            found.append(Subject(name, copy, [copy], work / f"state-{name}", options))
    if wanted is None or "vmrun" in wanted:
        base = work / "programs/vmrun"
        (base / "bin").mkdir(parents=True)
        shutil.copy(vmrun, base / "bin/vmrun")
        shutil.copytree(vmrun.parent.parent / "share/vmrun", base / "share/vmrun")
        programs = [base / "bin/vmrun", base / "share/vmrun/vmrun-sandbox"]
        found.append(Subject("vmrun", programs[0], programs, work / "state-vmrun",
                             ["--template-dir", os.path.abspath(work / "templates")]))
    return found
