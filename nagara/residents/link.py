"""The private link of a request: who holds it, how it is renewed, how staff revoke it.

The token is derived, not stored; the row only counts renewals. With each, another token is the right one and
the one before is as unknown as a guess.
"""

from __future__ import annotations

import hmac
import uuid

from sqlalchemy import func, select
from sqlmodel import Session

from city_config import City
from nagara.accounts import Account
from nagara.changing import finish, locked
from nagara.errors import UnknownRequest
from nagara.event_log import Actor
from nagara.ids import resident_token
from nagara.lifecycle import Move, Status, transition
from nagara.permissions import Permission
from nagara.tables import Request

RESIDENT = Actor("resident")


def opens(
    token: str | None, secret: bytes, city_id: str, request_id: uuid.UUID, generation: int | None
) -> bool:
    """Whether a token is the one of a request's present private link."""
    right = resident_token(secret, city_id, request_id, generation)
    return token is not None and hmac.compare_digest(token.encode(), right.encode())


def own(session: Session, city: City, reference: str, token: str, secret: bytes) -> Request:
    """The request of whoever holds its private link, locked until the transaction ends.

    Raises ``UnknownRequest`` for a wrong token just as for a reference that does not exist.
    """
    row = locked(session, city, reference)
    if not opens(token, secret, city.id, row.id, row.link_generation):
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    return row


def renew(session: Session, city: City, reference: str, token: str, secret: bytes) -> str:
    """Give the holder a new private link; returns its token. From now on the old one opens nothing."""
    row = own(session, city, reference, token, secret)
    _next_generation(session, city, row, RESIDENT)
    return resident_token(secret, city.id, row.id, row.link_generation)


def revoke(session: Session, city: City, account: Account, reference: str) -> Request:
    """Let the private link open nothing any more, for one that was passed on; nobody is given the next one.

    Raises ``NotPermitted`` or ``UnknownRequest``. The history says who did it.
    """
    account.demand(Permission.SUPERVISE)
    row = locked(session, city, reference)
    _next_generation(session, city, row, Actor("staff", account.sign_in_name))
    return row


def _next_generation(session: Session, city: City, row: Request, actor: Actor) -> None:
    step = transition(Status(row.status), Move.RENEW_LINK)
    row.link_generation = (row.link_generation or 0) + 1
    now = session.execute(select(func.clock_timestamp())).scalar_one()
    finish(session, city, row, step, actor, now, {"generation": row.link_generation})
