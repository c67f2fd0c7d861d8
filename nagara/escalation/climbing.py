"""Silence climbs: requests whose next rung of a ladder is due are found, moved up, and it is recorded.

The rows are the truth and the clock only a nudge: whatever is due is due until an event says that it was
done, so a sweep may be killed, repeated or run by many workers at once. After an outage several rungs may be
due together, of one promise or of several; the highest is climbed, and its event says which others it stands
for. The same sweep lets the clock run on where a pause has reached its cap.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg

from city_config import City
from city_config.schema import Network
from nagara.accounts.hands import WORKING_ROLES
from nagara.changes import CHANGED
from nagara.cities import configuration
from nagara.database import time_told
from nagara.escalation.emergencies import Declared, declared_now, holding
from nagara.escalation.events import (
    Escalation,
    Taken,
    Told,
    alarm_of,
    dedupe_key,
    event_data,
    first_told,
    raised,
    sleeping,
    told,
    told_together,
    voices,
)
from nagara.escalation.ladder import (
    Climb,
    DueStep,
    Fallen,
    after_fall,
    carried_over,
    fallen,
    next_moment,
    read_climb,
    written_climb,
)
from nagara.event_log import EventKind
from nagara.lifecycle import OPEN, PAUSED, Status
from nagara.promises import clocks
from nagara.promises.pause_caps import RanOn, ran_on, write_ran_on
from nagara.staff import live
from nagara.system_events import RECORD

log = logging.getLogger(__name__)

BATCH = 200
MOST_STRAYS_COUNTED = 10_000
STATUSES = sorted(status.value for status in OPEN)

TAKE_DUE = """
select city_id, id, status, service_code, network_code, priority, department, assignee, district, received_at,
       acknowledge_by, respond_by, resolve_by, acknowledged_at, responded_at, paused_at, escalation_step, climb,
       next_step_at, calendar_stages
  from request
 where next_step_at <= %(now)s and city_id = any(%(cities)s) and status = any(%(statuses)s)
 order by next_step_at
 limit %(batch)s
   for update skip locked
"""

MOVE_UP = """
update request
   set escalation_step = up.step, priority = up.priority, next_step_at = up.next_step_at,
       climb = up.climb::jsonb, department = up.department, assignee = up.assignee,
       version = version + 1, updated_at = clock_timestamp()
  from unnest(%(cities)s::text[], %(ids)s::uuid[], %(steps)s::int[], %(priorities)s::text[],
              %(next_steps)s::timestamptz[], %(climbs)b::text[], %(departments)s::text[],
              %(assignees)s::text[])
       as up (city_id, id, step, priority, next_step_at, climb, department, assignee)
 where request.city_id = up.city_id and request.id = up.id
returning request.city_id, reference, request.version, status, request.department, request.updated_at
"""

SET_CLOCK = """
update request set next_step_at = up.next_step_at, climb = up.climb::jsonb
  from unnest(%(cities)s::text[], %(ids)s::uuid[], %(next_steps)s::timestamptz[], %(climbs)b::text[])
       as up (city_id, id, next_step_at, climb)
 where request.city_id = up.city_id and request.id = up.id
"""
"""For requests whose city has moved its rungs since: nothing is due yet, only the clock is set anew."""

PUT_OFF = dt.timedelta(minutes=5)
"""After which time a request that could not be moved is tried again."""

PUT_ROW_OFF = "update request set next_step_at = %s where city_id = %s and id = %s"

COUNT_STRAYS = """
select city_id, count(*)
  from (select city_id from request where next_step_at <= %s order by next_step_at limit %s) as stray
 where city_id <> all(%s)
 group by city_id
"""
"""Among those that have been due longest, which is what nobody sweeps. Asked for strays alone, which are few, the
planner may rather look through all requests, and keep to that on a connection for as long as it lasts."""

ABLE = """
select a.city_id, a.username
  from unnest(%s::text[], %s::text[]) as wanted (city_id, username)
  join staff_account a on a.city_id = wanted.city_id and a.username = wanted.username
 where a.active and a.role = any(%s)
"""
"""Which of the accounts that hold posts can be given work."""

DueStepOrder = tuple[int, int]
Unmoved = tuple[Taken, dt.datetime | None, Climb]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one transaction took: how many rows, how many events were new, the earliest due time, the news.

    ``faulty``: how many rows could not be worked out or written and were put off.
    """

    taken: int
    escalated: int
    oldest_due: dt.datetime | None
    news: Mapping[str, Sequence[live.News]] = field(default_factory=dict)
    faulty: int = 0


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did; ``oldest_due_age`` is how long the most belated rung had waited when it began.

    ``strays`` counts requests of cities that are configured no longer among those due longest; they are left.
    ``faulty`` counts requests that could not be moved and were put off by ``PUT_OFF``; the log says which.
    """

    escalated: int
    batches: int
    oldest_due_age: dt.timedelta
    strays: Mapping[str, int] = field(default_factory=dict)
    faulty: int = 0


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What holds for a whole sweep: its instant, the cities, the network, emergencies that hold now."""

    now: dt.datetime
    cities: Mapping[str, City]
    network: Network
    emergencies: Sequence[Declared] = ()
    known_told: dict[tuple[str, str | None, DueStepOrder, str, str | None], Told] = field(
        default_factory=dict
    )

    def told(self, city: City, step: DueStep, department: str, assignee: str | None) -> Told:
        """Whom a rung tells; worked out once for each kind of request in a sweep."""
        key = (city.id, step.ladder, step.order, department, assignee)
        if key not in self.known_told:
            self.known_told[key] = told(city, self.network, step.rung, department, assignee)
        return self.known_told[key]


def sweep(
    connection: psycopg.Connection[Any], now: dt.datetime | None = None, batch: int = BATCH
) -> SweepResult:
    """Climb every rung that is due by ``now`` (the database's clock, unless a time is given).

    This is the edge: each batch is a transaction of its own and is committed here, so that a kill costs one
    batch at most. The connection must be one of the time door, outside of any transaction. Safe to repeat and
    to run from many workers. What is written bears the database's clock, whatever ``now`` was given.
    """
    known = configuration()
    with connection.transaction():
        at = now or time_told(connection)
        sweeping = Sweeping(at, known.cities, known.network, declared_now(connection, known, at))
    escalated = batches = faulty = 0
    oldest = at
    while True:
        result = _swept_whatever_is_faulty(connection, sweeping, batch)
        for city_id, news in result.news.items():
            live.tell(city_id, news)
        escalated, batches = escalated + result.escalated, batches + (result.taken > 0)
        oldest, faulty = min(oldest, result.oldest_due or at), faulty + result.faulty
        if result.taken < batch:
            break
    with connection.transaction():
        cities = list(known.cities)
        strays = dict(connection.execute(COUNT_STRAYS, (at, MOST_STRAYS_COUNTED, cities)).fetchall())
    return SweepResult(escalated, batches, at - oldest, strays, faulty)


def _swept_whatever_is_faulty(
    connection: psycopg.Connection[Any], sweeping: Sweeping, batch: int
) -> BatchResult:
    """A batch in a transaction of its own; where it fails, row by row, so that one row stops no other.

    What fails with the server itself is raised: nothing is wrong with any row then.
    """
    try:
        with connection.transaction():
            return sweep_batch(connection, sweeping, batch)
    except psycopg.OperationalError:
        raise
    except Exception as error:
        log.warning("a batch of due requests failed with %s and is taken row by row", type(error).__name__)
    with connection.transaction():
        return _row_by_row(connection, sweeping, take_due(connection, sweeping, batch))


def _row_by_row(
    connection: psycopg.Connection[Any], sweeping: Sweeping, taken: Sequence[Taken]
) -> BatchResult:
    """Move each row behind a savepoint of its own; put off those that fail, and say which they are."""
    escalated = faulty = 0
    news: dict[str, list[live.News]] = {}
    for row in taken:
        try:
            with connection.transaction():
                one = _moved_up(connection, sweeping, [row])
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("the request %s of %s cannot climb and is put off", row.id, row.city_id)
            connection.execute(PUT_ROW_OFF, (sweeping.now + PUT_OFF, row.city_id, row.id))
            faulty += 1
            continue
        escalated += one.escalated
        for city_id, told_of in one.news.items():
            news.setdefault(city_id, []).extend(told_of)
    return BatchResult(len(taken), escalated, taken[0].next_step_at if taken else None, news, faulty)


def sweep_batch(connection: psycopg.Connection[Any], sweeping: Sweeping, batch: int) -> BatchResult:
    """Take up to ``batch`` due requests, the longest due first, and move each up. Does not commit."""
    taken = take_due(connection, sweeping, batch)
    return _moved_up(connection, sweeping, taken) if taken else BatchResult(0, 0, None)


def _moved_up(connection: psycopg.Connection[Any], sweeping: Sweeping, taken: Sequence[Taken]) -> BatchResult:
    """Do what is due of rows that are locked."""
    falls: list[tuple[Taken, Climb, Fallen]] = []
    unmoved: list[Unmoved] = []
    over: list[RanOn] = []
    for row in taken:
        city, climb = sweeping.cities[row.city_id], read_climb(row.climb)
        if row.paused_at is not None and Status(row.status) in PAUSED:
            ended = ran_on(city, row, climb, sweeping.now)
            if ended is not None:
                over.append(ended)
            else:
                ticking = clocks.ticking(city, row, climb)
                unmoved.append((row, ticking.next_step_at, ticking.climb))
            continue
        fall = fallen(city, clocks.watched(row), climb, sweeping.now)
        if fall.rungs or fall.again:
            falls.append((row, climb, fall))
        else:
            kept = after_fall(climb, fall, sweeping.now) if fall.unanswered else climb
            unmoved.append((row, next_moment(city, clocks.watched(row), kept), kept))
    escalated, news = _write(connection, _escalations(connection, sweeping, falls)) if falls else (0, {})
    if unmoved:
        _set_clocks(connection, unmoved)
    if over:
        write_ran_on(connection, over)
    return BatchResult(len(taken), escalated, taken[0].next_step_at, news)


def take_due(connection: psycopg.Connection[Any], sweeping: Sweeping, batch: int) -> list[Taken]:
    """Lock up to ``batch`` requests whose clock has come, passing by those another worker holds."""
    values = {"now": sweeping.now, "cities": list(sweeping.cities), "statuses": STATUSES, "batch": batch}
    return [Taken(*row) for row in connection.execute(TAKE_DUE, values, prepare=True).fetchall()]


def _escalations(
    connection: psycopg.Connection[Any],
    sweeping: Sweeping,
    falls: Sequence[tuple[Taken, Climb, Fallen]],
) -> list[Escalation]:
    able = _able(connection, sweeping, falls)
    return [escalation(sweeping, row, climb, fall, able) for row, climb, fall in falls]


def escalation(
    sweeping: Sweeping,
    row: Taken,
    climb: Climb,
    fall: Fallen,
    able: frozenset[tuple[str, str]] = frozenset(),
) -> Escalation:
    """What is written of a request of which something fell due. Pure.

    ``able``: accounts, by city and name, that may be given work; a post held by no other is not assigned.
    """
    city, alarm = sweeping.cities[row.city_id], alarm_of(fall)
    priority = raised(row.priority, fall.rungs)
    department, assignee = row.department, row.assignee
    for step in fall.rungs:
        if step.rung.hand_to and step.rung.hand_to != department:
            department, assignee = step.rung.hand_to, None  # who worked on it works for the former one
        assignee = _taker(city, step.rung.assign_to, able) or assignee
    speaking = voices(fall)
    whom = told_together([sweeping.told(city, step, department, assignee) for step in speaking])
    wakes = any(step.wakes for step in speaking)
    later = sleeping(city, sweeping.network, whom, sweeping.now, wakes=wakes)
    watched = clocks.watched(row, priority)
    after = after_fall(climb, fall, first_told(whom, later, sweeping.now))
    after = carried_over(city, clocks.watched(row), watched, after) if priority != row.priority else after
    reached = max((step.step for step in fall.rungs), default=0)
    changes: dict[str, Any] = {}
    if priority != row.priority:
        changes["priority"] = {"from": row.priority, "to": priority}
    moved = {"department": (row.department, department), "assignee": (row.assignee, assignee)}
    if any(before != now for before, now in moved.values()):
        changes[CHANGED] = {name: list(pair) for name, pair in moved.items() if pair[0] != pair[1]}
    emergency = holding(sweeping.emergencies, row.city_id, row.district) if sweeping.emergencies else None
    return Escalation(
        row,
        fall,
        after,
        max(row.escalation_step, reached),
        priority,
        department,
        assignee,
        next_moment(city, watched, after),
        event_data(row, alarm, fall, whom, later, after, changes, emergency),
        dedupe_key(alarm, next((n for step, n in fall.again if step is alarm), 0)),
    )


def _taker(city: City, name: str | None, able: frozenset[tuple[str, str]]) -> str | None:
    """Who is given the request: a contractor, or the first able account of a post."""
    if name is None or name in city.contractors_by_code:
        return name
    post = city.posts_by_code.get(name)
    accounts = post.accounts if post else ()
    return next((account for account in accounts if (city.id, account) in able), None)


def _able(
    connection: psycopg.Connection[Any],
    sweeping: Sweeping,
    falls: Sequence[tuple[Taken, Climb, Fallen]],
) -> frozenset[tuple[str, str]]:
    """Accounts of the posts that rungs assign to, as far as they can work; asked only where one does."""
    wanted: set[tuple[str, str]] = set()
    for row, _, fall in falls:
        posts = sweeping.cities[row.city_id].posts_by_code
        for step in fall.rungs:
            post = posts.get(step.rung.assign_to or "")
            if post is not None:
                wanted |= {(row.city_id, account) for account in post.accounts}
    if not wanted:
        return frozenset()
    cities, names = zip(*sorted(wanted), strict=True)
    found = connection.execute(ABLE, (list(cities), list(names), list(WORKING_ROLES))).fetchall()
    return frozenset((city, name) for city, name in found)


def _write(
    connection: psycopg.Connection[Any], climbs: Sequence[Escalation]
) -> tuple[int, dict[str, list[live.News]]]:
    """Record the climbs and move the rows, in one round trip; returns how many events were new, and the news."""
    keys = {"cities": [one.row.city_id for one in climbs], "ids": [one.row.id for one in climbs]}
    with connection.pipeline():
        recorded = connection.execute(
            RECORD,
            keys
            | {
                "kind": EventKind.ESCALATED.value,
                "statuses": [one.row.status for one in climbs],
                "data": [orjson.dumps(one.data).decode() for one in climbs],
                "keys": [one.key for one in climbs],
            },
            prepare=True,
        )
        moved = connection.execute(
            MOVE_UP,
            keys
            | {
                "steps": [one.step for one in climbs],
                "priorities": [one.priority for one in climbs],
                "next_steps": [one.next_step_at for one in climbs],
                "climbs": [as_json(one.climb) for one in climbs],
                "departments": [one.department for one in climbs],
                "assignees": [one.assignee for one in climbs],
            },
            prepare=True,
        )
    news: dict[str, list[live.News]] = {}
    for city_id, reference, version, status, department, at in moved:
        changed = live.changed_to(reference, version, status, department, None, at)
        news.setdefault(city_id, []).append(changed)
    return recorded.rowcount, news


def as_json(climb: Climb) -> str | None:
    """Where a request stands, as its column takes it."""
    written = written_climb(climb)
    return orjson.dumps(written).decode() if written else None


def _set_clocks(connection: psycopg.Connection[Any], unmoved: Sequence[Unmoved]) -> None:
    values: dict[str, list[str | uuid.UUID | dt.datetime | None]] = {
        "cities": [row.city_id for row, _, _ in unmoved],
        "ids": [row.id for row, _, _ in unmoved],
        "next_steps": [at for _, at, _ in unmoved],
        "climbs": [as_json(climb) for _, _, climb in unmoved],
    }
    connection.execute(SET_CLOCK, values, prepare=True)
