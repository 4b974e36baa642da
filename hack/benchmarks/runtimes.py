"""The runtimes that are compared: how each is called, and what of its containers is left to end."""
import json
import os
import re
import shutil
from pathlib import Path

from . import children, namespaces
from .children import Child, Failure


class Runtime:
    """An OCI runtime with a state folder of its own."""

    def __init__(self, name: str, program: str, state: Path, *, options: list[str] | None = None,
                 verbs: set[str] | None = None, namespace: int | None = None) -> None:
        """`options` stand before the verb; `verbs`: None means all; `namespace`: see Child."""
        self.name = name
        self.program = program
        self.state = state
        self.namespace = namespace
        self._options = options or []
        self._verbs = verbs
        self._counter = 0
        self._detached: dict[str, Path] = {}

    def has(self, verb: str) -> bool:
        """Whether the runtime knows a verb."""
        return self._verbs is None or verb in self._verbs

    def argv(self, *arguments: str, debug_log: Path | None = None) -> list[str]:
        options = ["--root", str(self.state), *self._options]
        if debug_log is not None:
            options += ["--debug", "--log", str(debug_log), "--log-format", "json"]
        return [self.program, *options, *arguments]

    def new_id(self) -> str:
        self._counter += 1
        return f"bench-{os.getpid()}-{self._counter}"

    def start(self, bundle: Path, *, debug_log: Path | None = None, **streams) -> Child:
        """`run` in the foreground."""
        argv = self.argv("run", "--bundle", str(bundle), self.new_id(), debug_log=debug_log)
        return Child(argv, namespace=self.namespace, **streams)

    def detach(self, bundle: Path, **streams) -> tuple[str, Child]:
        """`run --detach`, which answers the container's name and the verb's process."""
        name = self.new_id()
        pid_file = bundle / f"{name}.pid"
        self._detached[name] = pid_file
        argv = self.argv("run", "--detach", "--pid-file", str(pid_file), "--bundle", str(bundle), name)
        return name, Child(argv, namespace=self.namespace, **streams)

    def execute(self, name: str, *command: str) -> Child:
        return Child(self.argv("exec", name, *command), namespace=self.namespace)

    def pid(self, name: str) -> int:
        """The process on this machine that stands for a detached container."""
        return int(self._detached[name].read_text())

    def remove(self, name: str) -> None:
        """Ends a detached container, whatever its state, and forgets it."""
        pid_file = self._detached.pop(name)
        if pid_file.exists():
            # Before the verb: runtimes wait for an end that shows only when the process has been collected.
            children.end_adopted(int(pid_file.read_text()))
            pid_file.unlink()
        self._delete(name)

    def remove_all(self) -> None:
        for name in list(self._detached):
            self.remove(name)

    def remove_remains(self) -> None:
        """What a container leaves whose verb was killed: its state, and its cgroups."""
        for folder in self.state.glob("bench-*"):
            self._delete(folder.name)

    def _delete(self, name: str) -> None:
        if self.has("delete"):
            try:
                children.run(self.argv("delete", "--force", name), 60, self.namespace)
            except Failure:
                pass
        shutil.rmtree(self.state / name, ignore_errors=True)


def vmrun_verbs(help_text: str) -> set[str]:
    """The verbs in the help of vmrun. Pure."""
    _, _, below = help_text.partition("SUBCOMMANDS:")
    return set(re.findall(r"^  ([a-z]+)(?:\s|$)", below, re.MULTILINE))


def vmruns(program: str, state: Path) -> list[Runtime]:
    """vmrun from a template and cold; only cold where it has no templates. Its templates are the bench's own."""
    help_text = children.run([program, "--help"])
    verbs = vmrun_verbs(help_text)
    if "--no-template" not in help_text:
        return [Runtime("vmrun cold", program, state / "vmrun-cold", verbs=verbs)]
    warm = ["--template-dir", str(state / "templates")] if "--template-dir" in help_text else []
    return [Runtime("vmrun", program, state / "vmrun", verbs=verbs, options=warm),
            Runtime("vmrun cold", program, state / "vmrun-cold", verbs=verbs, options=["--no-template"])]


def peers(state: Path) -> list[Runtime]:
    """runc and crun, those that are there. crun may not see a hybrid cgroup layout."""
    found = []
    for name in ("runc", "crun"):
        program = shutil.which(name)
        if program is not None:
            hybrid = name == "crun" and namespaces.layout() == "hybrid"
            namespace = namespaces.without_unified_tree() if hybrid else None
            found.append(Runtime(name, program, state / name, namespace=namespace))
    return found


def versions() -> dict[str, str]:
    """The first line of each peer's version."""
    result = {}
    for name in ("runc", "crun", "qemu-system-x86_64"):
        program = shutil.which(name)
        if program is not None:
            result[name] = children.run([program, "--version"]).splitlines()[0].removeprefix(f"{name} version ")
    return result


def check(program: str) -> dict:
    """What `vmrun check` finds; its exit status does not matter here."""
    child = Child([program, "check", "--json"], stdout=-1)
    try:
        return json.loads(child.stdout.read())
    finally:
        child.wait(30)
