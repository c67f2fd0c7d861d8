"""From the event log to stored figures: follows what is new, counts what it touched, writes an immutable snapshot.

Safe to run twice and to kill: the caller's transaction holds everything, and the same inputs find the snapshot that
is already there. Nothing here commits. What is kept between builds is one row of numbers for each request; a build
reads the requests with new events, counts the months that these touched, and shares the other months with the
snapshot before. Months in which only time has passed are counted anew once a day: until then they say how things
stood at most a day earlier, and the snapshot says so. The nightly proof reads the whole log and holds both against
each other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import psycopg
from psycopg.types.json import Jsonb

from city_config import Configuration
from city_config.schema import City, NetworkCode
from nagara.ids import uuid7
from nagara.indicators import issue_store, tally
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.declared import emergencies_of, written
from nagara.indicators.definitions import METHOD_VERSION
from nagara.indicators.facts import Facts, Groups, micros, month_of
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.issue_store import State
from nagara.indicators.keeping import Prepared, events_digest, follow
from nagara.indicators.log_stream import Tell
from nagara.indicators.margins import added_up
from nagara.indicators.packed import Packed
from nagara.indicators.reading import read_facts, tell_nobody
from nagara.indicators.snapshots import ALL_DISTRICTS, json_figures
from nagara.indicators.tally import Emergency

FIND_SNAPSHOT = "select id from indicator_snapshot where city_id = %s and inputs_digest = %s"

ADD_SNAPSHOT = """
insert into indicator_snapshot (city_id, id, cut_off, built_at, method_version, config_fingerprints,
                                holidays_version, inputs_digest, events_seen, inputs, month_rows)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (city_id, inputs_digest) do nothing
returning id
"""

SHARED_MONTHS = """
select f.month, min(f.snapshot_id::text) from indicator_figure f
 where f.city_id = %(city)s and f.snapshot_id = %(snapshot)s group by f.month
union all
select shared.key::date, shared.value
  from indicator_snapshot s, jsonb_each_text(s.month_rows) shared
 where s.city_id = %(city)s and s.id = %(snapshot)s and s.month_rows is not null
"""
"""Where a snapshot's rows of each month stand."""

SNAPSHOT_CODES = "select inputs from indicator_snapshot where city_id = %s and id = %s"
NEWEST_SNAPSHOT = """
select built_at, events_seen from indicator_snapshot where city_id = %s order by built_at desc, id desc limit 1
"""
NEWER_EVENT = "select 1 from event where city_id = %s and recorded_at > %s limit 1"
EVENTS_A_MINUTE = 10_000_000
LONGEST_WAIT = dt.timedelta(minutes=10)

ADD_FIGURES = """
copy indicator_figure (city_id, snapshot_id, month, network_code, district, life_table, figures, cells,
                       configurations)
  from stdin (format binary)
"""
FIGURE_TYPES = ("text", "uuid", "date", "text", "text", "jsonb", "jsonb", "bytea", "text[]")


@dataclass
class Counted:
    """Everything a city's facts yield as of a cut-off."""

    months: dict[dt.date, Packed] = field(default_factory=dict)
    fingerprints: set[str] = field(default_factory=set)
    digest: str = ""
    events: int = 0

    @property
    def cells(self) -> dict[CellKey, Cell]:
        """The cells by month, code and district."""
        return {
            (month, *key): cell
            for month, packed in sorted(self.months.items())
            for key, cell in packed.without_emergency().items()
        }


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
    tell: Tell = tell_nobody,
    *,
    whole: bool = False,
) -> UUID:
    """Compute a city's figures as of a cut-off and store them; returns the snapshot's id.

    Without a cut-off: the start of the present UTC day or the newest event, whichever is later, so that
    a repeated build without new events finds its snapshot while a new report shows at once. ``whole``: also count
    the months in which only time has passed, which otherwise is done by the first build of a UTC day.
    """
    city, codes = configuration.cities[city_id], configuration.network.codes_by_code
    ready = follow(connection, city, cut_off, now, tell)
    as_of = ready.cut_off
    declared = emergencies_of(connection, configuration, city)
    shared, whole_as_of = _shared_months(connection, city, codes, ready, as_of, declared, whole)
    inputs = _inputs(city, codes, as_of, ready, declared, whole_as_of)
    digest = hashlib.sha256(orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)).hexdigest()
    found = connection.execute(FIND_SNAPSHOT, (city_id, digest)).fetchone()
    built = 0
    if found is None:
        snapshot_id, built = _write(
            connection, city_id, codes, ready, as_of, now, inputs, digest, shared, declared
        )
    else:
        snapshot_id = UUID(str(found[0]))
    if ready.state is not None:
        state = State(ready.state.known_at, snapshot_id, as_of, ready.apart, whole_as_of)
        issue_store.write_state(connection, city_id, state, ready.requests_read, built)
    return snapshot_id


def _shared_months(
    connection: psycopg.Connection[Any],
    city: City,
    codes: Mapping[str, NetworkCode],
    ready: Prepared,
    cut_off: dt.datetime,
    declared: tuple[Emergency, ...],
    whole: bool,
) -> tuple[dict[dt.date, str], dt.datetime]:
    """Months that stand as in the snapshot before and where their rows are; and when time was last counted."""
    state = ready.state
    if state is None or state.snapshot_id is None or state.cut_off is None or cut_off < state.cut_off:
        return {}, cut_off
    row = connection.execute(SNAPSHOT_CODES, (city.id, state.snapshot_id)).fetchone()
    before = row[0] if row else None
    if not before or any(before.get(name) != value for name, value in _rules(city, codes, declared).items()):
        return {}, cut_off
    values = {"city": city.id, "snapshot": state.snapshot_id}
    stands = dict(connection.execute(SHARED_MONTHS, values).fetchall())
    moved, whole_as_of = state.touched | ready.apart, state.whole_as_of or state.cut_off
    if whole or cut_off.astimezone(dt.UTC).date() != whole_as_of.astimezone(dt.UTC).date():
        if cut_off > whole_as_of:
            for some in ready.facts_in_turns():
                moved |= tally.moving_months(some, micros(whole_as_of))
        whole_as_of = cut_off
    kept = {month: stands[month] for month in stands if month.year * 12 + month.month - 1 not in moved}
    return kept, whole_as_of


def _write(
    connection: psycopg.Connection[Any],
    city_id: str,
    codes: Mapping[str, NetworkCode],
    ready: Prepared,
    cut_off: dt.datetime,
    now: dt.datetime,
    inputs: Mapping[str, Any],
    digest: str,
    shared: Mapping[dt.date, str],
    declared: tuple[Emergency, ...],
) -> tuple[UUID, int]:
    """Write the snapshot and the rows of the months that are not shared; returns its id and how many months."""
    months = ready.months - {m.year * 12 + m.month - 1 for m in shared}
    made_with = (METHOD_VERSION, Jsonb(inputs["fingerprints"]), _holidays())
    rows = {f"{month:%Y-%m-%d}": snapshot for month, snapshot in sorted(shared.items())}
    values = (
        city_id,
        uuid7(),
        cut_off,
        now,
        *made_with,
        digest,
        ready.events,
        Jsonb(dict(inputs)),
        Jsonb(rows),
    )
    added = connection.execute(ADD_SNAPSHOT, values).fetchone()
    if added is None:
        raise RuntimeError("another build of the same inputs is under way")
    snapshot_id = UUID(str(added[0]))
    names = ready.groups.names()
    for some in ready.in_turns(months):
        facts = ready.facts(some)
        packs = tally.packed_months(facts, names, micros(cut_off), tally.only(some), declared)
        found = {month_of(number): packed for number, packed in packs.items()}
        store_months(connection, city_id, snapshot_id, found, codes, _configurations(facts, ready))
    return snapshot_id, len(months)


@cache
def _holidays() -> str:
    return version("holidays")


def _configurations(facts: Facts, ready: Prepared) -> dict[dt.date, list[str]]:
    """The fingerprints under which the requests of each month of receipt were filed."""
    if not len(facts):
        return {}
    names = ready.groups.names()
    prints = sorted({group.fingerprint for group in names.values()})
    number = np.zeros(max(names) + 1, dtype=np.int64)
    number[list(names)] = [prints.index(group.fingerprint) for group in names.values()]
    months = facts["month"].astype(np.int64)
    first = int(months.min())
    pairs = np.flatnonzero(np.bincount((months - first) * len(prints) + number[facts["group_id"]]))
    found: dict[dt.date, list[str]] = {}
    for month, one in (divmod(pair, len(prints)) for pair in pairs.tolist()):
        found.setdefault(month_of(month + first), []).extend(filter(None, [prints[one]]))
    return found


def needs_refresh(connection: psycopg.Connection[Any], city_id: str, now: dt.datetime) -> bool:
    """Whether a city has events its newest snapshot does not know, and has waited long enough for a build.

    A build reads and writes the months that events touched, so very large cities wait longer: a minute for every
    ten million events, ten at most. Costs two look-ups, however many events there are.
    """
    row = connection.execute(NEWEST_SNAPSHOT, (city_id,)).fetchone()
    if row is None:
        return True
    built_at, events = row
    patience = min(dt.timedelta(minutes=events / EVENTS_A_MINUTE), LONGEST_WAIT)
    if now - built_at < patience:
        return False
    return connection.execute(NEWER_EVENT, (city_id, built_at)).fetchone() is not None


def count_events(
    connection: psycopg.Connection[Any],
    city: City,
    cut_off: dt.datetime,
    known_at: dt.datetime,
    tell: Tell = tell_nobody,
    declared: tuple[Emergency, ...] = (),
) -> Counted:
    """One pass over a city's whole log, keeping nothing: what every other way of counting must equal."""
    groups = Groups()
    facts = read_facts(connection, city, groups, cut_off, known_at, tell=tell)
    packs = tally.packed_months(facts, groups.names(), micros(cut_off), emergencies=declared)
    prints = {group.fingerprint for group in groups.numbers} - {""}
    months = {month_of(number): packed for number, packed in packs.items()}
    return Counted(months, prints, events_digest(facts), int(facts["events"].sum()))


def month_figures(packed: Packed, codes: Mapping[str, NetworkCode]) -> dict[str, Any]:
    """All figures of a whole month; those of any part and period are computed from cells when they are asked for."""
    return json_figures(added_up([packed], lambda part: part[0]), codes)


def store_months(
    connection: psycopg.Connection[Any],
    city_id: str,
    snapshot_id: UUID,
    months: Mapping[dt.date, Packed],
    codes: Mapping[str, NetworkCode],
    configurations: Mapping[dt.date, Sequence[str]],
) -> None:
    """Write the rows of a snapshot: each month's cells, its figures, and under which configurations it was filed."""
    with connection.cursor() as cursor, cursor.copy(ADD_FIGURES) as copy:
        copy.set_types(FIGURE_TYPES)
        for month, packed in sorted(months.items()):
            figures = Jsonb(month_figures(packed, codes))
            row = (city_id, snapshot_id, month, ALL_CODES, ALL_DISTRICTS, Jsonb({}), figures)
            copy.write_row((*row, packed.to_bytes(), list(configurations.get(month, ()))))


def _rules(city: City, codes: Mapping[str, NetworkCode], declared: Iterable[Emergency]) -> dict[str, Any]:
    """What decides the figures besides the events and the cut-off."""
    return {
        "method": METHOD_VERSION,
        "timezone": city.timezone,
        "emergencies": [written(one) for one in declared],
        "codes": [
            [code.code, code.service_class, code.comparability, code.reference_hours]
            for code in sorted(codes.values(), key=lambda code: code.code)
        ],
    }


def _inputs(
    city: City,
    codes: Mapping[str, NetworkCode],
    cut_off: dt.datetime,
    ready: Prepared,
    declared: Iterable[Emergency],
    whole_as_of: dt.datetime,
) -> dict[str, Any]:
    """All that decides the figures: the snapshot keeps it, and its digest is the snapshot's."""
    return _rules(city, codes, declared) | {
        "events": ready.digest,
        "cut_off": cut_off.astimezone(dt.UTC).isoformat(),
        "whole_as_of": whole_as_of.astimezone(dt.UTC).isoformat(),
        "fingerprints": sorted(ready.fingerprints | {city.fingerprint}),
    }
