"""What measurements leave behind: lists of samples, and what could not be measured with its reason."""
from dataclasses import asdict, dataclass, field

from .summary import Summary


@dataclass
class Record:
    """Samples of one metric of one subject.

    `unit` is s, B, B/s or a rate such as 1/s; samples are in that unit, without a prefix.
    """

    measurement: str
    subject: str
    metric: str
    unit: str
    samples: list[float] = field(default_factory=list)

    @property
    def summary(self) -> Summary:
        return Summary.of(self.samples)


@dataclass(frozen=True)
class Skip:
    """What was not measured, and why."""

    measurement: str
    subject: str
    reason: str


class Results:
    """Grows while the measurements run; in the order in which metrics first came."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.skips: list[Skip] = []
        self.notes: dict[str, list[str]] = {}

    def add(self, measurement: str, subject: str, metric: str, unit: str, *samples: float) -> None:
        record = self.find(measurement, subject, metric)
        if record is None:
            record = Record(measurement, subject, metric, unit)
            self.records.append(record)
        record.samples.extend(samples)

    def find(self, measurement: str, subject: str, metric: str) -> Record | None:
        for record in self.records:
            if (record.measurement, record.subject, record.metric) == (measurement, subject, metric):
                return record
        return None

    def skip(self, measurement: str, subject: str, reason: str) -> None:
        skip = Skip(measurement, subject, reason)
        if skip not in self.skips:
            self.skips.append(skip)

    def note(self, measurement: str, text: str) -> None:
        """How a figure was had, below the measurement's table; once."""
        notes = self.notes.setdefault(measurement, [])
        if text not in notes:
            notes.append(text)

    def json(self) -> dict:
        return {
            "records": [{**asdict(record), "summary": asdict(record.summary)} for record in self.records],
            "skipped": [asdict(skip) for skip in self.skips],
            "notes": self.notes,
        }
