"""The command line of `hack/secbench`, and the order of things."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import children, machine, runtimes, software_host
from benchmarks.command import passed_on as passed_to_host

from . import chart, configuration, escapes, host, interrupts, report, subjects, surface, undo
from .configuration import ROOT

PACKAGES = ["runc", "crun", "libc6-dev", "e2fsprogs", "util-linux", "busybox-static", "jq", "strace"]


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="hack/secbench", description=(
        "Compares what an attacker faces under runc, crun, runsc (where installed) and vmrun on this host: a Markdown report, "
        "with results.json in the output folder. The last line counts."))
    add = result.add_argument
    add("--quick", action="store_true", help="a few scenarios, for tests")
    add("--runtimes", type=lambda text: text.split(","), help="only these, such as runc,vmrun")
    add("--scenarios", type=lambda text: text.split(","), help="only these, by name")
    add("--without", type=lambda text: text.split(","), help="leave out `surface` or `escapes`")
    add("--work", type=Path, help="where containers and copies of the programs go; a file system with device nodes")
    add("--software-host", action="store_true", help="measure in the software host")
    add("--verbose", action="store_true", help="show what the attacks say of themselves")
    add("--output", type=Path, help="where the report goes (default: build/secbench)")
    add("--vmrun", type=Path, default=ROOT / "build/bin/vmrun", help="the program (default: build/bin/vmrun)")
    return result


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    if os.geteuid() != 0:
        return _skip("needs root, as the runtimes do")
    interrupts.catch()
    try:
        _need_packages()
        if arguments.software_host:
            return _in_software_host(arguments, argv)
        return _bench(arguments)
    except KeyboardInterrupt:
        print("secbench: interrupted", file=sys.stderr)
        return 130
    except (children.Failure, OSError, subprocess.SubprocessError) as error:
        print(f"secbench: {error}", file=sys.stderr)
        return 1


def _skip(reason: str) -> int:
    print(f"secbench: {reason}: skipped\n0 passed, 0 failed, 1 skipped")
    return 0


def _need_packages() -> None:
    script = 'source "$1/lib.sh"; shift; need_packages "$@"'
    # What cannot be installed shows in the report.
    subprocess.run(["bash", "-c", script, "secbench", ROOT / "hack", *PACKAGES], check=False, stdin=subprocess.DEVNULL,
                   timeout=1800)


def _in_software_host(arguments: argparse.Namespace, argv: list[str]) -> int:
    output = (arguments.output or ROOT / "build/secbench/software-host").absolute()
    # All there is over 9p has no handles of files; the folder in memory has.
    passed_on = [*passed_to_host(argv), "--work", "/tmp"]
    return software_host.run(passed_on, str(arguments.vmrun.absolute()), output, "secbench")


def _bench(arguments: argparse.Namespace) -> int:
    children.adopt_orphans()
    try:
        host.own_mounts()
    except OSError as error:
        return _skip(str(error))
    base = arguments.work or Path(os.environ.get("VMRUN_CACHE") or Path.home() / ".cache/vmrun")
    base.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="secbench-", dir=base))
    try:
        return _measure(arguments, work)
    finally:
        # Nothing stops the clean-up; it has limits of its own.
        with interrupts.hold():
            children.end_all()
            undo.remove_cgroups(f"bench-{os.getpid()}-")
            shutil.rmtree(work, ignore_errors=True)


def _surfaces(arguments: argparse.Namespace, work: Path, vmrun: Path, found: list[subjects.Subject]) -> list[surface.Surface]:
    if "surface" in (arguments.without or []):
        return []
    chosen = [(subject, profile) for subject in found for profile in configuration.PROFILES
              if not arguments.quick or (subject.is_machine and profile == "default")]
    image = work / "image"
    subprocess.run([ROOT / "hack/bundle", image, "true"], check=True, stdin=subprocess.DEVNULL, timeout=600,
                   env={**os.environ, "VMRUN": str(vmrun)})
    measurement = surface.Measurement(work, image / "rootfs", starts=1 if arguments.quick else 3)
    return [measurement.measure(subject, profile) for subject, profile in chosen]


def _measure(arguments: argparse.Namespace, work: Path) -> int:
    vmrun = arguments.vmrun.absolute()
    check = runtimes.check(str(vmrun))
    wanted = arguments.runtimes
    if arguments.quick and wanted is None:
        # One peer is enough for controls.
        wanted = ["vmrun", "runc" if shutil.which("runc") else "crun"]
    found = subjects.find(work, vmrun, wanted)
    if not check.get("ok"):
        found = [subject for subject in found if not subject.is_machine]
    scenarios = [one for one in escapes.SCENARIOS if (one.quick or not arguments.quick)
                 and (arguments.scenarios is None or one.name in arguments.scenarios)
                 and "escapes" not in (arguments.without or [])]
    bench = escapes.Escapes(work, escapes.build(work), scenarios, arguments.verbose)
    for subject in found:
        for profile in configuration.PROFILES:
            bench.run(subject, profile)
        if subject.is_machine:
            bench.run_lost(subject)
    faces = _surfaces(arguments, work, vmrun, found)
    results = {
        "version": 1,
        "machine": {**machine.describe(check, str(vmrun), work),
                    **{subject.name: subject.version() for subject in found}},
        "surfaces": [face.json() for face in faces],
        "escapes": {"outcomes": [vars(outcome) for outcome in bench.outcomes],
                    "controls": [vars(control) for control in bench.controls()]},
    }
    text = report.markdown(results, scenarios)
    output = (arguments.output or ROOT / "build/secbench").absolute()
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    if results["surfaces"]:
        (output / "surface.svg").write_text(chart.draw(results["surfaces"]))
    (output / "results.md").write_text(text + "\n")
    print(text)
    passed, failed, skipped = report.count(results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0
