"""From events nobody was told of to notices: who is told, and in which words."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from city_config import Configuration
from nagara.cities import configuration
from nagara.event_log import EventKind
from nagara.notifications.mail import is_address
from nagara.notifications.wording import Happening, Notice, for_resident, for_staff
from nagara.sealing import seal, unseal
from nagara.settings import settings

EMAIL = "email"
RESIDENT = "resident"
BY_HAND_TELLS = ("city_admin",)
"""Whom an escalation by hand tells: a supervisor makes it, so that somebody higher looks."""

TAKE_EVENTS = """
with picked as materialized (
    select city_id, request_id, seq from event_outbox where city_id = any(%s)
     order by city_id, request_id, seq limit %s for update skip locked),
taken as (
    delete from event_outbox as pointer using picked
     where pointer.city_id = picked.city_id and pointer.request_id = picked.request_id
       and pointer.seq = picked.seq
    returning pointer.city_id, pointer.request_id, pointer.seq)
select event.city_id, event.request_id, event.seq, event.kind, event.actor_kind, event.data,
       request.reference, request.service_code, request.department, request.resolve_by,
       request.promise_standard, request.language, filed.recorded_at, contact.sealed
  from taken
  join event using (city_id, request_id, seq)
  join event as filed on filed.city_id = event.city_id and filed.request_id = event.request_id and filed.seq = 1
  join request on request.city_id = event.city_id and request.id = event.request_id
  left join contact on contact.city_id = event.city_id and contact.request_id = event.request_id
 order by event.request_id, event.seq
"""

STAFF_TO_TELL = """
select city_id, username, role,
       array(select d.department from staff_department d
              where d.city_id = a.city_id and d.username = a.username),
       email
  from staff_account a
 where active and email is not null and city_id = any(%s)
"""

KEEP_NOTICES = """
insert into notification (city_id, request_id, seq, audience, channel, sealed_recipient, language, subject,
                          body, created_at, attempts, next_attempt_at)
select *, clock_timestamp(), 0, clock_timestamp()
  from unnest(%s::text[], %s::uuid[], %s::int[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[],
              %s::text[])
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Composed:
    """How many events were taken, how many new notices came of them, how many contacts were of no use."""

    events: int
    notices: int
    unusable_contacts: int


@dataclass(frozen=True, slots=True)
class _Staff:
    username: str
    role: str
    departments: Sequence[str]
    email: str


@dataclass(frozen=True, slots=True)
class _Taken:
    """An event from the outbox with what is needed to tell of it."""

    request_id: uuid.UUID
    seq: int
    actor_kind: str
    happening: Happening
    known_since: dt.datetime
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class _Addressed:
    """A notice on its way to one reader."""

    taken: _Taken
    audience: str
    address: str
    notice: Notice


def compose(connection: psycopg.Connection[Any], limit: int = 500) -> Composed:
    """Take up to ``limit`` events from the outbox and keep a notice for each reader of each.

    Does not commit: pointers and notices go together in the caller's transaction. Safe to repeat and to run
    from many workers. Imported history tells nobody; events of cities no longer configured wait.
    """
    known = configuration()
    cursor = connection.execute(TAKE_EVENTS, (list(known.cities), limit), prepare=True)
    taken = [_taken(row) for row in cursor.fetchall()]
    news = [one for one in taken if one.actor_kind != "import"]
    staff = _staff(connection, {one.happening.city_id for one in news if _roles_told(one)})
    notices: list[_Addressed] = []
    unusable = 0
    for one in news:
        notices += _to_staff(known, one, staff.get(one.happening.city_id, ()))
        to_resident = _to_resident(known, one)
        unusable += to_resident is None
        notices += to_resident or ()
    return Composed(len(taken), _keep(connection, notices), unusable)


def _taken(row: tuple[Any, ...]) -> _Taken:
    city_id, request_id, seq, kind, actor_kind, data, *of_request, known_since, sealed = row
    happening = Happening(city_id, kind, data, *of_request)
    contact = bytes(sealed) if sealed is not None else None
    return _Taken(request_id, seq, actor_kind, happening, known_since, contact)


def _to_resident(known: Configuration, taken: _Taken) -> list[_Addressed] | None:
    """The resident's notice, if one is due; None when the contact cannot be opened or holds no address."""
    if taken.sealed is None:
        return []
    notice = for_resident(known, taken.happening, settings().public_url)
    if notice is None:
        return []
    contact = unseal(settings().secret, taken.happening.city_id, taken.sealed)
    if contact is None:
        return None
    address = contact.get("email", "").strip()
    if not address:
        return []
    return [_Addressed(taken, RESIDENT, address, notice)] if is_address(address) else None


def _to_staff(known: Configuration, taken: _Taken, staff: Iterable[_Staff]) -> Iterator[_Addressed]:
    """A notice for each account of the roles told; who belongs to a department hears only of its requests."""
    roles = _roles_told(taken)
    notice = for_staff(known, taken.happening, settings().public_url) if roles else None
    if notice is None:
        return
    for account in staff:
        concerned = not account.departments or taken.happening.department in account.departments
        if account.role in roles and concerned and is_address(account.email):
            yield _Addressed(taken, f"staff:{account.username}", account.email, notice)


def _roles_told(taken: _Taken) -> Sequence[str]:
    """The roles an event tells. A rung that fell due before the request came to Nagara is history: nobody."""
    kind, data = taken.happening.kind, taken.happening.data
    if kind != EventKind.ESCALATED:
        return ()
    due_at = data.get("due_at")
    if due_at is not None and dt.datetime.fromisoformat(due_at) < taken.known_since:
        return ()
    return tuple(data.get("tell") or BY_HAND_TELLS)


def _staff(connection: psycopg.Connection[Any], cities: set[str]) -> Mapping[str, Sequence[_Staff]]:
    found: dict[str, list[_Staff]] = {}
    if cities:
        for city_id, *account in connection.execute(STAFF_TO_TELL, (sorted(cities),)):
            found.setdefault(city_id, []).append(_Staff(*account))
    return found


def _keep(connection: psycopg.Connection[Any], notices: Sequence[_Addressed]) -> int:
    """Store the notices in one round trip, their recipients sealed; returns how many were new."""
    if not notices:
        return 0
    secret = settings().secret
    rows = [
        (
            addressed.taken.happening.city_id,
            addressed.taken.request_id,
            addressed.taken.seq,
            addressed.audience,
            EMAIL,
            seal(secret, addressed.taken.happening.city_id, {"email": addressed.address}),
            addressed.notice.language,
            addressed.notice.subject,
            addressed.notice.body,
        )
        for addressed in notices
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return connection.execute(KEEP_NOTICES, columns, prepare=True).rowcount
