"""Staff decide what the public sees of a request, where the city leaves it to them: release, hide, reword, cover.

Each is one transaction under the request's lock, with an event that says who did what and why in codes: what was
taken out of words or pictures stands in no event. What was there before is kept for the privileged, sealed or
unlisted, for the days the city set; then it goes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from city_config import City
from nagara import event_log, statements
from nagara.accounts import Account
from nagara.changing import locked
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput, UnknownPhoto
from nagara.event_log import Actor, EventKind
from nagara.filing.handed_in import MAX_DESCRIPTION, check_text
from nagara.permissions import Permission
from nagara.photos import keeping
from nagara.photos.redaction import Box, read_boxes, redact
from nagara.photos.storage import MediaStore
from nagara.public.publication import Standing, never_public, public_values
from nagara.residents.contacts import refuse_other_department
from nagara.sealing import seal
from nagara.staff import live
from nagara.tables import OriginalWords, Photo, Request

REASONS = (
    "nothing_against_it", "personal_data", "insult", "unlawful", "advertising", "endangers_somebody",
    "asked_by_resident", "mistake",
)  # fmt: skip
"""Why staff decided as they did. Codes, because the history cannot be changed and must hold no personal text."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What staff decided. ``public``: True releases, False hides, None leaves it to the city's rule; where
    ``says_public`` is False, nothing was said about it. ``description``: the public wording; None leaves it.
    """

    reason: str
    public: bool | None = None
    says_public: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page of what waits for a release, longest first."""

    rows: list[dict[str, Any]]
    next: tuple[dt.datetime, uuid.UUID] | None


async def waiting(pool: Pool, city: City, after: tuple[dt.datetime, uuid.UUID] | None, limit: int) -> Waiting:
    """Requests that the public does not see before staff say so, and released ones with pictures that wait."""
    at, id_ = after or (None, None)
    values = public_values(city) | {
        "city_id": city.id,
        "photos_wait": city.publication.photos == "released",
        "after": at,
        "after_id": id_,
        "limit": limit + 1,
    }
    [found] = await read_in_city(pool, city.id, (statements.WAITING_FOR_RELEASE, values))
    rows = [
        {
            "id": id_, "reference": reference, "status": status, "service_code": service, "district": district,
            "description": description, "received_at": received, "waits": waits, "photos": photos or [],
        }
        for id_, reference, status, service, district, description, received, waits, photos in found
    ]  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    return Waiting(rows[:limit], (last["received_at"], last["id"]) if last else None)


def decide(
    session: Session, city: City, account: Account, reference: str, decision: Decision, secret: bytes
) -> Request:
    """Release, hide or reword a request; returns it. What changes nothing leaves no event.

    Raises ``NotPermitted``, ``UnknownRequest``, or ``InvalidInput`` where no release can make it public.
    """
    account.demand(Permission.MODERATE)
    if decision.reason not in REASONS:
        raise InvalidInput(f"{decision.reason[:40]!r} is no reason.", field="reason", allowed=REASONS)
    check_text("description", decision.description, MAX_DESCRIPTION)
    row = locked(session, city, reference)
    refuse_other_department(account, row)
    if decision.public and never_public(city, _standing(row)):
        raise InvalidInput(
            "It is confidential, or of a service whose requests the public never sees.", field="public"
        )
    if decision.says_public and decision.public is not row.public:
        data = {"public": decision.public, "before": row.public, "reason": decision.reason}
        row.public = decision.public
        _changed(session, city, row, account, EventKind.PUBLISHED, data)
    if decision.description is not None and decision.description != row.description:
        _reword(session, city, row, account, decision, secret)
    return row


def release_photo(
    session: Session, city: City, account: Account, reference: str, photo_id: uuid.UUID, public: bool
) -> Request:
    """Release a picture of a request, or take it back; returns the request. Its history says who did.

    Doing it twice changes nothing. Raises ``NotPermitted``, ``UnknownRequest`` or ``UnknownPhoto``.
    """
    row, photo = _photo_of(session, city, account, reference, photo_id)
    if photo.public != public:
        photo.public = public
        data = {"photo": str(photo_id), "public": public}
        _changed(session, city, row, account, EventKind.PHOTO_RELEASED, data)
    return row


def cover(
    session: Session, store: MediaStore, city: City, account: Account, reference: str, photo_id: uuid.UUID,
    boxes: Sequence[Sequence[float]], keep_found: bool,
) -> Request:  # fmt: skip
    """Hide parts of a picture: these boxes instead of those drawn before, and what the detector found.

    With ``keep_found`` False only the boxes count, for where it took something else for a face. Without any box
    left the picture is shown as it came. Raises what ``release_photo`` does, and ``InvalidInput`` for boxes.
    """
    drawn = read_boxes(boxes)
    row, photo = _photo_of(session, city, account, reference, photo_id)
    kept = [Box(*found) for found in photo.found] if keep_found else []
    former, hidden = photo.redacted_sha256, [*kept, *drawn]
    photo.boxes, photo.found = [list(box) for box in drawn], [list(box) for box in kept]
    if hidden:
        new = redact(store.read_now(city.id, photo.sha256, "picture"), hidden)
        hold = func.pg_advisory_xact_lock(
            keeping.CONTENT_LOCKS, func.hashtext(keeping.lock_name(city.id, new.sha256))
        )
        session.execute(select(hold))
        store.write_now(city.id, new.sha256, new.picture, new.thumbnail)
        photo.redacted_sha256, photo.redacted_at = new.sha256, _now(session)
    else:
        photo.redacted_sha256, photo.redacted_at = None, None
    data = {"photo": str(photo_id), "boxes": len(drawn), "found": len(kept)}
    _changed(session, city, row, account, EventKind.PHOTO_REDACTED, data)
    if former is not None and former != photo.redacted_sha256:
        keeping.remove_unused(_driver(session), store, [(city.id, former)])
    return row


def _reword(
    session: Session, city: City, row: Request, account: Account, decision: Decision, secret: bytes
) -> None:
    """Put the public wording in place of the words; the first wording is sealed, later ones were staff's."""
    if session.get(OriginalWords, (city.id, row.id)) is None:
        session.add(
            OriginalWords(
                city_id=city.id,
                request_id=row.id,
                sealed=seal(secret, city.id, {"description": row.description}),
                redacted_at=_now(session),
                redacted_by=account.sign_in_name,
            )
        )
    row.description = decision.description or ""
    _changed(session, city, row, account, EventKind.REWORDED, {"reason": decision.reason})


def _photo_of(
    session: Session, city: City, account: Account, reference: str, photo_id: uuid.UUID
) -> tuple[Request, Photo]:
    """A request, locked, and one of its pictures."""
    account.demand(Permission.MODERATE)
    row = locked(session, city, reference)
    refuse_other_department(account, row)
    photo = session.get(Photo, (city.id, photo_id))
    if photo is None or photo.request_id != row.id:
        raise UnknownPhoto("There is no such picture.", field="id")
    return row, photo


def _changed(
    session: Session, city: City, row: Request, account: Account, kind: EventKind, data: dict[str, Any]
) -> None:
    row.version, row.updated_at = row.version + 1, _now(session)
    session.flush()
    live.tell_after_commit(session, city.id, live.changed(row, account.sign_in_name))
    actor = Actor("staff", account.sign_in_name)
    event_log.record(session, city.id, row.id, kind, actor, row.status, row.status, data)


def _standing(row: Request) -> Standing:
    return Standing(row.service_code, row.confidential, row.public, row.received_at)


def _driver(session: Session) -> Any:
    """The session's own connection, inside its transaction."""
    return session.connection().connection.driver_connection


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now
