"""The report: Markdown from results.json's values. Pure."""
from . import bars, surface_table
from .scenario import Scenario


def cells(results: dict) -> dict[tuple[str, str, str], dict]:
    return {(one["scenario"], one["subject"], one["profile"]): one for one in results["escapes"]["outcomes"]}


def columns(results: dict) -> list[tuple[str, str]]:
    """Runtime and profile, in the order in which they were carried out."""
    return list(dict.fromkeys((one["subject"], one["profile"]) for one in results["escapes"]["outcomes"]))


def markdown(results: dict, scenarios: list[Scenario]) -> str:
    lines = ["# What an attacker faces", ""]
    lines += _summary(results)
    lines += ["", "## Where", "", *(f"- {name}: {value}" for name, value in results["machine"].items())]
    if results["surfaces"]:
        lines += ["", "## Surface", "", "![counts of the surfaces](surface.svg)", "",
                  *surface_table.table(results["surfaces"]), ""]
        lines += [f"- {line}: {verdict}" for line, verdict in bars.judge(results["surfaces"])]
    if not scenarios:
        return "\n".join(lines)
    lines += ["", "## Escapes", "", *_escaped(results), ""]
    lines += _table(results, scenarios)
    lines += ["", "## Controls", "", "| scenario | that its check can fail is shown by | |", "|---|---|---|"]
    for one in results["escapes"]["controls"]:
        state = "yes" if one["held"] else f"not provable here: {one['reason']}" if one["reason"] else "**no**"
        lines.append(f"| {one['scenario']} | {one['text']} | {state} |")
    return "\n".join([*lines, *_details(results)])


def _summary(results: dict) -> list[str]:
    """One line for each runtime and profile: what is read first."""
    faces = {(one["subject"], one["profile"]): one for one in results["surfaces"]}
    lines = ["How each figure is had, and what it does not mean: `docs/isolation`.", "",
             "| | attacks that reached the host | host system calls allowed | used | functions of the host's kernel reached |",
             "|---|---|---|---|---|"]
    for subject, profile in dict.fromkeys([*columns(results), *faces]):
        own = [one for one in results["escapes"]["outcomes"] if (one["subject"], one["profile"]) == (subject, profile)]
        escaped = sum(one["result"] == "escaped" for one in own)
        face = faces.get((subject, profile))
        figures = ["", "", ""]
        if face and not face["failure"]:
            figures = [str(face["calls_allowed"]), str(len(face["calls_used"])), surface_table.functions(face)]
        lines.append(f"| {subject}, {profile} | {f'{escaped} of {len(own)}' if own else ''} | {' | '.join(figures)} |")
    return lines


def _escaped(results: dict) -> list[str]:
    lines = []
    for subject, profile in columns(results):
        own = [one for one in results["escapes"]["outcomes"] if (one["subject"], one["profile"]) == (subject, profile)]
        escaped = [one["scenario"] for one in own if one["result"] == "escaped"]
        lines.append(f"- {subject}, {profile}: {len(escaped)} of {len(own)} escaped"
                     + (f" ({', '.join(escaped)})" if escaped else ""))
    return lines


def _table(results: dict, scenarios: list[Scenario]) -> list[str]:
    heads, found = columns(results), cells(results)
    lines = ["| scenario | after | " + " | ".join(f"{subject} {profile}" for subject, profile in heads) + " |",
             "|---|---|" + "---|" * len(heads)]
    for scenario in scenarios:
        row = []
        for subject, profile in heads:
            one = found.get((scenario.name, subject, profile))
            word = one["result"] if one else ""
            row.append(f"**{word}**" if word in ("escaped", "failed") else word)
        lines.append(f"| {scenario.name}: {scenario.title} | {scenario.after} | {' | '.join(row)} |")
    return lines


def _details(results: dict) -> list[str]:
    told = [one for one in results["escapes"]["outcomes"] if one["detail"]]
    if not told:
        return []
    lines = ["", "## Refusals and other words", ""]
    for one in told:
        detail = one["detail"].replace("`", "")
        lines.append(f"- {one['scenario']}, {one['subject']} {one['profile']}: {one['result']}: `{detail}`")
    return lines


def count(results: dict) -> tuple[int, int, int]:
    """A scenario passes where vmrun resists and its check has been seen to fail; it is skipped where that cannot be seen.
    Bars of the surface count, too."""
    passed = failed = skipped = 0
    own = [one for one in results["escapes"]["outcomes"] if one["subject"] == "vmrun"]
    for control in results["escapes"]["controls"]:
        results_here = [one["result"] for one in own if one["scenario"] == control["scenario"]]
        if any(result in ("escaped", "failed") for result in results_here) or not (control["held"] or control["reason"]):
            failed += 1
        elif results_here and control["held"]:
            passed += 1
        else:
            skipped += 1
    verdicts = [verdict for _, verdict in bars.judge(results["surfaces"])]
    return passed + verdicts.count(bars.MET), failed + verdicts.count(bars.MISSED), skipped + verdicts.count(bars.OPEN)
