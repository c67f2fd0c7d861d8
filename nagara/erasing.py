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
from nagara.resident_actions import others_joined
from nagara.resident_link import RESIDENT
from nagara.tables import Request


class What(StrEnum):
    """How much is to go."""

    CONTACT = "contact"
    EVERYTHING = "everything"


NO_DIGEST = bytes(32)
"""In place of the digest of what was sent: it fits no body, so a late retry is refused and files nothing anew."""

CHOSEN_FROM_LISTS = frozenset({"singlevaluelist", "multivaluelist"})
"""Answers to these are codes of the city's own; all others are a resident's words, numbers or times."""

LOCK_POINTERS = "select from event_outbox where city_id = :city_id and request_id = :id for update"
REMOVE = {
    "contact": "delete from contact where city_id = :city_id and request_id = :id",
    "messages": "delete from notification where city_id = :city_id and request_id = :id and audience like 'resident%'",
    "words": "update resident_entry set words = '' where city_id = :city_id and request_id = :id and words <> ''",
}


def erase(session: Session, store: MediaStore, city: City, row: Request, what: What) -> bool:
    """Erase; whether there was anything to erase. The caller holds the request's lock.

    An open request whose place and words are gone can be worked on by nobody: it is withdrawn first, unless
    others have joined it, for whom it goes on. Raises ``MediaUnavailable``; then nothing has changed.
    """
    gone = _remove_contact(session, row)
    if what is What.EVERYTHING and row.erased_at is None:
        now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        if Status(row.status) in OPEN and not others_joined(session, row):
            finish(session, city, row, transition(Status(row.status), Move.WITHDRAW), RESIDENT, now, {})
        _anonymise(city, row, now)
        session.execute(text(REMOVE["words"]), _named(row))
        session.flush()
        pictures.erase_of(session, store, row)
        gone = ["contact", "words", "photos"]
    if gone:
        step = transition(Status(row.status), Move.ERASE)
        at: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        finish(session, city, row, step, RESIDENT, at, {"what": gone, "why": "resident"})
    return bool(gone)


def _remove_contact(session: Session, row: Request) -> list[str]:
    """Remove the contact and every message to it, those a worker is writing just now too."""
    contact = _count(session.execute(text(REMOVE["contact"]), _named(row)))
    session.execute(text(LOCK_POINTERS), _named(row))
    messages = _count(session.execute(text(REMOVE["messages"]), _named(row)))
    return ["contact"] if contact or messages else []


def _anonymise(city: City, row: Request, now: dt.datetime) -> None:
    """Leave of the row what is counted: service, district, times, who dealt with it."""
    service = city.services_by_code.get(row.service_code)
    lists = {q.code for q in service.questions if q.datatype in CHOSEN_FROM_LISTS} if service else set()
    row.description, row.address, row.status_note = "", None, None
    row.answers = {code: value for code, value in row.answers.items() if code in lists}
    row.lat, row.lon, row.place_method = None, None, "erased"
    row.observed_at, row.language = None, None
    row.body_digest = NO_DIGEST if row.body_digest is not None else None
    row.erased_at = now


def _named(row: Request) -> dict[str, Any]:
    return {"city_id": row.city_id, "id": row.id}


def _count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
