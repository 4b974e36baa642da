"""Numbers as people read them. Pure."""
import math

_PREFIXED = {"s": [(1, "s"), (1e-3, "ms"), (1e-6, "µs")],
             "B": [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")],
             "B/s": [(1 << 30, "GiB/s"), (1 << 20, "MiB/s"), (1 << 10, "KiB/s"), (1, "B/s")]}


def digits(number: float) -> str:
    """Three significant digits, without an exponent."""
    if number == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(number))))
    return f"{number:.{places}f}"


def text(value: float, unit: str) -> str:
    """A value in a unit of the results: s, B, B/s with a prefix that suits it, others as they are."""
    steps = _PREFIXED.get(unit)
    if steps is None:
        return f"{digits(value)} {unit}".rstrip()
    for factor, name in steps:
        if abs(value) >= factor:
            return f"{digits(value / factor)} {name}"
    factor, name = steps[-1]
    return f"{digits(value / factor)} {name}"


def round_text(value: float, unit: str) -> str:
    """Like text, for a round value: without zeros at the end of a fraction."""
    number, _, name = text(value, unit).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {name}".rstrip()
