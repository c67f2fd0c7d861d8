"""What a reviewer was told, and whether they want single mails or a digest. The caller owns the transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from nagara.accounts import Account
from nagara.tables import StaffNoticeChoice

PAGE = text("""
select review_id, occasion, kind, subject, body, language, created_at, read_at from review_notice
 where city_id = :city_id and username = :username and (not :unread or read_at is null)
   and (cast(:before as timestamptz) is null or created_at < :before)
 order by created_at desc, review_id, occasion limit :limit
""")
UNREAD = text("""
select count(*) from review_notice where city_id = :city_id and username = :username and read_at is null
""")
READ = text("""
update review_notice set read_at = clock_timestamp()
 where city_id = :city_id and username = :username and read_at is null
   and (cast(:review as uuid) is null or review_id = :review)
   and (cast(:until as timestamptz) is null or created_at <= :until)
""")


def notices(
    session: Session, account: Account, *, before: dt.datetime | None, unread: bool, limit: int
) -> dict[str, Any]:
    """What somebody was told, newest first, and how much of it they have not read."""
    values = _own(account) | {"before": before, "unread": unread, "limit": limit}
    found: Sequence[Any] = session.execute(PAGE, values).mappings().all()
    items = [
        {
            "review": row["review_id"],
            "occasion": row["occasion"],
            "kind": row["kind"],
            "subject": row["subject"],
            "body": row["body"],
            "language": row["language"],
            "at": row["created_at"],
            "read_at": row["read_at"],
        }
        for row in found
    ]
    waiting: int = session.execute(UNREAD, _own(account)).scalar_one()
    return {"items": items, "unread": waiting, "more": len(items) == limit}


def mark_read(session: Session, account: Account, review: UUID | None, until: dt.datetime | None) -> int:
    """Mark as read what somebody was told of a review, or of all; returns how much is left."""
    session.execute(READ, _own(account) | {"review": review, "until": until})
    left: int = session.execute(UNREAD, _own(account)).scalar_one()
    return left


def digest_of(session: Session, account: Account) -> str:
    """Whether somebody is told by single mails (``none``), once a day or once a week."""
    row = session.get(StaffNoticeChoice, (account.city_id, account.username))
    return row.digest if row is not None else "none"


def choose_digest(session: Session, account: Account, digest: str, zone: str, now: dt.datetime) -> None:
    """Keep the choice; it is the same as for notices of work, where somebody has those too."""
    row = session.get(StaffNoticeChoice, (account.city_id, account.username))
    if row is None:
        row = StaffNoticeChoice(city_id=account.city_id, username=account.username, zone=zone)
        session.add(row)
    if row.digest != digest:  # the first comes with the next day or week, not in the middle of this one
        row.digest, row.last_digest_at = digest, now
    session.flush()


def _own(account: Account) -> dict[str, Any]:
    return {"city_id": account.city_id, "username": account.username}
