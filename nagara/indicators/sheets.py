"""Cities' sheets of a period: kept ones, those of this process, or made from cells - three questions at most.

A sheet depends on a snapshot and on nothing else, so it can be kept wherever it is asked for again. Periods that
dashboards ask for are made once after each build; any other is made when it is first asked for. Of cities that only
stand beside the one that is looked at no more than the brief is read.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

import orjson
import psycopg

from city_config import Configuration
from nagara.indicators.brief import brief_of
from nagara.indicators.cells import Cell
from nagara.indicators.definitions import METHOD_VERSION
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.packed import Packed
from nagara.indicators.period import Period
from nagara.indicators.publishing import cells_hidden
from nagara.indicators.sheet import SHEET_VERSION, Stated, Watched, days_passed, sheet_of
from nagara.indicators.snapshots import ALL_DISTRICTS, Snapshot, latest_snapshots, month_rows, part_of
from nagara.indicators.suppression import gives_away

KEPT = """
select s.city_id, s.brief is null or s.city_id = any(%s::text[]),
       case when s.city_id = any(%s::text[]) then s.content else coalesce(s.brief, s.content) end
  from indicator_sheet s
  join unnest(%s::text[], %s::uuid[]) as asked(city_id, snapshot_id) using (city_id, snapshot_id)
 where s.period = %s
"""
KEEP = """
insert into indicator_sheet (city_id, snapshot_id, period, content, brief) values (%s, %s, %s, %b, %b)
on conflict do nothing
"""
FORGET = "delete from indicator_sheet where city_id = %s and snapshot_id <> %s"
MOST_KEPT = 800
"""Sheets kept by a process; one takes some 60 kB."""

LENGTHS = (1, 3, 6, 12)
"""Months of the periods that are made after each build, ending with the present month and the one before."""

Key = tuple[str, UUID, str, str, str, str]
"""City, snapshot, configuration, period, code and district: nothing else decides what a sheet says."""


@dataclass(frozen=True)
class Asked:
    """Which months of which part of a city; ``all`` and '' stand for the whole of it."""

    period: Period
    code: str = ALL_CODES
    district: str = ALL_DISTRICTS

    @property
    def whole(self) -> bool:
        """Whether it is all codes and districts: only then there are rates, equity, and sheets in the database."""
        return self.code == ALL_CODES and self.district == ALL_DISTRICTS


@dataclass(frozen=True)
class CitySheet:
    """A city's sheet or its brief, and the snapshot it was made of. It is shared: read it, never change it."""

    snapshot: Snapshot
    sheet: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sheet, or no more than its brief."""

    whole: bool
    sheet: Mapping[str, Any]


class _Shelf:
    """The sheets of this process that were asked for last."""

    def __init__(self) -> None:
        self._sheets: OrderedDict[Key, _Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, whole: bool) -> _Kept | None:
        """What is kept under a key, if it is as much as is wanted."""
        with self._lock:
            found = self._sheets.get(key)
            if found is None or (whole and not found.whole):
                return None
            self._sheets.move_to_end(key)
            return found

    def put(self, key: Key, kept: _Kept) -> None:
        """Keep a sheet; a brief never takes the place of a whole one."""
        with self._lock:
            before = self._sheets.get(key)
            if before is None or kept.whole or not before.whole:
                self._sheets[key] = kept
            self._sheets.move_to_end(key)
            while len(self._sheets) > MOST_KEPT:
                self._sheets.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._sheets.clear()


_shelf = _Shelf()


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
    wanted = frozenset(city_ids if whole is None else whole)
    snapshots = latest_snapshots(connection, city_ids, chosen)
    keys = {city: _key(configuration, snapshot, asked) for city, snapshot in snapshots.items()}
    found = {city: kept for city, key in keys.items() if (kept := _shelf.get(key, city in wanted))}
    missing = {city: one for city, one in snapshots.items() if city not in found}
    fresh: dict[str, _Kept] = {}
    if missing and asked.whole:
        fresh |= _kept(connection, configuration, missing, asked.period, wanted)
    missing = {city: one for city, one in missing.items() if city not in fresh}
    if missing:
        made = make_sheets(connection, configuration, missing, asked)
        fresh |= {city: _Kept(True, sheet) for city, sheet in made.items()}
    for city, kept in fresh.items():
        _shelf.put(keys[city], kept)
    found |= fresh
    return {city: CitySheet(snapshot, found[city].sheet) for city, snapshot in snapshots.items()}


def _key(configuration: Configuration, snapshot: Snapshot, asked: Asked) -> Key:
    city = configuration.cities[snapshot.city_id]
    return snapshot.city_id, snapshot.id, city.fingerprint, str(asked.period), asked.code, asked.district


def _kept(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    period: Period,
    whole: Collection[str],
) -> dict[str, _Kept]:
    """Sheets in the database; one of another version, or of other numbers of residents, does not count."""
    ids, wanted = [snapshot.id for snapshot in snapshots.values()], sorted(whole)
    found = {}
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(KEPT, (wanted, wanted, list(snapshots), ids, str(period))).fetchall()
    for city, is_whole, content in rows:
        sheet = orjson.loads(content)
        if sheet["made_by"] == _made_by(configuration, city):
            found[city] = _Kept(is_whole, sheet)
    return found


def _made_by(configuration: Configuration, city: str) -> list[Any]:
    return [SHEET_VERSION, METHOD_VERSION, configuration.cities[city].fingerprint]


def make_sheets(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    snapshots: Mapping[str, Snapshot],
    asked: Asked,
) -> dict[str, dict[str, Any]]:
    """Sheets made from the cells of snapshots, read in one round trip."""
    rows = month_rows(connection, {city: snapshot.id for city, snapshot in snapshots.items()})
    return {
        city: sheet_from(
            configuration, snapshot, {month: row.packed for month, row in rows[city].items()}, asked
        )
        for city, snapshot in snapshots.items()
    }


def sheet_from(
    configuration: Configuration, snapshot: Snapshot, months: Mapping[dt.date, Packed], asked: Asked
) -> dict[str, Any]:
    """The sheet of one city from its months."""
    city = configuration.cities[snapshot.city_id]
    within = {month: packed for month, packed in months.items() if month in asked.period}
    period = Packed.merged(within.values())
    own = part_of(period, asked.code, asked.district)
    backlog = Packed.merged(
        part_of(packed, asked.code, asked.district).backlog() for packed in months.values()
    )
    received = own.grouped(_code)
    declared = any(part[2] for part in own.parts)
    heard = [month for month, packed in within.items() if packed.has_reports()]
    watched = Watched(
        received=received,
        ever=backlog.grouped(_code),
        districts=_districts(period, asked.period.first) if asked.whole else {},
        without=own.where(lambda part: not part[2]).grouped(_code) if declared else None,
        months=heard,
    )
    days = days_passed(asked.period, snapshot.cut_off.astimezone(city.zone).date())
    codes = configuration.network.codes_by_code
    sheet = sheet_of(watched, codes, Stated.of(city) if asked.whole else None, days)
    sheet["made_by"] = _made_by(configuration, snapshot.city_id)
    sheet["hidden"] = not asked.whole and (_is_hidden(period, asked) or _gives_away(months, asked))
    return sheet


def _code(part: tuple[str, str, bool]) -> str:
    return part[0]


def _districts(period: Packed, first: dt.date) -> dict[tuple[dt.date, str, str], Cell]:
    """Cells by code and district; the month of the key says nothing here."""
    cells: Iterable[tuple[tuple[str, str], Cell]] = period.without_emergency().items()
    return {(first, *key): cell for key, cell in cells if key[1] != "-"}


def _gives_away(months: Mapping[dt.date, Packed], asked: Asked) -> bool:
    """Whether the part in this period, held against the same part in another, would tell a small number of months."""
    counts = {_number(month): _reports(packed, asked) for month, packed in months.items()}
    return gives_away(counts, _number(asked.period.first), _number(asked.period.last))


def _reports(packed: Packed, asked: Asked) -> int:
    parts = packed.reports().items()
    return sum(
        count
        for (code, district), count in parts
        if asked.code in (ALL_CODES, code) and asked.district in (ALL_DISTRICTS, district)
    )


def _number(month: dt.date) -> int:
    return month.year * 12 + month.month - 1


def _is_hidden(period: Packed, asked: Asked) -> bool:
    """Whether the part is small, or would let a small one be worked out from the sums over codes and districts."""
    counts = period.reports()
    rows, columns = sorted({key[0] for key in counts}), sorted({key[1] for key in counts})
    code = "" if asked.code == ALL_CODES else asked.code
    return (code, asked.district) in cells_hidden(counts, rows, columns)


def usual_periods(today: dt.date) -> list[Period]:
    """What dashboards ask for: the last 1, 3, 6 and 12 months, with the present month and without it."""
    found = []
    for last in (_before(today, 0), _before(today, 1)):
        found += [Period(_before(last, length - 1), last) for length in LENGTHS]
    return found


def _before(day: dt.date, months: int) -> dt.date:
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def keep_usual(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    city_id: str,
    now: dt.datetime,
    tell: Callable[[int], None] = lambda made: None,
) -> int:
    """Make and keep the sheets of the usual periods of a city's newest snapshot; returns how many. Does not commit."""
    found = latest_snapshots(connection, [city_id])
    if city_id not in found:
        return 0
    snapshot = found[city_id]
    rows = month_rows(connection, {city_id: snapshot.id})[city_id]
    months = {month: row.packed for month, row in rows.items()}
    today = now.astimezone(configuration.cities[city_id].zone).date()
    connection.execute(FORGET, (city_id, snapshot.id))
    periods = usual_periods(today)
    for number, period in enumerate(periods, 1):
        sheet = sheet_from(configuration, snapshot, months, Asked(period))
        content, brief = orjson.dumps(sheet), orjson.dumps(brief_of(sheet))
        connection.execute(KEEP, (city_id, snapshot.id, str(period), content, brief))
        tell(number)
    return len(periods)


def forget() -> None:
    """Forget the sheets of this process: for measuring, and for tests that build again."""
    _shelf.clear()
