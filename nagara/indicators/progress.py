"""How far the build of a city is, told beside its transaction so that others see it while it runs."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, LiteralString

import psycopg

Beside = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
"""Opens a transaction of the time door beside that of the build, committed at its end."""

BEGIN = """
insert into indicator_progress (city_id, task, begun_at, told_at, requests, ended_at, outcome)
values (%s, %s, clock_timestamp(), clock_timestamp(), 0, null, null)
on conflict (city_id) do update
   set task = excluded.task, begun_at = excluded.begun_at, told_at = excluded.told_at, requests = 0,
       ended_at = null, outcome = null
"""
TELL = "update indicator_progress set told_at = clock_timestamp(), requests = %s where city_id = %s"
END = """
update indicator_progress set told_at = clock_timestamp(), ended_at = clock_timestamp(), outcome = %s
 where city_id = %s
"""
STANDING = """
select p.city_id, p.task, p.begun_at, p.told_at, p.requests, p.ended_at, p.outcome, b.known_at, b.proved_at,
       b.differences
  from indicator_progress p left join indicator_build b using (city_id) order by p.city_id
"""
PROVED = "select 1 from indicator_build where city_id = %s and proved_at >= %s"
TOLD_EVERY = 1.0
"""Seconds: as often as anybody looks."""


class Progress:
    """Tells how many requests of a city were read."""

    def __init__(self, beside: Beside, city_id: str) -> None:
        self._beside, self._city, self._told = beside, city_id, time.monotonic()

    def tell(self, requests: int) -> None:
        """So many were read so far; written down once a second at most."""
        if time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            _say(self._beside, TELL, (requests, self._city))


@contextmanager
def building(city_id: str, task: str, beside: Beside) -> Iterator[Progress]:
    """Write down that a build runs, how far it is, and how it ended; one that was killed has no end."""
    _say(beside, BEGIN, (city_id, task))
    outcome = "failed"
    try:
        yield Progress(beside, city_id)
        outcome = "built"
    finally:
        _say(beside, END, (outcome, city_id))


def _say(beside: Beside, statement: LiteralString, values: tuple[Any, ...]) -> None:
    with beside() as connection:
        connection.execute(statement, values)


def proved_since(connection: psycopg.Connection[Any], city_id: str, since: dt.datetime) -> bool:
    """Whether a city's kept facts were held against its whole log since a time."""
    return connection.execute(PROVED, (city_id, since)).fetchone() is not None


def standing(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Every city's build that runs or ran last, and when it was last proved."""
    names = (
        "city", "task", "begun_at", "told_at", "requests", "ended_at", "outcome", "known_at", "proved_at",
        "differences",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in connection.execute(STANDING)]
