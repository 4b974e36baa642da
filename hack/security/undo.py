"""Things of the host that are changed and must be as they were."""
import contextlib
import os
import subprocess
import time
from pathlib import Path


def restore_value(undo: contextlib.ExitStack, path: Path) -> str:
    """Remembers a value of /proc/sys and writes it back at the end; answers it."""
    before = path.read_text()

    def restore() -> None:
        if path.read_text() != before:
            path.write_text(before)
    undo.callback(restore)
    return before


def hierarchy(undo: contextlib.ExitStack, name: str, point: Path) -> None:
    """A named hierarchy of cgroups of version 1, which exists from now on until the end.

    One that is left over is a column in every /proc/PID/cgroup, which engines do not expect.
    """
    point.mkdir()
    subprocess.run(["mount", "-t", "cgroup", "-o", f"none,name={name}", "none", point], check=True, timeout=60)
    undo.callback(_end_hierarchy, name, point)


def _end_hierarchy(name: str, point: Path) -> None:
    """The kernel forgets a hierarchy when it is unmounted without groups below it; these go some time after their folders."""
    with contextlib.suppress(OSError):
        (point / "release_agent").write_text("\n")
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        _remove_groups(point)
        subprocess.run(["umount", point], check=False, capture_output=True, timeout=60)
        time.sleep(0.1)
        if not _exists(name):
            return
        # Without an effect where it has gone in the meantime: then this makes it anew, and the next round ends it.
        subprocess.run(["mount", "-t", "cgroup", "-o", f"none,name={name}", "none", point], check=False,
                       capture_output=True, timeout=60)
    raise OSError(f"the hierarchy of cgroups {name} could not be removed")


def _exists(name: str) -> bool:
    return f"name={name}:" in Path("/proc/self/cgroup").read_text()


def _remove_groups(point: Path) -> None:
    for folder in sorted((path for path in point.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts)):
        for pid in _pids(folder):
            with contextlib.suppress(OSError):
                (point / "cgroup.procs").write_text(pid)
        with contextlib.suppress(OSError):
            folder.rmdir()


def remove_cgroups(prefix: str) -> None:
    """The control groups that a runtime leaves which was killed before it had noted its container."""
    for parent, folders, _ in os.walk("/sys/fs/cgroup", topdown=False):
        for name in folders:
            if name.startswith(prefix):
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.join(parent, name))


def _pids(folder: Path) -> list[str]:
    try:
        return (folder / "cgroup.procs").read_text().split()
    except OSError:
        return []


def loop_device(undo: contextlib.ExitStack, image: Path) -> tuple[str, int, int]:
    """A block device whose content is a file: its path and numbers."""
    path = subprocess.run(["losetup", "-r", "-f", "--show", image], check=True, capture_output=True, text=True,
                          timeout=60).stdout.strip()
    undo.callback(subprocess.run, ["losetup", "-d", path], check=False, timeout=60)
    number = os.stat(path).st_rdev
    return path, os.major(number), os.minor(number)


def mounted(undo: contextlib.ExitStack, kind: str, point: Path) -> None:
    point.mkdir()
    subprocess.run(["mount", "-t", kind, "none", point], check=True, timeout=60, capture_output=True)
    undo.callback(subprocess.run, ["umount", "-l", point], check=False, timeout=60)
