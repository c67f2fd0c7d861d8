"""How an attempt to send ended, written down: each function commits, and says the outcome's name."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import psycopg
from psycopg.errors import UniqueViolation
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from city_config import City
from nagara import event_log
from nagara.database import city_session
from nagara.event_log import Actor, EventKind
from nagara.external_owner import destinations
from nagara.external_owner.owners import Place
from nagara.open311.client import Posted
from nagara.staff import live
from nagara.tables import ExternalRequest, Request

Key = tuple[str, UUID, str]
LONG_WAIT = dt.timedelta(minutes=5)
"""Until it is looked again whether somebody configured what is missing."""

WAIT = """
update external_request set next_attempt_at = clock_timestamp() + %(wait)s, last_error = coalesce(%(why)s, last_error)
 where city_id = %(key_city)s and request_id = %(key_request)s and owner = %(key_owner)s
"""
PUT_BACK = """
update external_request set next_attempt_at = clock_timestamp() + %(wait)s, attempts = attempts + %(more)s,
       last_error = coalesce(%(why)s, last_error)
 where city_id = %(key_city)s and request_id = %(key_request)s and owner = %(key_owner)s
"""
NOT_THERE = """
update external_request set begun_at = null, first_begun_at = null
 where city_id = %(key_city)s and request_id = %(key_request)s and owner = %(key_owner)s
"""
FAIL = """
update external_request
   set state = 'failed', failed_at = clock_timestamp(), next_attempt_at = null, last_error = %(why)s
 where city_id = %(key_city)s and request_id = %(key_request)s and owner = %(key_owner)s
"""
END = """
update external_request set state = 'ended', next_attempt_at = null, last_error = %(why)s
 where city_id = %(key_city)s and request_id = %(key_request)s and owner = %(key_owner)s
"""
KNOWN = """
update external_request set state = 'sent', their_id = %(id)s, next_attempt_at = null, last_error = null
 where city_id = %(key_city)s and request_id = %(key_request)s and owner = %(key_owner)s
"""


def _values(key: Key, **more: Any) -> dict[str, Any]:
    return {"key_city": key[0], "key_request": key[1], "key_owner": key[2], **more}


def wait(connection: psycopg.Connection[Any], key: Key, why: str | None, how_long: dt.timedelta) -> str:
    """It was not tried and is due again; ``why`` None leaves what is known of it."""
    with connection.transaction():
        connection.execute(WAIT, _values(key, why=why, wait=how_long))
    return "waits"


def put_back(
    connection: psycopg.Connection[Any],
    key: Key,
    place: Place | None,
    why: str | None,
    how_long: dt.timedelta,
    over: bool,
) -> str:
    """It was tried, and is tried again; or, when it was tried for days, a person has to look.

    ``place``: the destination that is to blame, if any.
    """
    with connection.transaction():
        if place is not None and why is not None:
            destinations.failed(connection, place, why)
        if over:
            connection.execute(FAIL, _values(key, why=why or "no_answer"))
            return "failed"
        # what may be there was counted when the call began; so was what surely is not
        more = int(place is None)
        connection.execute(PUT_BACK, _values(key, why=why, wait=how_long, more=more))
    return "put back"


def surely_not_there(connection: psycopg.Connection[Any], key: Key) -> None:
    """The call ended, and what it was to file is not there."""
    with connection.transaction():
        connection.execute(NOT_THERE, _values(key))


def fail(connection: psycopg.Connection[Any], key: Key, why: str, place: Place | None = None) -> str:
    """Nothing is tried until a person says so. ``place``: the destination that answered."""
    with connection.transaction():
        if place is not None:
            destinations.mended(connection, place)
        connection.execute(FAIL, _values(key, why=why[:1000]))
    return "failed"


def end(connection: psycopg.Connection[Any], key: Key, why: str) -> str:
    """It need not be sent any more."""
    with connection.transaction():
        connection.execute(END, _values(key, why=why))
    return "ended"


def known(connection: psycopg.Connection[Any], key: Key, place: Place, their_id: str) -> str:
    """What a token became."""
    try:
        with connection.transaction():
            destinations.mended(connection, place)
            connection.execute(KNOWN, _values(key, id=their_id))
    except UniqueViolation:
        return fail(connection, key, "same_id")
    return "sent"


def sent(
    connection: psycopg.Connection[Any], city: City, key: Key, place: Place, posted: Posted, events: int
) -> str:
    """It is there: the row and the event, in one transaction. A number of theirs that is another's is refused."""
    with connection.transaction():
        destinations.mended(connection, place)
    try:
        with city_session(city.id) as session:
            _record(session, key, posted, events)
    except IntegrityError:
        return fail(connection, key, "same_id")
    return "token" if posted.token else "sent"


def _record(session: Session, key: Key, posted: Posted, events: int) -> None:
    row = session.exec(
        select(Request).where(col(Request.city_id) == key[0], col(Request.id) == key[1]).with_for_update()
    ).one()
    link = session.get_one(ExternalRequest, key, with_for_update=True)
    if link.sent_at is not None:
        return
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    link.state = "token" if posted.token else "sent"
    link.their_id, link.token, link.sent_at = posted.id, posted.token, now
    link.next_attempt_at = now if posted.token else None
    link.begun_at, link.last_error, link.failed_at = None, None, None
    link.told_seq = events
    row.version, row.updated_at = row.version + 1, now
    session.flush()
    data = {"owner": key[2], "their_id": posted.id, "token": posted.token}
    event_log.record(
        session, key[0], key[1], EventKind.SENT_ON, Actor("system"), row.status, row.status,
        {name: value for name, value in data.items() if value},
    )  # fmt: skip
    live.tell_after_commit(session, key[0], live.changed(row, None))
