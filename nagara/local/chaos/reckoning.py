"""The count afterwards: what had to happen against what the database and the receiving side hold."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara import event_log
from nagara.local.chaos.counting_sink import MAIL, WEB
from nagara.local.chaos.planting import CITY, SUPERVISOR, Planted, Step

WAYS = {"email": MAIL, "sms": WEB}
"""The channels that are counted, and the way their messages come in."""

STILL_DUE = """
select (select count(*) from request where next_step_at <= clock_timestamp()),
       (select count(*) from event_outbox),
       (select count(*) from notification where next_attempt_at < 'infinity' and channel = any(%s)),
       (select count(*) from message where next_attempt_at is not null)
"""
STEPS = """
select request_id::text, coalesce(step->>'promise', data->>'promise'), (step->>'step')::int
  from event,
       jsonb_array_elements(data->'recorded_with' || jsonb_build_array(data - 'recorded_with')) as step
 where kind = 'escalated'
"""
NEWS = """
select event.request_id::text, event.seq, event.kind
  from event join event as filed
    on filed.city_id = event.city_id and filed.request_id = event.request_id and filed.seq = 1
  join request on request.city_id = event.city_id and request.id = event.request_id
 where event.kind = 'filed'
    or (event.kind = 'escalated' and (event.data->>'due_at')::timestamptz >= filed.recorded_at
        and request.department in (select department from staff_department where username = %s))
"""
"""Every event somebody may have to be told of. A rung that fell due before the report was known tells nobody."""

NOTICES = """
select city_id, request_id::text, seq, audience, channel, sent_at is not null from notification
 where channel = any(%s)
"""
REACHED = "select id::text, escalation_step from request"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing counted."""

    what: str
    expected: int
    found: int
    lost: int
    twice: int

    @property
    def holds(self) -> bool:
        """Whether each was there exactly once."""
        return self.expected == self.found and not self.lost and not self.twice


@dataclass(frozen=True, slots=True)
class Reckoning:
    """All that was counted; ``repeats`` are messages the other side was handed again under a key it had."""

    lines: tuple[Line, ...]
    repeats: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether time worked exactly once."""
        return all(line.holds for line in self.lines)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is still to be done."""

    steps: int
    events: int
    notices: int
    messages: int

    @property
    def nothing(self) -> bool:
        """Whether all is done."""
        return not (self.steps or self.events or self.notices or self.messages)


def still_waiting(owner: psycopg.Connection[Any]) -> Waiting:
    """What is due or under way at this moment."""
    row = owner.execute(STILL_DUE, (list(WAYS),)).fetchone()
    assert row is not None  # noqa: S101 - a select of counts has one row
    return Waiting(*row)


def reckon(
    owner: psycopg.Connection[Any],
    planted: Planted,
    received: Mapping[str, Mapping[str, int]],
    now: dt.datetime,
) -> Reckoning:
    """Count everything, once nothing waits any more; ``now`` is a time at which nothing was left due."""
    due = [step for step, at in planted.due.items() if at <= now]
    steps: Counter[Step] = Counter(owner.execute(STEPS).fetchall())
    reached = dict(owner.execute(REACHED).fetchall())
    highest = {request: 0 for request, _, _ in planted.due}
    for request, _, number in due:
        highest[request] = max(highest[request], number)
    lines = [
        counted("steps, by request, promise and rung", due, steps),
        counted("requests that stand on their rung", highest.items(), Counter(reached.items())),
    ]
    wanted = _wanted(owner, planted)
    stored = owner.execute(NOTICES, (list(WAYS),)).fetchall()
    lines.append(
        counted("notices, by event, reader and channel", wanted, Counter(row[1:5] for row in stored))
    )
    lines.append(counted("notices marked as sent", wanted, Counter(row[1:5] for row in stored if row[5])))
    repeats = {}
    for channel, way in WAYS.items():
        keys = [_key(CITY, *notice) for notice in wanted if notice[3] == channel]
        came = received.get(way, {})
        lines.append(counted(f"keys received, {channel}", keys, Counter(came.keys())))
        repeats[channel] = sum(came.values()) - len(came)
    verified = event_log.verify(owner, CITY)
    lines.append(
        Line("events whose hash chain holds", verified.events, verified.events, len(verified.faults), 0)
    )
    return Reckoning(tuple(lines), repeats)


def _wanted(owner: psycopg.Connection[Any], planted: Planted) -> list[tuple[str, int, str, str]]:
    """Each notice that must exist: request, number of the event, reader, channel."""
    found = []
    for request, seq, kind in owner.execute(NEWS, (SUPERVISOR,)).fetchall():
        if kind == "escalated":
            found.append((request, seq, f"staff:{SUPERVISOR}", "email"))
        elif request in planted.mailed:
            found.append((request, seq, "resident", "email"))
        elif request in planted.texted:
            found.append((request, seq, "resident", "sms"))
    return found


def _key(*parts: Any) -> str:
    """The key of a notice as receivers are promised it: made of what it is about, the same at every attempt."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]


def counted(what: str, expected: Iterable[Any], found: Mapping[Any, int]) -> Line:
    """Each expected thing must have been found, and once; what nobody expected counts as found."""
    wanted = set(expected)
    lost = len(wanted - set(found))
    twice = sum(count - 1 for count in found.values())
    return Line(what, len(wanted), len(found), lost, twice)


def table(reckoning: Reckoning) -> str:
    """The counts, to be read."""
    heads = ("expected", "found", "lost", "twice")
    width = max(len(line.what) for line in reckoning.lines)
    rows = [" " * (width + 2) + "".join(f"{head:>10}" for head in heads)]
    for line in reckoning.lines:
        numbers = (line.expected, line.found, line.lost, line.twice)
        rows.append(f"  {line.what:<{width}}" + "".join(f"{number:>10,}" for number in numbers))
    repeats = ", ".join(f"{count:,} of {channel}" for channel, count in reckoning.repeats.items())
    rows.append(f"  handed over again under the same key, and told apart by it: {repeats}")
    return "\n".join(rows)
