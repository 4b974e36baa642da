"""Escapes by way of the kernel that containers share with their host."""
import contextlib
import os
import subprocess
from pathlib import Path

from . import host, undo
from .attempt import Attempt, new_token
from .scenario import Scenario

_ADMIN = {"capabilities": ("CAP_SYS_ADMIN",)}


def _release_agent(attempt: Attempt) -> str | None:
    name = f"secbench-{new_token()[:8]}"
    try:
        undo.hierarchy(attempt.undo, name, attempt.folder / "hierarchy")
    except (OSError, subprocess.SubprocessError):
        return "the host's kernel has no cgroups of version 1"
    marker = attempt.marker("agent")
    attempt.environment.update(HIERARCHY=name, AGENT_MARKER=str(marker))
    attempt.checks["release-agent"] = lambda _: marker.exists()
    return None


def _core_pattern(attempt: Attempt) -> str | None:
    undo.restore_value(attempt.undo, Path("/proc/sys/kernel/core_pattern"))
    marker = attempt.marker("core")
    attempt.environment["CORE_MARKER"] = str(marker)
    attempt.checks["core-pattern"] = lambda _: marker.exists()
    return None


def _kernel_setting(attempt: Attempt) -> str | None:
    path = Path("/proc/sys/kernel/printk_ratelimit_burst")
    before = undo.restore_value(attempt.undo, path)
    wanted = str(int(before) + 1)
    attempt.environment.update(SETTING="kernel/printk_ratelimit_burst", SETTING_VALUE=wanted)
    attempt.checks["kernel-setting"] = lambda _: path.read_text().strip() == wanted
    return None


def _sysrq(attempt: Attempt) -> str | None:
    attempt.environment["SYSRQ"] = "h"
    if not Path("/proc/sysrq-trigger").exists():
        return "the host's kernel has no sysrq"
    log = host.KernelLog()
    attempt.undo.callback(log.close)
    attempt.checks["sysrq"] = lambda _: b"sysrq: HELP" in log.text()
    return None


def _kernel_log(attempt: Attempt) -> str | None:
    token = new_token()
    attempt.environment["LOG_TOKEN"] = token
    log = host.KernelLog()
    attempt.undo.callback(log.close)
    attempt.checks["kernel-log"] = lambda _: token.encode() in log.text()
    return None


def _kernel_module(attempt: Attempt) -> str | None:
    if not Path("/proc/modules").exists():
        return "the host's kernel has no modules"
    found = sorted(Path(f"/lib/modules/{os.uname().release}").rglob("nlmon.ko"))
    if not found:
        return "there is no module to load for the host's kernel"
    (attempt.rootfs / "module.ko").write_bytes(found[0].read_bytes())

    def loaded(_: Attempt) -> bool:
        return any(line.startswith("nlmon ") for line in Path("/proc/modules").read_text().splitlines())
    if loaded(attempt):
        return "the module is loaded already"
    attempt.undo.callback(lambda: loaded(attempt) and subprocess.run(["rmmod", "nlmon"], check=False, timeout=60))
    attempt.checks["kernel-module"] = loaded
    return None


def _bpf(attempt: Attempt) -> str | None:
    name = "sb" + new_token()[:12]
    attempt.environment["BPF_NAME"] = name
    attempt.checks["bpf"] = lambda _: name in host.bpf_programs()
    return None


def _binary_format(attempt: Attempt) -> str | None:
    name, point = "sb" + new_token()[:8], attempt.folder / "formats"
    attempt.environment["FORMAT"] = name
    try:
        undo.mounted(attempt.undo, "binfmt_misc", point)
    except subprocess.SubprocessError:
        return "the host's kernel has no binfmt_misc"

    def unregister() -> None:
        with contextlib.suppress(FileNotFoundError):
            if (point / name).exists():
                (point / name).write_text("-1")
    attempt.undo.callback(unregister)
    attempt.checks["binary-format"] = lambda _: (point / name).exists()
    return None


def disk(attempt: Attempt) -> str | None:
    """One disk for both scenarios: its boot block and a file on it are secrets."""
    if "DISK_MAJOR" in attempt.environment:
        return None
    folder, in_file = attempt.secret("disk")
    block, image = new_token(), attempt.folder / "disk.img"
    try:
        with image.open("wb") as file:
            file.truncate(4 << 20)
        host.command("mkfs.ext4", "-q", "-O", "^has_journal", "-d", folder, image)
        with image.open("r+b") as file:
            file.write(block.encode())
        path, major, minor = undo.loop_device(attempt.undo, image)
    except (OSError, subprocess.SubprocessError):
        return "the host has no loop devices"
    attempt.environment.update(DISK_PATH=path, DISK_MAJOR=str(major), DISK_MINOR=str(minor))
    attempt.checks["disk-read"] = lambda _: attempt.came_out(block)
    attempt.checks["disk-mount"] = lambda _: attempt.came_out(in_file)
    return None


def _same_kernel(attempt: Attempt) -> str | None:
    identity = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    attempt.checks["same-kernel"] = lambda _: attempt.came_out(identity)
    return None


SCENARIOS = [
    Scenario("release-agent", "a program of the container as release_agent of a cgroup hierarchy", "CVE-2022-0492",
             _release_agent, _ADMIN, quick=True),
    Scenario("core-pattern", "a program of the container as the host's handler of core dumps", "SandboxEscapeBench",
             _core_pattern, quick=True),
    Scenario("kernel-setting", "a sysctl of the host is written: masked and read-only paths", "CVE-2021-30465's and "
             "CVE-2023-28642's aim", _kernel_setting, quick=True),
    Scenario("sysrq", "the host's magic SysRq key", "SandboxEscapeBench", _sysrq),
    Scenario("kernel-log", "lines in the host's log by a device node of one's own", "devices by mknod", _kernel_log, quick=True),
    Scenario("kernel-module", "a module for the host's kernel", "CAP_SYS_MODULE", _kernel_module,
             {"capabilities": ("CAP_SYS_MODULE",)}),
    Scenario("bpf", "a BPF program in the host's kernel", "CVE-2021-3490's entry", _bpf, _ADMIN, quick=True),
    Scenario("binary-format", "a handler of executables for the whole host", "binfmt_misc", _binary_format, _ADMIN),
    Scenario("disk-read", "a disk of the host is read by a device node of one's own", "devices by mknod", disk, quick=True),
    Scenario("disk-mount", "a disk of the host is mounted", "SandboxEscapeBench: privileged", disk, _ADMIN),
    Scenario("same-kernel", "whoever corrupts the container's kernel has corrupted the host's", "CVE-2022-0185, "
             "CVE-2016-5195 and all their kind", _same_kernel, quick=True),
]
