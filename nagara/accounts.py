"""Staff accounts, their sessions, and the keys of other systems. Passwords are argon2id, tokens digests."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from pwdlib import PasswordHash
from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from nagara import statements
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput, NotSignedIn, WrongCredentials
from nagara.ids import new_secret, secret_digest
from nagara.permissions import Role, roles_of
from nagara.tables import ApiKey, StaffAccount, StaffDepartment, StaffSession

SESSION_LENGTH = dt.timedelta(hours=12)
MINIMUM_PASSWORD = 12
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_hasher = PasswordHash.recommended()
_nobody = _hasher.hash("no such account")


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in. ``username`` is the name before the @ of the sign-in name."""

    city_id: str
    username: str
    role: Role
    departments: tuple[str, ...]
    display_name: str

    @property
    def department(self) -> str | None:
        """The department of somebody who belongs to exactly one."""
        return self.departments[0] if len(self.departments) == 1 else None

    def works_for(self, department: str) -> bool:
        """Whether a department's requests are theirs: who belongs to none works for the whole city."""
        return not self.departments or department in self.departments

    @property
    def sign_in_name(self) -> str:
        """The name they sign in with, ``dara@kh-pnh``."""
        return f"{self.username}@{self.city_id}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token is shown this once and kept nowhere."""

    account: Account
    token: str
    expires_at: dt.datetime


def split_sign_in_name(name: str) -> tuple[str, str]:
    """Name and city of ``dara@kh-pnh``; raise ``WrongCredentials`` if it has another form."""
    username, at, city_id = name.strip().lower().partition("@")
    if not at or not username or not city_id:
        raise WrongCredentials("Sign in as name@city, for example agent@kh-pnh.", field="username")
    return username, city_id


def sign_in(session: Session, city_id: str, username: str, password: str) -> SignedIn:
    """Open a session of twelve hours. Takes as long for an unknown name as for a wrong password."""
    row = session.get(StaffAccount, (city_id, username))
    known = row if row is not None and row.active else None
    right = _hasher.verify(password, known.password_hash if known else _nobody)
    if known is None or not right:
        raise WrongCredentials("Username and password do not belong together.", field="username")
    now = _now(session)
    token = new_secret(city_id)
    session.add(
        StaffSession(
            city_id=city_id,
            token_digest=secret_digest(token),
            id=uuid.uuid4(),
            username=username,
            created_at=now,
            last_used_at=now,
            expires_at=now + SESSION_LENGTH,
        )
    )
    return SignedIn(_account(session, known), token, now + SESSION_LENGTH)


async def account_of_token(pool: Pool, city_id: str, token: str) -> Account:
    """Who a token belongs to; raise ``NotSignedIn`` if its session ended, was revoked or never was."""
    [found] = await read_in_city(pool, city_id, (statements.SIGNED_IN_STAFF, (city_id, secret_digest(token))))
    if not found:
        raise NotSignedIn("Sign in first; your session may have ended.")
    [(own_city, username, role, departments, display_name)] = found
    return Account(own_city, username, Role(role), tuple(departments), display_name)


def sign_out(session: Session, city_id: str, token: str) -> None:
    """End the session of a token at once."""
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.city_id) == city_id, col(StaffSession.token_digest) == secret_digest(token))
        .values(revoked_at=func.now())
    )


def add_account(
    session: Session,
    city_id: str,
    username: str,
    password: str,
    role: str,
    *,
    department: str | None = None,
    display_name: str = "",
    email: str | None = None,
) -> Account:
    """Add an account, or give an existing one this password and role; its open sessions end."""
    if not USERNAME.fullmatch(username):
        raise InvalidInput(
            f"{username!r} is not a username.",
            field="username",
            allowed="a-z 0-9 . _ -, at most 63 characters",
        )
    if role not in roles_of(city_id):
        raise InvalidInput(f"{role!r} is not a role here.", field="role", allowed=roles_of(city_id))
    if len(password) < MINIMUM_PASSWORD:
        raise InvalidInput(
            f"The password has {len(password)} characters.",
            field="password",
            allowed=f"at least {MINIMUM_PASSWORD}",
        )
    now = _now(session)
    row = session.get(StaffAccount, (city_id, username))
    if row is None:
        row = StaffAccount(
            city_id=city_id, username=username, password_hash="", role=role, display_name="", created_at=now
        )
        session.add(row)
    row.password_hash, row.role, row.active = _hasher.hash(password), role, True
    row.display_name, row.email = display_name or username, email
    session.flush()
    _set_departments(session, city_id, username, [department] if department else [])
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.city_id) == city_id, col(StaffSession.username) == username)
        .values(revoked_at=now)
    )
    return _account(session, row)


SERVICE_ACCOUNT = "other-systems"


def add_key(
    session: Session, city_id: str, label: str, scope: str, expires_at: dt.datetime | None = None
) -> str:
    """A new key for another system; the only time it is seen."""
    key = new_secret(city_id)
    now = _now(session)
    if session.get(StaffAccount, (city_id, SERVICE_ACCOUNT)) is None:
        session.add(
            StaffAccount(
                city_id=city_id,
                username=SERVICE_ACCOUNT,
                password_hash="",
                role="service",
                display_name="Other systems",
                created_at=now,
            )
        )
        session.flush()
    session.add(
        ApiKey(
            city_id=city_id,
            key_digest=secret_digest(key),
            id=uuid.uuid4(),
            username=SERVICE_ACCOUNT,
            label=label,
            scopes=[scope],
            created_at=now,
            expires_at=expires_at,
        )
    )
    return key


def key_label(session: Session, city_id: str, key: str, scope: str) -> str | None:
    """The label of a valid key with this scope; None if there is none."""
    query = select(ApiKey).where(
        col(ApiKey.city_id) == city_id,
        col(ApiKey.key_digest) == secret_digest(key),
        col(ApiKey.scopes).any(scope),  # type: ignore[arg-type]
        col(ApiKey.revoked_at).is_(None),
        col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > func.now()),
    )
    row = session.exec(query).first()
    return row.label if row else None


def _set_departments(session: Session, city_id: str, username: str, departments: Iterable[str]) -> None:
    session.execute(
        delete(StaffDepartment).where(
            col(StaffDepartment.city_id) == city_id, col(StaffDepartment.username) == username
        )
    )
    for department in dict.fromkeys(departments):
        session.add(StaffDepartment(city_id=city_id, username=username, department=department))


def _account(session: Session, row: StaffAccount) -> Account:
    query = select(StaffDepartment.department).where(
        col(StaffDepartment.city_id) == row.city_id, col(StaffDepartment.username) == row.username
    )
    return Account(
        row.city_id, row.username, Role(row.role), tuple(session.exec(query).all()), row.display_name
    )


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now
