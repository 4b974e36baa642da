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
from . import configuration, host_scenarios, interrupts, kernel_scenarios, lost_guest
from .attempt import ATTACK_SECONDS, Attempt
from .scenario import Scenario
from .subjects import Subject

SCENARIOS: list[Scenario] = kernel_scenarios.SCENARIOS + host_scenarios.SCENARIOS + lost_guest.SCENARIOS
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
        self._reached: dict[str, bool] = {}
        self._counter = 0

    def run(self, subject: Subject, profile: str) -> None:
        """All scenarios, those of a group by one container."""
        groups: dict[tuple, list[Scenario]] = {}
        for scenario in (one for one in self.scenarios if not one.guest):
            key = scenario.group if profile == "default" or scenario.alone else _namespaces_only(scenario)
            groups.setdefault(key, []).append(scenario)
        for group in groups.values():
            names = " ".join(scenario.name for scenario in group)
            print(f"-- {subject.name}, {profile}: {names}", file=sys.stderr, flush=True)
            with self._attempt(subject, profile) as attempt:
                self._carry_out(subject, attempt, group)

    def run_lost(self, subject: Subject) -> None:
        """Those with the guest's kernel lost, each by a machine."""
        for scenario in (one for one in self.scenarios if one.guest):
            print(f"-- {subject.name}, {lost_guest.PROFILE}: {scenario.name}", file=sys.stderr, flush=True)
            with self._attempt(subject, lost_guest.PROFILE) as attempt:
                self._carry_out(subject, attempt, [scenario])
                if scenario.control is lost_guest.reached:
                    self._reached[scenario.name] = lost_guest.reached(attempt)

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
        for action in attempt.when_ready:
            action()
        status, ran, in_time = self._contain(subject, attempt, grant, group)
        lines = attempt.output.decode(errors="replace").strip().splitlines()
        if self._verbose:
            print("\n".join(lines), file=sys.stderr, flush=True)
        for scenario in group:
            check = attempt.checks.get(scenario.name)
            outcome = Outcome(scenario.name, subject.name, attempt.profile, RESISTED)
            if check is not None and check(attempt):
                outcome.result = ESCAPED
            elif not in_time:
                outcome.result, outcome.detail = FAILED, "it did not come to its end in time"
            elif not ran:
                outcome.result = REFUSED if scenario.may_refuse else FAILED
                outcome.detail = lines[-1][-300:] if lines else f"status {status}"
            elif scenario.guest:
                outcome.detail = f"the sandbox had {attempt.peak >> 20} MiB at its peak"
                if b"guest: done" not in attempt.output:
                    outcome.detail += f"; the machine was ended: {lines[-1][-300:]}"
            elif f"== {scenario.name}" not in lines:
                outcome.result, outcome.detail = FAILED, f"the attack did not take place (status {status})"
            self.outcomes.append(outcome)

    def _contain(self, subject: Subject, attempt: Attempt, grant: dict, group: list[Scenario]) -> tuple[int, bool, bool]:
        """Looks for success while it runs. Answers the status, whether an attack began, and whether it came to its end."""
        bundle, name = attempt.folder / "bundle", f"bench-{os.getpid()}-{self._counter}"
        bundle.mkdir()
        names = [scenario.name for scenario in group]
        config = configuration.make(attempt.profile, grant, attempt.rootfs, attempt.mounts(), ["/attack", *names],
                                    attempt.environment)
        log = None
        if group[0].guest:
            words = {"attack": group[0].guest, **attempt.environment}
            config["vm"] = {"kernel": {"path": str(self._attack.with_name("hostile-kernel")),
                                       "parameters": [f"{name}={value}" for name, value in words.items() if name.islower()]}}
            log = attempt.folder / "output-log"
        (bundle / "config.json").write_text(json.dumps(config))
        limit = time.monotonic() + 90 + (ATTACK_SECONDS + 5) * len(names)
        with (attempt.folder / "output").open("w+b") as output:
            in_time = True
            process = subject.start(bundle, name, output, attempt.leak, log)
            try:
                for action in attempt.during:
                    action(attempt, name, process)
                seen: set[str] = set()
                while process.poll() is None and time.monotonic() < limit:
                    self._look(attempt, output, log, seen)
                    time.sleep(0.03)
            finally:
                if process.poll() is None:
                    in_time = False
                    process.kill()
                    process.wait()
                subject.runtime.remove_remains()
                children.reap_orphans()
            attempt.ended = True
            self._look(attempt, output, log, seen)
        for key in seen:
            attempt.checks[key] = lambda _: True
        return process.returncode, (b"guest: " if log else b"== ") in attempt.output, in_time

    @staticmethod
    def _look(attempt: Attempt, output, log: Path | None, seen: set[str]) -> None:
        # A descriptor of its own kind: the container writes at the offset of the file.
        attempt.output = os.pread(output.fileno(), 1 << 20, 0)
        if log is not None and log.exists():
            attempt.output += log.read_bytes()
        if log is not None:
            attempt.peak = max(attempt.peak, lost_guest.sandbox_memory())
        for name, check in attempt.checks.items():
            if name not in seen and check(attempt):
                seen.add(name)

    def controls(self) -> list[Control]:
        """After the runtimes: for each scenario whether its check has been seen to fail."""
        return [self._control(scenario) for scenario in self.scenarios]

    def _control(self, scenario: Scenario) -> Control:
        held = self._reached.get(scenario.name, False) or any(
            one.scenario == scenario.name and one.result == ESCAPED and one.subject != "vmrun" for one in self.outcomes)
        if not held and scenario.control is not None and scenario.control is not lost_guest.reached:
            with self._attempt(None, "control") as attempt:
                held = scenario.control(attempt)
        reason = "" if held else self.reasons.get(scenario.name, "")
        if not held and scenario.guest and not self._has("vmrun"):
            reason = "vmrun is not here"
        elif not held and not reason and scenario.control is None and not self._has("runc", "crun"):
            reason = "neither runc nor crun is here"
        return Control(scenario.name, held, scenario.control_text, reason)

    def _has(self, *subjects: str) -> bool:
        return any(outcome.subject in subjects for outcome in self.outcomes)


def _namespaces_only(scenario: Scenario) -> tuple:
    """Who is privileged has all capabilities: only namespaces make groups."""
    return tuple(scenario.grant.get("without_namespaces", ()))


def build(work: Path) -> Path:
    """Compiles the attacks, without libraries; answers the program. Beside it are the hostile kernel and the controls."""
    sources = Path(__file__).resolve().parent
    folder = work / "attacks"
    folder.mkdir()
    for target, files in (("attack", sorted((sources / "attacks").glob("*.c"))),
                          ("naive-runtime", [sources / "naive-runtime.c"]), ("crash", [sources / "crash.c"])):
        subprocess.run(["clang", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", "-o", folder / target,
                        *files], check=True, timeout=300)
    lost_guest.build(folder)
    return folder / "attack"
