"""What the surface of vmrun must not exceed. Pure."""
from dataclasses import dataclass

MET, MISSED, OPEN = "met", "missed", "not yet"


@dataclass(frozen=True)
class Bar:
    """A figure of a surface and its most; `needs_filter`: it means something only where there is one."""

    title: str
    most: int
    figure: object
    needs_filter: bool = True


def _processors(surface: dict) -> int:
    return max((thread["allowed"] for thread in surface["threads"] if thread["name"].startswith("vcpu")), default=0)


_BARS = [
    Bar("host system calls allowed to the sandbox process", 45, lambda surface: surface["calls_allowed"]),
    Bar("host system calls allowed to the thread of a virtual processor", 14, _processors),
    Bar("host system calls used", 60, lambda surface: len(surface["calls_used"]), needs_filter=False),
]


def judge(surfaces: list[dict]) -> list[tuple[str, str]]:
    """A line and a verdict for each bar and each surface of vmrun."""
    found = []
    for surface in surfaces:
        if surface["subject"] != "vmrun":
            continue
        filtered = any(thread["filters"] for thread in surface["threads"])
        for bar in _BARS:
            line = f"{bar.title}, {surface['profile']}: at most {bar.most}"
            if surface["failure"]:
                found.append((f"{line}; not measured", MISSED))
            elif bar.needs_filter and not filtered:
                found.append((f"{line}; there is no filter", OPEN))
            else:
                figure = bar.figure(surface)
                found.append((f"{line}; {figure}", MET if figure <= bar.most else MISSED))
    return found
