"""Requests go to the systems that own them, each exactly once by its key.

Before a call that files something, it is written down that it began (``begun_at``); after it, how it ended. Killed
in between, the next attempt finds the beginning without an end and does what the owner's ``repeat`` says: the same
key again, a look for our reference in their list, or staff. What surely did not arrive is simply sent again.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config import City
from city_config.schema import ExternalOwner
from nagara.errors import MediaUnavailable
from nagara.external_owner import destinations, outcomes, owners
from nagara.external_owner.forms import CannotSend, fields_of, key_of, mark_of
from nagara.external_owner.reading import Known, pictures, read
from nagara.notifications.claiming import pause
from nagara.open311.client import NotTaken, Posted, Refused, Server, Unclear
from nagara.open311.client_history import Walk
from nagara.outgoing import Caller

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=60)
"""Longer than a call may take; who is killed with a request in hand delays it by so much."""

SETTLED_AFTER = dt.timedelta(seconds=30)
"""How long after a call of unknown end a server's list is believed when it does not show the request."""

LOOKED_BACK = dt.timedelta(hours=1)
"""How far before the call their list is searched: their clock is not ours."""

GIVEN_UP_AFTER = dt.timedelta(days=3)

TAKE = """
with due as (
    select city_id, request_id, owner from external_request
     where next_attempt_at <= statement_timestamp()
     order by next_attempt_at limit 1 for update skip locked)
update external_request x set next_attempt_at = clock_timestamp() + %s
  from due where x.city_id = due.city_id and x.request_id = due.request_id and x.owner = due.owner
returning x.city_id, x.request_id, x.owner, x.state, x.attempts, x.next_attempt_at, x.tried_since, x.begun_at,
          x.first_begun_at, x.token, clock_timestamp()
"""
BEGIN = """
update external_request set begun_at = clock_timestamp(), attempts = attempts + 1,
       first_begun_at = coalesce(first_begun_at, clock_timestamp())
 where city_id = %s and request_id = %s and owner = %s and next_attempt_at = %s
"""
"""Only whoever still holds the lease begins."""


@dataclass(frozen=True, slots=True)
class Link:
    """A request in hand until its lease ends."""

    city_id: str
    request_id: UUID
    owner: str
    state: str
    attempts: int
    leased_until: dt.datetime
    tried_since: dt.datetime
    begun_at: dt.datetime | None
    first_begun_at: dt.datetime | None
    token: str | None
    now: dt.datetime

    @property
    def key(self) -> tuple[str, UUID, str]:
        """Its row."""
        return self.city_id, self.request_id, self.owner

    @property
    def place(self) -> owners.Place:
        """Where it goes."""
        return self.city_id, self.owner


def send_due(connection: psycopg.Connection[Any], seconds: float = 30.0) -> Counter[str]:
    """Send what is due, beginning nothing after ``seconds``; returns how often each outcome came.

    This is the edge: every step is committed here, and the connection must be outside of any transaction. Safe to
    repeat and beside itself: each request is in one hand at a time.
    """
    done: Counter[str] = Counter()
    until = time.monotonic() + seconds
    with owners.open_caller() as caller:
        while time.monotonic() < until:
            with connection.transaction():
                row = connection.execute(TAKE, (LEASE,)).fetchone()
            if row is None:
                break
            done[_send(connection, caller, Link(*row))] += 1
    return done


def _send(connection: psycopg.Connection[Any], caller: Caller, link: Link) -> str:
    """One request, as far as it comes this time; returns the outcome's name."""
    found = owners.find(link.place)
    if found is None:
        return outcomes.wait(connection, link.key, "not_configured", outcomes.LONG_WAIT)
    city, owner = found
    with connection.transaction():
        rests = destinations.rests_until(connection, link.place)
        known = read(connection, city, link.request_id)
    if rests is not None:
        return outcomes.wait(connection, link.key, None, rests - link.now)
    if known is None:
        return outcomes.end(connection, link.key, "erased")
    try:
        server = owners.server_of(caller, city, owner)
        if link.state == "token":
            return _exchange(connection, server, link)
        return _file(connection, server, city, owner, link, known)
    except (owners.KeyMissing, CannotSend, MediaUnavailable, Refused, NotTaken, Unclear) as error:
        return _judged(connection, link, error)


def _judged(connection: psycopg.Connection[Any], link: Link, error: Exception) -> str:
    """What an attempt that did not succeed means for the request."""
    over = link.now - link.tried_since > GIVEN_UP_AFTER
    match error:
        case CannotSend():
            return outcomes.fail(connection, link.key, error.because)
        case Refused():
            return outcomes.fail(connection, link.key, f"refused: {error}", place=link.place)
        case NotTaken():
            wait = max(pause(link.attempts), error.wait or dt.timedelta())
            why = f"no_answer: {error.why}"
        case Unclear():
            wait, why = pause(link.attempts), f"unclear: {error.why}"
        case MediaUnavailable():
            return outcomes.wait(connection, link.key, "pictures", pause(link.attempts))
        case _:
            return outcomes.wait(connection, link.key, "key_missing", outcomes.LONG_WAIT)
    return outcomes.put_back(connection, link.key, link.place, why, wait, over)


def _file(
    connection: psycopg.Connection[Any],
    server: Server,
    city: City,
    owner: ExternalOwner,
    link: Link,
    known: Known,
) -> str:
    if link.begun_at is None and (known.closed or owner.department not in known.owners):
        return outcomes.end(connection, link.key, "closed" if known.closed else "left")
    if owner.pushed_by is not None and known.filed_by == owner.pushed_by:
        raise CannotSend("came_from_them")
    if link.begun_at is not None and owner.repeat != "by_key":
        if owner.repeat == "by_staff":
            raise CannotSend("unclear")
        if link.now - link.begun_at < SETTLED_AFTER:
            return outcomes.wait(connection, link.key, None, SETTLED_AFTER - (link.now - link.begun_at))
        id_ = look_for(server, known.request.reference, link.first_begun_at or link.begun_at, link.now)
        if id_ is not None:
            return outcomes.sent(connection, city, link.key, link.place, Posted(id_, None), known.events)
    with connection.transaction():
        media, files = pictures(connection, city, owner, known)
    fields = fields_of(city, owner, known.request, media)
    with connection.transaction():
        if connection.execute(BEGIN, (*link.key, link.leased_until)).rowcount == 0:
            return "lost"
    try:
        posted = server.post_request(fields, files, key_of(city.id, link.request_id, owner.code))
    except (NotTaken, Refused):
        outcomes.surely_not_there(connection, link.key)
        raise
    return outcomes.sent(connection, city, link.key, link.place, posted, known.events)


def look_for(server: Server, reference: str, since: dt.datetime, now: dt.datetime) -> str | None:
    """The id of what their list shows with our reference in its description; None where it shows no such.

    A list that seems cut off is asked for in shorter spans. Raises what the list raises; then nothing is known.
    """
    mark = mark_of(reference)
    for _, rows in Walk(server).windows(since - LOOKED_BACK, now + LOOKED_BACK):
        for one in rows:
            if one.id is not None and one.description is not None and mark in one.description:
                return one.id
    return None


def _exchange(connection: psycopg.Connection[Any], server: Server, link: Link) -> str:
    """Ask what a token became."""
    id_ = server.id_of(link.token or "")
    if id_ is not None:
        return outcomes.known(connection, link.key, link.place, id_)
    over = link.now - link.tried_since > GIVEN_UP_AFTER
    return outcomes.put_back(
        connection, link.key, None, "no_id" if over else None, pause(link.attempts), over
    )
