"""Lines in a small SVG: a figure over time or over size, to be looked at beside the table it belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 760, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 84
COLOURS = ("#0b6e99", "#b3541e", "#4c7a34", "#7a3b8f", "#8a6d00", "#555555", "#a11d4b")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 3", "10 4", "4 2 1 2")
TICKS = 5


def chart(title: str, across: str, up: str, series: Mapping[str, Points], *, log: bool = False) -> str:
    """The lines of each name; ``log``: both axes by powers of ten, for how something grows with a size."""
    points = [point for line in series.values() for point in line]
    if not points:
        raise ValueError("nothing to draw")
    scale_x = _Scale([x for x, _ in points], LEFT, WIDTH - RIGHT, log=log)
    scale_y = _Scale([y for _, y in points] + ([] if log else [0.0]), HEIGHT - BOTTOM, TOP, log=log)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 20, title, "start", bold=True),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 32, across, "middle"),
        _text(LEFT, TOP - 6, up, "start"),
        *(_gridline(scale_y.at(value), value) for value in scale_y.ticks()),
        *(
            _text(scale_x.at(value), HEIGHT - BOTTOM + 16, _short(value), "middle")
            for value in scale_x.ticks()
        ),
    ]
    for number, (name, line) in enumerate(series.items()):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        placed = " ".join(f"{scale_x.at(x):.1f},{scale_y.at(y):.1f}" for x, y in line)
        stroke = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        parts.append(f'<polyline points="{placed}" fill="none" {stroke}/>')
        x, y = LEFT + number % 3 * 235, HEIGHT - 36 + number // 3 * 15
        parts.append(f'<line x1="{x}" y1="{y - 4}" x2="{x + 26}" y2="{y - 4}" {stroke}/>')
        parts.append(_text(x + 32, y, name, "start"))
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """From values to places on the page."""

    def __init__(self, values: Sequence[float], first: float, last: float, *, log: bool) -> None:
        self._log, self._first, self._last = log, first, last
        self._low, self._high = min(values), max(values)
        if log:
            self._low = 10 ** math.floor(math.log10(max(self._low, 1e-9)))
            self._high = 10 ** math.ceil(math.log10(max(self._high, 1e-9)) + 1e-9)
        if self._high <= self._low:
            self._high = self._low + 1

    def at(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        if self._log:
            share = math.log(max(value, self._low) / self._low) / math.log(self._high / self._low)
        return self._first + share * (self._last - self._first)

    def ticks(self) -> list[float]:
        if self._log:
            first, last = round(math.log10(self._low)), round(math.log10(self._high))
            return [10.0**power for power in range(first, last + 1)]
        step = (self._high - self._low) / TICKS
        return [self._low + step * number for number in range(TICKS + 1)]


def _gridline(y: float, value: float) -> str:
    line = f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#d0d0d0"/>'
    return line + _text(LEFT - 6, y + 4, _short(value), "end")


def _text(x: float, y: float, text: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222222"{weight}>{escape(text)}</text>'
    )


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:.3g}"
