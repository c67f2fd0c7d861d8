"""Keys of other systems: held by a service account, limited by scopes and time, kept as digests alone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from nagara.accounts import trail
from nagara.accounts.account import Account
from nagara.accounts.people import new_account_row
from nagara.accounts.trail import Action
from nagara.errors import InvalidInput, NotSignedIn, UnknownKey
from nagara.exchange import Rows
from nagara.ids import new_secret, secret_digest
from nagara.permissions import SCOPES, Role
from nagara.tables import ApiKey, StaffAccount

SERVICE_ACCOUNT = "other-systems"
"""Holds keys for which nobody named a service account."""

USUAL_LIFE = dt.timedelta(days=365)
"""How long a key lasts where nobody says."""
LONGEST_LIFE = dt.timedelta(days=730)
"""How long a key may last: one that leaked unseen ends by itself, and its holder is asked for again."""

MARK = ".key."
"""What tells a key from a session's token: both begin with their city, a key goes on with this."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key opens, for whom and until when; where that is not said, for ``USUAL_LIFE``."""

    label: str
    scopes: tuple[str, ...]
    account: str = SERVICE_ACCOUNT
    expires_at: dt.datetime | None = None


def is_key(token: str) -> bool:
    """Whether a token has the form of a key rather than of a session."""
    return MARK in token


def account_found(city_id: str, found: Rows) -> tuple[Account, bool]:
    """The service account of a key by what was found, and whether its use is to be noted.

    Raises ``NotSignedIn`` if the key ended, was revoked or never was.
    """
    if not found:
        raise NotSignedIn("The key is not known here; it may have ended.")
    [(username, departments, name, scopes, id_, stale)] = found
    account = Account(
        city_id, username, Role.SERVICE, tuple(departments), name, scopes=tuple(scopes), key=id_
    )
    return account, stale


def add_key(
    session: Session,
    city_id: str,
    label: str,
    scope: str | Sequence[str],
    expires_at: dt.datetime | None = None,
) -> str:
    """A new key for another system; the only time it is seen. For who runs the machine."""
    scopes = (scope,) if isinstance(scope, str) else tuple(scope)
    return create_key(session, city_id, None, NewKey(label, scopes, expires_at=expires_at))[1]


def create_key(session: Session, city_id: str, actor: Account | None, new: NewKey) -> tuple[ApiKey, str]:
    """A new key and its secret, which is seen this once; its service account is made if it is not there.

    Raises ``InvalidInput`` for unknown scopes, a time that has passed or lies beyond ``LONGEST_LIFE``, or a
    person's account.
    """
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    _check(new, now)
    _service_account(session, city_id, new.account)
    key = f"{city_id}{MARK}{new_secret(city_id).partition('.')[2]}"
    row = ApiKey(
        city_id=city_id,
        key_digest=secret_digest(key),
        id=uuid.uuid4(),
        username=new.account,
        label=new.label,
        scopes=list(dict.fromkeys(new.scopes)),
        created_at=now,
        created_by=actor.username if actor else None,
        expires_at=new.expires_at or now + USUAL_LIFE,
    )
    session.add(row)
    session.flush()
    trail.record(
        session,
        city_id,
        Action.KEY_ADDED,
        actor=actor.username if actor else None,
        subject=new.account,
        details={
            "id": str(row.id),
            "label": new.label,
            "scopes": row.scopes,
            "expires_at": str(row.expires_at),
        },
    )
    return row, key


def keys_of(session: Session, city_id: str) -> Sequence[ApiKey]:
    """All keys of a city, the newest first; those that ended too."""
    query = select(ApiKey).where(col(ApiKey.city_id) == city_id)
    return session.exec(query.order_by(col(ApiKey.created_at).desc(), col(ApiKey.id))).all()


def revoke_key(session: Session, city_id: str, actor: Account, id_: uuid.UUID) -> None:
    """End a key at once; a second time changes nothing. Raise ``UnknownKey`` if the city has none of this id."""
    row = session.exec(
        select(ApiKey).where(col(ApiKey.city_id) == city_id, col(ApiKey.id) == id_).with_for_update()
    ).first()
    if row is None:
        raise UnknownKey("There is no key of this id.", field="id")
    if row.revoked_at is not None:
        return
    row.revoked_at = session.execute(select(func.clock_timestamp())).scalar_one()
    trail.record(
        session,
        city_id,
        Action.KEY_REVOKED,
        actor=actor.username,
        subject=row.username,
        details={"id": str(id_), "label": row.label},
    )


def key_label(session: Session, city_id: str, key: str, scope: str) -> str | None:
    """The label of a valid key with this scope; None if there is none."""
    query = (
        select(ApiKey)
        .join(
            StaffAccount,
            (col(StaffAccount.city_id) == col(ApiKey.city_id))
            & (col(StaffAccount.username) == col(ApiKey.username)),
        )
        .where(
            col(ApiKey.city_id) == city_id,
            col(ApiKey.key_digest) == secret_digest(key),
            col(ApiKey.revoked_at).is_(None),
            col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > func.now()),
            col(StaffAccount.active),
        )
    )
    row = session.exec(query).first()
    if row is None or scope not in row.scopes:
        return None
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    if row.last_used_at is None or now - row.last_used_at > dt.timedelta(minutes=5):
        row.last_used_at = now
    return row.label


def _check(new: NewKey, now: dt.datetime) -> None:
    unknown = [scope for scope in new.scopes if scope not in SCOPES]
    if unknown or not new.scopes:
        named = unknown[0][:40] if unknown else ""
        raise InvalidInput(f"{named!r} is not a scope.", field="scopes", allowed=SCOPES)
    if new.expires_at is None:
        return
    possible = f"a time with its zone, at most {LONGEST_LIFE.days} days away; none: {USUAL_LIFE.days} days"
    if new.expires_at.tzinfo is None or new.expires_at <= now:
        raise InvalidInput("The key would have ended already.", field="expires_at", allowed=possible)
    if new.expires_at > now + LONGEST_LIFE:
        raise InvalidInput("No key lasts so long.", field="expires_at", allowed=possible)


def _service_account(session: Session, city_id: str, username: str) -> None:
    row = session.get(StaffAccount, (city_id, username))
    if row is None:
        row = new_account_row(session, city_id, username, Role.SERVICE)
        session.add(row)
        session.flush()
    if row.role != Role.SERVICE:
        raise InvalidInput("Keys are held by service accounts, not by people.", field="account")
    if not row.active:
        raise InvalidInput("The service account is switched off.", field="account")
