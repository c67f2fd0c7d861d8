"""Stored figures, read back: a city's newest snapshot, its cells, and the figures of any period from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from city_config import Configuration
from city_config.schema import NetworkCode
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.figures import ALL_CODES, backlog_figures, figures_of
from nagara.indicators.packed import Packed, pack_cells
from nagara.indicators.period import Period

ALL_DISTRICTS = ""
LATEST_SNAPSHOT = """
select id, cut_off, built_at, method_version, config_fingerprints, holidays_version, inputs_digest,
       events_seen
  from indicator_snapshot where city_id = %s order by built_at desc, id desc limit 1
"""


LATEST_SNAPSHOTS = """
select chosen.city_id, s.id, s.cut_off, s.built_at, s.method_version, s.config_fingerprints, s.holidays_version,
       s.inputs_digest, s.events_seen
  from unnest(%s::text[]) as chosen(city_id)
 cross join lateral (select * from indicator_snapshot s where s.city_id = chosen.city_id
                      order by s.built_at desc, s.id desc limit 1) s
"""
THESE_SNAPSHOTS = """
select s.city_id, s.id, s.cut_off, s.built_at, s.method_version, s.config_fingerprints, s.holidays_version,
       s.inputs_digest, s.events_seen
  from indicator_snapshot s join unnest(%s::text[], %s::uuid[]) as chosen(city_id, id) using (city_id, id)
"""

_ROWS: LiteralString = """
with asked as (select * from unnest(%(cities)s::text[], %(snapshots)s::uuid[]) as asked(city_id, snapshot)),
part as (
    select city_id, snapshot as asked, snapshot, null::date as month from asked
    union all
    select s.city_id, s.id, shared.value::uuid, shared.key::date
      from asked join indicator_snapshot s on s.city_id = asked.city_id and s.id = asked.snapshot,
           jsonb_each_text(s.month_rows) shared
     where s.month_rows is not null)
select part.city_id, f.month, f.network_code, f.district, case when f.cells is null then f.life_table end, f.cells,
       {} f.snapshot_id
  from part join indicator_figure f
    on f.city_id = part.city_id and f.snapshot_id = part.snapshot and (part.month is null or f.month = part.month)
 where (%(first)s::date is null or f.month between %(first)s and %(last)s)
 order by part.city_id, f.month, f.network_code, f.district
"""
"""Rows of snapshots: their own, and those of earlier snapshots in the months that nothing had touched since.

A month is one row with all its cells; snapshots of methods before the third have a row for each cell.
"""
ROWS = _ROWS.format("f.figures,")
CELLS = _ROWS.format("null,")
"""The same without figures, which take longer to read than cells."""


ROWS_AT_ONCE = 6
"""Rows of months that are fetched at once where all of a snapshot are gone through."""

_PART: LiteralString = """
with part as (
    select s.id as snapshot, null::date as month from indicator_snapshot s
     where s.city_id = %(city)s and s.id = %(snapshot)s
    union all
    select shared.value::uuid, shared.key::date
      from indicator_snapshot s, jsonb_each_text(s.month_rows) shared
     where s.city_id = %(city)s and s.id = %(snapshot)s and s.month_rows is not null)
"""

ENDS_OF_NEWEST: LiteralString = (
    _PART  # noqa: S608 - built of constants
    + """
select min(month), max(month)
  from (select distinct f.month
          from part join indicator_figure f
            on f.city_id = %(city)s and f.snapshot_id = part.snapshot and (part.month is null or f.month = part.month)
         order by f.month desc limit %(count)s) newest
"""
)

FIGURES: LiteralString = (
    _PART
    + """
select f.month, f.figures, f.configurations
  from part join indicator_figure f
    on f.city_id = %(city)s and f.snapshot_id = part.snapshot and (part.month is null or f.month = part.month)
 where f.network_code = 'all' and f.district = ''
   and (%(first)s::date is null or f.month between %(first)s and %(last)s)
 order by f.month
"""
)
"""The figures of whole months, without their cells."""


@dataclass(frozen=True)
class Snapshot:
    """What a city's figures were computed from."""

    id: UUID
    city_id: str
    cut_off: dt.datetime
    built_at: dt.datetime
    method_version: str
    config_fingerprints: tuple[str, ...]
    holidays_version: str
    inputs_digest: str
    events_seen: int

    def as_json(self) -> dict[str, Any]:
        """All fields but the time of building, which says nothing about the figures."""
        return {
            "id": str(self.id),
            "cut_off": self.cut_off.isoformat(),
            "method_version": self.method_version,
            "config_fingerprints": list(self.config_fingerprints),
            "holidays_version": self.holidays_version,
            "inputs_digest": self.inputs_digest,
            "events_seen": self.events_seen,
        }


def latest_snapshot(connection: psycopg.Connection[Any], city_id: str) -> Snapshot | None:
    """The city's newest snapshot; None before the first."""
    row = connection.execute(LATEST_SNAPSHOT, (city_id,)).fetchone()
    return _snapshot(city_id, row) if row else None


def latest_snapshots(
    connection: psycopg.Connection[Any], city_ids: Sequence[str], chosen: Mapping[str, UUID] | None = None
) -> dict[str, Snapshot]:
    """The newest snapshot of each city that has one; those that are ``chosen`` instead, where any are."""
    if chosen is None:
        rows = connection.execute(LATEST_SNAPSHOTS, (list(city_ids),)).fetchall()
    else:
        wanted = {city: snapshot for city, snapshot in chosen.items() if city in set(city_ids)}
        rows = connection.execute(THESE_SNAPSHOTS, (list(wanted), list(wanted.values()))).fetchall()
    return {row[0]: _snapshot(row[0], row[1:]) for row in rows}


@dataclass(frozen=True)
class MonthRow:
    """One month of a snapshot: its cells, its figures, and the snapshot that counted it."""

    packed: Packed
    figures: dict[str, Any]
    counted_by: UUID


def month_rows(
    connection: psycopg.Connection[Any],
    snapshots: Mapping[str, UUID],
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> dict[str, dict[dt.date, MonthRow]]:
    """The months of cities' snapshots, all or those of a period, in one round trip."""
    values = {
        "cities": list(snapshots),
        "snapshots": list(snapshots.values()),
        "first": first,
        "last": last,
    }
    found: dict[str, dict[dt.date, MonthRow]] = {city: {} for city in snapshots}
    for city, month, rows in _months(connection, ROWS, values):
        found[city][month] = MonthRow(_packed(rows), _whole(rows)[6], _whole(rows)[7])
    return found


def month_cells(
    connection: psycopg.Connection[Any],
    city_id: str,
    snapshot_id: UUID,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> dict[dt.date, Packed]:
    """The cells of the months of one city's snapshot, all or those of a period."""
    values = {"cities": [city_id], "snapshots": [snapshot_id], "first": first, "last": last}
    return {month: _packed(rows) for _, month, rows in _months(connection, CELLS, values)}


def kept_months(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID
) -> Generator[tuple[dt.date, Packed, bytes | None]]:
    """The cells of each month of one city's snapshot, and the bytes as which they are kept, if they are so.

    In order, and a few at a time: a large city's months take a megabyte each. Close it in the transaction or savepoint
    in which it was begun: what ends one ends its cursor, and closing that then would spoil the transaction around it.
    """
    values = {"cities": [city_id], "snapshots": [snapshot_id], "first": None, "last": None}
    with connection.cursor(name="kept_months", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(CELLS, values)
        for month, group in groupby(cursor, key=lambda row: row[1]):
            rows = list(group)
            yield month, _packed(rows), _whole(rows)[5]


def newest_months(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID, count: int
) -> dict[dt.date, Packed]:
    """The cells of the last so many months of one city's snapshot in which anything was counted, in order."""
    values = {"city": city_id, "snapshot": snapshot_id, "count": count}
    row = connection.execute(ENDS_OF_NEWEST, values).fetchone()
    first, last = row or (None, None)
    return month_cells(connection, city_id, snapshot_id, first, last)


def _months(
    connection: psycopg.Connection[Any], statement: LiteralString, values: Mapping[str, Any]
) -> Iterator[tuple[str, dt.date, list[Sequence[Any]]]]:
    """City, month, and the rows of it."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(statement, values).fetchall()
    for (city, month), group in groupby(rows, key=lambda row: row[:2]):
        yield city, month, list(group)


def _whole(rows: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The row that speaks for the whole month."""
    return next((row for row in rows if row[2] == ALL_CODES), rows[0])


def _packed(rows: Sequence[Sequence[Any]]) -> Packed:
    """Of one row as it is kept now, or of the many of the methods before."""
    whole = _whole(rows)
    if whole[5] is not None:
        return Packed.from_bytes(whole[5])
    single = {
        (row[2], row[3], False): Cell.from_json(row[4]) for row in rows if row[2] != ALL_CODES and row[3]
    }
    return pack_cells(single)


def month_figures(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID, period: Period | None = None
) -> list[tuple[dt.date, dict[str, Any], list[str] | None]]:
    """Each month of a snapshot (of a period): its figures, and the configurations its requests were filed under."""
    first, last = (period.first, period.last) if period else (None, None)
    values = {"city": city_id, "snapshot": snapshot_id, "first": first, "last": last}
    return connection.execute(FIGURES, values).fetchall()


def snapshot_cells(
    connection: psycopg.Connection[Any],
    city_id: str,
    snapshot_id: UUID,
    code: str = ALL_CODES,
    district: str = ALL_DISTRICTS,
) -> dict[CellKey, Cell]:
    """A snapshot's cells by month, code and district; ``all`` and '' stand for every one."""
    found: dict[CellKey, Cell] = {}
    for month, row in month_rows(connection, {city_id: snapshot_id})[city_id].items():
        for name, cell in part_of(row.packed, code, district).grouped(lambda part: part[0]).items():
            found[month, name, district] = cell
    return found


def part_of(packed: Packed, code: str = ALL_CODES, district: str = ALL_DISTRICTS) -> Packed:
    """The cells of one code, one district, or both; ``all`` and '' stand for every one."""
    return packed.where(lambda part: code in (ALL_CODES, part[0]) and district in (ALL_DISTRICTS, part[1]))


def district_cells(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID
) -> dict[CellKey, Cell]:
    """A snapshot's cells of single codes in single districts, none pooled: all others are sums of these."""
    return {
        (month, *key): cell
        for month, row in month_rows(connection, {city_id: snapshot_id})[city_id].items()
        for key, cell in row.packed.without_emergency().items()
    }


def cells_in(cells: Mapping[CellKey, Cell], period: Period | None) -> dict[str, Cell]:
    """Cells of a period (of all months if None) pooled by network code."""
    by_code: dict[str, list[Cell]] = {}
    for (month, code, _), cell in cells.items():
        if period is None or month in period:
            by_code.setdefault(code, []).append(cell)
    return {code: Cell.merged(found) for code, found in sorted(by_code.items())}


def figures_for(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    city_id: str,
    period: Period,
    code: str = ALL_CODES,
    district: str = ALL_DISTRICTS,
) -> dict[str, Any]:
    """A city's figures of a period from its newest snapshot, as JSON: ``snapshot`` and ``figures``.

    Figures of the backlog take every open issue, whenever received. Both are empty before the first build.
    """
    snapshot = latest_snapshot(connection, city_id)
    if snapshot is None:
        return {"snapshot": None, "figures": {}}
    cells = snapshot_cells(connection, city_id, snapshot.id, code, district)
    figures = figures_in(cells, period, configuration.network.codes_by_code)
    return {"snapshot": snapshot.as_json(), "figures": figures}


def figures_in(
    cells: Mapping[CellKey, Cell], period: Period, codes: Mapping[str, NetworkCode]
) -> dict[str, Any]:
    """Figures of the cells received in a period, with those of the backlog over every month."""
    backlog = backlog_figures(cells_in(cells, None), codes)
    return json_figures(cells_in(cells, period), codes) | {k: f.as_json() for k, f in backlog.items()}


def json_figures(cells: Mapping[str, Cell], codes: Mapping[str, NetworkCode]) -> dict[str, Any]:
    """Every figure of the cells given by network code, as JSON by the definition's id."""
    return {key: figure.as_json() for key, figure in figures_of(cells, codes).items()}


def _snapshot(city_id: str, row: Sequence[Any]) -> Snapshot:
    return Snapshot(row[0], city_id, row[1], row[2], row[3], tuple(row[4]), *row[5:8])
