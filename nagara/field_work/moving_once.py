"""A move that is made once, however often it arrives: a phone without a line keeps it and sends it until it is told.

The key names the move among those of one person. It is written down in the transaction of the move itself, so a
move that is refused leaves its key unused, and one that was made is never made again. The caller owns the
transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import psycopg
from sqlalchemy import text
from sqlmodel import Session

from city_config import City
from nagara.accounts import Account
from nagara.changing import only_read
from nagara.errors import InvalidInput, ReplayedWithOtherBody
from nagara.filing.handed_in import MAX_KEY
from nagara.lifecycle import Move
from nagara.permissions import permission_for
from nagara.staff import actions as staff_actions
from nagara.staff.actions import Details
from nagara.tables import Request

KEPT = dt.timedelta(days=60)
"""How long a key is known. What a phone keeps for longer names the version it saw, which is no longer the newest
once the move was made, so it is refused then, not made twice.
"""

TAKE = text(
    "insert into move_key (city_id, username, key, body_digest, version, used_at) "
    "values (:city, :username, :key, :digest, 0, clock_timestamp()) on conflict do nothing returning key"
)
EARLIER = text(
    "select body_digest, version from move_key where city_id = :city and username = :username and key = :key"
)
MADE = text(
    "update move_key set version = :version where city_id = :city and username = :username and key = :key"
)
FORGET = """
delete from move_key where (city_id, username, key) in (
    select city_id, username, key from move_key where used_at < %s limit %s)
"""


@dataclass(frozen=True, slots=True)
class Made:
    """The request after a move. ``version`` is the one this move made; the request's own may be newer by now."""

    row: Request
    version: int
    replayed: bool = False


def make_move_once(
    session: Session,
    city: City,
    account: Account,
    reference: str,
    move: Move,
    details: Details,
    key: str | None,
) -> Made:
    """Make a move, or find that it was made before under the same key; without a key it is made.

    Raises what ``staff_actions.make_move`` raises, ``ReplayedWithOtherBody`` where the key was used for anything
    else, and ``InvalidInput`` for a key that is too long; then nothing has changed.
    """
    if key is None:
        row = staff_actions.make_move(session, city, account, reference, move, details)
        return Made(row, row.version)
    if len(key) > MAX_KEY:
        raise InvalidInput(
            f"Idempotency-Key is longer than {MAX_KEY} characters.",
            field="Idempotency-Key",
            allowed=f"at most {MAX_KEY} characters",
        )
    account.demand(permission_for(move))
    named = {"city": city.id, "username": account.username, "key": key}
    digest = _digest(reference, move, details)
    # Whoever sends the same at the same time waits here until the first one has ended.
    if session.execute(TAKE, named | {"digest": digest}).first() is None:
        return _made_before(session, city, reference, named, digest)
    row = staff_actions.make_move(session, city, account, reference, move, details)
    session.execute(MADE, named | {"version": row.version})
    return Made(row, row.version)


def _made_before(session: Session, city: City, reference: str, named: dict[str, str], digest: bytes) -> Made:
    known, version = session.execute(EARLIER, named).one()
    if bytes(known) != digest:
        raise ReplayedWithOtherBody(
            "This Idempotency-Key was used before for another move; use a new key for a new one.",
            field="Idempotency-Key",
            allowed="the same move with the same body, or a key that was not used before",
        )
    return Made(only_read(session, city, reference), int(version), replayed=True)


def _digest(reference: str, move: Move, details: Details) -> bytes:
    """SHA-256 over all that was asked for."""
    asked = [reference.upper(), move.value, asdict(details)]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()


def forget_keys(connection: psycopg.Connection[Any], now: dt.datetime, most: int = 5_000) -> int:
    """Forget keys nobody sends any more; returns how many. Safe to repeat, to kill and beside itself."""
    with connection.transaction():
        return connection.execute(FORGET, (now - KEPT, most)).rowcount
