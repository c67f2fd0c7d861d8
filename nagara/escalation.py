"""Silence climbs: requests whose next rung of the ladder is due are found, moved up, and it is recorded.

The rows are the truth and the clock only a nudge: whatever is due is due until an event says that it was
done, so a sweep may be killed, repeated or run by many workers at once. After an outage several rungs may be
due together; the highest is climbed, and its event says which lower ones it stands for.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import orjson
import psycopg

from city_config import City
from city_config.schema import Priority
from nagara import live
from nagara.cities import configuration
from nagara.database import time_told
from nagara.event_log import EventKind
from nagara.ladder import DueStep, next_step, steps
from nagara.lifecycle import AT_WORK

BATCH = 200
PROMISE = "resolve"
"""The promise whose ladder is climbed; the other stages have none."""

PRIORITIES: tuple[str, ...] = get_args(Priority)
MOST_STRAYS_COUNTED = 10_000

TAKE_DUE = """
select city_id, id, status, priority, received_at, resolve_by, escalation_step, next_step_at
  from request
 where next_step_at <= %(now)s and city_id = any(%(cities)s) and status = any(%(statuses)s)
 order by next_step_at
 limit %(batch)s
   for update skip locked
"""

RECORD_STEPS = """
with due as (
    select * from unnest(%(cities)s::text[], %(ids)s::uuid[], %(statuses)s::text[], %(data)s::text[],
                         %(keys)s::text[]) as due (city_id, id, status, data, dedupe_key)),
recorded as (
    insert into event (city_id, request_id, kind, actor_kind, from_status, to_status, data, dedupe_key)
    select city_id, id, %(kind)s, 'system', status, status, data::jsonb, dedupe_key from due
    on conflict (city_id, request_id, dedupe_key) where dedupe_key is not null do nothing
    returning city_id, request_id, seq)
insert into event_outbox (city_id, request_id, seq) select city_id, request_id, seq from recorded
"""
"""One event a request, and the pointer that somebody is to be told. A rung climbed before adds neither."""

MOVE_UP = """
update request
   set escalation_step = up.step, priority = up.priority, next_step_at = up.next_step_at,
       version = version + 1, updated_at = clock_timestamp()
  from unnest(%(cities)s::text[], %(ids)s::uuid[], %(steps)s::int[], %(priorities)s::text[],
              %(next_steps)s::timestamptz[]) as up (city_id, id, step, priority, next_step_at)
 where request.city_id = up.city_id and request.id = up.id
returning request.city_id, reference, request.version, status, department, request.updated_at
"""

SET_CLOCK = """
update request set next_step_at = up.next_step_at
  from unnest(%(cities)s::text[], %(ids)s::uuid[], %(next_steps)s::timestamptz[])
       as up (city_id, id, next_step_at)
 where request.city_id = up.city_id and request.id = up.id
"""
"""For requests whose city has moved its rungs since: nothing is due yet, only the clock is set anew."""

COUNT_STRAYS = """
select city_id, count(*)
  from (select city_id from request where next_step_at <= %s and city_id <> all(%s) limit %s) as stray
 group by city_id
"""


@dataclass(frozen=True, slots=True)
class Climb:
    """A request and the rung it has reached, with the lower ones that fell due meanwhile."""

    city_id: str
    request_id: uuid.UUID
    status: str
    reached: DueStep
    collapsed: tuple[DueStep, ...]
    priority_before: str
    priority: str
    resolve_by: dt.datetime
    next_step_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one transaction took: how many rows, how many events were new, the earliest due time, the news."""

    taken: int
    escalated: int
    oldest_due: dt.datetime | None
    news: Mapping[str, Sequence[live.News]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did; ``oldest_due_age`` is how long the most belated rung had waited when it began.

    ``strays`` counts due requests, up to a limit, of cities that are configured no longer; they are left.
    """

    escalated: int
    batches: int
    oldest_due_age: dt.timedelta
    strays: Mapping[str, int] = field(default_factory=dict)


def sweep(
    connection: psycopg.Connection[Any], now: dt.datetime | None = None, batch: int = BATCH
) -> SweepResult:
    """Climb every rung that is due by ``now`` (the database's clock, unless a time is given).

    This is the edge: each batch is a transaction of its own and is committed here, so that a kill costs one
    batch at most. The connection must be one of the time door, outside of any transaction. Safe to repeat and
    to run from many workers. What is written bears the database's clock, whatever ``now`` was given.
    """
    cities = configuration().cities
    with connection.transaction():
        at = now or time_told(connection)
    escalated = batches = 0
    oldest = at
    while True:
        with connection.transaction():
            result = sweep_batch(connection, cities, at, batch)
        for city_id, news in result.news.items():
            live.tell(city_id, news)
        escalated, batches = escalated + result.escalated, batches + (result.taken > 0)
        oldest = min(oldest, result.oldest_due or at)
        if result.taken < batch:
            break
    with connection.transaction():
        known = list(cities)
        strays = dict(connection.execute(COUNT_STRAYS, (at, known, MOST_STRAYS_COUNTED)).fetchall())
    return SweepResult(escalated, batches, at - oldest, strays)


def sweep_batch(
    connection: psycopg.Connection[Any], cities: Mapping[str, City], now: dt.datetime, batch: int
) -> BatchResult:
    """Take up to ``batch`` due requests, the longest due first, and move each up. Does not commit."""
    taken = connection.execute(
        TAKE_DUE,
        {
            "now": now,
            "cities": list(cities),
            "statuses": [status.value for status in AT_WORK],
            "batch": batch,
        },
        prepare=True,
    ).fetchall()
    if not taken:
        return BatchResult(0, 0, None)
    climbs: list[Climb] = []
    unmoved: list[tuple[str, uuid.UUID, dt.datetime | None]] = []
    for city_id, id_, status, priority, received_at, resolve_by, reached, _ in taken:
        city = cities[city_id]
        due = due_steps(city, received_at, resolve_by, reached, now)
        if due:
            climbs.append(_climb(city, id_, status, priority, received_at, resolve_by, due))
        else:
            following = next_step(city, received_at, resolve_by, reached)
            unmoved.append((city_id, id_, following.at if following else None))
    escalated, news = _write(connection, climbs) if climbs else (0, {})
    if unmoved:
        _set_clocks(connection, unmoved)
    return BatchResult(len(taken), escalated, taken[0][-1], news)


def due_steps(
    city: City,
    received_at: dt.datetime,
    resolve_by: dt.datetime | None,
    reached: int,
    now: dt.datetime,
) -> tuple[DueStep, ...]:
    """The rungs above ``reached`` whose time has come by ``now``, lowest number first. Pure."""
    above = (step for step in steps(city, received_at, resolve_by) if step.step > reached and step.at <= now)
    return tuple(sorted(above, key=lambda step: step.step))


def raised(priority: str, due: Sequence[DueStep]) -> str:
    """The highest of a request's priority and those its due rungs raise it to; never a lower one. Pure."""
    wished = [step.raise_priority_to for step in due if step.raise_priority_to]
    return max((priority, *wished), key=PRIORITIES.index)


def _climb(
    city: City,
    request_id: uuid.UUID,
    status: str,
    priority: str,
    received_at: dt.datetime,
    resolve_by: dt.datetime,
    due: tuple[DueStep, ...],
) -> Climb:
    *lower, highest = due
    following = next_step(city, received_at, resolve_by, highest.step)
    return Climb(
        city.id,
        request_id,
        status,
        highest,
        tuple(lower),
        priority,
        raised(priority, due),
        resolve_by,
        following.at if following else None,
    )


def _write(
    connection: psycopg.Connection[Any], climbs: Sequence[Climb]
) -> tuple[int, dict[str, list[live.News]]]:
    """Record the climbs and move the rows, in one round trip; returns how many events were new, and the news."""
    keys = {"cities": [climb.city_id for climb in climbs], "ids": [climb.request_id for climb in climbs]}
    with connection.pipeline():
        recorded = connection.execute(
            RECORD_STEPS,
            keys
            | {
                "kind": EventKind.ESCALATED.value,
                "statuses": [climb.status for climb in climbs],
                "data": [orjson.dumps(event_data(climb)).decode() for climb in climbs],
                "keys": [f"escalation:{PROMISE}:{climb.reached.step}" for climb in climbs],
            },
            prepare=True,
        )
        moved = connection.execute(
            MOVE_UP,
            keys
            | {
                "steps": [climb.reached.step for climb in climbs],
                "priorities": [climb.priority for climb in climbs],
                "next_steps": [climb.next_step_at for climb in climbs],
            },
            prepare=True,
        )
    news: dict[str, list[live.News]] = {}
    for city_id, reference, version, status, department, at in moved:
        told = live.changed_to(reference, version, status, department, None, at)
        news.setdefault(city_id, []).append(told)
    return recorded.rowcount, news


def event_data(climb: Climb) -> dict[str, Any]:
    """What the event says: the promise, the rung, whom it tells, when it fell due, what it changed."""
    data: dict[str, Any] = {
        "promise": PROMISE,
        "step": climb.reached.step,
        "tell": climb.reached.tell,
        "because": climb.reached.because,
        "due_at": climb.reached.at,
        "resolve_by": climb.resolve_by,
        "recorded_with": [{"step": step.step, "due_at": step.at} for step in climb.collapsed],
    }
    if climb.priority != climb.priority_before:
        data["priority"] = {"from": climb.priority_before, "to": climb.priority}
    return data


def _set_clocks(
    connection: psycopg.Connection[Any], unmoved: Sequence[tuple[str, uuid.UUID, dt.datetime | None]]
) -> None:
    cities, ids, next_steps = zip(*unmoved, strict=True)
    values = {"cities": list(cities), "ids": list(ids), "next_steps": list(next_steps)}
    connection.execute(SET_CLOCK, values, prepare=True)
