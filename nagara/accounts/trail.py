"""What staff did about signing in and accounts: who, what, whom, when. Append-only, and never a secret."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, tuple_
from sqlmodel import Session, col, select

from nagara.errors import InvalidInput
from nagara.ids import uuid7
from nagara.tables import StaffAccount, StaffAudit


class Action(StrEnum):
    """What is written down."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    SECOND_FACTOR_SET_UP = "second_factor_set_up"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    IDENTITY_LINKED = "identity_linked"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_RESET = "account_reset"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of what happened, newest first, and where the next one begins."""

    entries: Sequence[StaffAudit]
    next_cursor: str | None


def record(
    session: Session,
    city_id: str,
    action: Action,
    *,
    actor: str | None,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one line, within the caller's transaction. ``actor`` and ``subject`` are usernames of the city."""
    _write(session, city_id, action, actor, subject, details or {})


def record_refusal(session: Session, city_id: str, username: str, why: str) -> None:
    """Write that a sign-in was refused. A name nobody has is not kept: people type passwords there.

    One statement whether the name is known or not, so that time does not tell which.
    """
    known = (
        select(StaffAccount.username)
        .where(col(StaffAccount.city_id) == city_id, col(StaffAccount.username) == username)
        .scalar_subquery()
    )
    _write(session, city_id, Action.SIGN_IN_REFUSED, None, known, {"why": why})


def _write(
    session: Session,
    city_id: str,
    action: Action,
    actor: str | None,
    subject: Any,
    details: Mapping[str, Any],
) -> None:
    session.execute(
        insert(StaffAudit).values(
            city_id=city_id,
            id=uuid7(),
            at=func.clock_timestamp(),
            actor=actor,
            action=action.value,
            subject=subject,
            details=dict(details),
        )
    )


def page(
    session: Session,
    city_id: str,
    *,
    limit: int,
    cursor: str | None = None,
    username: str | None = None,
    action: str | None = None,
) -> Trail:
    """What happened in a city, newest first; of one account, or of one kind."""
    if action is not None and action not in {a.value for a in Action}:
        raise InvalidInput(
            f"{action[:40]!r} is nothing that is written down.",
            field="action",
            allowed=[a.value for a in Action],
        )
    at, id_ = col(StaffAudit.at), col(StaffAudit.id)
    query = select(StaffAudit).where(col(StaffAudit.city_id) == city_id)
    if username is not None:
        query = query.where((col(StaffAudit.actor) == username) | (col(StaffAudit.subject) == username))
    if action is not None:
        query = query.where(col(StaffAudit.action) == action)
    if cursor is not None:
        query = query.where(tuple_(at, id_) < tuple_(*_read(cursor)))
    found = session.exec(query.order_by(at.desc(), id_.desc()).limit(limit + 1)).all()
    more = len(found) > limit
    return Trail(found[:limit], _cursor(found[limit - 1]) if more else None)


def _cursor(row: StaffAudit) -> str:
    return base64.urlsafe_b64encode(f"{row.at.isoformat()} {row.id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[dt.datetime, uuid.UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, id_ = text.partition(" ")
        return dt.datetime.fromisoformat(at), uuid.UUID(id_)
    except (ValueError, binascii.Error) as error:
        raise InvalidInput(
            "cursor is not one that this list gave; start again without it.", field="cursor"
        ) from error
