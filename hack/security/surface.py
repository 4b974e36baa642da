"""What the process that faces the workload can reach on the host, and what it uses, for the same image and workload."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import children, procfs

from . import configuration, functions, threads, tracepoints
from .attempt import new_token
from .subjects import Subject
from .threads import ThreadFace

# Files, forks, sockets, memory, /proc. It waits for its turn so that only its work is looked at.
_WORKLOAD = """
while :; do
while [ ! -e /go ]; do sleep 0.2; done; rm /go
mkdir -p /work/a; n=0
while [ $n -lt 3 ]; do echo $n >/work/a/$n; cat /work/a/$n >/dev/null; n=$((n+1)); done
mv /work/a/0 /work/b; ln -s b /work/c; ls -lR /work >/dev/null; chmod 600 /work/b; rm -r /work
ls / | sort >/dev/null
head -c 1000000 /dev/zero | tail -c 1 >/dev/null
nc -l -p 7000 >/dev/null & sleep 0.5; echo x | nc -w 1 127.0.0.1 7000; kill $! 2>/dev/null
cat /proc/meminfo /proc/self/status >/dev/null; head -c 16 /dev/urandom >/dev/null; date >/dev/null
echo done >/done
done
"""
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


@dataclass
class Surface:
    """Of one runtime and profile."""

    subject: str
    profile: str
    process: str = ""
    threads: list[ThreadFace] = field(default_factory=list)
    calls_allowed: int = 0
    calls_used: list[str] = field(default_factory=list)
    functions: int | None = None
    functions_missing: str = ""
    tracepoints: int | None = None
    tracepoints_missing: str = ""
    descriptors: dict[str, int] = field(default_factory=dict)
    mounts: int = 0
    writable_mounts: list[str] = field(default_factory=list)
    processes: int | None = None
    proc_files: int = 0
    sys_files: int = 0
    devices: list[str] = field(default_factory=list)
    namespaces: list[str] = field(default_factory=list)
    memory: int = 0
    start_seconds: list[float] = field(default_factory=list)
    failure: str = ""

    def json(self) -> dict:
        return asdict(self)


class Measurement:
    """Measures the surface of runtimes; `rootfs` is the image."""

    def __init__(self, work: Path, rootfs: Path, starts: int) -> None:
        self._work = work
        self._rootfs = rootfs
        self._starts = starts
        self._counter = 0

    def measure(self, subject: Subject, profile: str) -> Surface:
        print(f"-- surface of {subject.name}, {profile}", file=sys.stderr, flush=True)
        result = Surface(subject.name, profile)
        folder = self._work / f"surface-{new_token()[:8]}"
        rootfs = folder / "rootfs"
        shutil.copytree(self._rootfs, rootfs, symlinks=True)
        try:
            self._run(subject, profile, folder, rootfs, result)
            self._time(subject, profile, folder, rootfs, result)
        except (OSError, subprocess.SubprocessError, children.Failure, StopIteration) as error:
            result.failure = str(error)
        finally:
            subject.runtime.remove_remains()
            children.reap_orphans()
            shutil.rmtree(folder, ignore_errors=True)
        return result

    def _bundle(self, profile: str, folder: Path, rootfs: Path, *words: str) -> tuple[Path, str]:
        self._counter += 1
        bundle, name = folder / f"bundle-{self._counter}", f"bench-{os.getpid()}-s{self._counter}"
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(configuration.make(profile, {}, rootfs, [], list(words), {})))
        return bundle, name

    def _run(self, subject: Subject, profile: str, folder: Path, rootfs: Path, result: Surface) -> None:
        bundle, name = self._bundle(profile, folder, rootfs, "sh", "-c", _WORKLOAD)
        with (folder / "output").open("w+b") as output:
            verb = subject.start(bundle, name, output, None, None)
            try:
                process = subject.facing(name, verb, 120, output)
                time.sleep(1)
                _look(process, result)
                result.calls_used = self._used(process, folder, rootfs)
                self._reached(process, rootfs, result)
                self._passed(process, rootfs, result)
                # What is open when it has been at work.
                result.descriptors = _descriptors(process)
                result.memory = procfs.pss(process)
            finally:
                with contextlib.suppress(children.Failure, subprocess.TimeoutExpired):
                    if verb.poll() is None:
                        children.run(subject.runtime.argv("kill", name, "KILL"), 60, subject.runtime.namespace)
                    verb.wait(30)
                if verb.poll() is None:
                    verb.kill()
                    verb.wait()

    @staticmethod
    def _used(process: int, folder: Path, rootfs: Path) -> list[str]:
        """Lets the workload do its work once; answers the names of the system calls that it leads to."""
        trace = folder / "strace"
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", trace, "-p", str(process)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            _work_once(rootfs)
        finally:
            tracer.terminate()
            tracer.wait()
        return calls(trace.read_text(errors="replace"))

    @staticmethod
    def _reached(process: int, rootfs: Path, result: Surface) -> None:
        """The same under the function tracer, where there is one."""
        result.functions_missing = functions.unavailable() or ""
        if result.functions_missing:
            return
        tracer = functions.Tracer(process)
        try:
            tracer.start()
            _work_once(rootfs)
        except OSError as error:
            result.functions_missing = str(error)
        finally:
            count = tracer.stop()
        if not result.functions_missing:
            result.functions = count

    @staticmethod
    def _passed(process: int, rootfs: Path, result: Surface) -> None:
        """The same with the kernel's tracepoints."""
        tracer = tracepoints.Tracer(process)
        try:
            tracer.start()
            _work_once(rootfs)
        except OSError as error:
            result.tracepoints_missing = str(error)
        finally:
            count = tracer.stop()
        if not result.tracepoints_missing:
            result.tracepoints = count

    def _time(self, subject: Subject, profile: str, folder: Path, rootfs: Path, result: Surface) -> None:
        for _ in range(self._starts):
            bundle, name = self._bundle(profile, folder, rootfs, "true")
            begin = time.monotonic()
            with (folder / "output").open("w+b") as output:
                subject.start(bundle, name, output, None, None).wait(120)
            result.start_seconds.append(time.monotonic() - begin)


def _work_once(rootfs: Path) -> None:
    (rootfs / "go").touch()
    limit = time.monotonic() + 300
    while not (rootfs / "done").exists():
        if time.monotonic() > limit:
            raise OSError("the workload did not come to its end")
        time.sleep(0.1)
    (rootfs / "done").unlink()


def calls(trace: str) -> list[str]:
    """Distinct system calls of strace's output. Pure."""
    return sorted(set(re.findall(r"^\d+\s+(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed)", trace, re.MULTILINE)))


def _descriptors(process: int) -> dict[str, int]:
    kinds: Counter[str] = Counter()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            kinds[kind_of(os.readlink(entry))] += 1
    return dict(sorted(kinds.items()))


def kind_of(target: str) -> str:
    """What a descriptor is, from its link in /proc/PID/fd. Pure."""
    match = re.match(r"(?:anon_inode:)?\[?([a-z_-]+)", target) if not target.startswith("/") else None
    if match:
        return match[1]
    return target if target.startswith("/dev/") and not target.startswith("/dev/pts") else "file or folder"


def _look(process: int, result: Surface) -> None:
    base = Path(f"/proc/{process}")
    result.process = (base / "comm").read_text().strip()
    result.threads = threads.read(process)
    # Who has one thread has them all.
    result.calls_allowed = max(*(thread.allowed for thread in result.threads),
                               len(set().union(*(thread.calls for thread in result.threads))))
    result.namespaces = [name for name in _NAMESPACES
                         if os.readlink(base / "ns" / name) != os.readlink(f"/proc/self/ns/{name}")]
    table = mounts((base / "mountinfo").read_text())
    result.mounts = len(table)
    result.writable_mounts = [f"{point} ({kind})" for point, kind, writable in table if writable]
    for point, kind, _ in table:
        if kind in ("proc", "sysfs") and point in ("/proc", "/sys"):
            count = _writable_files(base / "root" / point.lstrip("/"))
            if kind == "proc":
                result.proc_files = count
                result.processes = sum(1 for one in _listing(base / "root" / point.lstrip("/")) if one.isdigit())
            else:
                result.sys_files = count
    result.devices = sorted(_device_nodes(base / "root/dev"))


def mounts(mountinfo: str) -> list[tuple[str, str, bool]]:
    """Place, type and whether it can be written. Pure."""
    found = []
    for line in mountinfo.splitlines():
        fields = line.split()
        after = fields.index("-")
        writable = "rw" in fields[5].split(",") and "rw" in fields[after + 3].split(",")
        found.append((fields[4], fields[after + 1], writable))
    return found


def _listing(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _writable_files(folder: Path) -> int:
    """Files that root may write, by their modes, where they are not mounted read-only; without those of processes."""
    count = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.isdigit() and name not in ("self", "thread-self")]
        try:
            if os.statvfs(parent).f_flag & os.ST_RDONLY:
                continue
        except OSError:
            continue
        for name in names:
            with contextlib.suppress(OSError):
                path = os.path.join(parent, name)
                if os.lstat(path).st_mode & 0o222 and not os.path.islink(path) and not os.statvfs(path).f_flag & os.ST_RDONLY:
                    count += 1
    return count


def _device_nodes(folder: Path) -> list[str]:
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(OSError):
                if not path.is_symlink() and (path.is_char_device() or path.is_block_device()):
                    found.append(str(path.relative_to(folder)))
    return found
