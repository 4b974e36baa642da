"""Carries out the scenarios against each runtime and judges on the host."""
import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import children

from . import attempt as attempts
from . import configuration, host_scenarios, interrupts, kernel_scenarios
from .attempt import ATTACK_SECONDS, Attempt
from .scenario import Scenario
from .subjects import Subject

SCENARIOS: list[Scenario] = kernel_scenarios.SCENARIOS + host_scenarios.SCENARIOS
ESCAPED, RESISTED, REFUSED, FAILED = "escaped", "resisted", "refused", "failed"


@dataclass
class Outcome:
    """What became of one scenario under one runtime and profile."""

    scenario: str
    subject: str
    profile: str
    result: str
    detail: str = ""


@dataclass
class Control:
    """Whether a check can fail: `held` says that it did, or `reason` why that cannot be shown here."""

    scenario: str
    held: bool
    text: str
    reason: str = ""


class Escapes:
    """Runs scenarios; keeps outcomes and controls."""

    def __init__(self, work: Path, attack: Path, scenarios: list[Scenario], verbose: bool = False) -> None:
        self._work = work
        self._attack = attack
        self._verbose = verbose
        self.scenarios = scenarios
        self.outcomes: list[Outcome] = []
        self.reasons: dict[str, str] = {}
        self._counter = 0

    def run(self, subject: Subject, profile: str) -> None:
        """All scenarios, those of a group by one container."""
        groups: dict[tuple, list[Scenario]] = {}
        for scenario in self.scenarios:
            key = scenario.group if profile == "default" or scenario.alone else _namespaces_only(scenario)
            groups.setdefault(key, []).append(scenario)
        for group in groups.values():
            names = " ".join(scenario.name for scenario in group)
            print(f"-- {subject.name}, {profile}: {names}", file=sys.stderr, flush=True)
            with self._attempt(subject, profile) as attempt:
                self._carry_out(subject, attempt, group)

    @contextlib.contextmanager
    def _attempt(self, subject: Subject | None, profile: str):
        self._counter += 1
        folder = self._work / f"attempt-{self._counter}"
        undo = contextlib.ExitStack()
        try:
            yield Attempt(folder, self._attack, subject, profile, undo)
        finally:
            with interrupts.hold():
                try:
                    undo.close()
                finally:
                    attempts.remove(folder)

    def _carry_out(self, subject: Subject, attempt: Attempt, group: list[Scenario]) -> None:
        for scenario in group:
            with interrupts.hold():
                reason = scenario.prepare(attempt)
            if reason:
                self.reasons[scenario.name] = reason
        grant: dict = {}
        for scenario in group:
            grant.update(scenario.grant)
        status, ran = self._contain(subject, attempt, grant, [scenario.name for scenario in group])
        lines = attempt.output.decode(errors="replace").strip().splitlines()
        if self._verbose:
            print("\n".join(lines), file=sys.stderr, flush=True)
        for scenario in group:
            check = attempt.checks.get(scenario.name)
            outcome = Outcome(scenario.name, subject.name, attempt.profile, RESISTED)
            if check is not None and check(attempt):
                outcome.result = ESCAPED
            elif not ran:
                outcome.result, outcome.detail = REFUSED, lines[-1][-300:] if lines else f"status {status}"
            elif f"== {scenario.name}" not in lines:
                outcome.result, outcome.detail = FAILED, f"the attack did not take place (status {status})"
            self.outcomes.append(outcome)

    def _contain(self, subject: Subject, attempt: Attempt, grant: dict, names: list[str]) -> tuple[int, bool]:
        """Runs the container and looks for success all the time. Answers the status, and whether an attack began."""
        bundle, name = attempt.folder / "bundle", f"bench-{os.getpid()}-{self._counter}"
        bundle.mkdir()
        config = configuration.make(attempt.profile, grant, attempt.rootfs, attempt.mounts(), ["/attack", *names],
                                    attempt.environment)
        (bundle / "config.json").write_text(json.dumps(config))
        limit = time.monotonic() + 90 + (ATTACK_SECONDS + 5) * len(names)
        with (attempt.folder / "output").open("w+b") as output:
            process = subject.start(bundle, name, output, attempt.leak, [])
            try:
                for action in attempt.during:
                    action(attempt, name, process)
                seen: set[str] = set()
                while process.poll() is None and time.monotonic() < limit:
                    self._look(attempt, output, seen)
                    time.sleep(0.03)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
                subject.runtime.remove_remains()
                children.reap_orphans()
            attempt.ended = True
            self._look(attempt, output, seen)
        for key in seen:
            attempt.checks[key] = lambda _: True
        return process.returncode, b"== " in attempt.output

    @staticmethod
    def _look(attempt: Attempt, output, seen: set[str]) -> None:
        # A descriptor of its own kind: the container writes at the offset of the file.
        attempt.output = os.pread(output.fileno(), 1 << 20, 0)
        for name, check in attempt.checks.items():
            if name not in seen and check(attempt):
                seen.add(name)

    def controls(self) -> list[Control]:
        """After the runtimes: for each scenario whether its check has been seen to fail."""
        found = []
        for scenario in self.scenarios:
            fell = any(outcome.scenario == scenario.name and outcome.result == ESCAPED and outcome.subject != "vmrun"
                       for outcome in self.outcomes)
            if not fell and scenario.control is not None:
                with self._attempt(None, "control") as attempt:
                    fell = scenario.control(attempt)
            reason = "" if fell else self.reasons.get(scenario.name, "")
            if not fell and not reason and scenario.control is None and not self._has_peer():
                reason = "neither runc nor crun is here"
            found.append(Control(scenario.name, fell, scenario.control_text, reason))
        return found

    def _has_peer(self) -> bool:
        return any(outcome.subject in ("runc", "crun") for outcome in self.outcomes)


def _namespaces_only(scenario: Scenario) -> tuple:
    """Who is privileged has all capabilities: only namespaces make groups."""
    return tuple(scenario.grant.get("without_namespaces", ()))


def build(work: Path) -> Path:
    """Compiles the attacks, without libraries; answers the program. Beside it is the naive runtime."""
    sources = Path(__file__).resolve().parent
    folder = work / "attacks"
    folder.mkdir()
    for target, files in (("attack", sorted((sources / "attacks").glob("*.c"))),
                          ("naive-runtime", [sources / "naive-runtime.c"])):
        subprocess.run(["clang", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", "-o", folder / target,
                        *files], check=True, timeout=300)
    return folder / "attack"
