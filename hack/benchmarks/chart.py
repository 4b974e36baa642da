"""Which of the results are drawn: the medians of starts. Pure."""
from .plot import Bar, svg
from .results import Results

_MEASUREMENTS = ("start", "qemu")
_PREFIX = "phase: "


def bars(results: Results) -> list[Bar]:
    """A bar for each subject of the starts: its phases, or the total where it has none."""
    found = []
    for measurement in _MEASUREMENTS:
        records = [record for record in results.records if record.measurement == measurement]
        for subject in dict.fromkeys(record.subject for record in records):
            own = {record.metric: record.summary.p50 for record in records if record.subject == subject}
            segments = tuple((name.removeprefix(_PREFIX), value) for name, value in own.items() if name.startswith(_PREFIX))
            if not segments and "total" in own:
                segments = (("total (no phases)", own["total"]),)
            if segments:
                found.append(Bar(subject, segments))
    return found


def draw(results: Results, machine: dict[str, str]) -> str:
    where = f"{machine.get('processor', '')}, {machine.get('cores', '?')} cores, KVM in {machine.get('KVM', '').split(' (')[0]}"
    return svg("Start of a container that runs true",
               f"Medians of each phase, from spawn to collected exit; mind the scales. {where[:100]}", bars(results))
