"""What the figures were had on: one value per line of the report's head."""
import os
import re
import subprocess
import time
from pathlib import Path

from . import namespaces, runtimes
from .bundles import HACK


def describe(check: dict, program: str, work: Path) -> dict[str, str]:
    """Names and values, in the order in which they are shown."""
    system = os.uname()
    kvm = check.get("kvm", {})
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit(),
        "kernel": f"{system.sysname} {system.release}",
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "cores": str(os.cpu_count()),
        "memory": f"{memory(Path('/proc/meminfo').read_text()) / 2**30:.1f} GiB",
        "KVM": f"{kvm.get('status', 'unknown')} ({kvm.get('message', 'no answer')})",
        "load average": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "cgroup layout": namespaces.layout(),
        "file system": file_system(work),
        "vmrun": runtimes.children.run([program, "--version"]).splitlines()[0].removeprefix("vmrun version "),
        **runtimes.versions(),
    }


def commit() -> str:
    """Of the work tree, with a plus where it has changes."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", HACK, *arguments], capture_output=True, text=True, timeout=60).stdout.strip()
    try:
        name = git("rev-parse", "--short", "HEAD")
        return (name + ("+" if git("status", "--porcelain", "-uno") else "")) or "unknown"
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def processor(cpuinfo: str) -> str:
    """The first model name. Pure."""
    match = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return match[1] if match else "unknown"


def memory(meminfo: str) -> int:
    """Bytes of RAM. Pure."""
    match = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(match[1]) << 10 if match else 0


def file_system(path: Path) -> str:
    """The type of the file system that holds the bundles."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        point = fields[4].rstrip("/")
        if (str(path) + "/").startswith(point + "/") and len(point) >= len(best):
            best, kind = point, fields[fields.index("-") + 1]
    return kind
