"""An update that another system sends of a request: taken once by its id, in one transaction.

The system that filed the request speaks for who reported it: their words are added, a question is answered, a
closing is judged, the request is taken back. A system that works on the request as its external owner decides
about it, by the rules of ``nagara.external_owner``. Nobody else has anything to say of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlmodel import Session, col, select, text

from city_config import City
from nagara.changing import locked
from nagara.cities import city_of_reference
from nagara.errors import InvalidInput, MoveNotAllowed, UnknownRequest
from nagara.external_owner.receiving import receive
from nagara.filing.handed_in import something_to_read
from nagara.lifecycle import CLOSED, Status
from nagara.open311.update_words import SAYS_CANCELLED, SAYS_FIXED, SAYS_NOT_FIXED
from nagara.residents.actions import Said, add, answer, give_feedback, withdraw
from nagara.tables import Event, GeoreportUpdate, Request

KEPT = dt.timedelta(days=180)
"""For so long an update is known by its id: twice the longest span that a list of updates may be asked for."""

FORGET = "delete from georeport_update where taken_at < %s"
TAKE = """
insert into georeport_update (city_id, system, update_id, request_id, digest)
values (:city_id, :system, :update_id, :request_id, :digest)
on conflict do nothing returning update_id
"""


@dataclass(frozen=True, slots=True)
class Update:
    """What was sent; ``status`` is one of the form's words, in lower case. ``media_digests``: what the pictures are."""

    update_id: str
    service_request_id: str
    service_request_id_ext: str | None
    status: str
    updated_at: dt.datetime
    description: str
    media: tuple[uuid.UUID, ...] = ()
    media_digests: tuple[str, ...] = ()


def take(session: Session, city: City, system: str, update: Update) -> None:
    """Take an update of a system, in the caller's transaction; what was taken before is not taken again.

    Raises ``UnknownRequest`` where the request is not this system's to speak of, ``InvalidInput`` where the id
    was used for another update, ``MoveNotAllowed`` where it cannot be done now.
    """
    before = _before(session, city, system, update)
    if before is not None:
        refuse_other(before, update)
        return
    row = _filed_by(session, city, system, update.service_request_id)
    if row is None:
        if not receive(session, city, system, update):
            raise UnknownRequest(
                f"service_request_id {update.service_request_id[:40]!r} is none that you filed or work on.",
                field="service_request_id",
            )
        return
    if _take_id(session, city, system, update, row.id):
        _said_by_reporter(session, city, row, update)


def digest_of(update: Update) -> bytes:
    """SHA-256 of what an update says, to tell a repetition from another one under the same id."""
    content = (
        update.service_request_id, update.status, update.updated_at.isoformat(), update.description,
        *update.media_digests,
    )  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).digest()


def forget_taken(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """Let go of ids that were taken longer than ``KEPT`` ago; returns how many. One transaction."""
    with connection.transaction():
        return connection.execute(FORGET, (now - KEPT,)).rowcount


def _take_id(session: Session, city: City, system: str, update: Update, request_id: uuid.UUID) -> bool:
    """Whether the id was free; where another call took it meanwhile, whether that was the same update is checked."""
    values = {
        "city_id": city.id,
        "system": system,
        "update_id": update.update_id,
        "request_id": request_id,
        "digest": digest_of(update),
    }
    if session.execute(text(TAKE), values).first() is not None:
        return True
    before = _before(session, city, system, update)
    if before is not None:
        refuse_other(before, update)
    return False


def _before(session: Session, city: City, system: str, update: Update) -> bytes | None:
    """The digest of what was taken under this id; None if nothing was."""
    query = select(GeoreportUpdate.digest).where(
        col(GeoreportUpdate.city_id) == city.id,
        col(GeoreportUpdate.system) == system,
        col(GeoreportUpdate.update_id) == update.update_id,
    )
    found = session.exec(query).first()
    return None if found is None else bytes(found)


def refuse_other(before: bytes, update: Update) -> None:
    """Raise ``InvalidInput`` unless this very update was taken before: ``before`` is the digest of what was."""
    if before != digest_of(update):
        raise InvalidInput(
            f"update_id {update.update_id[:40]!r} already exists with another content.", field="update_id"
        )


def _filed_by(session: Session, city: City, system: str, reference: str) -> Request | None:
    """The request, locked, if this system filed it; None otherwise."""
    found = city_of_reference(reference)
    if found is None or found[0].id != city.id:
        return None
    filed = (
        select(Event.request_id)
        .join(
            Request, (col(Request.city_id) == col(Event.city_id)) & (col(Request.id) == col(Event.request_id))
        )
        .where(
            col(Request.city_id) == city.id,
            col(Request.reference) == found[1],
            col(Event.seq) == 1,
            col(Event.actor_kind) == "api_key",
            col(Event.actor) == system,
        )
    )
    return locked(session, city, found[1]) if session.exec(filed).first() is not None else None


def _said_by_reporter(session: Session, city: City, row: Request, update: Update) -> None:
    """Let the reporter say what the update says, by the door their own page has."""
    said = Said(update.description, update.media)
    if update.status in SAYS_CANCELLED:
        withdraw(session, city, row, said)
    elif Status(row.status) in CLOSED and row.status != Status.DUPLICATE:
        fixed = True if update.status in SAYS_FIXED else False if update.status in SAYS_NOT_FIXED else None
        if fixed is None:
            raise MoveNotAllowed(
                "The request is closed; say FIXED, or REOPEN where the problem is still there.",
                field="status",
            )
        give_feedback(session, city, row, Said(update.description, update.media, fixed))
    elif row.status == Status.WAITING_REPORTER and _says_something(said):
        answer(session, city, row, said)
    elif update.status in SAYS_FIXED:
        add(session, city, row, Said(f"[FIXED] {update.description}".strip(), update.media))
    elif _says_something(said):
        add(session, city, row, said)


def _says_something(said: Said) -> bool:
    return bool(said.media) or something_to_read(said.text)
