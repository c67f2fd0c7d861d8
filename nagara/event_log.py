"""The append-only history of every request: written here, chained by the database, verified here.

Each event's hash covers its own content and the hash before it, so that changing, removing or reordering
an event of a request breaks every later hash of that request.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
import psycopg
from sqlalchemy import text
from sqlmodel import Session


class EventKind(StrEnum):
    """What can happen to a request."""

    FILED = "filed"  # came in, was placed, routed and promised
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    STARTED = "started"
    ASKED = "asked"  # the resident was asked something; the promise pauses
    ANSWERED = "answered"
    PAUSED = "paused"
    RESUMED = "resumed"  # due times moved by the working time of the pause; both are in the data
    REFERRED = "referred"
    RESOLVED = "resolved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    RECATEGORISED = "recategorised"
    DUPLICATE_LINKED = "duplicate_linked"
    PRIORITISED = "prioritised"
    NOTED = "noted"  # for staff only
    ESCALATED = "escalated"  # by the ladder or by hand
    DE_ESCALATED = "de_escalated"  # nobody higher need look any more
    ESCALATION_ACKNOWLEDGED = "escalation_acknowledged"  # nothing climbs until the time in the data
    PAUSE_ENDED = "pause_ended"  # it waits still, but its pause reached the cap: the promise's clock runs on
    ADDED = "added"  # the resident said or showed more; the words are kept apart
    FEEDBACK_GIVEN = "feedback_given"  # fixed or not, and one to five; the words are kept apart
    LINK_RENEWED = "link_renewed"  # the private link before it opens nothing any more
    OBSERVED = "observed"  # an import's last sight of an unfinished request
    PUBLISHED = "published"  # staff released it, hid it, or left it to the city's rule again
    REWORDED = "reworded"  # staff took something out of the resident's words; neither wording is in the data
    PHOTO_RELEASED = "photo_released"  # a picture was released or taken back
    PHOTO_REDACTED = "photo_redacted"  # parts of a picture were hidden by hand
    JOB_CHANGED = "job_changed"  # a piece of work was added, done or dropped; only its number is in the data
    HANDED_OUT = "handed_out"  # somebody without an account got a link to a job, or lost it
    JOB_REPORTED = "job_reported"  # who holds such a link started, did or gave back the job
    SENT_ON = "sent_on"  # another system owns it from now on, and has a number for it; both are in the data
    TIME_CORRECTED = "time_corrected"  # an event before it happened at another time; both are in the data
    AUDIT_DRAWN = "audit_drawn"  # chance drew its resolution into an audit's sample; which one is in the data
    AUDIT_FOUND = "audit_found"  # whoever audits found it fixed or not, and how they know
    DATA_REMOVED = "data_removed"  # personal data went: their time was over, or the resident wanted it


PUBLIC_KINDS = frozenset(EventKind) - {
    EventKind.NOTED,
    EventKind.PRIORITISED,
    EventKind.ESCALATED,
    EventKind.DE_ESCALATED,
    EventKind.ESCALATION_ACKNOWLEDGED,
    EventKind.PAUSE_ENDED,
    EventKind.OBSERVED,
    EventKind.PUBLISHED,
    EventKind.REWORDED,
    EventKind.PHOTO_RELEASED,
    EventKind.PHOTO_REDACTED,
    EventKind.TIME_CORRECTED,
    EventKind.DATA_REMOVED,
    EventKind.LINK_RENEWED,
    EventKind.JOB_CHANGED,
    EventKind.HANDED_OUT,
    EventKind.JOB_REPORTED,
    EventKind.SENT_ON,
    EventKind.AUDIT_DRAWN,
    EventKind.AUDIT_FOUND,
}
"""Events a resident sees in the timeline."""

RECORD = """
with recorded as (
    insert into event (city_id, request_id, kind, actor_kind, actor, from_status, to_status, data)
    values (:city_id, :request_id, :kind, :actor_kind, :actor,
            :from_status, :to_status, cast(:data as jsonb))
    returning city_id, request_id, seq, kind)
insert into event_outbox (city_id, request_id, seq, urgent)
select city_id, request_id, seq, kind = 'escalated' from recorded returning seq
"""

FIRST_SEPARATOR, ABSENT = chr(31), chr(30)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: ``kind`` is resident, staff, system, import, api_key or external_system.

    ``name`` is never a resident's.
    """

    kind: str
    name: str | None = None


def record(
    session: Session,
    city_id: str,
    request_id: uuid.UUID,
    kind: EventKind,
    actor: Actor,
    from_status: str | None,
    to_status: str | None,
    data: Mapping[str, Any],
) -> int:
    """Append an event, and its pointer in the outbox, to the session's transaction; returns its number."""
    values = {
        "city_id": city_id,
        "request_id": request_id,
        "kind": kind.value,
        "actor_kind": actor.kind,
        "actor": actor.name,
        "from_status": from_status,
        "to_status": to_status,
        "data": orjson.dumps(data).decode(),
    }
    return int(session.execute(text(RECORD), values).scalar_one())


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the history does not hold together."""

    request_id: uuid.UUID
    seq: int
    what: str


EVENTS_IN_ORDER = """
select request_id, seq, kind,
       (extract(epoch from recorded_at) * 1000000)::bigint,
       (extract(epoch from occurred_at) * 1000000)::bigint,
       actor_kind, actor, from_status, to_status, data::text, dedupe_key, previous_hash, hash
  from event where city_id = %s order by request_id, seq
"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk over a city's history found."""

    events: int
    requests: int
    faults: tuple[Fault, ...]


def verify(connection: psycopg.Connection[Any], city_id: str) -> Verification:
    """Walk a city's whole history and recompute every hash here, not in the database.

    Streams: memory does not grow with the history. Proves that nothing was changed, removed from the
    middle or reordered; a whole request removed, or a chain cut at its end and rewritten by somebody who
    may write to the table, shows only against hashes kept elsewhere.
    """
    faults: list[Fault] = []
    events = requests = 0
    last: tuple[uuid.UUID, int, bytes] | None = None
    with connection.cursor(name="events_in_order") as cursor:
        cursor.itersize = 5000
        cursor.execute(EVENTS_IN_ORDER, (city_id,))
        for row in cursor:
            request_id, seq, stored_previous, stored = row[0], row[1], row[-2], row[-1]
            starts = last is None or last[0] != request_id
            expected_seq = 1 if starts or last is None else last[1] + 1
            previous = None if starts or last is None else last[2]
            faults += _faults(city_id, row, expected_seq, previous)
            if stored_previous is None and seq != 1:
                faults.append(Fault(request_id, seq, "the first event is missing"))
            events, requests = events + 1, requests + starts
            last = (request_id, seq, bytes(stored))
    return Verification(events, requests, tuple(faults))


def _faults(city_id: str, row: tuple[Any, ...], expected_seq: int, previous: bytes | None) -> Iterator[Fault]:
    request_id, seq, *_, stored_previous, stored = row
    if seq != expected_seq:
        yield Fault(request_id, seq, f"event {expected_seq} is missing")
    if (bytes(stored_previous) if stored_previous is not None else None) != previous:
        yield Fault(request_id, seq, "does not follow the event before it")
    content = FIRST_SEPARATOR.join((city_id, *canonical_parts(row[:-2])))
    if hashlib.sha256((stored_previous or b"") + content.encode()).digest() != bytes(stored):
        yield Fault(request_id, seq, "its content is not what was recorded")


def canonical_parts(row: tuple[Any, ...]) -> tuple[str, ...]:
    """An event's columns as the database joins them before hashing; times in microseconds of Unix time."""
    return tuple(ABSENT if value is None else str(value) for value in row)
