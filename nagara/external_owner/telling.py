"""What happens here is told to the system that owns the request, in the form of the update exchange.

In order, and each under a key of its own (our reference and the event's number), by which the other side knows a
repetition. What the owner's ``tells`` does not name is passed over; so is everything they did themselves.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config.schema import ExternalOwner
from nagara.external_owner import destinations, owners
from nagara.external_owner.applying import ACTOR
from nagara.external_owner.sending import LEASE
from nagara.notifications.claiming import pause
from nagara.open311.client import NotTaken, Refused, Server, Unclear, w3c
from nagara.outgoing import Caller

FIND = """
update external_request x set next_tell_at = clock_timestamp()
 where x.city_id = %(city)s and x.owner = %(owner)s and x.state = 'sent' and x.their_id is not null
   and x.next_tell_at is null and x.tell_error is null
   and exists (select from event e where e.city_id = x.city_id and e.request_id = x.request_id and e.seq > x.told_seq)
"""
TAKE = """
with due as (
    select city_id, request_id, owner from external_request
     where next_tell_at <= statement_timestamp()
     order by next_tell_at limit 1 for update skip locked)
update external_request x set next_tell_at = clock_timestamp() + %s
  from due, request r
 where x.city_id = due.city_id and x.request_id = due.request_id and x.owner = due.owner
   and r.city_id = due.city_id and r.id = due.request_id
returning x.city_id, x.request_id, x.owner, x.their_id, x.told_seq, x.tell_attempts, r.reference,
          r.department, r.assignee, clock_timestamp()
"""
EVENTS = """
select e.seq, e.kind, e.occurred_at, e.actor_kind, e.data,
       (select string_agg(said.words, E'\\n' order by said.said_at) from resident_entry said
         where said.city_id = e.city_id and said.request_id = e.request_id and said.seq = e.seq)
  from event e where e.city_id = %s and e.request_id = %s and e.seq > %s order by e.seq
"""
TOLD = """
update external_request set told_seq = %s, tell_attempts = 0, tell_error = null
 where city_id = %s and request_id = %s and owner = %s
"""
DONE = "update external_request set next_tell_at = null where city_id = %s and request_id = %s and owner = %s"
LATER = """
update external_request set next_tell_at = clock_timestamp() + %s, tell_attempts = tell_attempts + %s
 where city_id = %s and request_id = %s and owner = %s
"""
GAVE_UP = """
update external_request set next_tell_at = null, tell_error = %s
 where city_id = %s and request_id = %s and owner = %s
"""
MOST_ATTEMPTS = 200
"""About three days, as pauses grow to half an hour."""

SENTENCES = {
    "added": "The resident added something.",
    "answered": "The resident answered.",
    "reopened": "Reopened: it was not fixed.",
    "withdrawn": "The resident takes it back.",
    "resolved": "Closed here: resolved.",
    "declined": "Closed here: declined.",
    "left": "It belongs to another owner now.",
}


@dataclass(frozen=True, slots=True)
class Tell:
    """A request of which something is to be told, in hand until its lease ends."""

    city_id: str
    request_id: UUID
    owner: str
    their_id: str
    told_seq: int
    attempts: int
    reference: str
    department: str
    assignee: str | None
    now: dt.datetime

    @property
    def key(self) -> tuple[str, UUID, str]:
        """Its row."""
        return self.city_id, self.request_id, self.owner


def tell_due(connection: psycopg.Connection[Any], seconds: float = 20.0) -> Counter[str]:
    """Tell what is to be told, beginning nothing after ``seconds``; returns how often each outcome came.

    This is the edge: what was told is committed event by event. Safe to repeat and beside itself.
    """
    done: Counter[str] = Counter()
    until = time.monotonic() + seconds
    with connection.transaction():
        row = connection.execute("select clock_timestamp()").fetchone()
    for city, owner in owners.configured(row[0] if row else dt.datetime.now(dt.UTC)):
        if owner.tells:
            with connection.transaction():
                connection.execute(FIND, {"city": city.id, "owner": owner.code})
    with owners.open_caller() as caller:
        while time.monotonic() < until:
            with connection.transaction():
                row = connection.execute(TAKE, (LEASE,)).fetchone()
            if row is None:
                break
            done += _tell(connection, caller, Tell(*row))
    return done


def _tell(connection: psycopg.Connection[Any], caller: Caller, tell: Tell) -> Counter[str]:
    """Everything new of one request."""
    done: Counter[str] = Counter()
    found = owners.find((tell.city_id, tell.owner))
    if found is None:
        return _later(connection, tell, None, dt.timedelta(minutes=5))
    city, owner = found
    with connection.transaction():
        rests = destinations.rests_until(connection, (tell.city_id, tell.owner))
        events = connection.execute(EVENTS, (tell.city_id, tell.request_id, tell.told_seq)).fetchall()
    if rests is not None:
        return _later(connection, tell, None, rests - tell.now)
    try:
        server = owners.server_of(caller, city, owner)
        for seq, kind, at, actor_kind, data, words in events:
            status = _status(owner, tell, kind, actor_kind, data)
            if status is not None:
                _post(server, owner, tell, (seq, status[0], at, words), status[1])
                done["told"] += 1
            with connection.transaction():
                connection.execute(TOLD, (seq, *tell.key))
    except owners.KeyMissing:
        return done + _later(connection, tell, None, dt.timedelta(minutes=5))
    except Refused as error:
        with connection.transaction():
            connection.execute(GAVE_UP, (f"refused: {error}"[:1000], *tell.key))
        return done + Counter(["failed"])
    except (NotTaken, Unclear) as error:
        wait = error.wait if isinstance(error, NotTaken) else None
        return done + _later(connection, tell, error.why, max(pause(tell.attempts), wait or dt.timedelta()))
    with connection.transaction():
        connection.execute(DONE, tell.key)
        if done:
            destinations.mended(connection, (tell.city_id, tell.owner))
    return done


def _later(
    connection: psycopg.Connection[Any], tell: Tell, why: str | None, wait: dt.timedelta
) -> Counter[str]:
    with connection.transaction():
        if why is not None:
            destinations.failed(connection, (tell.city_id, tell.owner), why)
        if why is not None and tell.attempts >= MOST_ATTEMPTS:
            connection.execute(GAVE_UP, (f"no_answer: {why}"[:1000], *tell.key))
            return Counter(["failed"])
        connection.execute(LATER, (wait, int(why is not None), *tell.key))
    return Counter(["put back"])


def _status(
    owner: ExternalOwner, tell: Tell, kind: str, actor_kind: str, data: dict[str, Any]
) -> tuple[str, str] | None:
    """Status and kind of what is told of an event; None where nothing is."""
    if actor_kind == ACTOR:
        return None
    changed = data.get("changed") or {}
    leaves = {"department", "assignee"} & changed.keys() and owner.department not in (
        tell.department,
        tell.assignee,
    )
    told = "left" if leaves and "left" in owner.tells else kind
    status = owner.tells.get(told)  # type: ignore[call-overload]
    return (status, told) if status is not None else None


def _post(
    server: Server,
    owner: ExternalOwner,
    tell: Tell,
    event: tuple[int, str, dt.datetime, str | None],
    told: str,
) -> None:
    """One update; that it is there already is as good as that it was taken."""
    seq, status, at, words = event
    said = [SENTENCES.get(told, told), words if owner.goes_along.additions else None]
    fields = [
        ("service_request_id", tell.their_id),
        ("update_id", f"{tell.reference}-{seq}"),
        ("status", status),
        ("updated_datetime", w3c(at)),
        ("description", "\n".join(part for part in said if part)[:4000]),
        ("service_request_id_ext", tell.reference),
    ]
    try:
        server.post_update(fields)
    except Refused as error:
        if "already exists" not in error.words.lower():
            raise
