"""The phases of a start, from the debug log of vmrun. Pure.

vmrun writes lines of JSON with "msg": "phase: NAME" and "time": RFC 3339 with nanoseconds. A phase is named here after
what has been reached at its end.
"""
import json
import re
from datetime import datetime, timezone

# Names of vmrun's log in their order, and what has happened when the line is written.
ORDER = {
    "begin": "process start",
    "launched": "sandbox launched",
    "machine": "machine restored or loaded",
    "agent": "agent ready",
    "created": "container created",
    "started": "process started",
    "exited": "exit seen",
    "down": "machine down",
}
LAST = "clean-up"
LABELS = [*ORDER.values(), LAST]
# In these no guest instruction is executed.
WITHOUT_GUEST = {"process start", "sandbox launched", "machine restored or loaded", LAST}

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$")


def nanoseconds(time: str) -> int:
    """RFC 3339 as nanoseconds since 1970."""
    match = _TIME.match(time)
    if match is None:
        raise ValueError(f"not a time of RFC 3339: {time}")
    second, fraction, zone = match.groups()
    moment = datetime.fromisoformat(second + ("+00:00" if zone == "Z" else zone))
    return int(moment.astimezone(timezone.utc).timestamp()) * 10**9 + int((fraction or "").ljust(9, "0"))


def marks(log: str) -> dict[str, int]:
    """The first time of each phase in a log, in nanoseconds; whatever is not such a line is passed over."""
    found: dict[str, int] = {}
    for line in log.splitlines():
        try:
            entry = json.loads(line)
            name = entry["msg"].removeprefix("phase: ")
            if entry["msg"].startswith("phase: ") and name in ORDER:
                found.setdefault(name, nanoseconds(entry["time"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def durations(begin: int, found: dict[str, int], end: int) -> dict[str, float]:
    """Seconds of each phase between two moments (nanoseconds).

    A phase that is missing adds to the next one; a line that is older than the one before it takes no time.
    Their sum is always that of the whole.
    """
    result: dict[str, float] = {}
    last = begin
    for name, label in ORDER.items():
        if name in found:
            moment = min(max(found[name], last), end)
            result[label] = (moment - last) / 1e9
            last = moment
    result[LAST] = (end - last) / 1e9
    return result
