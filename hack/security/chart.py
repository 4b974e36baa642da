"""Bars of what the surfaces count, as SVG. Pure."""
from xml.sax.saxutils import escape

from benchmarks.plot import PALETTE

_WIDTH, _MARGIN, _LABELS, _ROW, _BAR = 760, 24, 190, 24, 15
_STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de; } text { fill: #1f2328; font: 13px system-ui, sans-serif; }
  .title { font-weight: 600; }
  @media (prefers-color-scheme: dark) { .card { fill: #151b23; stroke: #3d444d; } text { fill: #f0f6fc; } }
"""
_PANELS = [
    ("Host system calls allowed to the process that faces the workload", lambda one: one["calls_allowed"]),
    ("Host system calls used by the same workload", lambda one: len(one["calls_used"])),
    ("Functions of the host's kernel reached", lambda one: one["functions"]),
    ("Capabilities on the host", lambda one: len({name for thread in one["threads"] for name in thread["capabilities"]})),
]


def draw(surfaces: list[dict]) -> str:
    """A panel for each count, a bar for each runtime and profile."""
    measured = [one for one in surfaces if not one["failure"]]
    body, top = [], _MARGIN
    for title, count in _PANELS:
        told = [(f"{one['subject']}, {one['profile']}", count(one)) for one in measured if count(one) is not None]
        if told:
            body += _panel(title, told, top)
            top += _ROW * (len(told) + 2)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" role="img" '
        'aria-label="What a workload faces">',
        f"<style>{_STYLE}</style>", f'<rect class="card" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{top - 1}" rx="8"/>',
        *body, "</svg>", ""])


def _panel(title: str, bars: list[tuple[str, int]], top: int) -> list[str]:
    parts = [f'<text class="title" x="{_MARGIN}" y="{top + 12}">{escape(title)}</text>']
    scale = (_WIDTH - 2 * _MARGIN - _LABELS - 60) / max(1, *(value for _, value in bars))
    for number, (label, value) in enumerate(bars):
        y, left = top + _ROW * (number + 1), _MARGIN + _LABELS
        parts.append(f'<text x="{left - 10}" y="{y + 12}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{value * scale:.1f}" height="{_BAR}" '
                     f'fill="{PALETTE[number % len(PALETTE)]}"/>')
        parts.append(f'<text x="{left + value * scale + 8:.1f}" y="{y + 12}">{value}</text>')
    return parts
