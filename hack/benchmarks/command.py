"""The command line of `hack/bench`, and the order of things."""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from . import (chart, children, machine, measure_cpu, measure_exec, measure_files, measure_jail, measure_memory,
               measure_network, measure_qemu, measure_rate, measure_start, measure_stdio, report, runtimes, software_host)
from .bundles import HACK, Bundles
from .children import Failure
from .context import Context, Options

MEASUREMENTS = {module.NAME: module for module in (
    measure_start, measure_jail, measure_cpu, measure_exec, measure_memory, measure_rate, measure_files, measure_stdio,
    measure_network, measure_qemu)}
PACKAGES = ["busybox-static", "jq", "runc", "crun", "qemu-system-x86", "gcc", "libc6-dev", "iproute2"]
_EPILOG = "measurements:\n" + "\n".join(f"  {name:8} {module.TITLE}" for name, module in MEASUREMENTS.items())


def parser() -> argparse.ArgumentParser:
    defaults = Options()
    result = argparse.ArgumentParser(
        prog="hack/bench", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures vmrun beside runc, crun and QEMU on this machine: a Markdown table on stdout, which "
                    "is with results.json and results.svg in the output folder, too.")
    add = result.add_argument
    add("names", nargs="*", metavar="MEASUREMENT", help="which to carry out (default: all)")
    add("--runs", type=_count, help=f"samples of each (default: {defaults.runs})")
    add("--slow-runs", type=_count, help=f"samples of what takes seconds (default: {defaults.slow_runs})")
    add("--quick", action="store_true", help="few samples, small files, few containers")
    add("--subjects", type=_list, help="only these, such as vmrun,runc,qemu (default: all that are there)")
    add("--counts", type=_counts, help="idle containers whose memory is measured (default: 1,5,20)")
    add("--parallel", type=_counts, help="starts at once (default: 1,4,16)")
    add("--file-mib", type=_count, help="size of files (default: 64, or 4 where the KVM is slow)")
    add("--small-files", type=_count, help="how many (default: 1000, or 50 where the KVM is slow)")
    add("--stream-mib", type=_count, help="bytes through the streams (default: 256, or 8 where the KVM is slow)")
    add("--timeout", type=_count, help=f"seconds for a container (default: {defaults.timeout})")
    add("--step-limit", type=_count, help=f"seconds; what would take longer is left out (default: {defaults.step_limit})")
    add("--vmrun", default=os.environ.get("VMRUN", str(HACK.parent / "build/bin/vmrun")), help="the program to measure")
    add("--output", type=Path, help="folder for the results (default: build/bench)")
    add("--work", help="folder for the containers' files (default: that of temporary files)")
    add("--software-host", action="store_true", help="inside hack/software-host, a machine in QEMU's emulation")
    return result


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _counts(text: str) -> list[int]:
    return [_count(part) for part in _list(text)]


def options(arguments: argparse.Namespace, fast_kvm: bool) -> Options:
    """The amounts: defaults for this kind of KVM, then --quick, then what is asked for. Pure."""
    result = Options()
    result.qemu = arguments.subjects is None or "qemu" in arguments.subjects
    if not fast_kvm:
        result.file_mib, result.small_files, result.stream_mib = 4, 50, 8
    if arguments.quick:
        result.runs, result.slow_runs, result.counts, result.parallel, result.settle = 5, 1, [1, 3], [1, 2], 1
        result.file_mib = min(result.file_mib, 16)
        result.small_files = min(result.small_files, 200)
        result.stream_mib = min(result.stream_mib, 32)
    for name in vars(result):
        asked = getattr(arguments, name, None)
        if asked is not None:
            setattr(result, name, asked)
    return result


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    wrong = [name for name in arguments.names if name not in MEASUREMENTS]
    if wrong:
        return _refuse(f"no such measurement: {' '.join(wrong)} (there are {', '.join(MEASUREMENTS)})")
    if os.geteuid() != 0:
        return _refuse("needs root, as the runtimes do")
    if not os.access(arguments.vmrun, os.X_OK):
        return _refuse(f"{arguments.vmrun}: no such program; hack/build makes build/bin/vmrun")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        _need_packages()
        if arguments.software_host:
            output = (arguments.output or HACK.parent / "build/bench/software-host").absolute()
            return software_host.run(passed_on(argv), os.path.abspath(arguments.vmrun), output)
        return _bench(arguments)
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    except (Failure, OSError, subprocess.SubprocessError) as error:
        return _refuse(str(error))


def _refuse(reason: str) -> int:
    print(f"bench: {reason}", file=sys.stderr)
    return 1


def _need_packages() -> None:
    """Installs what is missing, with the function of the scripts beside this."""
    script = 'source "$1/lib.sh"; shift; need_packages "$@"'
    subprocess.run(["bash", "-c", script, "bench", HACK, *PACKAGES], check=True, stdin=subprocess.DEVNULL, timeout=1800)


def passed_on(argv: list[str]) -> list[str]:
    """The arguments without those that say where to run and where the results go. Pure."""
    result, skip = [], False
    for argument in argv:
        if skip:
            skip = False
        elif argument in ("--vmrun", "--output", "--work"):
            skip = True
        elif argument != "--software-host" and not argument.startswith(("--vmrun=", "--output=", "--work=")):
            result.append(argument)
    return result


def _bench(arguments: argparse.Namespace) -> int:
    children.adopt_orphans()
    work = Path(tempfile.mkdtemp(prefix="vmrun-bench-", dir=arguments.work))
    context = None
    try:
        vmrun = os.path.abspath(arguments.vmrun)
        check = runtimes.check(vmrun)
        head = machine.describe(check, vmrun, work)
        context = _context(arguments, check, vmrun, work)
        _measure(arguments.names or list(MEASUREMENTS), context)
        _publish(context, head, (arguments.output or HACK.parent / "build/bench").absolute())
        return 0
    finally:
        # Nothing stops the clean-up; it has limits of its own.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if context is not None:
            context.tidy()
        children.end_all()
        shutil.rmtree(work, ignore_errors=True)


def _context(arguments: argparse.Namespace, check: dict, vmrun: str, work: Path) -> Context:
    status, files = check.get("kvm", {}).get("status"), check.get("files", {})
    found = [*(runtimes.vmruns(vmrun, work) if check.get("ok") else []), *runtimes.peers(work)]
    chosen = [runtime for runtime in found if arguments.subjects is None or runtime.name in arguments.subjects]
    paths = tuple(files.get(name, {}).get("path", "") for name in ("kernel", "image"))
    context = Context(options(arguments, status == "hardware"), work, chosen, Bundles(work, vmrun),
                      paths if all(os.path.exists(path) for path in paths) else None)
    if not check.get("ok"):
        context.results.skip("all", "vmrun", f"`vmrun check`: {check.get('kvm', {}).get('message', 'no answer')}")
    elif not any(runtime.name == "vmrun" for runtime in found):
        context.results.skip("all", "vmrun", "this vmrun has no templates; only its cold start is measured")
    return context


def _measure(names: list[str], context: Context) -> None:
    """A measurement that fails is a line in the report; the others go on."""
    for name in MEASUREMENTS:
        if name in names:
            print(f"== {MEASUREMENTS[name].TITLE}", file=sys.stderr, flush=True)
            try:
                MEASUREMENTS[name].measure(context)
            except (Failure, OSError, subprocess.SubprocessError) as error:
                context.results.skip(name, "all", str(error))
            finally:
                context.tidy()


def _publish(context: Context, head: dict[str, str], output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    results = {"version": 1, "machine": head, "options": vars(context.options), **context.results.json()}
    (output / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    (output / "results.svg").write_text(chart.draw(context.results, head))
    titles = {name: module.TITLE for name, module in MEASUREMENTS.items()}
    text = report.markdown(head, context.results, titles)
    (output / "results.md").write_text(text + "\n")
    print(text)
