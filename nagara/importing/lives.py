"""What moves make of a request, whenever they were made: worked out once for all histories that have the same. Pure.

A life is led once by ``living.led``, with the hours of one day for its times, and one sees in which column and in which
event each hour ends up. That holds for every time as long as none is held against another: not where a promise pauses,
which moves its due times, and not of a duplicate, whose parent the database knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from city_config import City
from nagara.errors import NagaraError
from nagara.importing import lines
from nagara.importing.lines import BETWEEN
from nagara.importing.living import led
from nagara.importing.stated import NotTaken, StatedMove
from nagara.importing.summary import CLOSINGS
from nagara.lifecycle import CLOSED, PAUSED, Move, Status

MOST_KEPT = 20_000
"""Lives kept: a source that gives every row a reason of its own must not fill the memory."""

DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
Step = tuple[Move, str | None]
"""A move, and the reason stated with it."""


class Life(NamedTuple):
    """What histories share that have the same moves; a number is that of a move."""

    led: str
    status: str
    acknowledged: int | None
    responded: int | None
    closed: int | None
    kinds: str
    befores: str
    afters: str
    """Columns of the events, the first one included."""
    contents: tuple[str, ...]
    closings: tuple[str, ...]
    ends_closed: bool


class Lives:
    """The lives of a city's requests that were led so far."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._kept: dict[tuple[Step, ...], Life | None] = {}

    def of(self, moves: Sequence[StatedMove]) -> Life | None:
        """What these moves make of a request; None where their times matter too, or they cannot be made."""
        steps: list[Step] = []
        for stated in moves:
            reason = stated.data.get("reason")
            if len(stated.data) != (reason is not None) or not isinstance(reason, str | None):
                return None
            steps.append((stated.move, reason))
        key = tuple(steps)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = led_by_hours(self._city, key)
        return self._kept[key]


def led_by_hours(city: City, key: Sequence[Step]) -> Life | None:
    """What becomes of a request by these moves; None where more than their order matters, or they cannot be made."""
    moves = tuple(
        StatedMove(move, DAY + number * HOUR, data={} if reason is None else {"reason": reason})
        for number, (move, reason) in enumerate(key, 1)
    )
    row: dict[str, Any] = dict.fromkeys(
        (
            "id",
            "assignee",
            "acknowledged_at",
            "responded_at",
            "closed_at",
            "observed_at",
            "source",
            *lines.LED,
        )
    )
    row |= {"city_id": city.id, "status": Status.RECEIVED.value, "version": 1}
    events = []
    try:
        for event in led(city, row, moves):
            if Status(event["to_status"]) in PAUSED | {Status.DUPLICATE}:
                return None  # before its end is asked for: a pause has one only with the promise it moves
            events.append(event)
    except (NagaraError, NotTaken):
        return None
    number_of = {stated.at: number for number, stated in enumerate(moves, 1)}
    return Life(
        lines.joined(lines.led_of(row)),
        row["status"],
        number_of.get(row["acknowledged_at"]),
        number_of.get(row["responded_at"]),
        number_of.get(row["closed_at"]),
        BETWEEN.join(["filed", *[event["kind"] for event in events]]),
        BETWEEN.join(["", *[event["from_status"] for event in events]]),
        BETWEEN.join([Status.RECEIVED.value, *[event["to_status"] for event in events]]),
        tuple(orjson.dumps(event["data"]).decode() for event in events),
        tuple(event["kind"] for event in events if event["kind"] in CLOSINGS),
        Status(row["status"]) in CLOSED,
    )
