"""What is asked of a set of features: a box, a time, properties, how many, and from where on. Pure.

As OGC API - Features, Part 1 (17-069r4) has it, sections 7.15.2 to 7.15.6; everything else is refused by name.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from nagara.errors import InvalidInput

USUAL, MOST = 100, 10_000
"""Features of a page; who asks for more gets the most."""

MOST_COUNTED = 100_000
"""So many are counted for ``numberMatched``; beyond, it is left out, as the standard allows."""

RESERVED = ("bbox", "datetime", "limit", "cursor", "f")
HEIGHTS_TOO = 6


@dataclass(frozen=True, slots=True)
class GeoBox:
    """A box in CRS84, edges included. West of it may be a larger number than east: it crosses 180 degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def parts(self) -> tuple[tuple[float, float, float, float], ...]:
        """The box as one or two that do not cross."""
        if self.west <= self.east:
            return ((self.west, self.south, self.east, self.north),)
        return (self.west, self.south, 180.0, self.north), (-180.0, self.south, self.east, self.north)

    def touches(self, bounds: tuple[float, float, float, float]) -> bool:
        """Whether another box has any point in common with it."""
        west, south, east, north = bounds
        return any(w <= east and e >= west and s <= north and n >= south for w, s, e, n in self.parts)


@dataclass(frozen=True, slots=True)
class Interval:
    """From when to when, both included; None: without end on that side."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted; ``properties`` are equal to what is given. ``cursor`` is the key of the last one seen."""

    box: GeoBox | None = None
    during: Interval = Interval()
    properties: Mapping[str, str] = field(default_factory=dict)
    limit: int = USUAL
    cursor: tuple[Any, ...] | None = None
    matched: int | None = None
    """As the first page counted; the pages after it need not count again."""


def read(parameters: Sequence[tuple[str, str]], queryables: Mapping[str, Any]) -> Asked:
    """What the parameters of a call ask for; raise ``InvalidInput`` for one that is unknown, double or wrong."""
    allowed = [*RESERVED, *queryables]
    given: dict[str, str] = {}
    for name, value in parameters:
        if name not in allowed:
            raise InvalidInput(f"There is no parameter {name[:40]!r}.", field=name[:40], allowed=allowed)
        if name in given:
            raise InvalidInput(f"{name} is given twice.", field=name, allowed="once")
        given[name] = value
    cursor, matched = _cursor(given.get("cursor"))
    return Asked(
        box=read_box(given["bbox"]) if "bbox" in given else None,
        during=read_interval(given["datetime"]) if "datetime" in given else Interval(),
        properties={name: value for name, value in given.items() if name not in RESERVED},
        limit=read_limit(given.get("limit")),
        cursor=cursor,
        matched=matched,
    )


def read_limit(text: str | None) -> int:
    """How many features a page has: at least one; above ``MOST`` is ``MOST``."""
    if text is None:
        return USUAL
    digits = text.lstrip("0")
    if not text.isascii() or not text.isdigit() or not digits:
        raise InvalidInput("limit is not a number of features.", field="limit", allowed=f"1 to {MOST}")
    return min(int(digits[:9]), MOST)


def read_box(text: str) -> GeoBox:
    """A box of four numbers, or of six with heights, which no feature here has."""
    wrong = InvalidInput(
        "bbox is not a box of degrees.",
        field="bbox",
        allowed="west,south,east,north, or the same with heights; west may be larger, across 180 degrees",
    )
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise wrong from None
    if not all(map(math.isfinite, numbers)) or len(numbers) not in (4, HEIGHTS_TOO):
        raise wrong
    if len(numbers) == HEIGHTS_TOO:
        if numbers[2] > numbers[5]:
            raise wrong
        numbers = [*numbers[:2], *numbers[3:5]]
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise wrong
    return GeoBox(west, south, east, north)


def read_interval(text: str) -> Interval:
    """An instant, or two with a slash between; ``..`` or nothing leaves a side open. A day is all of it, in UTC."""
    if "/" not in text:
        return Interval(*_instant(text))
    first, _, last = text.partition("/")
    start = None if first in ("", "..") else _instant(first)[0]
    end_of = None if last in ("", "..") else _instant(last)[1]
    if "/" in last or (start is not None and end_of is not None and start > end_of):
        raise _wrong_time()
    return Interval(start, end_of)


def _instant(text: str) -> tuple[dt.datetime, dt.datetime]:
    """The first and the last moment that a time names."""
    text = text.removesuffix("T")  # GDAL writes a day so
    try:
        if len(text) == len("2026-01-31"):
            day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
            return day, day + dt.timedelta(days=1, microseconds=-1)
        found = dt.datetime.fromisoformat(text.replace(" ", "+", 1))
        if found.tzinfo is None or "T" not in text.upper():
            raise _wrong_time()
        moment = found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise _wrong_time() from None
    return moment, moment


def _wrong_time() -> InvalidInput:
    return InvalidInput(
        "datetime is neither a time nor an interval.",
        field="datetime",
        allowed="2026-01-31T08:00:00Z, 2026-01-01T00:00:00Z/2026-01-31T23:59:59Z, 2026-01-01T00:00:00Z/..",
    )


def spelled_cursor(key: Sequence[Any], matched: int | None) -> str:
    """Where the next page begins, for its address."""
    return base64.urlsafe_b64encode(orjson.dumps([matched, *key])).decode().rstrip("=")


def _cursor(text: str | None) -> tuple[tuple[Any, ...] | None, int | None]:
    if text is None:
        return None, None
    try:
        read_back = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        matched, *key = read_back
    except (ValueError, TypeError, binascii.Error):
        raise wrong_cursor() from None
    if not key or not (matched is None or type(matched) is int):
        raise wrong_cursor()
    return tuple(key), matched


def wrong_cursor() -> InvalidInput:
    """The refusal of a cursor that no page gave."""
    return InvalidInput(
        "cursor is none of this collection's.", field="cursor", allowed="the link next of a page"
    )
