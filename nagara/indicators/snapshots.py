"""Stored figures, read back: a city's newest snapshot, its cells, and the figures of any period from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config import Configuration
from city_config.schema import NetworkCode
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.figures import ALL_CODES, backlog_figures, figures_of
from nagara.indicators.period import Period

ALL_DISTRICTS = ""
LATEST_SNAPSHOT = """
select id, cut_off, built_at, method_version, config_fingerprints, holidays_version, inputs_digest,
       events_seen
  from indicator_snapshot where city_id = %s order by built_at desc, id desc limit 1
"""


OF_SNAPSHOT = """
with part as (
    select %(snapshot)s::uuid as snapshot, null::date as month
    union all
    select shared.value::uuid, shared.key::date
      from indicator_snapshot s, jsonb_each_text(s.month_rows) shared
     where s.city_id = %(city)s and s.id = %(snapshot)s and s.month_rows is not null)
select f.month, f.network_code, f.district, f.life_table, f.figures
  from part join indicator_figure f
    on f.city_id = %(city)s and f.snapshot_id = part.snapshot and (part.month is null or f.month = part.month)
"""
"""A snapshot's rows: its own, and those of earlier snapshots in the months that nothing had touched since."""

CELLS = (
    OF_SNAPSHOT
    + """
 where f.network_code <> 'all' and (%(code)s = 'all' or f.network_code = %(code)s)
   and f.district = %(district)s
 order by 1, 2, 3
"""
)
DISTRICT_CELLS = OF_SNAPSHOT + " where f.network_code <> 'all' and f.district <> '' order by 1, 2, 3"
EVERY_ROW = OF_SNAPSHOT + " order by 1, 2, 3"


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


def snapshot_cells(
    connection: psycopg.Connection[Any],
    city_id: str,
    snapshot_id: UUID,
    code: str = ALL_CODES,
    district: str = ALL_DISTRICTS,
) -> dict[CellKey, Cell]:
    """A snapshot's stored cells by month, code and district; ``all`` and '' stand for every one."""
    values = {"city": city_id, "snapshot": snapshot_id, "code": code, "district": district}
    rows = connection.execute(CELLS, values).fetchall()
    return _cells(rows)


def district_cells(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID
) -> dict[CellKey, Cell]:
    """A snapshot's cells of single codes in single districts, none pooled: all others are sums of these."""
    values = {"city": city_id, "snapshot": snapshot_id}
    return _cells(connection.execute(DISTRICT_CELLS, values).fetchall())


def every_row(
    connection: psycopg.Connection[Any], city_id: str, snapshot_id: UUID
) -> dict[CellKey, tuple[Cell, dict[str, Any]]]:
    """All rows of a snapshot with the figures stored in them, the pooled ones included."""
    rows = connection.execute(EVERY_ROW, {"city": city_id, "snapshot": snapshot_id}).fetchall()
    return {(row[0], row[1], row[2]): (Cell.from_json(row[3]), row[4]) for row in rows}


def _cells(rows: Sequence[Sequence[Any]]) -> dict[CellKey, Cell]:
    return {(row[0], row[1], row[2]): Cell.from_json(row[3]) for row in rows}


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
