"""Escapes with the guest's kernel lost: a kernel that is the attacker's works on the VMM from ring 0 (`guest` has it)."""
import hashlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks import procfs

from . import host, kernel_scenarios
from .attempt import Attempt, new_token
from .scenario import Scenario

PROFILE = "guest lost"
_SOURCES = Path(__file__).resolve().parent / "guest"
# Twice a machine's usual memory.
_MOST_MEMORY = 512 << 20
# What the kernel's log says when a program of this name, or a thread of it, does what a processor does not allow.
_CRASH = re.compile(rb"(segfault|trap |general protection|protection fault).* in vmrun-sandbox")


def build(folder: Path) -> Path:
    """Compiles the kernel; answers its path."""
    target = folder / "hostile-kernel"
    subprocess.run(["clang", "--target=x86_64-unknown-none-elf", "-ffreestanding", "-fno-builtin", "-fno-pic", "-mno-red-zone",
                    "-mgeneral-regs-only", "-mcmodel=large", "-O1", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-static",
                    "-fuse-ld=lld", f"-Wl,-T,{_SOURCES / 'kernel.ld'}", "-o", target,
                    *sorted(_SOURCES.glob("*.[cS]"))], check=True, timeout=300)
    return target


def _names_outside(attempt: Attempt) -> set[Path]:
    """All that is in the attempt's folder but in what is shared, and what the bench itself makes while it runs."""
    shared = {attempt.rootfs, attempt.share, attempt.read_only, attempt.folder / "bundle"}
    found: set[Path] = set()
    for parent, folders, names in os.walk(attempt.folder):
        folders[:] = [name for name in folders if Path(parent, name) not in shared]
        found |= {Path(parent, name) for name in folders + names if not name.startswith("output")}
    return found


def _names(attempt: Attempt) -> str | None:
    folder, token = attempt.secret("named")
    (attempt.folder / "secret").write_text(token)
    attempt.environment.update(secret=str(folder / "secret"), folder=str(folder))
    before: set[Path] = set()
    attempt.when_ready.append(lambda: before.update(_names_outside(attempt)))
    check = lambda _: attempt.came_out(token) or _names_outside(attempt) != before  # noqa: E731
    attempt.checks.update({"lost-names": check, "lost-links": check, "lost-handles": check})
    # What follows a link could also cut its target off.
    attempt.checks["lost-links"] = lambda _: check(_) or (folder / "secret").stat().st_size == 0
    return None


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        digest.update(f"{path.name} {about.st_mode} {about.st_size} {about.st_nlink} {os.listxattr(path, follow_symlinks=False)}"
                      .encode())
        if path.is_file() and not path.is_symlink():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_only(attempt: Attempt) -> str | None:
    (attempt.read_only / "cached").write_text("." * 4096)
    before = _content(attempt.read_only)
    attempt.checks["lost-read-only"] = lambda _: _content(attempt.read_only) != before
    return None


def _nodes(attempt: Attempt) -> str | None:
    reason = kernel_scenarios.disk(attempt)
    if reason:
        return reason
    log, token = host.KernelLog(), new_token()
    attempt.undo.callback(log.close)
    attempt.environment.update(major=attempt.environment["DISK_MAJOR"], minor=attempt.environment["DISK_MINOR"], token=token)
    block = attempt.checks.pop("disk-read")
    attempt.checks.pop("disk-mount")
    attempt.checks["lost-nodes"] = lambda _: block(_) or token.encode() in log.text()
    return None


def sandbox_memory() -> int:
    """The most memory that a sandbox below this process has had until now (VmHWM), in bytes."""
    found = 0
    for process in procfs.descendants(os.getpid()):
        about = procfs.stat(process)
        if about is not None and about.name == "vmrun-sandbox":
            match = re.search(r"^VmHWM:\s+(\d+) kB", procfs.read(f"/proc/{process}/status") or "", re.MULTILINE)
            found = max(found, int(match[1]) << 10 if match else 0)
    return found


def _survives(*names: str):
    """The sandbox does not crash, and does not take more of the host's memory than its guest and as much again."""
    def prepare(attempt: Attempt) -> str | None:
        log = host.KernelLog()
        attempt.undo.callback(log.close)
        for name in names:
            attempt.checks[name] = lambda _: bool(_CRASH.search(log.text())) or attempt.peak > _MOST_MEMORY
        attempt.environment["port"] = "1024"
        return None
    return prepare


def _crashes(attempt: Attempt) -> bool:
    """A program of the sandbox's name that executes what no processor does."""
    log = host.KernelLog()
    attempt.undo.callback(log.close)
    shutil.copy(attempt.attack.with_name("crash"), attempt.folder / "vmrun-sandbox")
    subprocess.run([attempt.folder / "vmrun-sandbox"], check=False, stdin=subprocess.DEVNULL, timeout=60)
    limit = time.monotonic() + 5
    while time.monotonic() < limit and not _CRASH.search(log.text()):
        time.sleep(0.05)
    return bool(_CRASH.search(log.text()))


_HONEST = "what the same kernel asks honestly is done: a file appears in the share, and what it writes there is looked through"
_SIGNAL = "a program of the same name that crashes is noticed"


def reached(attempt: Attempt) -> bool:
    """Whether honest requests of the hostile kernel have come through."""
    path = attempt.share / "reached"
    return path.is_file() and path.stat().st_size > 0


def _on_files(name: str, title: str, prepare) -> Scenario:
    return Scenario(f"lost-{name}", title, "a guest kernel that is the attacker's", prepare, control_text=_HONEST,
                    control=reached, guest=name, quick=name in ("names", "links", "read-only", "nodes"))


def _on_devices(name: str, title: str) -> Scenario:
    return Scenario(f"lost-{name}", title, "a guest kernel that is the attacker's", _survives(f"lost-{name}"),
                    control_text=_SIGNAL, control=_crashes, guest=name, quick=name in ("queues", "lengths"))


SCENARIOS = [
    _on_files("names", "requests to the file server with names such as `..`, absolute paths and zeros", _names),
    _on_files("links", "links as folders and files of requests, in turn with folders", _names),
    _on_files("read-only", "a read-only share is written: by handles, links and renames to another", _read_only),
    _on_files("nodes", "the file server is to open devices of the host", _nodes),
    _on_files("handles", "nodes and handles that were never given", _names),
    _on_devices("lengths", "requests of all numbers with lengths that lie"),
    _on_devices("queues", "rings and descriptors out of bounds, in loops and around the end of memory"),
    _on_devices("registers", "every register of every device, in every width, and where a PC has others"),
    _on_devices("ports", "all I/O ports: PCI, ACPI, resets, long strings"),
    _on_devices("sockets", "vsock: floods, false credit, false addresses, a false agent"),
]
