"""Whom work can be given to: accounts that may work; names without an account are crews and contractors."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, col, select

from nagara.errors import InvalidInput
from nagara.permissions import PERMISSIONS, Permission, Role
from nagara.tables import StaffAccount

WORKING_ROLES: Final = tuple(
    role.value for role in Role if PERMISSIONS[role] & {Permission.WORK, Permission.FIELD}
)
MOST_NAMED = 50


def demand_able(session: Session, city_id: str, name: str, field: str, *, account: bool = False) -> None:
    """Refuse to give work to an account that cannot do it: closed, an auditor's, another system's.

    ``name`` is a username or a sign-in name. A name without an account passes, unless ``account`` says there
    must be one. Raises ``InvalidInput`` naming accounts that can.
    """
    username = name.strip().lower().removesuffix(f"@{city_id}")
    found = session.get(StaffAccount, (city_id, username))
    if (found is None and not account) or (found and found.active and found.role in WORKING_ROLES):
        return
    query = select(StaffAccount.username).where(
        col(StaffAccount.city_id) == city_id,
        col(StaffAccount.active),
        col(StaffAccount.role).in_(WORKING_ROLES),
    )
    able = session.exec(query.order_by(col(StaffAccount.username)).limit(MOST_NAMED)).all()
    why = "is no account here" if found is None else "cannot work on requests"
    raise InvalidInput(f"{username[:40]!r} {why}.", field=field, allowed=list(able))
