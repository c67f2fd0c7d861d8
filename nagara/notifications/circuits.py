"""How much a destination is sent, and when it is left alone: the state of mail domains, push services, endpoints.

A destination that fails several times in a row rests for a while, twice as long each time; then one message is
tried before the others follow. Limits hold per city: for a channel, and for each destination of it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara.cities import configuration
from nagara.notifications.channels import Channel, Unopenable
from nagara.notifications.claiming import Due, Outcome
from nagara.settings import Limits, settings

OPENS_AFTER = 5
"""Failures in a row after which a destination is left alone."""

FIRST_REST = dt.timedelta(seconds=30)
LONGEST_REST = dt.timedelta(hours=1)
WHOLE_CHANNEL = ""
"""Stands for all destinations of a city's channel, which are counted together."""

Place = tuple[str, str]
"""A city and a destination of it."""

STATES = """
select d.city_id, d.name, d.failures, d.open_until, d.minute, d.in_minute, d.day, d.in_day
  from notice_destination d join unnest(%s::text[], %s::text[]) as asked (city_id, name)
    on d.city_id = asked.city_id and d.name = asked.name
 where d.channel = %s
 order by d.city_id, d.name for update of d
"""
MAKE = """
insert into notice_destination (city_id, channel, name)
select city_id, %s, name from unnest(%s::text[], %s::text[]) as wanted (city_id, name)
 order by city_id, name
on conflict do nothing
"""
COUNT = """
update notice_destination d set minute = c.minute, in_minute = c.in_minute, day = c.day, in_day = c.in_day
  from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::int[], %s::date[], %s::int[])
       as c (city_id, name, minute, in_minute, day, in_day)
 where d.city_id = c.city_id and d.name = c.name and d.channel = %s
"""
TAKE_BACK = """
update notice_destination d
   set in_minute = d.in_minute - case when d.minute = c.minute then least(c.how_many, d.in_minute) else 0 end,
       in_day = d.in_day - case when d.day = c.day then least(c.how_many, d.in_day) else 0 end
  from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::date[], %s::int[])
       as c (city_id, name, minute, day, how_many)
 where d.city_id = c.city_id and d.name = c.name and d.channel = %s
"""
PROBE = """
update notice_destination set open_until = clock_timestamp() + %s where city_id = %s and name = %s and channel = %s
"""
FAILED = """
insert into notice_destination as d (city_id, channel, name, failures, last_error, failed_at)
values (%s, %s, %s, %s, %s, clock_timestamp())
on conflict (city_id, channel, name) do update
   set failures = d.failures + excluded.failures, last_error = excluded.last_error, failed_at = excluded.failed_at
returning failures
"""
OPENED = """
update notice_destination set open_until = clock_timestamp() + %s where city_id = %s and channel = %s and name = %s
"""
MENDED = """
update notice_destination d set failures = 0, open_until = null, last_error = null
  from unnest(%s::text[], %s::text[]) as well (city_id, name)
 where d.city_id = well.city_id and d.name = well.name and d.channel = %s and d.failures > 0
"""


@dataclass(slots=True)
class _State:
    """What is known of a destination."""

    failures: int = 0
    open_until: dt.datetime | None = None
    minute: dt.datetime | None = None
    in_minute: int = 0
    day: dt.date | None = None
    in_day: int = 0

    def full_until(self, limits: tuple[int | None, int | None], now: dt.datetime, zone: dt.tzinfo) -> Any:
        """When it may be sent the next message, if it may not now; else the message is counted."""
        a_minute, a_day = limits
        minute, today = now.replace(second=0, microsecond=0), now.astimezone(zone).date()
        if self.minute != minute:
            self.minute, self.in_minute = minute, 0
        if self.day != today:
            self.day, self.in_day = today, 0
        if a_day is not None and self.in_day >= a_day:
            morning = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), zone)
            return _spread(morning, dt.timedelta(minutes=30))
        if a_minute is not None and self.in_minute >= a_minute:
            return _spread(minute + dt.timedelta(minutes=1), dt.timedelta(seconds=20))
        return None

    def count(self) -> None:
        """One message goes."""
        self.in_minute += 1
        self.in_day += 1

    @property
    def counts_in(self) -> tuple[dt.datetime, dt.date] | None:
        """The minute and the day it counts in; None while nothing was counted."""
        return (self.minute, self.day) if self.minute is not None and self.day is not None else None


def destination_of(way: Channel, due: Due) -> Place:
    """Where a message leads, without naming anybody; what cannot be opened leads nowhere."""
    try:
        return due.city_id, way.destination(due.recipient())
    except Unopenable:
        return due.city_id, "unknown"


def admit(
    connection: psycopg.Connection[Any], way: Channel, dues: Sequence[Due]
) -> tuple[list[Due], list[tuple[Due, dt.datetime]]]:
    """Which messages may go now, and until when the others wait; in the caller's transaction."""
    limits = settings().notice_limits.get(way.name)
    places = [destination_of(way, due) for due in dues]
    states = _states(connection, way.name, places, limits)
    if not states:
        return list(dues), []
    now = _now(connection)
    admitted: list[Due] = []
    waiting: list[tuple[Due, dt.datetime]] = []
    for due, place in zip(dues, places, strict=True):
        until = _rests_until(connection, way.name, place, states.get(place), now)
        if until is None and limits is not None:
            until = _full_until(states, place, limits, now)
            due.counted_in = states[place].counts_in if until is None else None
        if until is None:
            admitted.append(due)
        else:
            waiting.append((due, until))
    if limits is not None:
        _keep_counts(connection, way.name, states)
    return admitted, waiting


def _states(
    connection: psycopg.Connection[Any], channel: str, places: Iterable[Place], limits: Limits | None
) -> dict[Place, _State]:
    wanted = set(places)
    if limits is not None:
        wanted |= {(city_id, WHOLE_CHANNEL) for city_id, _ in wanted}
    cities, names = [p[0] for p in sorted(wanted)], [p[1] for p in sorted(wanted)]
    if limits is not None:
        connection.execute(MAKE, (channel, cities, names), prepare=True)
    rows = connection.execute(STATES, (cities, names, channel), prepare=True)
    return {(row[0], row[1]): _State(*row[2:]) for row in rows}


def _rests_until(
    connection: psycopg.Connection[Any], channel: str, place: Place, state: _State | None, now: dt.datetime
) -> dt.datetime | None:
    """Until when a destination is left alone. The first message after that goes as a probe, the others wait."""
    if state is None or state.open_until is None:
        return None
    if state.open_until <= now:
        probed_for = dt.timedelta(seconds=settings().notice_lease_s)
        connection.execute(PROBE, (probed_for, *place, channel))
        state.open_until = now + probed_for
        return None
    return _spread(state.open_until, FIRST_REST)


def _full_until(
    states: Mapping[Place, _State], place: Place, limits: Limits, now: dt.datetime
) -> dt.datetime | None:
    city = configuration().cities.get(place[0])
    zone: dt.tzinfo = city.zone if city is not None else dt.UTC
    each, whole = states[place], states[place[0], WHOLE_CHANNEL]
    found: dt.datetime | None = each.full_until((limits.a_minute_each, limits.a_day_each), now, zone)
    found = found or whole.full_until((limits.a_minute, limits.a_day), now, zone)
    if found is None:
        each.count()
        whole.count()
    return found


def _keep_counts(connection: psycopg.Connection[Any], channel: str, states: Mapping[Place, _State]) -> None:
    rows = [
        (*place, state.minute, state.in_minute, state.day, state.in_day)
        for place, state in states.items()
        if state.minute is not None
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(COUNT, (*columns, channel), prepare=True)


def take_back(
    connection: psycopg.Connection[Any], way: Channel, taken: Sequence[Due], outcomes: Sequence[Outcome]
) -> None:
    """Count no message that did not go, so that an outage uses up no limit; in the caller's transaction."""
    went = {one.due.key for one in outcomes if one.refusal is None}
    back: Counter[tuple[str, str, dt.datetime, dt.date]] = Counter()
    for due in taken:
        if due.counted_in is not None and due.key not in went:
            city_id, name = destination_of(way, due)
            back[city_id, name, *due.counted_in] += 1
            back[city_id, WHOLE_CHANNEL, *due.counted_in] += 1
    if back:
        rows = sorted((*where, how_many) for where, how_many in back.items())
        connection.execute(TAKE_BACK, (*map(list, zip(*rows, strict=True)), way.name), prepare=True)


def learn(connection: psycopg.Connection[Any], way: Channel, outcomes: Sequence[Outcome]) -> None:
    """Note which destinations took their message and which failed; in the caller's transaction."""
    failed: dict[Place, list[str]] = {}
    well: set[Place] = set()
    for one in outcomes:
        place = destination_of(way, one.due)
        if one.refusal is None:
            well.add(place)
        elif one.refusal.blames_destination:
            failed.setdefault(place, []).append(one.refusal.why)
    mended = sorted(well - failed.keys())
    if mended:
        columns = ([place[0] for place in mended], [place[1] for place in mended])
        connection.execute(MENDED, (*columns, way.name), prepare=True)
    for place, whys in sorted(failed.items()):
        # one that took something meanwhile is not away
        counted = 0 if place in well else len(whys)
        row = connection.execute(FAILED, (place[0], way.name, place[1], counted, whys[-1])).fetchone()
        if row is not None and row[0] >= OPENS_AFTER:
            connection.execute(OPENED, (rest(row[0]), place[0], way.name, place[1]))


def rest(failures: int) -> dt.timedelta:
    """How long a destination is left alone after so many failures: doubling, bounded, and not in step."""
    longest: dt.timedelta = min(FIRST_REST * 2 ** min(max(failures - OPENS_AFTER, 0), 12), LONGEST_REST)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311 - spreads load, keeps no secret


def _spread(moment: dt.datetime, over: dt.timedelta) -> dt.datetime:
    return moment + over * random.random()  # noqa: S311 - spreads load, keeps no secret


def _now(connection: psycopg.Connection[Any]) -> dt.datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    if row is None:
        raise psycopg.OperationalError("the database did not tell the time")
    now: dt.datetime = row[0]
    return now
