"""Who filed a request: read by those who may, for a stated reason, and never without a line in the log.

The contact lies sealed beside the request and in no answer about it. Reading it and writing who did are one
transaction, so that nobody reads what the log does not know of. A contact that is abused can be kept from filing
for a while: only its keyed digest is kept for that.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from nagara.accounts import Account
from nagara.cities import city_of_reference
from nagara.errors import InvalidInput, NotPermitted, UnknownBlock, UnknownRequest
from nagara.filing.handed_in import check_text
from nagara.ids import uuid7
from nagara.permissions import Permission
from nagara.residents.contact_digests import digests_of
from nagara.sealing import unseal
from nagara.tables import Contact, ContactBlock, ContactRead, OriginalWords, Request

FIELDS = ("name", "email", "phone")
SHORTEST_REASON, LONGEST_REASON = 3, 500
BLOCK_REASONS = ("abuse", "threats", "false_reports", "flood")
LONGEST_BLOCK_DAYS = 365

What = Literal["contact", "words"]


@dataclass(frozen=True, slots=True)
class ReadsWanted:
    """Which reads are wanted, newest first; ``before`` is the id the last page ended with."""

    username: str | None = None
    reference: str | None = None
    before: uuid.UUID | None = None
    limit: int = 50


def read_contact(
    session: Session, city: City, account: Account, reference: str, why: str, secret: bytes
) -> dict[str, str | None]:
    """Name, e-mail address and number of who filed a request, as far as given; the log says who read it and why.

    Raises ``NotPermitted``, ``UnknownRequest``, or ``InvalidInput`` for a reason that is none. All are null where
    nothing was given, where it was removed, and where the secret has changed since.
    """
    account.demand(Permission.VIEW_CONTACT)
    row = request_for(session, city, account, reference)
    kept = session.get(Contact, (city.id, row.id))
    opened = unseal(secret, city.id, kept.sealed) if kept else None
    _log(session, account, row, "contact", why, bool(opened))
    return {name: (opened or {}).get(name) for name in FIELDS}


def read_original_words(
    session: Session, city: City, account: Account, reference: str, why: str, secret: bytes
) -> dict[str, Any]:
    """A resident's words as they came, where staff took something out and the time for which they are kept lasts.

    Logged and refused like a contact. ``description`` is null where there is no other wording than what is shown.
    """
    account.demand(Permission.VIEW_ORIGINAL)
    row = request_for(session, city, account, reference)
    kept = session.get(OriginalWords, (city.id, row.id))
    opened = unseal(secret, city.id, kept.sealed) if kept else None
    _log(session, account, row, "words", why, bool(opened))
    return {
        "description": opened["description"] if opened else None,
        "redacted_at": kept.redacted_at if kept else None,
        "redacted_by": kept.redacted_by if kept else None,
    }


def reads(session: Session, city: City, wanted: ReadsWanted) -> list[dict[str, Any]]:
    """Who read what, when and why, newest first; one row more than the limit where there are more."""
    query = (
        select(ContactRead, Request.reference)
        .join(
            Request,
            (col(Request.city_id) == col(ContactRead.city_id))
            & (col(Request.id) == col(ContactRead.request_id)),
        )
        .where(col(ContactRead.city_id) == city.id)
        .order_by(col(ContactRead.id).desc())
        .limit(wanted.limit + 1)
    )
    if wanted.username is not None:
        name = wanted.username if "@" in wanted.username else f"{wanted.username}@{city.id}"
        query = query.where(col(ContactRead.username) == name)
    if wanted.reference is not None:
        query = query.where(col(Request.reference) == wanted.reference)
    if wanted.before is not None:
        query = query.where(col(ContactRead.id) < wanted.before)
    return [
        {
            "id": read.id,
            "reference": reference,
            "what": read.what,
            "username": read.username,
            "why": read.why,
            "found": read.found,
            "read_at": read.read_at,
        }
        for read, reference in session.exec(query).all()
    ]


def block(
    session: Session, city: City, account: Account, reference: str, days: int, reason: str, secret: bytes
) -> list[dict[str, Any]]:
    """Keep whoever filed a request from filing with the same contact for some days; returns the blocks.

    Raises ``NotPermitted``, ``UnknownRequest``, or ``InvalidInput`` where the request has no contact to block.
    """
    account.demand(Permission.ADMINISTER)
    if reason not in BLOCK_REASONS:
        raise InvalidInput(f"{reason[:40]!r} is no reason.", field="reason", allowed=BLOCK_REASONS)
    row = request_for(session, city, account, reference)
    kept = session.get(Contact, (city.id, row.id))
    contact = unseal(secret, city.id, kept.sealed) if kept else None
    digests = [digest for digest in digests_of(secret, city, contact or {}).values() if digest]
    if not digests:
        raise InvalidInput(
            "The request has no e-mail address and no number that could be blocked.", field="reference"
        )
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    made = [
        ContactBlock(
            city_id=city.id,
            id=uuid7(),
            digest=digest,
            reason=reason,
            request_id=row.id,
            blocked_by=account.sign_in_name,
            created_at=now,
            expires_at=now + dt.timedelta(days=days),
        )
        for digest in digests
    ]
    session.add_all(made)
    session.flush()
    return [_block_shown(one, row.reference) for one in made]


def blocks(session: Session, city: City) -> list[dict[str, Any]]:
    """All blocks, newest first, those that ended or were lifted among them: they are the log of it."""
    query = (
        select(ContactBlock, Request.reference)
        .join(
            Request,
            (col(Request.city_id) == col(ContactBlock.city_id))
            & (col(Request.id) == col(ContactBlock.request_id)),
        )
        .where(col(ContactBlock.city_id) == city.id)
        .order_by(col(ContactBlock.id).desc())
        .limit(1000)
    )
    return [_block_shown(one, reference) for one, reference in session.exec(query).all()]


def lift(session: Session, city: City, account: Account, block_id: uuid.UUID) -> None:
    """End a block before its time; doing it again changes nothing. Raises ``NotPermitted``, ``UnknownBlock``."""
    account.demand(Permission.ADMINISTER)
    found = session.get(ContactBlock, (city.id, block_id))
    if found is None:
        raise UnknownBlock("There is no such block.", field="id")
    if found.lifted_at is None:
        found.lifted_by = account.sign_in_name
        found.lifted_at = session.execute(select(func.clock_timestamp())).scalar_one()
        session.add(found)


def request_for(session: Session, city: City, account: Account, reference: str) -> Request:
    """The request of a reference, for somebody who works on it; raise ``UnknownRequest`` or ``NotPermitted``."""
    found = city_of_reference(reference)
    row = None
    if found is not None and found[0].id == city.id:
        query = select(Request).where(col(Request.city_id) == city.id, col(Request.reference) == found[1])
        row = session.exec(query).first()
    if row is None:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    refuse_other_department(account, row)
    return row


def refuse_other_department(account: Account, row: Request) -> None:
    """Raise ``NotPermitted`` for a request of a department that somebody does not work for."""
    if not account.works_for(row.department):
        own = ", ".join(account.departments)
        raise NotPermitted(f"The request belongs to {row.department}, you to {own}.")


def _log(session: Session, account: Account, row: Request, what: What, why: str, found: bool) -> None:
    reason = why.strip()
    check_text("why", reason, LONGEST_REASON)
    if len(reason) < SHORTEST_REASON:
        raise InvalidInput(
            "Say why you need to read it; whoever looks after the log will read your reason.",
            field="why",
            allowed=f"{SHORTEST_REASON} to {LONGEST_REASON} characters",
        )
    session.add(
        ContactRead(
            city_id=row.city_id,
            id=uuid7(),
            request_id=row.id,
            what=what,
            username=account.sign_in_name,
            why=reason,
            found=found,
            read_at=session.execute(select(func.clock_timestamp())).scalar_one(),
        )
    )
    session.flush()


def _block_shown(one: ContactBlock, reference: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "reference": reference,
        "reason": one.reason,
        "blocked_by": one.blocked_by,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "lifted_by": one.lifted_by,
        "lifted_at": one.lifted_at,
    }
