"""The cells of one code, read from where they lie within a city's months: of all cities in one statement.

A month's cells lie in order of code, so that those of one code are two pieces of its bytes. Where these begin is noted
with the sums of a snapshot, which never changes. It is read only by a version with the same columns, and not of months
with a declared emergency: then a part is told with and without it, and whole months are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from nagara.indicators.packed import CURVES, SCALARS, Packed, code_pieces, of_code
from nagara.indicators.period import Period

COLUMNS = hashlib.sha256("\n".join((*SCALARS, "", *CURVES)).encode()).hexdigest()[:16]
"""Tells one version's columns from another's."""

READ = """
with asked as (select * from unnest(%(cities)s::text[], %(snapshots)s::uuid[]) as asked(city_id, snapshot_id)),
known as (
    select s.city_id, s.snapshot_id, s.backlog, s.places, snapshot.month_rows, s.places -> 'backlog' -> %(code)s as open
      from asked
      join indicator_sum s using (city_id, snapshot_id)
      join indicator_snapshot snapshot on snapshot.city_id = s.city_id and snapshot.id = s.snapshot_id
     where s.places ->> 'columns' = %(columns)s
       and not exists (select from jsonb_array_elements_text(s.places -> 'emergencies') as declared(month)
                        where declared.month between %(first)s and %(last)s)),
place as (
    select city_id, own.key::date as month, own.value as at,
           coalesce((month_rows ->> own.key)::uuid, snapshot_id) as counted_by
      from known cross join lateral jsonb_each(places -> 'codes' -> %(code)s) own
     where own.key between %(first)s and %(last)s)
select place.city_id, false, substring(f.cells from (at ->> 0)::int for (at ->> 1)::int),
       substring(f.cells from (at ->> 2)::int for (at ->> 3)::int)
  from place
  join indicator_figure f on f.city_id = place.city_id and f.snapshot_id = place.counted_by and f.month = place.month
                         and f.network_code = 'all' and f.district = ''
union all
select city_id, true, substring(backlog from (open ->> 0)::int for (open ->> 1)::int),
       substring(backlog from (open ->> 2)::int for (open ->> 3)::int)
  from known
"""
"""Of each city the pieces of its months, and one row of its open issues: without one a city is not known."""


@dataclass(frozen=True, slots=True)
class CodeCells:
    """What a city received of a code in a period, and what of it is open, whenever received."""

    received: Packed
    backlog: Packed


def places_of(
    months: Mapping[date, Mapping[str, list[int]] | None], backlog: bytes, emergencies: list[date]
) -> dict[str, Any] | None:
    """Where the numbers of each code lie, as it is kept, from the pieces of each month; None where one has none."""
    codes: dict[str, dict[str, list[int]]] = {}
    for month, pieces in months.items():
        if pieces is None:
            return None
        for code, piece in pieces.items():
            codes.setdefault(code, {})[f"{month:%Y-%m-%d}"] = piece
    return {
        "columns": COLUMNS,
        "codes": codes,
        "backlog": code_pieces(backlog),
        "emergencies": [f"{month:%Y-%m-%d}" for month in emergencies],
    }


def read_code(
    connection: psycopg.Connection[Any], snapshots: Mapping[str, UUID], period: Period, code: str
) -> dict[str, CodeCells]:
    """The cells of a code of the cities of which it is known where they lie."""
    values = {
        "cities": list(snapshots),
        "snapshots": list(snapshots.values()),
        "code": code,
        "columns": COLUMNS,
        "first": f"{period.first:%Y-%m-%d}",
        "last": f"{period.last:%Y-%m-%d}",
    }
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(READ, values).fetchall()
    pieces: dict[tuple[str, bool], list[tuple[bytes, bytes]]] = {}
    for city, is_open, scalars, curves in rows:
        own = pieces.setdefault((city, is_open), [])
        if scalars is not None:
            own.append((scalars, curves))
    return {
        city: CodeCells(of_code(code, pieces.get((city, False), ())), of_code(code, own))
        for (city, is_open), own in pieces.items()
        if is_open
    }
