"""Charts as SVG text, drawn on the server. Pure: values in, Markup out; colours come from akson.css by class.

A chart is never the only place of a figure: it stands beside a table row (then it is hidden for screen readers), or
has role="img" with a title and description and the same figures as a table on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from markupsafe import Markup, escape

Figure = Decimal | float
Band = tuple[Figure, Figure]  # lowest and highest expected, inclusive

_TOP, _BOTTOM = 2.1, 15.9  # of a sparkline 18 high
_WIDE, _NARROW = 720, 420  # of a trend
_LEFT, _MARGIN = 130.0, 62.0  # where its first moment stands, and how far from the right edge its last


def sparkline(values: Sequence[Figure | None], band: Band | None = None) -> Markup:
    """Draw a small line beside a table row. Values oldest first; None leaves a gap in time, not in the line."""
    known = [
        (x, float(value)) for x, value in zip(_spread(len(values), 3, 95), values, strict=True) if value is not None
    ]
    if not known:
        return Markup("")
    points = [(x, _height(value, [y for _, y in known], _TOP, _BOTTOM)) for x, value in known]
    shade = _band(band, [y for _, y in known], 1, 17, _TOP, _BOTTOM) if band else None
    area = f'<rect class="band" x="0" y="{shade[0]:.1f}" width="100" height="{shade[1]:.1f}"/>' if shade else ""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    mark = 'class="dot" r="2.4"' if _inside(known[-1][1], band) else 'class="out" r="3"'
    return Markup(
        f'<svg class="ak-spark" viewBox="0 0 100 18" aria-hidden="true">{area}<polyline class="ln" points="{line}"/>'
        f'<circle {mark} cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}"/></svg>'
    )


def bars(points: Sequence[tuple[str, int]], title: str) -> Markup:
    """Draw one bar for each NEWS2 sum, the last one marked.

    points  (label under the bar or "", sum), oldest first
    title   says the same in words
    """
    unit = 30 / max(6, *(value for _, value in points)) if points else 0
    drawn = "".join(
        _bar(20 * at + 2, value * unit, str(value), label, now=at == len(points) - 1)
        for at, (label, value) in enumerate(points)
    )
    size = f'viewBox="0 0 {20 * len(points)} 57"'
    return Markup(f'<svg class="ak-bars" {size} role="img" aria-label="{escape(title)}">{drawn}</svg>')


def _bar(x: float, height: float, figure: str, label: str, *, now: bool) -> str:
    mark = ' class="now"' if now else ""
    below = f'<text class="d" x="{x + 7:.0f}" y="54">{escape(label)}</text>' if label else ""
    return (
        f'<rect{mark} x="{x:.0f}" y="{44 - height:.1f}" width="14" height="{height:.1f}" rx="1"/>'
        f'<text x="{x + 7:.0f}" y="{41 - height:.1f}">{figure}</text>{below}'
    )


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kind of measurement in a trend."""

    name: str  # "Puls"
    unit: str  # "per min"
    values: Sequence[Figure | None]  # one for each moment
    band: Band | None = None


def trend(
    moments: Sequence[str],
    lines: Sequence[Line],
    *,
    scores: Sequence[int | None],
    title: str,
    text: str,
    name: str = "trend",
    newest: int = 0,
) -> Markup:
    """Draw NEWS2 sums as a strip and each kind of measurement below it with its expected band.

    moments  labels of the time axis, oldest first
    title    and text: what the picture shows, in words
    name     makes the ids unique on the page
    newest   draw only so many of the newest moments, for a narrow screen; 0 = all
    """
    moments, scores, width = moments[-newest:], scores[-newest:], _NARROW if newest else _WIDE
    across = _spread(len(moments), _LEFT, width - _MARGIN)
    height = 48 + 60 * len(lines) + 20
    parts = [
        f'<svg class="ak-chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(text)}</desc>'
        '<text class="b" x="0" y="28">NEWS2</text>',
        *(_cell(x, score) for x, score in zip(across, scores, strict=True) if score is not None),
    ]
    for row, line in enumerate(lines):
        parts.extend(_row(replace(line, values=line.values[-newest:]), across, 48 + 60 * row, width))
    parts.extend(
        f'<text class="c m" x="{x:.0f}" y="{height - 4}">{escape(label)}</text>'
        for x, label in zip(across, moments, strict=True)
    )
    return Markup("".join(parts) + "</svg>")


def _cell(x: float, score: int) -> str:
    level = "h" if score >= 7 else "m5" if score >= 5 else "l" if score else "n"
    underline = f'<path class="over" d="M{x - 18:.0f} 42h36"/>' if score >= 5 else ""
    return (
        f'<rect class="cell {level}" x="{x - 18:.0f}" y="8" width="36" height="30" rx="3"/>'
        f'<text class="b c s" x="{x:.0f}" y="28">{score}</text>{underline}'
    )


def _row(line: Line, across: Sequence[float], top: float, width: int) -> Iterator[str]:
    known = [(x, float(value)) for x, value in zip(across, line.values, strict=True) if value is not None]
    heights = [value for _, value in known]
    yield f'<line class="grid" x1="0" x2="{width}" y1="{top + 60:.0f}" y2="{top + 60:.0f}"/>'
    if line.band and known and (shade := _band(line.band, heights, top + 8, top + 57, top + 24, top + 52)):
        yield f'<rect class="band" x="96" y="{shade[0]:.1f}" width="{width - 120}" height="{shade[1]:.1f}"/>'
    yield f'<text class="b" x="0" y="{top + 32:.0f}">{escape(line.name)}</text>'
    yield f'<text class="m" x="0" y="{top + 47:.0f}">{escape(line.unit)}</text>'
    points = [(x, _height(value, heights, top + 24, top + 52), value) for x, value in known]
    yield '<polyline class="ln" points="{}"/>'.format(" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points))
    for x, y, value in points:
        out, heavy = ("", "") if _inside(value, line.band) else (" out", " b")
        figure = f"{value:g}".replace(".", ",")
        yield f'<circle class="pt{out}" cx="{x:.0f}" cy="{y:.1f}" r="3.6"/>'
        yield f'<text class="c{heavy}" x="{x:.0f}" y="{y - 8:.1f}">{figure}</text>'


def _spread(count: int, first: float, last: float) -> list[float]:
    """Return `count` places from first to last; a single one stands last."""
    return [last] if count == 1 else [first + (last - first) * at / (count - 1) for at in range(count)]


def _height(value: float, among: Sequence[float], top: float, bottom: float) -> float:
    low, high = min(among), max(among)
    return (top + bottom) / 2 if low == high else bottom - (value - low) / (high - low) * (bottom - top)


def _band(
    band: Band, among: Sequence[float], least: float, most: float, top: float, bottom: float
) -> tuple[float, float] | None:
    """Return y and height of the expected band, cut to the picture; None when all of it is outside."""
    low, high = (min(max(_height(float(edge), among, top, bottom), least), most) for edge in band)
    return (high, low - high) if low > high else None


def _inside(value: float, band: Band | None) -> bool:
    return band is None or float(band[0]) <= value <= float(band[1])
