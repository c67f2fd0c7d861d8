"""Sheets of the periods that dashboards ask for, made once after each build and kept until the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from nagara.indicators.brief import brief_of
from nagara.indicators.code_cells import places_of
from nagara.indicators.making import Asked, sheet_from
from nagara.indicators.month_sums import MonthSums
from nagara.indicators.packed import Packed, code_pieces
from nagara.indicators.period import Period
from nagara.indicators.shown import ReadyCurve, Shown
from nagara.indicators.snapshots import kept_months, latest_snapshots

KEEP = """
insert into indicator_sheet (city_id, snapshot_id, period, content, brief, shown, shown_to_officials, curve)
values (%s, %s, %s, %b, %b, %b, %b, %b) on conflict do nothing
"""
KEEP_SUMS = """
insert into indicator_sum (city_id, snapshot_id, months, backlog, places) values (%s, %s, %b, %b, %s)
    on conflict do nothing
"""
FORGET = ("delete from indicator_sheet where city_id = %s", "delete from indicator_sum where city_id = %s")
"""Of the present snapshot too: what was kept of it by other rules or of another configuration is nobody's."""

LENGTHS = (1, 3, 6, 12)
"""Months of the periods that are made after each build, ending with the present month and the one before."""


def usual_periods(today: dt.date) -> list[Period]:
    """What dashboards ask for: the last 1, 3, 6 and 12 months, with the present month and without it."""
    found = []
    for last in (_before(today, 0), _before(today, 1)):
        found += [Period(_before(last, length - 1), last) for length in LENGTHS]
    return found


def _before(day: dt.date, months: int) -> dt.date:
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True)
class EveryMonth:
    """What is kept of all months of a snapshot, and the cells of those of which sheets are made."""

    sums: MonthSums
    backlog: Packed
    pieces: dict[dt.date, dict[str, list[int]] | None]
    emergencies: list[dt.date]
    """Months in which one was declared."""
    recent: dict[dt.date, Packed]

    @classmethod
    def of(cls, months: Iterable[tuple[dt.date, Packed, bytes | None]], since: dt.date) -> EveryMonth:
        """Told of one month after another, of which only those since a day are held."""
        sums, backlogs, pieces, emergencies, recent = [], [], {}, [], {}
        for month, packed, content in months:
            sums.append(MonthSums.of({month: packed}))
            backlogs.append(packed.backlog())
            pieces[month] = None if content is None else code_pieces(content)
            if any(part[2] for part in packed.parts):
                emergencies.append(month)
            if month >= since:
                recent[month] = packed
        return cls(MonthSums.joined(sums), Packed.merged(backlogs), pieces, emergencies, recent)


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
    today = now.astimezone(configuration.cities[city_id].zone).date()
    periods = usual_periods(today)
    since = min(period.first for period in periods)
    with closing(
        kept_months(connection, city_id, snapshot.id)
    ) as kept:  # its cursor ends in its own savepoint
        every = EveryMonth.of(kept, since)
    for statement in FORGET:
        connection.execute(statement, (city_id,))
    open_issues = every.backlog.to_bytes()
    places = places_of(every.pieces, open_issues, every.emergencies)
    row = (
        city_id,
        snapshot.id,
        every.sums.to_bytes(),
        open_issues,
        None if places is None else Jsonb(places),
    )
    connection.execute(KEEP_SUMS, row)
    for number, period in enumerate(periods, 1):
        sheet = sheet_from(configuration, snapshot, every.recent, Asked(period), every.backlog, {})
        content = [orjson.dumps(sheet), orjson.dumps(brief_of(sheet))]
        content += [Shown.of(sheet, internal=who).written(sheet["made_by"]) for who in (False, True)]
        content.append(ReadyCurve.of(sheet).written(sheet["made_by"]))
        connection.execute(KEEP, (city_id, snapshot.id, str(period), *content))
        tell(number)
    return len(periods)
