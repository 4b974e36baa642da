"""Horizontal stacked bars as SVG. Pure.

The drawing is a card with its own background, light or dark as the reader's system is, so that it can be read on any page.
Bars whose totals are far apart stand in panels with scales of their own.
"""
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from . import units

# Okabe and Ito's colours, which most people can tell apart, and some more.
PALETTE = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#8c8c8c", "#8c6bb1",
           "#b15928", "#1b9e9e", "#a6cee3"]
WIDTH, MARGIN, LABELS, VALUES = 900, 24, 170, 80
ROW, BAR, AXIS, LEGEND_ROW = 34, 20, 34, 22
# A bar that is this many times as long as the shortest of a panel goes into the next panel.
FAR = 8

_STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de; } text { fill: #1f2328; font: 13px system-ui, sans-serif; }
  .title { font-size: 16px; font-weight: 600; } .dim { fill: #59636e; font-size: 11px; } .grid { stroke: #d0d7de; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #151b23; stroke: #3d444d; } text { fill: #f0f6fc; } .dim { fill: #9198a1; } .grid { stroke: #3d444d; }
  }
"""


@dataclass(frozen=True)
class Bar:
    """A subject and the seconds of its segments, in order."""

    label: str
    segments: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        return sum(seconds for _, seconds in self.segments)


def panels(bars: list[Bar]) -> list[list[Bar]]:
    """The bars by size, cut where one is far longer than the first of its panel."""
    result: list[list[Bar]] = []
    for bar in sorted(bars, key=lambda bar: bar.total):
        if result and bar.total <= FAR * result[-1][0].total:
            result[-1].append(bar)
        else:
            result.append([bar])
    return result


def step(length: float, most: int = 6) -> float:
    """The smallest of 1, 2, 5, 10, ... (with any power of ten) that fits into `length` at most so often."""
    unit = 10.0 ** -9
    while True:
        for factor in (1, 2, 5):
            if length <= factor * unit * most:
                return factor * unit
        unit *= 10


def svg(title: str, subtitle: str, bars: list[Bar]) -> str:
    """The whole drawing; an empty card where there are no bars."""
    names = list(dict.fromkeys(name for bar in bars for name, _ in bar.segments))
    colours = {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(names)}
    body, top = [], MARGIN + 52
    for panel in panels(bars):
        body += _panel(panel, top, colours)
        top += ROW * len(panel) + AXIS
    legend, top = _legend(colours, top + 8)
    height = top + MARGIN - 8
    head = [_text(MARGIN, MARGIN + 14, title, "title"), _text(MARGIN, MARGIN + 34, subtitle, "dim")]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label={quoteattr(title)}>',
        f"<style>{_STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        *head, *body, *legend, "</svg>", ""])


def _panel(bars: list[Bar], top: int, colours: dict[str, str]) -> list[str]:
    left, width = MARGIN + LABELS, WIDTH - 2 * MARGIN - LABELS - VALUES
    longest = max(bar.total for bar in bars) or 1e-9
    scale = width / longest
    bottom = top + ROW * len(bars)
    parts, mark = [], step(longest)
    for number in range(int(longest / mark + 1e-9) + 1):
        x = left + number * mark * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{top - 4}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(_text(x, bottom + 14, units.round_text(number * mark, "s") if number else "0", "dim", "middle"))
    for number, bar in enumerate(bars):
        parts += _bar(bar, left, top + ROW * number + (ROW - BAR) / 2 - 2, scale, colours)
    return parts


def _bar(bar: Bar, left: float, y: float, scale: float, colours: dict[str, str]) -> list[str]:
    middle = y + BAR / 2 + 4.5
    parts, x = [_text(left - 10, middle, bar.label, "", "end")], left
    for name, seconds in bar.segments:
        width = seconds * scale
        told = escape(f"{bar.label}, {name}: {units.text(seconds, 's')}")
        parts.append(f'<rect x="{x:.2f}" y="{y:.1f}" width="{width:.2f}" height="{BAR}" fill="{colours[name]}">'
                     f"<title>{told}</title></rect>")
        x += width
    parts.append(_text(x + 8, middle, units.text(bar.total, "s")))
    return parts


def _legend(colours: dict[str, str], top: int) -> tuple[list[str], int]:
    """Three entries a line; also the y below it."""
    parts, columns = [], 3
    across = (WIDTH - 2 * MARGIN) / columns
    for number, (name, colour) in enumerate(colours.items()):
        x, y = MARGIN + across * (number % columns), top + LEGEND_ROW * (number // columns)
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="12" height="12" rx="2" fill="{colour}"/>')
        parts.append(_text(x + 18, y + 11, name))
    return parts, top + LEGEND_ROW * -(-len(colours) // columns)


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
