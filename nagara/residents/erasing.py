"""A resident withdraws consent: what is personal goes at once, what is counted stays.

``contact``: how to reach them, and the messages that were sent there. ``everything``: also their words, answers,
pictures and the exact place. The request's row stays as a tombstone with its service, district and times, and so
do its events, which never held a word of the resident's: figures before and after are the same, and the chain of
hashes still holds. Doing it twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CursorResult, func, select, text
from sqlmodel import Session

from city_config import City
from nagara.changing import finish
from nagara.lifecycle import OPEN, Move, Status, transition
from nagara.photos import erasing as pictures
from nagara.photos.storage import MediaStore
from nagara.residents.actions import others_joined
from nagara.residents.link import RESIDENT
from nagara.residents.retention import chosen_answers
from nagara.tables import Request


class What(StrEnum):
    """How much is to go."""

    CONTACT = "contact"
    EVERYTHING = "everything"


NO_DIGEST = bytes(32)
"""In place of the digest of what was sent: it fits no body, so a late retry is refused and files nothing anew."""

LOCK_POINTERS = "select from event_outbox where city_id = :city_id and request_id = :id for update"
"""First of all: who writes messages from the contact just now is waited for, and nobody begins to."""

REMOVE_CONTACT = (
    # whoever writes a digest from the contact just now is waited for; what it laid down is not sent
    "update contact set channels = '{}' where city_id = :city_id and request_id = :id",
    """
update message m set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'unsubscribed'
  from (select unnest(array[email_digest, phone_digest]) as digest from contact
         where city_id = :city_id and request_id = :id
        union
        select digest from subscription where city_id = :city_id and request_id = :id and own) as theirs
 where m.city_id = :city_id and m.sent_at is null and m.failed_at is null
   and m.audience = 'person:' || encode(substring(theirs.digest from 1 for 16), 'hex')::uuid::text""",
    """
delete from notification n using subscription s
 where n.city_id = :city_id and n.request_id = :id and s.city_id = n.city_id and s.request_id = n.request_id
   and s.own and n.audience = 'subscription:' || s.id::text""",
    "delete from subscription where city_id = :city_id and request_id = :id and own",
    """
delete from notification
 where city_id = :city_id and request_id = :id and split_part(audience, ':', 1) = 'resident'""",
    "delete from contact where city_id = :city_id and request_id = :id",
)
REMOVE_WORDS = (
    "update resident_entry set words = '' where city_id = :city_id and request_id = :id and words <> ''",
    "delete from original_words where city_id = :city_id and request_id = :id",
)
TOMBSTONES = """
insert into removal (city_id, request_id, what, why, removed_at)
select :city_id, :id, what, 'resident', :now from unnest(cast(:gone as text[])) as what
on conflict (city_id, request_id, what) do update set removed_at = excluded.removed_at, why = excluded.why
"""


def erase(session: Session, store: MediaStore, city: City, row: Request, what: What) -> bool:
    """Erase; whether there was anything to erase. The caller holds the request's lock.

    An open request whose place and words are gone can be worked on by nobody: it is withdrawn first, unless
    others have joined it, for whom it goes on. Raises ``MediaUnavailable``; then nothing has changed.
    """
    session.execute(text(LOCK_POINTERS), _named(row))
    gone = ["contact"] if _run(session, row, REMOVE_CONTACT) else []
    if what is What.EVERYTHING and row.erased_at is None:
        _withdraw_what_nobody_can_do(session, city, row)
        _anonymise(city, row, _now(session))
        session.flush()
        _run(session, row, REMOVE_WORDS)
        pictures.erase_of(session, store, row)
        gone = ["contact", "words", "photos"]
    if gone:
        now = _now(session)
        step = transition(Status(row.status), Move.ERASE)
        finish(session, city, row, step, RESIDENT, now, {"what": gone, "why": "resident"})
        session.execute(text(TOMBSTONES), _named(row) | {"now": now, "gone": gone})
    return bool(gone)


def _withdraw_what_nobody_can_do(session: Session, city: City, row: Request) -> None:
    if Status(row.status) in OPEN and not others_joined(session, row):
        step = transition(Status(row.status), Move.WITHDRAW)
        finish(session, city, row, step, RESIDENT, _now(session), {})


def _anonymise(city: City, row: Request, now: dt.datetime) -> None:
    """Leave of the row what is counted: service, district, times, who dealt with it."""
    row.description, row.address, row.status_note = "", None, None
    row.answers = chosen_answers(city, row.service_code, row.answers)
    row.lat, row.lon, row.place_method = None, None, "erased"
    row.observed_at, row.language = None, None
    row.body_digest = NO_DIGEST if row.body_digest is not None else None
    row.erased_at = now


def _run(session: Session, row: Request, statements: tuple[str, ...]) -> int:
    """Run statements about one request; returns how many rows they removed or emptied."""
    results = [session.execute(text(statement), _named(row)) for statement in statements]
    return sum(result.rowcount for result in results if isinstance(result, CursorResult))


def _named(row: Request) -> dict[str, Any]:
    return {"city_id": row.city_id, "id": row.id}


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now
