"""What /proc tells of processes: families, CPU time of threads, memory. Parsers are pure and take the files' text."""
import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stat:
    """Fields of proc_pid_stat(5); CPU times in seconds, of all threads, those that have ended included."""

    name: str
    state: str
    parent: int
    user: float
    system: float
    guest: float

    @classmethod
    def parse(cls, text: str) -> "Stat":
        # The name in parentheses may have spaces and parentheses of its own.
        name = text[text.index("(") + 1 : text.rindex(")")]
        fields = text[text.rindex(")") + 2 :].split()
        user, system, guest = (int(fields[n]) / _TICKS for n in (11, 12, 40))
        return cls(name, fields[0], int(fields[1]), user, system, guest)


@dataclass(frozen=True)
class Mapping:
    """A line of smaps with its proportional share of memory; sizes in bytes."""

    start: int
    end: int
    permissions: str
    path: str
    pss: int

    @property
    def size(self) -> int:
        return self.end - self.start


def read(path: str) -> str | None:
    """A file of /proc; None when its process is gone."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return None


def stat(pid: int) -> Stat | None:
    text = read(f"/proc/{pid}/stat")
    return Stat.parse(text) if text else None


def descendants(ancestor: int) -> list[int]:
    """Living processes below `ancestor`, parents first."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := stat(int(entry))) is not None and process.state not in "ZX":
            children.setdefault(process.parent, []).append(int(entry))
    found, queue = [], [ancestor]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def thread_times(pid: int) -> dict[str, float]:
    """CPU seconds of a process's living threads, by their names (added up where a name occurs twice).

    From schedstat (nanoseconds; exact for a thread that sleeps), else from stat (clock ticks).
    """
    times: dict[str, float] = {}
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return times
    for thread in threads:
        folder = f"/proc/{pid}/task/{thread}"
        text, schedule = read(folder + "/stat"), read(folder + "/schedstat")
        if not text:
            continue
        parsed = Stat.parse(text)
        seconds = int(schedule.split()[0]) / 1e9 if schedule else parsed.user + parsed.system
        times[parsed.name] = times.get(parsed.name, 0) + seconds
    return times


def pss(pid: int) -> int:
    """Proportional set size in bytes; 0 when the process is gone."""
    match = re.search(r"^Pss:\s+(\d+) kB", read(f"/proc/{pid}/smaps_rollup") or "", re.MULTILINE)
    return int(match[1]) << 10 if match else 0


_HEAD = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+\s*(.*)$")


def parse_smaps(text: str) -> list[Mapping]:
    """The mappings of smaps, in order of address."""
    found: list[Mapping] = []
    head, share = None, 0
    for line in [*text.splitlines(), "0-0 ---- 0 0:0 0"]:
        match = _HEAD.match(line)
        if match:
            if head:
                found.append(Mapping(int(head[1], 16), int(head[2], 16), head[3], head[4], share))
            head, share = match, 0
        elif line.startswith("Pss:"):
            share = int(line.split()[1]) << 10
    return found


def guest_memory(mappings: list[Mapping], least: int = 32 << 20) -> list[Mapping]:
    """The mappings that are a guest's RAM: the longest run of writable ones without a gap.

    It is one mapping, or many where a template's file and empty memory take turns. Programs, libraries, heap and stacks
    are no part of it. Empty where no run has `least` bytes.
    """
    programs = {mapping.path for mapping in mappings if mapping.path and "x" in mapping.permissions}
    runs: list[list[Mapping]] = []
    for mapping in mappings:
        if "w" not in mapping.permissions or mapping.path in programs or mapping.path.startswith("["):
            continue
        if runs and runs[-1][-1].end == mapping.start:
            runs[-1].append(mapping)
        else:
            runs.append([mapping])
    longest = max(runs, key=_size, default=[])
    return longest if _size(longest) >= least else []


def _size(run: list[Mapping]) -> int:
    return sum(mapping.size for mapping in run)
