"""Cities' sheets of a period: kept ones, those of this process, or made from cells.

A sheet depends on a snapshot and on nothing else, so it can be kept wherever it is asked for again. Periods that
dashboards ask for are made once after each build; any other is made when it is first asked for, of the months of that
period alone. Of cities that only stand beside the one that is looked at no more than the brief is read, or their sums.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg

from city_config import Configuration
from nagara.indicators.code_cells import read_code
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.making import Asked, backlog_of, made_by, reports_of, sheet_from, sheet_of_code
from nagara.indicators.month_sums import MonthSums
from nagara.indicators.packed import Packed
from nagara.indicators.period import Period
from nagara.indicators.shelf import Shelf
from nagara.indicators.shown import ReadyCurve, Shown, read_curves, read_shown
from nagara.indicators.snapshots import (
    ALL_DISTRICTS,
    Snapshot,
    latest_snapshots,
    month_cells,
)
from nagara.indicators.usual_sheets import keep_usual, usual_periods

KEPT = """
select s.city_id, s.brief is null or s.city_id = any(%s::text[]),
       case when s.city_id = any(%s::text[]) then s.content else coalesce(s.brief, s.content) end
  from indicator_sheet s
  join unnest(%s::text[], %s::uuid[]) as asked(city_id, snapshot_id) using (city_id, snapshot_id)
 where s.period = %s
"""
SUMS = """
select s.city_id, s.months from indicator_sum s
  join unnest(%s::text[], %s::uuid[]) as asked(city_id, snapshot_id) using (city_id, snapshot_id)
"""
BACKLOG = "select backlog from indicator_sum where city_id = %s and snapshot_id = %s"
MOST_KEPT = 800
"""Sheets kept by a process; one takes some 60 kB."""

Key = tuple[str, UUID, str, str, str, str, str]
"""City, snapshot, configuration of the city and of the network's codes, period, code and district: nothing else decides
what a sheet says."""


@dataclass(frozen=True, slots=True)
class CitySheet:
    """A city's sheet, or no more than its brief, and the snapshot it was made of.

    It is shared: read it, never change it.
    """

    snapshot: Snapshot
    whole: bool
    sheet: Mapping[str, Any]


_shelf: Shelf[tuple[Key, bool], Mapping[str, Any]] = Shelf(MOST_KEPT)
"""Sheets of this process that were asked for last: whole ones (True), and briefs."""

_shown: Shelf[tuple[Key, bool], Shown] = Shelf(MOST_KEPT)
"""What is shown of them, to officials (True) and to everybody."""

_curves: Shelf[Key, ReadyCurve] = Shelf(MOST_KEPT)

_sums: Shelf[tuple[str, UUID], MonthSums] = Shelf(MOST_KEPT)


def read_sheets(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    city_ids: Sequence[str],
    asked: Asked,
    chosen: Mapping[str, UUID] | None = None,
    whole: Collection[str] | None = None,
) -> dict[str, CitySheet]:
    """The sheets of the cities that have a snapshot: of their newest, or of those ``chosen``.

    Of cities that are not among the ``whole`` ones the brief is enough (see ``brief``); by default all are whole.
    """
    snapshots = latest_snapshots(connection, city_ids, chosen)
    return sheets_of(connection, configuration, snapshots, asked, city_ids if whole is None else whole)


def sheets_of(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    asked: Asked,
    whole: Collection[str],
) -> dict[str, CitySheet]:
    """The sheets of these snapshots."""
    found = _known(connection, configuration, snapshots, asked, frozenset(whole))
    missing = {city: one for city, one in snapshots.items() if city not in found}
    for city, made in _made(connection, configuration, missing, asked):
        _shelf.put((_key(configuration, missing[city], asked), True), made)
        found[city] = CitySheet(missing[city], True, made)
    return {city: found[city] for city in snapshots}


def _made(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    asked: Asked,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Sheets made from cells, one after the other; those of a single code from its own cells, where these are known."""
    rest = dict(snapshots)
    if snapshots and asked.code != ALL_CODES and asked.district == ALL_DISTRICTS:
        sums = _read_sums(connection, snapshots)
        ids = {city: snapshots[city].id for city in sums}
        for city, cells in read_code(connection, ids, asked.period, asked.code).items():
            yield city, sheet_of_code(configuration, rest.pop(city), asked, cells, sums[city])
    for city, snapshot in rest.items():
        yield city, make_sheet(connection, configuration, snapshot, asked)


def shown_of(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    sheets: Mapping[str, CitySheet],
    period: Period,
    *,
    internal: bool,
) -> dict[str, Shown]:
    """What is shown of these sheets of whole cities, as officials see it or everybody.

    It is read as it was kept with the sheet, or written of a whole sheet; of a brief with which nothing was kept the
    sheet is read, or made.
    """
    asked = Asked(period)
    keys = {city: (_key(configuration, one.snapshot, asked), internal) for city, one in sheets.items()}
    found = {city: shown for city, key in keys.items() if (shown := _shown.get(key))}
    wanted = {city: one.snapshot.id for city, one in sheets.items() if city not in found and not one.whole}
    fresh = {}
    if wanted:
        makings = {city: made_by(configuration, city) for city in wanted}
        fresh = read_shown(connection, wanted, str(period), makings, internal=internal)
    rest = {city: one.snapshot for city, one in sheets.items() if not (city in found or city in fresh)}
    for city, one in sheets_of(connection, configuration, rest, asked, rest).items():
        fresh[city] = Shown.of(one.sheet, internal=internal)
    for city, shown in fresh.items():
        _shown.put(keys[city], shown)
    return found | fresh


def curves_of(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    period: Period,
) -> dict[str, ReadyCurve]:
    """The curves of whole cities that are kept ready."""
    keys = {city: _key(configuration, one, Asked(period)) for city, one in snapshots.items()}
    found = {city: curve for city, key in keys.items() if (curve := _curves.get(key))}
    wanted = {city: one.id for city, one in snapshots.items() if city not in found}
    if wanted:
        makings = {city: made_by(configuration, city) for city in wanted}
        fresh = read_curves(connection, wanted, str(period), makings)
        for city, curve in fresh.items():
            _curves.put(keys[city], curve)
        found |= fresh
    return found


def beside_of(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    period: Period,
) -> dict[str, Mapping[str, Any]]:
    """Of cities by which others are weighed: a brief where one is kept, else what their sums tell of the period."""
    asked = Asked(period)
    found = _known(connection, configuration, snapshots, asked, frozenset())
    missing = {city: one for city, one in snapshots.items() if city not in found}
    sums = _read_sums(connection, missing)
    codes = configuration.network.codes_by_code
    beside = {city: one.sheet for city, one in found.items()}
    beside |= {city: months.beside(period, codes) for city, months in sums.items()}
    rest = {city: one for city, one in missing.items() if city not in sums}
    made = sheets_of(connection, configuration, rest, asked, rest)
    beside |= {city: one.sheet for city, one in made.items()}
    return {city: beside[city] for city in snapshots}


def _known(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    asked: Asked,
    whole: Collection[str],
) -> dict[str, CitySheet]:
    """Sheets and briefs that this process or the database keeps."""
    keys = {city: _key(configuration, snapshot, asked) for city, snapshot in snapshots.items()}
    found = {}
    for city, key in keys.items():
        sheet, is_whole = _shelf.get((key, True)), True
        if sheet is None and city not in whole:
            sheet, is_whole = _shelf.get((key, False)), False
        if sheet is not None:
            found[city] = CitySheet(snapshots[city], is_whole, sheet)
    missing = {city: one for city, one in snapshots.items() if city not in found}
    if missing and asked.whole:
        for city, is_whole, sheet in _kept(connection, configuration, missing, asked.period, whole):
            _shelf.put((keys[city], is_whole), sheet)
            found[city] = CitySheet(snapshots[city], is_whole, sheet)
    return found


def _key(configuration: Configuration, snapshot: Snapshot, asked: Asked) -> Key:
    configured = (configuration.cities[snapshot.city_id].fingerprint, configuration.network.measures)
    return snapshot.city_id, snapshot.id, *configured, str(asked.period), asked.code, asked.district


def _kept(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    period: Period,
    whole: Collection[str],
) -> list[tuple[str, bool, Mapping[str, Any]]]:
    """Sheets in the database; one of another version, of other residents or other codes, does not count."""
    ids, wanted = [snapshot.id for snapshot in snapshots.values()], sorted(whole)
    found = []
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(KEPT, (wanted, wanted, list(snapshots), ids, str(period))).fetchall()
    for city, is_whole, content in rows:
        sheet = orjson.loads(content)
        if sheet["made_by"] == made_by(configuration, city):
            found.append((city, is_whole, sheet))
    return found


def _read_sums(
    connection: psycopg.Connection[Any], snapshots: Mapping[str, Snapshot]
) -> dict[str, MonthSums]:
    """The sums of cities by month, where they are kept."""
    found = {city: sums for city, one in snapshots.items() if (sums := _sums.get((city, one.id)))}
    missing = {city: one.id for city, one in snapshots.items() if city not in found}
    if missing:
        with connection.cursor(binary=True) as cursor:
            rows = cursor.execute(SUMS, (list(missing), list(missing.values()))).fetchall()
        for city, content in rows:
            sums = MonthSums.from_bytes(content)
            if sums is not None:
                _sums.put((city, missing[city]), sums)
                found[city] = sums
    return found


def make_sheet(
    connection: psycopg.Connection[Any], configuration: Configuration, snapshot: Snapshot, asked: Asked
) -> dict[str, Any]:
    """A sheet made from cells: of the period alone where all else that it needs of other months was added up."""
    backlog = _read_backlog(connection, snapshot)
    reports: Mapping[dt.date, int] | None = {}
    if not asked.whole:
        sums = _read_sums(connection, {snapshot.city_id: snapshot}).get(snapshot.city_id)
        reports = None if sums is None else sums.reports(asked.code, asked.district)
    if backlog is not None and reports is not None:
        first, last = asked.period.first, asked.period.last
        months = month_cells(connection, snapshot.city_id, snapshot.id, first, last)
        return sheet_from(configuration, snapshot, months, asked, backlog, reports)
    months = month_cells(connection, snapshot.city_id, snapshot.id)
    return sheet_from(configuration, snapshot, months, asked, backlog_of(months), reports_of(months, asked))


def hidden_districts(
    connection: psycopg.Connection[Any], snapshot: Snapshot, period: Period
) -> frozenset[str]:
    """Districts whose counts in the period the public is not told: those whose own sheets are hidden."""
    sums = _read_sums(connection, {snapshot.city_id: snapshot}).get(snapshot.city_id)
    if sums is None:
        sums = MonthSums.of(month_cells(connection, snapshot.city_id, snapshot.id))
    return sums.hidden_districts(period)


def _read_backlog(connection: psycopg.Connection[Any], snapshot: Snapshot) -> Packed | None:
    """The open issues of all months, where they are kept."""
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(BACKLOG, (snapshot.city_id, snapshot.id)).fetchone()
    return Packed.from_bytes(row[0]) if row else None


def forget() -> None:
    """Forget the sheets of this process: for measuring, and for tests that build again."""
    for shelf in (_shelf, _shown, _curves, _sums):
        shelf.clear()


__all__ = [
    "Asked",
    "CitySheet",
    "beside_of",
    "curves_of",
    "forget",
    "hidden_districts",
    "keep_usual",
    "read_sheets",
    "sheets_of",
    "shown_of",
    "usual_periods",
]
