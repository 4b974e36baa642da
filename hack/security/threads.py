"""What a thread may do: its filters, read back from the kernel, capabilities and the like."""
import ctypes
import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import configuration, seccomp_filter

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
# linux/ptrace.h
_SEIZE, _INTERRUPT, _DETACH, _GET_FILTER = 0x4206, 0x4207, 17, 0x420C
_WALL = 0x40000000
_HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


def call_names() -> dict[int, str]:
    """All system calls of the C library's headers."""
    return {int(number): name for name, number in re.findall(r"^#define __NR_(\w+)\s+(\d+)$", _HEADER.read_text(), re.MULTILINE)}


@dataclass
class ThreadFace:
    """A thread of the process that faces the workload."""

    name: str
    allowed: int
    # Their names; empty where there is no filter, and all are allowed.
    calls: list[str]
    # How many requests of ioctl; None where those are allowed that no filter names.
    ioctls: int | None
    capabilities: list[str]
    no_new_privileges: bool
    filters: int


def _ptrace(request: int, thread: int, address: int, data) -> int:
    result = _libc.ptrace(request, thread, address, data)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace {request:#x}: {os.strerror(error)}")
    return result


def filters(thread: int) -> list[tuple]:
    """The seccomp filters of a thread, read by the tracer that this becomes for a moment."""
    _ptrace(_SEIZE, thread, 0, None)
    try:
        _ptrace(_INTERRUPT, thread, 0, None)
        os.waitpid(thread, _WALL)
        found = []
        while True:
            try:
                count = _ptrace(_GET_FILTER, thread, len(found), None)
            except FileNotFoundError:
                return found
            buffer = ctypes.create_string_buffer(8 * count)
            _ptrace(_GET_FILTER, thread, len(found), buffer)
            found.append(seccomp_filter.parse(buffer.raw))
    finally:
        _libc.ptrace(_DETACH, thread, None, None)


def read(process: int) -> list[ThreadFace]:
    """All threads of a process."""
    names = call_names()
    found = []
    cache: dict[tuple, tuple[list[str], int | None]] = {}
    for entry in sorted(Path(f"/proc/{process}/task").iterdir(), key=lambda path: int(path.name)):
        if is_kernels((entry / "stat").read_text()):
            continue
        status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
        programs = filters(int(entry.name)) if status["Seccomp"].strip() == "2" else []
        key = tuple(programs)
        if key not in cache:
            requests = seccomp_filter.ioctls(programs)
            cache[key] = ([name for number, name in names.items() if seccomp_filter.lets(programs, number)] if programs else [],
                          None if requests is None else len(requests))
        calls, ioctls = cache[key]
        found.append(ThreadFace(status["Name"].strip(), len(calls) if programs else len(names), calls, ioctls,
                                capabilities(int(status["CapEff"], 16)), status["NoNewPrivs"].strip() == "1", len(programs)))
    return found


def is_kernels(stat: str) -> bool:
    """Whether a thread of the process runs the kernel's code alone, as KVM's workers do: PF_USER_WORKER. Pure."""
    return bool(int(stat[stat.rindex(")") + 2 :].split()[6]) & 0x4000)


def capabilities(mask: int) -> list[str]:
    return [name for bit, name in enumerate(configuration.CAPABILITIES) if mask >> bit & 1]
