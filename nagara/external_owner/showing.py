"""What staff see of a request at another system, and what a person may do about one that could not be sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from nagara import event_log
from nagara.accounts import Account
from nagara.changing import locked, only_read
from nagara.errors import InvalidInput, MoveNotAllowed, UnknownRequest
from nagara.event_log import Actor, EventKind
from nagara.field_work.jobs import own_department
from nagara.lifecycle import CLOSED, Status
from nagara.staff import live
from nagara.tables import ExternalDestination, ExternalRequest

LONGEST_ID = 200


def links_of(session: Session, city: City, reference: str) -> list[dict[str, Any]]:
    """Every system a request went to, or was to go to, the earliest first. Raise ``UnknownRequest``."""
    row = only_read(session, city, reference)
    query = (
        select(ExternalRequest, ExternalDestination.open_until)
        .join(
            ExternalDestination,
            (col(ExternalDestination.city_id) == col(ExternalRequest.city_id))
            & (col(ExternalDestination.owner) == col(ExternalRequest.owner)),
            isouter=True,
        )
        .where(col(ExternalRequest.city_id) == city.id, col(ExternalRequest.request_id) == row.id)
        .order_by(col(ExternalRequest.created_at), col(ExternalRequest.owner))
    )
    shown = [_shown(city, link, open_until) for link, open_until in session.exec(query).all()]
    # what they wrote may speak of a resident whose data were removed here
    return [one | {"their_words": None} for one in shown] if row.erased_at is not None else shown


def _shown(city: City, link: ExternalRequest, open_until: dt.datetime | None) -> dict[str, Any]:
    owner = city.external_owners_by_code.get(link.owner)
    department = city.departments_by_code.get(owner.department) if owner else None
    problem, _, detail = (link.last_error or "").partition(": ")
    told, _, told_detail = (link.tell_error or "").partition(": ")
    return {
        "owner": link.owner,
        "names": dict(department.names) if department else {"en": link.owner},
        "state": link.state,
        "their_id": link.their_id,
        "sent_at": link.sent_at,
        "attempts": link.attempts,
        "problem": problem or None,
        "problem_detail": detail or None,
        "next_attempt_at": link.next_attempt_at,
        "resting_until": open_until if link.next_attempt_at is not None else None,
        "perhaps_there": link.begun_at is not None and link.sent_at is None,
        "their_status": link.their_detail or link.their_status,
        "their_words": link.their_words,
        "their_updated_at": link.their_updated_at,
        "attention": link.attention,
        "not_told": told or None,
        "not_told_detail": told_detail or None,
    }


def send_again(
    session: Session, city: City, account: Account, reference: str, owner: str, their_id: str | None = None
) -> None:
    """Try again what could not be sent or told; or, with ``their_id``, say under which number it is there already.

    In the caller's transaction. Raises ``UnknownRequest``, ``NotPermitted``, ``MoveNotAllowed`` where there is
    nothing to send, ``InvalidInput``; then nothing has changed.
    """
    row = locked(session, city, reference)
    own_department(account, row)
    link = session.get(ExternalRequest, (city.id, row.id, owner), with_for_update=True)
    if link is None:
        raise UnknownRequest(f"{reference} was never to go to {owner[:40]!r}.", field="owner")
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    if their_id is not None:
        _is_there(session, city, link, their_id, now)
        data = {"owner": owner, "their_id": link.their_id, "by_hand": True}
        row.version, row.updated_at = row.version + 1, now
        session.flush()
        actor = Actor("staff", account.sign_in_name)
        event_log.record(session, city.id, row.id, EventKind.SENT_ON, actor, row.status, row.status, data)
        live.tell_after_commit(session, city.id, live.changed(row, account.sign_in_name))
        return
    if link.state == "sent" and link.tell_error is not None:
        link.tell_error, link.tell_attempts = None, 0
    elif link.sent_at is None and Status(row.status) not in CLOSED:
        if link.last_error == "unclear":
            link.begun_at = link.first_begun_at = None  # a person looked: it is not there
        link.state, link.failed_at, link.attempts = "waiting", None, 0
        link.next_attempt_at = link.tried_since = now
    else:
        why = "it is there already" if link.sent_at is not None else f"it is closed ({row.status})"
        raise MoveNotAllowed(f"There is nothing of {row.reference} to send: {why}.", field="owner")


def _is_there(session: Session, city: City, link: ExternalRequest, their_id: str, now: dt.datetime) -> None:
    """A person found it there."""
    given = their_id.strip()
    if not given or len(given) > LONGEST_ID:
        raise InvalidInput(
            "Say their number of it.", field="their_id", allowed=f"1 to {LONGEST_ID} characters"
        )
    if link.their_id is not None:
        raise MoveNotAllowed(f"It is there as {link.their_id} already.", field="their_id")
    taken = select(ExternalRequest.request_id).where(
        col(ExternalRequest.city_id) == city.id,
        col(ExternalRequest.owner) == link.owner,
        col(ExternalRequest.their_id) == given,
    )
    if session.exec(taken).first() is not None:
        raise InvalidInput(
            "Another request has this number there.", field="their_id", allowed="a number of its own"
        )
    link.state, link.their_id, link.sent_at = "sent", given, link.sent_at or now
    link.next_attempt_at = link.failed_at = link.last_error = link.begun_at = None
