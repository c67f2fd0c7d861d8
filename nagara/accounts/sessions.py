"""Sessions of people: opened by password or by an identity provider, listed, ended one by one or all at once.

A session ends twelve hours after it was opened and when it was not used for two, unless the city says otherwise;
when it was last used is kept in steps of five minutes, so that reading does not mean writing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import Session, col, select

from city_config.policy import StaffAccess
from nagara import statements
from nagara.accounts import keys, passwords, second_factor, trail
from nagara.accounts.account import Account, Lack, SignedIn
from nagara.accounts.people import account_of, departments_of
from nagara.accounts.trail import Action
from nagara.cities import configuration
from nagara.database import Pool, read_in_city
from nagara.errors import NotSignedIn, UnknownSession, WeakPassword, WrongCredentials
from nagara.exchange import Question, Rows
from nagara.ids import new_secret, secret_digest
from nagara.permissions import Role
from nagara.tables import StaffAccount, StaffSession

ENDED_SESSIONS_KEPT = dt.timedelta(days=30)
USER_AGENT_KEPT = 120
EVERYWHERE = StaffAccess()
How = Literal["password", "single_sign_on"]


@dataclass(frozen=True, slots=True)
class SessionShown:
    """A session as its owner sees it."""

    id: uuid.UUID
    created_at: dt.datetime
    last_used_at: dt.datetime
    expires_at: dt.datetime
    user_agent: str
    how: str
    current: bool


def access_of(city_id: str) -> StaffAccess:
    """How a city's staff sign in; the network's officials by what holds where nothing is said."""
    city = configuration().cities.get(city_id)
    return city.staff_access if city else EVERYWHERE


def sign_in(
    session: Session,
    city_id: str,
    username: str,
    password: str,
    *,
    totp: str | None = None,
    recovery_code: str | None = None,
    user_agent: str = "",
) -> SignedIn:
    """Open a session. Takes as long for an unknown name as for a wrong password.

    Raises ``WrongCredentials``, or ``SecondFactorNeeded`` and ``WrongSecondFactor`` once the password was right.
    """
    row = session.get(StaffAccount, (city_id, username))
    known = row if row is not None and row.active and row.role != Role.SERVICE else None
    right = passwords.right(password, known.password_hash if known else None)
    if known is None or not right:
        raise WrongCredentials("Username and password do not belong together.", field="username")
    second_factor.check(session, known, totp, recovery_code, _now(session))
    return open_session(session, known, "password", user_agent)


def open_session(session: Session, row: StaffAccount, how: How, user_agent: str = "") -> SignedIn:
    """A session for somebody whose identity is certain."""
    now = _now(session)
    expires_at = now + dt.timedelta(hours=access_of(row.city_id).session_hours)
    token = new_secret(row.city_id)
    row.last_sign_in_at = now
    session.add(
        StaffSession(
            city_id=row.city_id,
            token_digest=secret_digest(token),
            id=uuid.uuid4(),
            username=row.username,
            created_at=now,
            last_used_at=now,
            expires_at=expires_at,
            user_agent=_short(user_agent),
            how=how,
        )
    )
    session.execute(
        delete(StaffSession).where(
            *_of(row.city_id, row.username), col(StaffSession.expires_at) < now - ENDED_SESSIONS_KEPT
        )
    )
    trail.record(
        session,
        row.city_id,
        Action.SIGNED_IN,
        actor=row.username,
        subject=row.username,
        details={"how": how},
    )
    account = account_of(row, departments_of(session, row.city_id, row.username))
    lacks = _lacks(account.role, row.city_id, how, row.totp_sealed is not None, row.must_change_password)
    return SignedIn(_with(account, lacks), token, expires_at)


async def account_of_token(pool: Pool, city_id: str, token: str) -> Account:
    """Whose token it is, a person's or a key; raise ``NotSignedIn`` if it ended, was revoked or never was."""
    [found] = await read_in_city(pool, city_id, question_of_token(city_id, token))
    account, stale = account_found(city_id, token, found)
    if stale:
        await note_use(pool, city_id, token)
    return account


def question_of_token(city_id: str, token: str) -> Question:
    """What asks whose token it is."""
    digest = secret_digest(token)
    if keys.is_key(token):
        return statements.ACCOUNT_OF_KEY, (city_id, digest)
    return statements.SIGNED_IN_STAFF, (
        city_id,
        digest,
        dt.timedelta(minutes=access_of(city_id).idle_minutes),
    )


def account_found(city_id: str, token: str, found: Rows) -> tuple[Account, bool]:
    """Whose token it is by what was found, and whether its use is to be noted; raise ``NotSignedIn``."""
    if keys.is_key(token):
        return keys.account_found(city_id, found)
    if not found:
        raise NotSignedIn("Sign in first; your session may have ended.")
    [(username, role, departments, name, how, has_factor, must_change, stale)] = found
    lacks = _lacks(Role(role), city_id, how, has_factor, must_change)
    return Account(city_id, username, Role(role), tuple(departments), name, lacks=lacks), stale


async def note_use(pool: Pool, city_id: str, token: str) -> None:
    """Write down that a token was used."""
    used = statements.KEY_USED if keys.is_key(token) else statements.SESSION_USED
    await read_in_city(pool, city_id, (used, (city_id, secret_digest(token))))


async def is_signed_in(pool: Pool, city_id: str, token: str) -> bool:
    """Whether a token is still somebody's, without counting this look as use of the session or key."""
    [found] = await read_in_city(pool, city_id, question_of_token(city_id, token))
    return bool(found)


def sign_out(session: Session, city_id: str, token: str) -> None:
    """End the session of a token at once."""
    ended = session.execute(
        update(StaffSession)
        .where(col(StaffSession.city_id) == city_id, col(StaffSession.token_digest) == secret_digest(token))
        .where(col(StaffSession.revoked_at).is_(None))
        .values(revoked_at=func.now())
        .returning(col(StaffSession.username))
    ).first()
    if ended:
        trail.record(session, city_id, Action.SIGNED_OUT, actor=ended[0], subject=ended[0])


def sessions_of(session: Session, account: Account, token: str) -> Sequence[SessionShown]:
    """Somebody's sessions that are still open, the last used first; ``token`` is that of the present one."""
    idle = dt.timedelta(minutes=access_of(account.city_id).idle_minutes)
    query = (
        select(StaffSession)
        .where(*_of(account.city_id, account.username), *_open(idle))
        .order_by(col(StaffSession.last_used_at).desc(), col(StaffSession.id))
    )
    present = secret_digest(token)
    return [
        SessionShown(
            row.id,
            row.created_at,
            row.last_used_at,
            row.expires_at,
            row.user_agent,
            row.how,
            row.token_digest == present,
        )
        for row in session.exec(query)
    ]


def end_session(session: Session, account: Account, id_: uuid.UUID) -> None:
    """End one of somebody's own sessions; raise ``UnknownSession`` for any other."""
    ended = session.execute(
        update(StaffSession)
        .where(*_of(account.city_id, account.username), col(StaffSession.id) == id_)
        .where(col(StaffSession.revoked_at).is_(None))
        .values(revoked_at=func.now())
        .returning(col(StaffSession.id))
    ).first()
    if ended is None:
        raise UnknownSession("You have no open session of this id.", field="id")
    trail.record(
        session,
        account.city_id,
        Action.SESSION_ENDED,
        actor=account.username,
        subject=account.username,
        details={"sessions": 1},
    )


def end_sessions(
    session: Session, city_id: str, username: str, *, actor: str | None, but_token: str | None = None
) -> int:
    """End all of somebody's sessions, or all but that of a token; returns how many ended."""
    statement = update(StaffSession).where(
        *_of(city_id, username),
        col(StaffSession.revoked_at).is_(None),
        col(StaffSession.expires_at) > func.now(),
    )
    if but_token is not None:
        statement = statement.where(col(StaffSession.token_digest) != secret_digest(but_token))
    ended = session.execute(statement.values(revoked_at=func.now()).returning(col(StaffSession.id))).all()
    if ended:
        trail.record(
            session,
            city_id,
            Action.SESSION_ENDED,
            actor=actor,
            subject=username,
            details={"sessions": len(ended)},
        )
    return len(ended)


def change_password(session: Session, account: Account, old: str, new: str, token: str) -> None:
    """Give the own account another password; every other session of it ends."""
    row = session.get_one(StaffAccount, (account.city_id, account.username), with_for_update=True)
    if not passwords.right(old, row.password_hash):
        raise WrongCredentials("This is not your present password.", field="old")
    if new == old:
        raise WeakPassword("The new password is the present one.", field="new")
    passwords.refuse_weak(new, (row.username, row.display_name, row.email, row.city_id, old))
    row.password_hash, row.must_change_password = passwords.hashed(new), False
    trail.record(session, account.city_id, Action.PASSWORD_CHANGED, actor=row.username, subject=row.username)
    end_sessions(session, account.city_id, account.username, actor=account.username, but_token=token)


def _lacks(role: Role, city_id: str, how: str, has_factor: bool, must_change: bool) -> Lack | None:
    """What a session by password still lacks; an identity provider answers for those it vouches for."""
    if how != "password":
        return None
    if must_change:
        return Lack.PASSWORD
    return Lack.SECOND_FACTOR if role in access_of(city_id).second_factor_roles and not has_factor else None


def _with(account: Account, lacks: Lack | None) -> Account:
    return Account(
        account.city_id,
        account.username,
        account.role,
        account.departments,
        account.display_name,
        lacks=lacks,
    )


def _of(city_id: str, username: str) -> tuple[ColumnElement[bool], ...]:
    return col(StaffSession.city_id) == city_id, col(StaffSession.username) == username


def _open(idle: dt.timedelta) -> tuple[ColumnElement[bool], ...]:
    return (
        col(StaffSession.revoked_at).is_(None),
        col(StaffSession.expires_at) > func.now(),
        col(StaffSession.last_used_at) > func.now() - idle,
    )


def _short(user_agent: str) -> str:
    """A browser's name for itself, without what could not be printed."""
    return "".join(c for c in user_agent if c.isprintable())[:USER_AGENT_KEPT]


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now
