"""The counts of many cities at once, for officials: true at every moment, and read anew only where they changed.

What was added up of a city (``request_count``) carries a version, another one with each change. A process keeps of each
city what it read last, with its version; whoever asks sends the versions along, and the database answers in one
statement, of one moment: which cities' added counts are others now, these, and of every city the news that nobody has
added up yet, as sums: a row of news is often a single request, and the network is shown none. So an answer is never
older than the last commit, however many processes keep what they read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson
import psycopg

from city_config import City
from nagara.indicators.period import Period
from nagara.indicators.shelf import Shelf
from nagara.network.live_counts import KINDS, months_of, starts_of

_PACKED: LiteralString = """
string_agg(network_code, ','), string_agg(int4send(month - '2000-01-01'::date), ''),
string_agg(int8send(received), ''), string_agg(int8send(open), ''), string_agg(int8send(closed), '')
"""
READ: LiteralString = f"""
with told as (
    select asked.city_id, asked.zone, kept.version,
           case when kept.version = asked.known then null else asked.city_id end as changed
      from unnest(%(cities)s::text[], %(zones)s::text[], %(known)s::uuid[]) as asked (city_id, zone, known)
      left join request_count_version kept using (city_id))
select told.city_id, told.version, told.changed is not null, added.*, news.*
  from told
  left join lateral (
    select {_PACKED} from request_count
     where city_id = told.changed and month between %(first)s and %(last)s) as added on true
  left join lateral (
    select {_PACKED} from (
        select date_trunc('month', at at time zone told.zone)::date as month, network_code, received, open, closed
          from request_count_late
         where city_id = told.city_id
           and at between %(first)s::timestamptz - interval '2 days'
                      and %(last)s::timestamptz + interval '33 days') as late
     where month between %(first)s and %(last)s) as news on true
"""  # noqa: S608 - built of constants
"""A row for each city: its version, whether that is another than is known, what was added up if so, and the news."""

MOST_KEPT = 1000
"""Cities' counts of a period that a process keeps; of a year one takes some 15 kB."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Counts:
    """A city's counts by kind, code and month, and the version they are of."""

    version: UUID | None
    codes: tuple[str, ...]
    table: Ints
    as_json: bytes


_kept: Shelf[tuple[str, str, Period], _Counts] = Shelf(MOST_KEPT)
"""By city, its zone, and period; what is kept holds as long as its version does."""


def counts_of_all(
    connection: psycopg.Connection[Any], cities: Sequence[City], period: Period, now: dt.datetime
) -> dict[str, Any]:
    """Each city with a number for each month, of each of its codes and each kind of count (as ``live_counts.shown``).

    For who makes JSON of it and nothing else: what is kept of a city stands in it as the JSON it is.
    """
    keys = {city.id: (city.id, city.timezone, period) for city in cities}
    known = {city: _kept.get(key) for city, key in keys.items()}
    values = {
        "cities": [city.id for city in cities],
        "zones": [city.timezone for city in cities],
        "known": [None if kept is None else kept.version for kept in known.values()],
        "first": period.first,
        "last": period.last,
    }
    rows = connection.cursor(binary=True).execute(READ, values).fetchall()
    starts, found = starts_of(period), {}
    for city, version, changed, *packed in rows:
        counts = known[city]
        if changed or counts is None:
            counts = _counts(version, packed[:5], starts)
            if version is not None:
                _kept.put(keys[city], counts)
        found[city] = counts.as_json if packed[5] is None else _with(counts, packed[5:], starts)
    told = [
        {"city": city.id, "names": dict(city.names), "country": city.country}
        | {"codes": orjson.Fragment(found[city.id])}
        for city in cities
    ]
    return {"period": str(period), "as_of": now, "months": months_of(period), "cities": told}


def forget() -> None:
    """Keep nothing: for measuring, and for tests."""
    _kept.clear()


def _counts(version: UUID | None, packed: Sequence[Any], starts: Ints) -> _Counts:
    codes, table = _taken_apart(packed, starts)
    return _Counts(version, codes, table, _as_json(codes, table))


def _with(counts: _Counts, packed: Sequence[Any], starts: Ints) -> bytes:
    """The counts with news on top, as JSON."""
    late, more = _taken_apart(packed, starts)
    codes = tuple(sorted({*counts.codes, *late}))
    table = np.zeros((len(KINDS), len(codes), len(starts)), np.int64)
    for names, numbers in ((counts.codes, counts.table), (late, more)):
        table[:, [codes.index(name) for name in names]] += numbers
    return _as_json(codes, table)


def _taken_apart(packed: Sequence[Any], starts: Ints) -> tuple[tuple[str, ...], Ints]:
    """Codes, and the numbers by kind, code and month, of what came packed; what stands there twice is added up."""
    if packed[0] is None:
        return (), np.zeros((len(KINDS), 0, len(starts)), np.int64)
    names = packed[0].split(",")
    codes = tuple(sorted(set(names)))
    places = {name: place for place, name in enumerate(codes)}
    code = np.fromiter(map(places.__getitem__, names), np.int64, len(names))
    month = np.searchsorted(starts, np.frombuffer(packed[1], ">i4"))
    table = np.zeros((len(KINDS), len(codes), len(starts)), np.int64)
    for kind, numbers in enumerate(packed[2:]):
        np.add.at(table[kind], (code, month), np.frombuffer(numbers, ">i8").astype(np.int64))
    return codes, table


def _as_json(codes: Sequence[str], table: Ints) -> bytes:
    rows = [
        {"code": code} | {kind: table[number, place] for number, kind in enumerate(KINDS)}
        for place, code in enumerate(codes)
    ]
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)
