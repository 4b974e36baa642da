"""Escapes by way of files, processes and sockets of the host, and by the runtime's own mistakes."""
import hashlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import host
from .attempt import Attempt, new_token
from .scenario import Scenario


def _file_handle(attempt: Attempt) -> str | None:
    folder, token = attempt.secret("handle")
    secret = folder / "secret"
    try:
        kind, data = host.handle(secret)
    except OSError:
        return "the file system of the host has no handles"
    attempt.environment.update(HANDLE_TYPE=str(kind), HANDLE=data.hex(), HANDLE_PATH=str(secret),
                               HANDLE_PATH_BELOW=str(secret.relative_to(host.mount_base(secret))))
    attempt.checks["file-handle"] = lambda _: attempt.came_out(token)
    return None


def _read_only_mount(attempt: Attempt) -> str | None:
    name = new_token()
    attempt.environment["READ_ONLY_NAME"] = name
    attempt.checks["read-only-mount"] = lambda _: (attempt.read_only / name).exists()
    return None


def _page_cache(attempt: Attempt) -> str | None:
    token, file = new_token(), attempt.read_only / "cached"
    file.write_text("." * 4096)
    attempt.environment["CACHE_TOKEN"] = token
    before = _digests(attempt.runtime.templates)
    attempt.checks["page-cache"] = lambda _: (
        token in file.read_text(errors="replace")
        # Machines map the memory of their template: what one writes must not show in another.
        or (attempt.ended and any(_digests(path.parent).get(path) != digest for path, digest in before.items())))
    return "the host's kernel has no such bug"


def _digests(folder: Path) -> dict[Path, str]:
    found = {}
    for path in folder.rglob("*") if folder.exists() else []:
        if path.is_file():
            with path.open("rb") as file:
                found[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _host_socket(attempt: Attempt) -> str | None:
    token, path = new_token(), attempt.folder / "daemon.sock"
    path.unlink()
    listener = host.Listener(str(path))
    attempt.undo.callback(listener.close)
    attempt.environment["SOCKET_TOKEN"] = token
    attempt.checks["host-socket"] = lambda _: token.encode() in listener.heard()
    return None


def _abstract_socket(attempt: Attempt) -> str | None:
    token, name = new_token(), "secbench-" + new_token()
    listener = host.Listener(b"\0" + name.encode())
    attempt.undo.callback(listener.close)
    attempt.environment.update(ABSTRACT_TOKEN=token, ABSTRACT_NAME=name)
    attempt.checks["abstract-socket"] = lambda _: token.encode() in listener.heard()
    return None


def _host_process(attempt: Attempt) -> str | None:
    folder, token = attempt.secret("victim")
    victim = subprocess.Popen(["sleep", "600"], cwd=folder, env={"PATH": os.environ["PATH"], "SECRET": token},
                              stdin=subprocess.DEVNULL)
    attempt.undo.callback(lambda: (victim.kill(), victim.wait()))
    attempt.environment.update(VICTIM=str(victim.pid), VICTIM_SECRET=str(folder / "secret"))
    attempt.checks["host-process"] = lambda _: attempt.came_out(token)
    return None


def _leaked_descriptor(attempt: Attempt) -> str | None:
    folder, token = attempt.secret("leaked")
    attempt.leak = folder / "inner"
    attempt.leak.mkdir()
    for name in ("leaked-descriptor", "leaked-folder"):
        attempt.checks[name] = lambda _: attempt.came_out(token)
    return None


def _falls_to_leak(attempt: Attempt) -> bool:
    """The attack against a runtime that passes on what it is given, with nothing around it."""
    _leaked_descriptor(attempt)
    end = subprocess.run([attempt.rootfs / "attack", "leaked-descriptor"], cwd=attempt.leak, capture_output=True,
                         stdin=subprocess.DEVNULL, timeout=60, env=attempt.environment)
    attempt.output = end.stdout
    return attempt.checks["leaked-descriptor"](attempt)


def _runtime_program(attempt: Attempt) -> str | None:
    """The programs of the runtime are copies: `attempt.runtime.programs` has them."""
    token = new_token()
    attempt.environment["PROGRAM_TOKEN"] = token
    originals = {path: path.read_bytes() for path in attempt.runtime.programs}

    def restore() -> None:
        for path, data in originals.items():
            if path.read_bytes() != data:
                new = path.with_name(path.name + ".new")
                shutil.copy2(path, new)
                new.write_bytes(data)
                new.rename(path)
    attempt.undo.callback(restore)
    attempt.checks["runtime-program"] = lambda _: any(_ends_with(path, token) for path in originals)
    attempt.during.append(_enter)
    return None


def _ends_with(path: Path, token: str) -> bool:
    with path.open("rb") as file:
        file.seek(-min(4096, path.stat().st_size), os.SEEK_END)
        return token.encode() in file.read()


def _enter(attempt: Attempt, name: str, process: subprocess.Popen) -> None:
    """Enters the container twice, as soon as its script is there."""
    limit = time.monotonic() + 60
    while not (attempt.rootfs / "entry").exists() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.05)
    for _ in range(2):
        attempt.runtime.enter(name, "/entry")


def _falls_to_program(attempt: Attempt) -> bool:
    """The attack against a runtime of which a process is in the container."""
    naive = attempt.folder / "naive-runtime"
    shutil.copy(attempt.attack.with_name("naive-runtime"), naive)
    attempt.environment["PROGRAM_TOKEN"] = token = new_token()
    end = subprocess.Popen([naive, attempt.rootfs, "/attack", "runtime-program"], env=attempt.environment,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           start_new_session=True)
    try:
        limit = time.monotonic() + 15
        while not _ends_with(naive, token) and time.monotonic() < limit:
            time.sleep(0.05)
        return _ends_with(naive, token)
    finally:
        os.killpg(end.pid, signal.SIGKILL)
        end.wait()


def _share_links(attempt: Attempt) -> str | None:
    folder, token = attempt.secret("linked")
    # Beside the share, too: one step up leads there.
    (attempt.folder / "secret").write_text(token)
    attempt.environment["LINK_SECRET"] = str(folder / "secret")
    attempt.checks["share-links"] = lambda _: attempt.came_out(token)
    return None


def _follows_link(attempt: Attempt) -> bool:
    """Whoever follows the names on the host reads the secret: here the bench itself, after the attack of a process."""
    _share_links(attempt)
    link = attempt.share / "absolute"
    link.symlink_to(attempt.environment["LINK_SECRET"])
    attempt.output = link.read_bytes()
    return attempt.checks["share-links"](attempt)


def _share_race(attempt: Attempt) -> str | None:
    folder, token = attempt.secret("raced")
    attempt.environment["RACE_FOLDER"] = str(folder)
    attempt.checks["share-race"] = lambda _: attempt.came_out(token)
    return None


def _loses_race(attempt: Attempt) -> bool:
    """Whoever looks first and opens by name afterwards loses the race: here the bench itself."""
    _share_race(attempt)
    folder, link = attempt.share / "turning", attempt.share / "turned"
    folder.mkdir()
    (folder / "secret").write_text("harmless")
    link.symlink_to(attempt.environment["RACE_FOLDER"])
    stop = threading.Event()

    def turn() -> None:
        aside = attempt.share / "aside"
        while not stop.is_set():
            for source, target in ((folder, aside), (link, folder), (folder, link), (aside, folder)):
                source.rename(target)
    turner = threading.Thread(target=turn)
    turner.start()
    try:
        limit = time.monotonic() + 20
        while time.monotonic() < limit and not attempt.checks["share-race"](attempt):
            try:
                if not folder.is_symlink():
                    attempt.output += (folder / "secret").read_bytes()[:64]
            except OSError:
                continue
        return attempt.checks["share-race"](attempt)
    finally:
        stop.set()
        turner.join()


def _mount_link(attempt: Attempt) -> str | None:
    outside = attempt.folder / "outside"
    outside.mkdir()
    (attempt.rootfs / "link").symlink_to("../outside")
    attempt.more_mounts.append({"destination": "/link/made", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k"]})
    attempt.checks["mount-link"] = lambda _: (outside / "made").exists()
    return None


def _makes_outside(attempt: Attempt) -> bool:
    """Whoever makes the mount's place by its name makes it outside of the root."""
    _mount_link(attempt)
    (attempt.rootfs / "link/made").mkdir()
    return attempt.checks["mount-link"](attempt)


SCENARIOS = [
    Scenario("file-handle", "a file of the host is opened by its handle", "CAP_DAC_READ_SEARCH: shocker", _file_handle,
             {"capabilities": ("CAP_DAC_READ_SEARCH",)}, quick=True),
    Scenario("read-only-mount", "a folder that is mounted read-only is written", "host mounts", _read_only_mount,
             {"capabilities": ("CAP_SYS_ADMIN",)}, quick=True),
    Scenario("page-cache", "a file that can only be read is written in the page cache", "CVE-2022-0847: Dirty Pipe", _page_cache),
    Scenario("host-socket", "a daemon's socket that is mounted takes orders", "docker socket", _host_socket, quick=True),
    Scenario("abstract-socket", "a socket of the host's network namespace takes orders", "CVE-2020-15257", _abstract_socket,
             {"without_namespaces": ("network",)}, may_refuse=True),
    Scenario("host-process", "a process of the host is read", "pid namespace of the host", _host_process,
             {"without_namespaces": ("pid",), "capabilities": ("CAP_SYS_PTRACE",)}, may_refuse=True),
    Scenario("leaked-descriptor", "a folder that the runtime has left open", "CVE-2016-9962, CVE-2024-21626",
             _leaked_descriptor, quick=True, control=_falls_to_leak,
             control_text="the attack itself, with the descriptor and without a runtime"),
    Scenario("leaked-folder", "the container's folder is one that the runtime has left open", "CVE-2024-21626",
             _leaked_descriptor, {"folder": "/proc/self/fd/17"}, control=_falls_to_leak, alone=True, may_refuse=True,
             control_text="the attack itself, in the folder and without a runtime"),
    Scenario("runtime-program", "the runtime's own program is written by what it executes", "CVE-2019-5736",
             _runtime_program, control=_falls_to_program, alone=True,
             control_text="a runtime made for this, whose process enters the container with its program"),
    Scenario("share-links", "names in a shared folder that lead out of it", "CVE-2018-15664, CVE-2021-30465", _share_links,
             quick=True, control=_follows_link, control_text="a reader on the host that follows the links"),
    Scenario("share-race", "a folder and a link that take each other's place", "CVE-2018-15664", _share_race,
             control=_loses_race, control_text="a reader on the host that looks first and opens then"),
    Scenario("mount-link", "the place of a mount is below a link that leads out", "CVE-2019-19921, CVE-2021-30465",
             _mount_link, alone=True, may_refuse=True, control=_makes_outside,
             control_text="a folder made by its name on the host"),
]
