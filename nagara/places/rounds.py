"""Whether a waste collection was due at a place, and when the next one is. Pure.

A resident who misses a collection asks three things: does anybody collect here, has the time for it passed,
and when do they come again. Rounds are written in local time; a window that ends before it begins ends on
the next day and belongs to the weekday on which it began.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from city_config.basics import clock_minutes
from city_config.schema import WEEKDAYS, City, CollectionRound
from nagara.promises.working_hours import instant, is_holiday

DAYS_LOOKED_AT = 35
"""How far back and ahead collections are looked for: a monthly round with a holiday is still found."""

DUE_WITHIN = dt.timedelta(days=7)
"""A collection that ended longer ago was followed by others, or by a change of the rounds."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One coming of the crew: which round, and between which instants (UTC)."""

    round: str
    opens: dt.datetime
    closes: dt.datetime


@dataclass(frozen=True, slots=True)
class CollectionDue:
    """What the rounds say about a place at an instant.

    ``was_due``: a collection ended within the last seven days. ``running``: the crew may still come.
    ``not_due``: a round exists, but no collection ended within seven days. ``unknown``: no round is known
    here, so nothing can be said; it does not mean that nobody collects.
    """

    state: Literal["was_due", "running", "not_due", "unknown"]
    last: Collection | None
    running: Collection | None
    next: Collection | None


def collection_due(
    city: City,
    district: str | None,
    at: dt.datetime,
    *,
    street: str | None = None,
    waste: str = "household",
) -> CollectionDue:
    """What the city's rounds say for a district, or a street of it, at an instant with a time zone.

    A street named in a round is served by that round alone; spelling counts, but not case, blanks or how
    accents are composed. Collections are those of the given kind of waste.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    rounds = _serving(city, district, street, waste)
    if not rounds:
        return CollectionDue("unknown", None, None, None)
    now = at.astimezone(dt.UTC)
    last = running = upcoming = None
    for collection in sorted(_collections(city, rounds, now), key=lambda c: (c.opens, c.closes, c.round)):
        if collection.closes <= now:
            last = collection if last is None or collection.closes >= last.closes else last
        elif collection.opens <= now:
            running = running or collection
        else:
            upcoming = upcoming or collection
    return CollectionDue(_state(last, running, now), last, running, upcoming)


def street_named(city: City, district: str | None, words: str | None, waste: str = "household") -> str | None:
    """The street of a round of the district that an address in words names; of several the longest name."""
    if not words:
        return None
    spoken = _plain(words).replace(" ", "")
    streets = {s for r in city.rounds if r.waste == waste and district in r.districts for s in r.streets}
    named = [street for street in streets if _plain(street).replace(" ", "") in spoken]
    return max(named, key=lambda street: (len(street), street), default=None)


def collections_between(
    city: City, rounds: Sequence[CollectionRound], first: dt.date, last: dt.date
) -> list[Collection]:
    """Every collection of these rounds that begins on a local day from ``first`` to ``last``, in order of time."""
    days = (first + dt.timedelta(days=offset) for offset in range((last - first).days + 1))
    found = [
        collection
        for day in days
        for collection_round in rounds
        if _comes_on(city, collection_round, day)
        for collection in _on_day(city, collection_round, day)
    ]
    return sorted(found, key=lambda c: (c.opens, c.closes, c.round))


def _state(
    last: Collection | None, running: Collection | None, now: dt.datetime
) -> Literal["was_due", "running", "not_due"]:
    if running is not None:
        return "running"
    return "was_due" if last is not None and now - last.closes <= DUE_WITHIN else "not_due"


def _serving(city: City, district: str | None, street: str | None, waste: str) -> list[CollectionRound]:
    """The rounds that serve a place whatever the day; those that name its street, where any does."""
    here = [r for r in city.rounds if r.waste == waste and district in r.districts]
    wanted = _plain(street) if street else None
    naming = [r for r in here if wanted and wanted in map(_plain, r.streets)]
    return naming or [r for r in here if not r.streets]


def _collections(city: City, rounds: list[CollectionRound], now: dt.datetime) -> Iterator[Collection]:
    today = now.astimezone(city.zone).date()
    for offset in range(-DAYS_LOOKED_AT, DAYS_LOOKED_AT + 1):
        day = today + dt.timedelta(days=offset)
        for collection_round in rounds:
            if _comes_on(city, collection_round, day):
                yield from _on_day(city, collection_round, day)


def _comes_on(city: City, collection_round: CollectionRound, day: dt.date) -> bool:
    if WEEKDAYS[day.weekday()] not in collection_round.weekdays or not collection_round.holds_on(day):
        return False
    return collection_round.on_holidays or not is_holiday(city.calendar, day)


def _on_day(city: City, collection_round: CollectionRound, day: dt.date) -> Iterator[Collection]:
    for window in collection_round.windows:
        opens, closes = (clock_minutes(part) for part in window.split("-"))
        last_day = day if closes > opens else day + dt.timedelta(days=1)
        yield Collection(
            collection_round.code, instant(day, opens, city.zone), instant(last_day, closes, city.zone)
        )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
