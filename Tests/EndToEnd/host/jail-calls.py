#!/usr/bin/python3
"""Which calls of the jail's lists a run has not needed, from what strace saw of it.

    vmrun check --json | jail-calls.py FOLDER...

Each folder has the files of one `strace -ff -qq -s 15 -o FOLDER/trace`, one per thread. A thread of vmrun-sandbox counts
from the moment when it has its filter. Prints a line for each call that is listed for a kind of thread and was not used by
any; calls that are listed as rare do not count, and are told with --rare. Ends with 1 where there are lines, and with 2
where a kind of thread was never seen.
"""
import json
import re
import sys
from pathlib import Path

_CALL = re.compile(r"^(?:\[pid +\d+\] )?(?:<\.\.\. )?(\w+)(?:\(| resumed>)")
_NAME = re.compile(r'^prctl\(PR_SET_NAME, "([a-z]+)')
_PROGRAM = re.compile(r'^execve\(.*vmrun-sandbox", \["[^"]*"(?:\.\.\.)?, "(\w*)')
_FILTER = re.compile(r"^seccomp\(SECCOMP_SET_MODE_FILTER.*= 0$")
_THREADS = {"vcpu": "processor", "net": "card", "fs": "files"}


def kind_of(lines: list[str]) -> str | None:
    """What a thread is, without regard to whether its process makes a template; nil: none of vmrun-sandbox's. Pure."""
    kind = None
    for line in lines:
        if program := _PROGRAM.match(line):
            kind = {"exec": "standIn", "watch": None}.get(program[1], "loop")
        elif name := _NAME.match(line):
            kind = _THREADS.get(name[1], kind)
    return kind


def calls(lines: list[str]) -> set[str]:
    """The calls after the filter. Pure."""
    begin = next((number for number, line in enumerate(lines) if _FILTER.match(line)), len(lines))
    found = (_CALL.match(line) for line in lines[begin + 1 :])
    return {call[1] for call in found if call}


def of_maker(kind: str) -> str:
    return {"loop": "maker", "processor": "makersProcessor"}.get(kind, "makersOthers")


def read(folder: Path) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    threads = [file.read_text(errors="replace").splitlines() for file in sorted(folder.iterdir())]
    makes = any('"template", "create"' in line for lines in threads for line in lines)
    for lines in threads:
        if kind := kind_of(lines):
            used.setdefault(of_maker(kind) if makes else kind, set()).update(calls(lines))
    return used


def main(words: list[str]) -> int:
    tells_rare = "--rare" in words
    used: dict[str, set[str]] = {}
    for folder in words:
        if folder != "--rare":
            for kind, names in read(Path(folder)).items():
                used.setdefault(kind, set()).update(names)
    lists = json.load(sys.stdin)["jail"]["seccomp"]["calls"]
    status = 0
    for kind, listed in lists.items():
        if kind not in used:
            print(f"{kind}: no such thread was seen")
            status = 2
            continue
        rare = {call["name"] for call in listed if call["rare"]}
        needed = {call["name"] for call in listed if not call["rare"]}
        for name in sorted(needed - used[kind]):
            print(f"{kind}: {name} is not needed")
            status = status or 1
        if tells_rare and rare - needed - used[kind]:
            print(f"{kind}: rare and not used: {', '.join(sorted(rare - needed - used[kind]))}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
