"""From the event log to stored figures: reads a city's events once, counts, writes one immutable snapshot.

Safe to run twice and to kill: the caller's transaction holds everything, and the same inputs find the
snapshot that is already there. Nothing here commits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from city_config.schema import City, NetworkCode
from nagara.ids import uuid7
from nagara.indicators.cells import Cell, CellCounter
from nagara.indicators.definitions import METHOD_VERSION
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.issue_times import IssueTimes, LoggedEvent, issue_times
from nagara.indicators.snapshots import ALL_DISTRICTS, CellKey, json_figures

EVENTS = """
select request_id, seq, kind, occurred_at, actor_kind, to_status,
       case when kind in ('filed', 'observed') then data end, hash
  from event
 where city_id = %(city)s and recorded_at <= %(known_at)s
 order by request_id, seq
"""

EARLIER_DUPLICATES = """
with link as materialized (
    select request_id, seq, data->>'parent' as parent from event
     where city_id = %(city)s and kind = 'duplicate_linked'
       and recorded_at <= %(known_at)s and occurred_at <= %(cut_off)s)
select parent.id, min(child.occurred_at)
  from link
  join request parent on parent.city_id = %(city)s and parent.reference = link.parent
  join event child on child.city_id = %(city)s and child.request_id = link.request_id and child.seq = 1
 where not exists (select from event undone
                    where undone.city_id = %(city)s and undone.request_id = link.request_id
                      and undone.seq > link.seq and undone.kind = 'reopened'
                      and undone.recorded_at <= %(known_at)s and undone.occurred_at <= %(cut_off)s)
 group by parent.id
"""
"""The few links are found first, by an index of their own: right after an import the planner knows no better."""

NEWEST_EVENT = "select max(recorded_at) from event where city_id = %s and recorded_at <= %s"

FIND_SNAPSHOT = "select id from indicator_snapshot where city_id = %s and inputs_digest = %s"

ADD_SNAPSHOT = """
insert into indicator_snapshot (city_id, id, cut_off, built_at, method_version, config_fingerprints,
                                holidays_version, inputs_digest, events_seen)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (city_id, inputs_digest) do nothing
returning id
"""

NEWEST_SNAPSHOT = """
select built_at, events_seen from indicator_snapshot where city_id = %s order by built_at desc, id desc limit 1
"""
NEWER_EVENT = "select 1 from event where city_id = %s and recorded_at > %s limit 1"
EVENTS_A_MINUTE = 100_000
LONGEST_WAIT = dt.timedelta(hours=1)

ADD_FIGURES = """
copy indicator_figure (city_id, snapshot_id, month, network_code, district, life_table, figures) from stdin
"""


@dataclass
class Counted:
    """Everything one pass over a city's events yields."""

    cells: dict[CellKey, Cell] = field(default_factory=dict)
    fingerprints: set[str] = field(default_factory=set)
    digest: str = ""
    events: int = 0


def build_all(
    connection: psycopg.Connection[Any], configuration: Configuration, now: dt.datetime
) -> dict[str, UUID]:
    """Build every configured city; returns the snapshot of each, old where nothing had changed."""
    return {city_id: build_city(connection, configuration, city_id, now) for city_id in configuration.cities}


def build_city(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    city_id: str,
    now: dt.datetime,
    cut_off: dt.datetime | None = None,
) -> UUID:
    """Compute a city's figures as of a cut-off and store them; returns the snapshot's id.

    Without a cut-off: the start of the present UTC day or the newest event, whichever is later, so that
    a repeated build without new events finds its snapshot while a new report shows at once.
    """
    city, codes = configuration.cities[city_id], configuration.network.codes_by_code
    as_of = cut_off or default_cut_off(connection, city_id, now)
    counted = count_events(connection, city, as_of, now)
    fingerprints = sorted(counted.fingerprints | {city.fingerprint})
    inputs = _inputs_digest(city, codes, as_of, counted, fingerprints)
    made_with = (METHOD_VERSION, Jsonb(fingerprints), version("holidays"))
    values = (city_id, uuid7(), as_of, now, *made_with, inputs, counted.events)
    added = connection.execute(ADD_SNAPSHOT, values).fetchone()
    if added is None:
        found = connection.execute(FIND_SNAPSHOT, (city_id, inputs)).fetchone()
        if found is None:
            raise RuntimeError("a snapshot of the same inputs is there but cannot be read")
        return UUID(str(found[0]))
    snapshot_id = UUID(str(added[0]))
    _store(connection, city_id, snapshot_id, figure_rows(counted.cells, codes))
    return snapshot_id


def needs_refresh(connection: psycopg.Connection[Any], city_id: str, now: dt.datetime) -> bool:
    """Whether a city has events its newest snapshot does not know, and has waited long enough for a pass.

    A pass reads every event, so large cities wait longer: a minute for each 100,000 events, an hour at most.
    Costs two look-ups, however many events there are.
    """
    row = connection.execute(NEWEST_SNAPSHOT, (city_id,)).fetchone()
    if row is None:
        return True
    built_at, events = row
    patience = min(dt.timedelta(minutes=events / EVENTS_A_MINUTE), LONGEST_WAIT)
    if now - built_at < patience:
        return False
    return connection.execute(NEWER_EVENT, (city_id, built_at)).fetchone() is not None


def default_cut_off(connection: psycopg.Connection[Any], city_id: str, now: dt.datetime) -> dt.datetime:
    """Start of the UTC day of ``now``, or the newest event recorded by then where that is later."""
    today = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    row = connection.execute(NEWEST_EVENT, (city_id, now)).fetchone()
    newest: dt.datetime | None = row[0] if row else None
    return max(today, newest) if newest else today


def count_events(
    connection: psycopg.Connection[Any], city: City, cut_off: dt.datetime, known_at: dt.datetime
) -> Counted:
    """One pass over a city's events in order of request; memory grows with cells, not with events."""
    values = {"city": city.id, "known_at": known_at, "cut_off": cut_off}
    earlier: dict[UUID, dt.datetime] = dict(connection.execute(EARLIER_DUPLICATES, values).fetchall())
    counters: dict[CellKey, CellCounter] = {}
    result = Counted()
    digest = hashlib.sha256()
    with connection.cursor(name="indicator_events") as cursor:
        cursor.itersize = 5000
        cursor.execute(EVENTS, values)
        for request_id, rows in groupby(cursor, key=lambda row: row[0]):
            events = []
            for row in rows:
                result.events += 1
                digest.update(bytes(row[7]))
                events.append(LoggedEvent(row[2], row[3], row[4], row[5], row[6]))
            issue = issue_times(events, cut_off, earlier.get(request_id))
            if issue is not None:
                count_issue(counters, issue, city, cut_off)
                if issue.config_fingerprint:
                    result.fingerprints.add(issue.config_fingerprint)
    result.digest = digest.hexdigest()
    result.cells = {key: counter.cell() for key, counter in sorted(counters.items())}
    return result


def count_issue(
    counters: dict[CellKey, CellCounter], issue: IssueTimes, city: City, cut_off: dt.datetime
) -> None:
    """Count a request in its month of receipt, and its promise in the month it fell due (local months)."""

    def counter(at: dt.datetime) -> CellCounter:
        month = at.astimezone(city.zone).date().replace(day=1)
        return counters.setdefault((month, issue.network_code, issue.district), CellCounter())

    counter(issue.received_at).add(issue, cut_off)
    if issue.due is not None and issue.due <= cut_off:
        counter(issue.due).add_promise(issue)


def figure_rows(
    cells: Mapping[CellKey, Cell], codes: Mapping[str, NetworkCode]
) -> Iterator[tuple[CellKey, Cell, dict[str, Any]]]:
    """The rows of a snapshot: every cell, each month's code over districts, and each month over all codes.

    Figures are computed for rows over all districts; a cell of one district keeps its counts alone.
    """
    for key, cell in cells.items():
        yield key, cell, {}
    by_month = sorted(cells, key=lambda key: key[0])
    for month, keys in groupby(by_month, key=lambda key: key[0]):
        of_month = sorted(keys, key=lambda key: (key[1], key[2]))
        by_code = {
            code: Cell.merged(cells[key] for key in group)
            for code, group in groupby(of_month, key=lambda key: key[1])
        }
        for code, cell in by_code.items():
            yield (month, code, ALL_DISTRICTS), cell, json_figures({code: cell}, codes)
        yield (month, ALL_CODES, ALL_DISTRICTS), Cell.merged(by_code.values()), json_figures(by_code, codes)


def _inputs_digest(
    city: City,
    codes: Mapping[str, NetworkCode],
    cut_off: dt.datetime,
    counted: Counted,
    fingerprints: Sequence[str],
) -> str:
    """SHA-256 over all that decides the figures: events, cut-off, method, time zone, facts of the codes."""
    inputs = {
        "events": counted.digest,
        "cut_off": cut_off.astimezone(dt.UTC).isoformat(),
        "method": METHOD_VERSION,
        "timezone": city.timezone,
        "fingerprints": list(fingerprints),
        "codes": [
            [code.code, code.service_class, code.comparability, code.reference_hours]
            for code in sorted(codes.values(), key=lambda code: code.code)
        ],
    }
    return hashlib.sha256(orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _store(
    connection: psycopg.Connection[Any],
    city_id: str,
    snapshot_id: UUID,
    rows: Iterable[tuple[CellKey, Cell, dict[str, Any]]],
) -> None:
    with connection.cursor() as cursor, cursor.copy(ADD_FIGURES) as copy:
        for (month, code, district), cell, figures in rows:
            copy.write_row(
                (city_id, snapshot_id, month, code, district, Jsonb(cell.to_json()), Jsonb(figures))
            )
