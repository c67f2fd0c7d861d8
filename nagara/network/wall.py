"""What a command centre's wall shows of its city: what came in, what is due, where, and what climbs now.

Aggregates of requests, never a request: nothing on a wall leads to a person, because visitors and cameras see it.
Dots stand on a grid of 100 m, and neither they nor names of districts or services tell of a request that the public
never sees. What is open is looked through in the order in which it falls due, up to a limit, along the index of the
queue, so a wall costs the same in a city with a million open requests.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any, LiteralString

from city_config import City
from nagara.database import Pool, read_in_city
from nagara.exchange import Rows
from nagara.public.request_views import named_district, named_service

HOURS = 24
GRID_METRES = 100
METRES_PER_DEGREE = 111_320.0
MOST_LOOKED_AT = 20_000
"""Open requests that are looked through, those due first; more are counted, not placed."""

MOST_COUNTED = 1_000_000
MOST_CELLS = 1_500
MOST_CLIMBING = 12
MOST_GROUPS = 5_000
BOARD_LASTS_S = 3.0
"""So long a board is given to every screen of the city before it is counted anew."""

_HIDDEN: LiteralString = "(confidential or service_code = any(%(private)s::text[]))"

RECEIVED: LiteralString = """
select case when {hidden} then null else service_code end,
       least(23, floor(extract(epoch from %(now)s - received_at) / 3600))::int, count(*)
  from request
 where city_id = %(city_id)s and received_at > %(now)s - interval '24 hours' and received_at <= %(now)s
 group by 1, 2
""".replace("{hidden}", _HIDDEN)
CLOSED: LiteralString = """
select count(*) from request
 where city_id = %(city_id)s and closed_at > %(now)s - interval '24 hours' and closed_at <= %(now)s
"""
OPEN: LiteralString = """
select count(*) from (
    select from request where city_id = %(city_id)s and closed_at is null limit %(most_counted)s) as counted
"""
DUE: LiteralString = """
select case when next_due_at < %(now)s then -1
            else floor(extract(epoch from next_due_at - %(now)s) / 3600)::int end, count(*)
  from request
 where city_id = %(city_id)s and closed_at is null and next_due_at < %(now)s + interval '24 hours'
 group by 1
"""
PLACES: LiteralString = """
with looked as materialized (
    select district, lat, lon, {hidden} as hidden, next_due_at < %(now)s as late,
           next_due_at < %(now)s + interval '24 hours' as soon
      from request where city_id = %(city_id)s and closed_at is null
     order by next_due_at, id limit %(most_looked_at)s),
cells as (
    select round(lat / %(lat_step)s)::bigint as y, round(lon / %(lon_step)s)::bigint as x,
           count(*) as open, count(*) filter (where late) as late
      from looked where not hidden and lat is not null and lon is not null
     group by 1, 2 order by 4 desc, 3 desc, 1, 2 limit %(most_cells)s),
districts as (
    select district, count(*) as open, count(*) filter (where late) as late,
           count(*) filter (where soon and not late) as soon
      from looked group by 1)
select (select coalesce(jsonb_agg(jsonb_build_array(y, x, open, late)), '[]') from cells),
       (select coalesce(jsonb_agg(jsonb_build_array(district, open, late, soon)), '[]') from districts)
""".replace("{hidden}", _HIDDEN)
CLIMBING: LiteralString = """
select escalation_step, case when {hidden} then null else service_code end,
       case when {hidden} then null else district end, count(*), min(received_at)
  from request
 where city_id = %(city_id)s and closed_at is null and (escalation_step > 0 or escalated_by_hand)
 group by 1, 2, 3 order by 1 desc, 4 desc, 5 limit %(most_groups)s
""".replace("{hidden}", _HIDDEN)
QUESTIONS = (RECEIVED, CLOSED, OPEN, DUE, PLACES, CLIMBING)


async def count_board(pool: Pool, city: City, now: dt.datetime) -> dict[str, Any]:
    """A city's wall as it stands at a moment: one transaction, one round trip."""
    values = _values(city, now)
    received, closed, still_open, due, places, climbing = await read_in_city(
        pool, city.id, *((question, values) for question in QUESTIONS)
    )
    [(cells, districts)] = places
    number = int(still_open[0][0])
    return {
        "city": city.id,
        "names": dict(city.names),
        "timezone": city.timezone,
        "counted_at": now,
        "received": _received(city, received),
        "closed_last_24_hours": closed[0][0],
        "open": number,
        "due": _due(due),
        "districts": _districts(city, districts),
        "grid": {
            "metres": GRID_METRES,
            "cells": _cells(cells, values),
            "placed_of_open": number <= MOST_LOOKED_AT,
        },
        "escalations": _climbing(city, climbing),
    }


def _values(city: City, now: dt.datetime) -> dict[str, Any]:
    lat_step = GRID_METRES / METRES_PER_DEGREE
    return {
        "city_id": city.id,
        "now": now,
        "private": list(city.publication.private_services),
        "lat_step": lat_step,
        "lon_step": lat_step / max(0.01, math.cos(math.radians(city.map.centre.lat))),
        "most_counted": MOST_COUNTED,
        "most_looked_at": MOST_LOOKED_AT,
        "most_cells": MOST_CELLS,
        "most_groups": MOST_GROUPS,
    }


def _received(city: City, rows: Rows) -> dict[str, Any]:
    """Of the last 24 hours: by hour, the oldest first, and by service, the most frequent first."""
    hours, services = [0] * HOURS, defaultdict[str | None, int](int)
    for code, hours_ago, number in rows:
        hours[HOURS - 1 - hours_ago] += number
        services[code] += number
    ordered = sorted(services.items(), key=lambda one: (-one[1], one[0] or "~"))
    shown = [{"service": _service(city, code), "count": number} for code, number in ordered]
    return {"last_24_hours": sum(hours), "by_hour": hours, "by_service": shown}


def _due(rows: Rows) -> dict[str, Any]:
    """What is past its next time, and what comes due in each of the next 24 hours, the nearest first."""
    by_hour: dict[int, int] = dict(rows)
    return {"overdue": by_hour.get(-1, 0), "by_hour": [by_hour.get(hour, 0) for hour in range(HOURS)]}


def _districts(city: City, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Where what is open lies, most overdue first; None stands for requests without a district."""
    ordered = sorted(rows, key=lambda one: (-one[2], -one[1], one[0] or "~"))
    return [
        {"district": named_district(city, code), "open": number, "overdue": late, "due_soon": soon}
        for code, number, late, soon in ordered
    ]


def _cells(rows: Iterable[Sequence[Any]], values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "lat": round(y * values["lat_step"], 5),
            "lon": round(x * values["lon_step"], 5),
            "open": number,
            "overdue": late,
        }
        for y, x, number, late in rows
    ]


def _climbing(city: City, rows: Rows) -> dict[str, Any]:
    """What silence or a person escalated and is still open: how many at each level, and the groups that weigh most."""
    levels = defaultdict[int, int](int)
    for level, _, _, number, _ in rows:
        levels[level] += number
    return {
        "total": sum(levels.values()),
        "by_level": [{"level": level, "count": levels[level]} for level in sorted(levels, reverse=True)],
        "groups": [
            {
                "level": level,
                "service": _service(city, code),
                "district": named_district(city, district),
                "count": number,
                "oldest_received_at": oldest,
            }
            for level, code, district, number, oldest in rows[:MOST_CLIMBING]
        ],
    }


def _service(city: City, code: str | None) -> dict[str, Any] | None:
    return None if code is None else named_service(city, code)


class Boards:
    """The boards of an API process: each city's is counted at most once in three seconds, however many look."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._counting: dict[str, asyncio.Lock] = {}

    async def board(self, pool: Pool, city: City, now: dt.datetime) -> dict[str, Any]:
        """The city's board, counted within the last three seconds; who comes while it is counted waits for it."""
        async with self._counting.setdefault(city.id, asyncio.Lock()):
            counted_at, kept = self._kept.get(city.id, (-math.inf, {}))
            if monotonic() - counted_at >= BOARD_LASTS_S:
                kept = await count_board(pool, city, now)
                self._kept[city.id] = (monotonic(), kept)
            return kept
