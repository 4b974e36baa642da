"""The results as Markdown. Pure."""
from . import units
from .results import Record, Results

# What others are compared to.
REFERENCE = "runc"
# Measurements that the reference has no part in, and the one whose figures of the same name stand in.
STANDS_IN = {"qemu": "start"}


def markdown(machine: dict[str, str], results: Results, titles: dict[str, str]) -> str:
    """Everything, to be pasted into a document; `titles` has the measurements in order."""
    parts = ["### Machine", table(["", ""], [[name, value] for name, value in machine.items()])]
    for name, title in titles.items():
        parts += section(name, title, results)
    general = [skip for skip in results.skips if skip.measurement not in titles]
    parts += [f"- {skip.subject}: not measured, {skip.reason}" for skip in general]
    return "\n".join(parts)


def section(name: str, title: str, results: Results) -> list[str]:
    """One measurement: its table, notes, and what is not there; empty where it was not carried out."""
    records = [record for record in results.records if record.measurement == name]
    skips = [skip for skip in results.skips if skip.measurement == name]
    if not records and not skips:
        return []
    parts = [f"\n### {title}"]
    if records:
        parts.append(table(
            ["", "", "runs", "p50", "p90", "p99", "min", "max", f"× {REFERENCE}"],
            [row(record, results) for record in ordered(records)]))
    parts += [f"\n{note}" for note in results.notes.get(name, [])]
    if skips:
        parts.append("")
        parts += [f"- {skip.subject}: not measured, {skip.reason}" for skip in skips]
    return parts


def ordered(records: list[Record]) -> list[Record]:
    """Metrics that several subjects have come first, the subjects of each together."""
    metrics: dict[str, list[Record]] = {}
    for record in records:
        metrics.setdefault(record.metric, []).append(record)
    shared = [group for group in metrics.values() if len({record.subject for record in group}) > 1]
    alone = [record for group in metrics.values() if len({record.subject for record in group}) == 1 for record in group]
    subjects = list(dict.fromkeys(record.subject for record in records))
    return [record for group in shared if not group[0].metric.startswith("phase") for record in group] + \
        sorted([*alone, *(record for group in shared if group[0].metric.startswith("phase") for record in group)],
               key=lambda record: subjects.index(record.subject))


def row(record: Record, results: Results) -> list[str]:
    summary = record.summary
    values = (summary.p50, summary.p90, summary.p99, summary.minimum, summary.maximum)
    return [record.metric, record.subject, str(summary.count), *(units.text(value, record.unit) for value in values),
            ratio(record, results)]


def ratio(record: Record, results: Results) -> str:
    """Median over that of the reference in the same metric; empty where there is none."""
    measurement = STANDS_IN.get(record.measurement, record.measurement)
    reference = results.find(measurement, REFERENCE, record.metric)
    if reference is None or reference.summary.p50 == 0:
        return ""
    return units.digits(record.summary.p50 / reference.summary.p50)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose columns are aligned in the source, too; all but the first two stand to the right."""
    cells = [[cell.replace("|", "\\|") for cell in line] for line in [head, *rows]]
    widths = [max(3, *(len(line[column]) for line in cells)) for column in range(len(head))]
    rule = ["-" * width if column < 2 else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    def line(fields: list[str]) -> str:
        padded = (field.ljust(width) if column < 2 else field.rjust(width)
                  for column, (field, width) in enumerate(zip(fields, widths)))
        return "| " + " | ".join(padded) + " |"
    return "\n".join([line(cells[0]), line(rule), *(line(fields) for fields in cells[1:])])
