"""Percentiles of a list of samples. Pure."""
from dataclasses import dataclass


def percentile(samples: list[float], percent: float) -> float:
    """The value below which `percent` (0 to 100) of the samples lie, between two samples by proportion."""
    if not samples:
        raise ValueError("no samples")
    if not 0 <= percent <= 100:
        raise ValueError(f"not a percentage: {percent}")
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True)
class Summary:
    """What a table shows of a list of samples, in the samples' unit."""

    count: int
    p50: float
    p90: float
    p99: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, samples: list[float]) -> "Summary":
        return cls(
            len(samples), percentile(samples, 50), percentile(samples, 90), percentile(samples, 99),
            min(samples), max(samples))
