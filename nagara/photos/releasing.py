"""Staff decide which pictures the public sees, where the city leaves that to them."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlmodel import Session

from city_config import City
from nagara import event_log
from nagara.accounts import Account
from nagara.changing import locked
from nagara.errors import NotPermitted, UnknownPhoto
from nagara.event_log import Actor, EventKind
from nagara.permissions import Permission
from nagara.tables import Photo, Request


def release(
    session: Session, city: City, account: Account, reference: str, photo_id: uuid.UUID, public: bool
) -> Request:
    """Release a picture of a request, or take it back; returns the request. Its history says who did.

    Doing it twice changes nothing. Raises ``NotPermitted``, ``UnknownRequest`` or ``UnknownPhoto``.
    """
    account.demand(Permission.WORK)
    row = locked(session, city, reference)
    if not account.works_for(row.department):
        own = ", ".join(account.departments)
        raise NotPermitted(f"The request belongs to {row.department}, you to {own}.")
    photo = session.get(Photo, (city.id, photo_id))
    if photo is None or photo.request_id != row.id:
        raise UnknownPhoto("There is no such picture.", field="id")
    if photo.public != public:
        photo.public = public
        row.version, row.updated_at = (
            row.version + 1,
            session.execute(select(func.clock_timestamp())).scalar_one(),
        )
        session.flush()
        event_log.record(
            session,
            city.id,
            row.id,
            EventKind.NOTED,
            Actor("staff", account.sign_in_name),
            row.status,
            row.status,
            {"photo": str(photo_id), "public": public},
        )
    return row
