"""Filters somebody keeps, for themselves or for others; only their owner may change them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from nagara.accounts import Account
from nagara.errors import InvalidInput, NotPermitted, UnknownFilter
from nagara.ids import uuid7
from nagara.permissions import Permission
from nagara.tables import SavedFilter

MOST_OF_ONE = 100
SHARED = ("none", "department", "city")
SHARING = {"department": Permission.WORK, "city": Permission.SUPERVISE}
"""What it takes to put a filter into others' lists: one's department's, or everybody's."""


def visible(session: Session, account: Account) -> list[SavedFilter]:
    """One's own filters, and those shared with one's departments or the city, by name."""
    query = select(SavedFilter).where(
        col(SavedFilter.city_id) == account.city_id,
        or_(
            col(SavedFilter.username) == account.username,
            col(SavedFilter.shared) == "city",
            (col(SavedFilter.shared) == "department")
            & col(SavedFilter.departments).op("&&")(list(account.departments)),
        ),
    )
    return list(session.exec(query.order_by(col(SavedFilter.name), col(SavedFilter.id))).all())


def keep(
    session: Session,
    account: Account,
    name: str,
    content: dict[str, Any],
    shared: str,
    id_: uuid.UUID | None = None,
) -> SavedFilter:
    """Keep a new filter, or change one's own.

    Raises ``UnknownFilter``, ``NotPermitted`` for another's and for sharing further than one may,
    ``InvalidInput`` for a name used twice, for sharing with a department where one belongs to none, and for
    too many.
    """
    if shared in SHARING:
        account.demand(SHARING[shared])
    if shared == "department" and not account.departments:
        wide = ["city"] if account.may(SHARING["city"]) else []
        raise InvalidInput(
            "You belong to no department to share it with.", field="shared", allowed=["none", *wide]
        )
    owned = session.exec(
        select(SavedFilter)
        .where(col(SavedFilter.city_id) == account.city_id, col(SavedFilter.username) == account.username)
        .with_for_update()
    ).all()
    if any(one.name == name and one.id != id_ for one in owned):
        raise InvalidInput(f"You have a filter named {name!r} already.", field="name")
    if id_ is None and len(owned) >= MOST_OF_ONE:
        raise InvalidInput(
            f"You keep {len(owned)} filters.", field="name", allowed=f"at most {MOST_OF_ONE}; delete one"
        )
    now = session.execute(select(func.clock_timestamp())).scalar_one()
    row = _own(session, account, id_) if id_ else None
    if row is None:
        row = SavedFilter(
            city_id=account.city_id,
            id=uuid7(),
            username=account.username,
            name=name,
            filter=content,
            shared=shared,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
    row.name, row.filter, row.shared, row.updated_at = name, content, shared, now
    row.departments = list(account.departments) if shared == "department" else []
    session.flush()
    return row


def forget(session: Session, account: Account, id_: uuid.UUID) -> None:
    """Delete one's own filter; raises ``UnknownFilter`` or, for another's, ``NotPermitted``."""
    session.delete(_own(session, account, id_))


def _own(session: Session, account: Account, id_: uuid.UUID) -> SavedFilter:
    row = next((one for one in visible(session, account) if one.id == id_), None)
    if row is None:
        raise UnknownFilter("There is no such filter.", field="id")
    if row.username != account.username:
        raise NotPermitted(f"The filter is {row.username}'s; keep one of your own beside it.")
    return row
