"""Plots as SVG text. Every plot stands beside a table of the same numbers, so that none is needed to read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nagara.network_report.ages import ages_drawn
from nagara.network_report.words import count, hours, share, text

WIDTH = 760
LABEL = 176
VALUE = 172
ROW = 40
SHADES = ("#dceaf0", "#9cc5d3", "#4a8fa8", "#12475c")
HATCH = (
    '<defs><pattern id="few" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0,6L6,0" stroke="#12475c" stroke-width="1"/></pattern></defs>'
)
SHADE_TEXT = ("#12303d", "#12303d", "#ffffff", "#ffffff")


@dataclass(frozen=True)
class Whisker:
    """One line of a dot-and-whisker plot; without a value its reason is written in its place."""

    label: str
    simulated: bool
    provisional: bool
    value: float | None
    low: float | None
    high: float | None
    said: str
    reason: str | None


def dot_and_whisker(title: str, rows: Sequence[Whisker], unit: str) -> str:
    """Estimates with their 95 % intervals, one city a line, in the order given.

    Shares on 0 to 100 %, hours on a logarithmic scale. A simulated city has a hollow dot and a dashed line.
    """
    height = ROW * len(rows) + 34
    left, right = LABEL, WIDTH - VALUE
    ticks = _share_ticks() if unit == "share" else _hour_ticks(rows)

    def x(value: float) -> float:
        first, last = ticks[0][0], ticks[-1][0]
        if unit != "share":
            value, first, last = (math.log10(max(v, ticks[0][0])) for v in (value, first, last))
        return left + (right - left) * min(1.0, max(0.0, (value - first) / (last - first)))

    parts = [_open(title, WIDTH, height)]
    bottom = ROW * len(rows) + 6
    for value, label in ticks:
        parts.append(f'<line class="grid" x1="{x(value):.1f}" y1="4" x2="{x(value):.1f}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{x(value):.1f}" y="{bottom + 18}">{text(label)}</text>')
    for index, row in enumerate(rows):
        parts.append(_whisker_row(row, ROW * index + ROW / 2 + 4, left, right, x))
    return "".join(parts) + "</svg>"


def _whisker_row(row: Whisker, y: float, left: float, right: float, x: Callable[[float], float]) -> str:
    kind = " simulated" if row.simulated else ""
    parts = [_label(row.label, row.simulated, y)]
    if row.value is None:
        parts.append(f'<text class="reason" x="{left + 6}" y="{y + 5}">{text(row.reason or row.said)}</text>')
        return "".join(parts)
    if row.low is not None:
        low, high = x(row.low), right if row.high is None else x(row.high)
        parts.append(f'<line class="whisker{kind}" x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}"/>')
        parts.extend(
            f'<line class="whisker-end" x1="{end:.1f}" y1="{y - 5}" x2="{end:.1f}" y2="{y + 5}"/>'
            for end in ([low] if row.high is None else [low, high])
        )
    parts.append(f'<circle class="dot{kind}" cx="{x(row.value):.1f}" cy="{y}" r="5.5"/>')
    raised = y - 2 if row.provisional else y + 5
    parts.append(f'<text class="value" x="{right + 14}" y="{raised}">{text(row.said)}</text>')
    if row.provisional:
        parts.append(f'<text class="small" x="{right + 14}" y="{y + 13}">provisional</text>')
    return "".join(parts)


def _label(name: str, simulated: bool, y: float) -> str:
    if not simulated:
        return f'<text class="name" x="0" y="{y + 5}">{text(name)}</text>'
    return (
        f'<text class="name" x="0" y="{y - 1}">{text(name)}</text>'
        f'<text class="small" x="0" y="{y + 14}">simulated</text>'
    )


def _share_ticks() -> list[tuple[float, str]]:
    return [(step / 4, share(step / 4)) for step in range(5)]


def _hour_ticks(rows: Sequence[Whisker]) -> list[tuple[float, str]]:
    """Round times that enclose all values, at least three of them."""
    offered = (0.1, 0.5, 1, 4, 12, 24, 72, 168, 336, 720, 2160, 4320, 8760, 26280, 87600, 262800)
    known = [
        v for row in rows for v in (row.value, row.low, row.high) if v is not None and row.value is not None
    ]
    lowest, highest = min(known, default=1.0), max(known, default=720.0)
    first = max((i for i, tick in enumerate(offered) if tick <= lowest), default=0)
    last = min((i for i, tick in enumerate(offered) if tick >= highest), default=len(offered) - 1)
    last = max(last, min(len(offered) - 1, first + 2))
    first = min(first, last - 2)
    return [(tick, hours(tick).replace(".0", "")) for tick in offered[first : last + 1]]


def curve(title: str, points: Sequence[Sequence[float]], simulated: bool) -> str:
    """Of 100 issues, how many were not yet closed by each day, with the 95 % band; 30 days."""
    width, height, left, top, bottom = 366, 210, 34, 10, 178

    def x(day: float) -> float:
        return left + (width - left - 12) * day / 30

    def y(value: float) -> float:
        return bottom - (bottom - top) * value

    parts = [_open(title, width, height)]
    for value in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<line class="grid" x1="{left}" y1="{y(value):.1f}" x2="{width - 12}" y2="{y(value):.1f}"/>'
        )
        parts.append(
            f'<text class="tick-left" x="{left - 6}" y="{y(value) + 4:.1f}">{value * 100:.0f}</text>'
        )
    for day in (0, 3, 7, 14, 21, 30):
        parts.append(f'<text class="tick" x="{x(day):.1f}" y="{bottom + 17}">{day}</text>')
        parts.append(
            f'<line class="notch" x1="{x(day):.1f}" y1="{bottom}" x2="{x(day):.1f}" y2="{bottom + 4}"/>'
        )
    parts.append(f'<text class="axis" x="{width - 12}" y="{height - 2}">days after receipt</text>')
    lower = [(x(p[0]), y(p[2])) for p in points]
    upper = [(x(p[0]), y(p[3])) for p in points]
    middle = [(x(p[0]), y(p[1])) for p in points]
    kind = " simulated" if simulated else ""
    parts.append(f'<path class="band{kind}" d="{_steps(upper)} L{_back(lower)} Z"/>')
    parts.append(f'<path class="curve{kind}" d="{_steps(middle)}"/>')
    return "".join(parts) + "</svg>"


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """A path that keeps its height until the next point, as a survival curve does."""
    moves = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    moves += [f"H{x:.1f}V{y:.1f}" for x, y in points[1:]]
    return "".join(moves)


def _back(points: Sequence[tuple[float, float]]) -> str:
    """The same steps from right to left, to close a band."""
    last_x, last_y = points[-1]
    moves = [f"{last_x:.1f},{last_y:.1f}"]
    for x, y in reversed(points[:-1]):
        moves.append(f"V{y:.1f}H{x:.1f}")
    return "".join(moves)


def stacked_ages(
    title: str, rows: Sequence[tuple[str, bool, Sequence[int | None], int]], classes: Sequence[str]
) -> str:
    """Shares of the open issues by class of age, one bar a city, light to dark with age, numbers written in.

    Rows: label, whether simulated, the classes, all open issues. Classes that are not told (None) are hatched, and
    drawn as equal parts of what the others leave.
    """
    height = ROW * len(rows) + 40
    parts = [_open(title, WIDTH, height), HATCH]
    at = float(LABEL)
    for shade, name in zip(SHADES, classes, strict=True):
        parts.append(f'<rect x="{at}" y="4" width="13" height="13" fill="{shade}" stroke="#12475c"/>')
        parts.append(f'<text class="legend" x="{at + 19}" y="15">{text(name)}</text>')
        at += 114
    parts.append(f'<rect x="{at}" y="4" width="13" height="13" fill="url(#few)" stroke="#12475c"/>')
    parts.append(f'<text class="legend" x="{at + 19}" y="15">too few to show</text>')
    for index, (label, simulated, counts, total) in enumerate(rows):
        y = 30 + ROW * index
        parts.append(_label(label, simulated, y + 13))
        parts.append(_age_bar(y, counts, total))
    return "".join(parts) + "</svg>"


def _age_bar(y: float, counts: Sequence[int | None], total: int) -> str:
    left, right = LABEL, WIDTH - 118
    drawn = ages_drawn(counts, total)
    begin, parts = float(left), []
    for number, known, shade, ink in zip(drawn, counts, SHADES, SHADE_TEXT, strict=True):
        width = (right - left) * number / total
        fill = "url(#few)" if known is None else shade
        parts.append(
            f'<rect x="{begin:.1f}" y="{y}" width="{width:.1f}" height="26" fill="{fill}" stroke="#fff"/>'
        )
        if width > 44 and known is not None:
            middle = begin + width / 2
            said = share(number / total)
            parts.append(f'<text class="inside" fill="{ink}" x="{middle:.1f}" y="{y + 18}">{said}</text>')
        begin += width
    parts.append(f'<text class="value" x="{right + 12}" y="{y + 18}">{count(total)} open</text>')
    return "".join(parts)


def funnel(title: str, found: Mapping[str, Any], cities: Mapping[str, Mapping[str, Any]]) -> str:
    """Shares by size around the target, with the limits of 95 % (dashed) and 99.8 %; sizes logarithmic.

    A city beyond 99.8 % is a filled square, between the limits a hollow diamond; both are named.
    """
    left, right, top, bottom = 44.0, WIDTH - 20.0, 10.0, 270.0
    sizes = [row[0] for row in found["limits"]]
    shown = [point["value"] for point in found["points"]]
    shown += [value for row in found["limits"] for value in row[1:]]
    low, high = math.floor(10 * min(shown)) / 10, math.ceil(10 * max(shown)) / 10
    first, last = math.log(min(sizes)), math.log(max(sizes))

    def x(n: float) -> float:
        return left + (right - left) * (math.log(n) - first) / ((last - first) or 1)

    def y(value: float) -> float:
        return bottom - (bottom - top) * float(value - low) / float((high - low) or 1)

    parts = [_open(title, WIDTH, bottom + 36)]
    for step in range(5):
        value = low + (high - low) * step / 4
        parts.append(f'<line class="grid" x1="{left}" y1="{y(value):.1f}" x2="{right}" y2="{y(value):.1f}"/>')
        parts.append(f'<text class="tick-left" x="{left - 6}" y="{y(value) + 4:.1f}">{share(value)}</text>')
    for n in round_sizes(min(sizes), max(sizes)):
        parts.append(f'<text class="tick" x="{x(n):.1f}" y="{bottom + 17}">{count(n)}</text>')
    parts.append(f'<text class="axis" x="{right}" y="{bottom + 33}">issues</text>')
    for column in (1, 2, 3, 4):
        path = "L".join(f"{x(row[0]):.1f},{y(row[column]):.1f}" for row in found["limits"])
        parts.append(f'<path class="limit{" warning" if column < 3 else ""}" d="M{path}"/>')
    parts.append(
        f'<line class="target" x1="{left}" y1="{y(found["target"]):.1f}" x2="{right}" y2="{y(found["target"]):.1f}"/>'
    )
    for point in found["points"]:
        parts.append(_funnel_point(point, cities[point["city"]], x(point["n"]), y(point["value"]), right))
    return "".join(parts) + "</svg>"


def _funnel_point(point: Mapping[str, Any], city: Mapping[str, Any], x: float, y: float, right: float) -> str:
    simulated = " simulated" if city["simulated"] else ""
    if point["verdict"] == "usual":
        return f'<circle class="dot{simulated}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    path = "M-5,-5H5V5H-5Z" if point["verdict"] == "investigate" else "M0,-6L6,0L0,6L-6,0Z"
    at_end = x > right - 150
    place = f'x="{x - 9:.1f}" text-anchor="end"' if at_end else f'x="{x + 9:.1f}"'
    return (
        f'<path class="outside {point["verdict"]}" transform="translate({x:.1f},{y:.1f})" d="{path}"/>'
        f'<text class="small" {place} y="{y + 4:.1f}">{text(city["name"])}</text>'
    )


def round_sizes(low: float, high: float) -> list[int]:
    """Round numbers for a logarithmic scale of counts."""
    offered = [lead * 10**power for power in range(1, 8) for lead in (1, 2, 5)]
    return [n for n in offered if low <= n <= high]


def _open(title: str, width: float, height: float) -> str:
    return (
        f'<svg role="img" aria-label="{text(title)}" viewBox="0 0 {width} {height}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{text(title)}</title>'
    )
