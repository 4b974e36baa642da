"""A view of the file system without the cgroup2 tree, for runtimes that refuse a hybrid layout."""
import ctypes
import os
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
# linux/sched.h, linux/mount.h
_CLONE_NEWNS = 0x20000
_MS_REC_PRIVATE = 0x4000 | 1 << 18
_MNT_DETACH = 2
_UNIFIED = "/sys/fs/cgroup/unified"


def layout() -> str:
    """v1, v2, hybrid or none: what is mounted at /sys/fs/cgroup."""
    kinds = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        kinds[fields[4]] = fields[fields.index("-") + 1]
    if kinds.get("/sys/fs/cgroup") == "cgroup2":
        return "v2"
    if "cgroup" not in kinds.values():
        return "none"
    return "hybrid" if kinds.get(_UNIFIED) == "cgroup2" else "v1"


def without_unified_tree() -> int:
    """A descriptor of a mount namespace like this one, where the cgroup2 tree of a hybrid layout is not mounted."""
    ready_reader, ready_writer = os.pipe()
    done_reader, done_writer = os.pipe()
    child = os.fork()
    if child == 0:
        good = _libc.unshare(_CLONE_NEWNS) == 0
        good = good and _libc.mount(None, b"/", None, _MS_REC_PRIVATE, None) == 0
        good = good and _libc.umount2(_UNIFIED.encode(), _MNT_DETACH) == 0
        os.write(ready_writer, b"1" if good else b"0")
        os.close(done_writer)
        os.read(done_reader, 1)
        os._exit(0)
    try:
        if os.read(ready_reader, 1) != b"1":
            raise OSError("a mount namespace without the cgroup2 tree cannot be made")
        return os.open(f"/proc/{child}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        for descriptor in (ready_reader, ready_writer, done_reader, done_writer):
            os.close(descriptor)
        os.waitpid(child, 0)
