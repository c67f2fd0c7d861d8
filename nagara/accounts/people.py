"""Accounts as administrators see them: added, changed, reset, switched off - never removed, for they stand in
the history of requests.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from city_config import City
from nagara.accounts import passwords, second_factor, trail
from nagara.accounts.account import Account
from nagara.accounts.trail import Action
from nagara.errors import AlreadyThere, InvalidInput, LastAdministrator, UnknownAccount
from nagara.permissions import CITY_ROLES, Role, roles_of
from nagara.tables import ApiKey, StaffAccount, StaffDepartment, StaffSession

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Person:
    """An account with what belongs to it."""

    row: StaffAccount
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account begins with; without a password a temporary one is made."""

    username: str
    role: str
    display_name: str = ""
    departments: tuple[str, ...] = ()
    email: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """What of an account is set back."""

    password: bool = False
    second_factor: bool = False


def people_of(session: Session, city_id: str) -> Sequence[Person]:
    """All accounts of a city, by name."""
    query = select(StaffDepartment).where(col(StaffDepartment.city_id) == city_id)
    departments: dict[str, list[str]] = {}
    for belonging in session.exec(query.order_by(col(StaffDepartment.department))):
        departments.setdefault(belonging.username, []).append(belonging.department)
    rows = session.exec(
        select(StaffAccount).where(col(StaffAccount.city_id) == city_id).order_by(col(StaffAccount.username))
    )
    return [Person(row, tuple(departments.get(row.username, ()))) for row in rows]


def add_account(
    session: Session,
    city_id: str,
    username: str,
    password: str,
    role: str,
    *,
    department: str | None = None,
    departments: Iterable[str] = (),
    display_name: str = "",
    email: str | None = None,
) -> Account:
    """Add an account, or give an existing one this password and role; its open sessions end.

    For who runs the machine: nobody signed in stands behind it. Raises ``InvalidInput``, ``WeakPassword``.
    """
    _check_name_and_role(city_id, username, role)
    passwords.refuse_weak(password, (username, display_name, email, city_id))
    row = session.get(StaffAccount, (city_id, username), with_for_update=True)
    action = Action.ACCOUNT_CHANGED if row else Action.ACCOUNT_ADDED
    if row is None:
        row = _new_row(session, city_id, username, role)
    row.password_hash, row.role, row.active = passwords.hashed(password), role, True
    row.must_change_password = False
    row.display_name, row.email = display_name or username, email
    session.add(row)
    session.flush()
    belongs = tuple(dict.fromkeys((*departments, *((department,) if department else ()))))
    _set_departments(session, row, belongs)
    _end_sessions(session, row)
    trail.record(session, city_id, action, actor=None, subject=username, details={"role": role})
    return account_of(row, belongs)


def create_account(
    session: Session, city: City, actor: Account, new: NewAccount
) -> tuple[Person, str | None]:
    """Add an account of the administrator's city; returns it and its temporary password, if one was made.

    Raises ``AlreadyThere``, ``InvalidInput``, ``WeakPassword``. A password that somebody else knows has to be
    changed at the first sign-in. A service account gets none: it holds keys.
    """
    _check_name_and_role(city.id, new.username, new.role, (*CITY_ROLES, Role.SERVICE))
    _check_departments(city, new.departments)
    if session.get(StaffAccount, (city.id, new.username)) is not None:
        raise AlreadyThere(f"There is an account {new.username!r} already.", field="username")
    temporary = None
    row = _new_row(session, city.id, new.username, new.role)
    if new.role != Role.SERVICE:
        if new.password is None:
            temporary = passwords.temporary()
        else:
            passwords.refuse_weak(new.password, (new.username, new.display_name, new.email, city.id))
        row.password_hash = passwords.hashed(new.password or temporary or "")
        row.must_change_password = True
    row.display_name, row.email = new.display_name or new.username, new.email
    session.add(row)
    session.flush()
    _set_departments(session, row, new.departments)
    told = {"role": new.role, "departments": list(new.departments)}
    trail.record(
        session, city.id, Action.ACCOUNT_ADDED, actor=actor.username, subject=new.username, details=told
    )
    return Person(row, new.departments), temporary


def change_account(
    session: Session, city: City, actor: Account, username: str, changes: dict[str, Any]
) -> Person:
    """Change role, departments, name, e-mail address or whether an account is active.

    Who may do less from now on is signed out. Raises ``UnknownAccount``, ``InvalidInput`` or
    ``LastAdministrator``.
    """
    row = _locked(session, city.id, username)
    before = departments_of(session, city.id, username)
    departments = tuple(changes.get("departments", before))
    role = changes.get("role", row.role)
    was_service = row.role == Role.SERVICE
    if (role == Role.SERVICE) != was_service:
        raise InvalidInput("A service account stays one, and a person's stays a person's.", field="role")
    if not was_service:
        _check_name_and_role(city.id, username, role)
    _check_departments(city, departments)
    active = changes.get("active", row.active)
    if row.role == Role.CITY_ADMIN and row.active and not (role == Role.CITY_ADMIN and active):
        _demand_another_administrator(session, row)
    narrowed = role != row.role or departments != before or not active
    row.role, row.active = role, active
    row.display_name = changes.get("display_name", row.display_name)
    row.email = changes.get("email", row.email)
    session.flush()
    _set_departments(session, row, departments)
    if narrowed:
        _end_sessions(session, row)
    shown = {name: value for name, value in changes.items() if name in ("role", "active", "departments")}
    told = {"changed": sorted(changes)} | shown
    trail.record(
        session, city.id, Action.ACCOUNT_CHANGED, actor=actor.username, subject=username, details=told
    )
    return Person(row, departments)


def reset_account(
    session: Session, city_id: str, actor: Account | None, username: str, what: Reset
) -> str | None:
    """Help somebody who is locked out: a temporary password, no second factor; open sessions end.

    Returns the temporary password if one was made; it has to be changed at the first sign-in. Without an
    ``actor`` it is who runs the machine.
    """
    row = _locked(session, city_id, username)
    temporary = None
    if what.password:
        if row.role == Role.SERVICE:
            raise InvalidInput("A service account has no password; give it a key.", field="password")
        temporary = passwords.temporary()
        row.password_hash, row.must_change_password = passwords.hashed(temporary), True
    if what.second_factor:
        second_factor.clear(session, row)
    _end_sessions(session, row)
    told = {"password": what.password, "second_factor": what.second_factor}
    by = actor.username if actor else None
    trail.record(session, city_id, Action.ACCOUNT_RESET, actor=by, subject=username, details=told)
    return temporary


def account_of(row: StaffAccount, departments: Sequence[str]) -> Account:
    """The value behind a row."""
    return Account(row.city_id, row.username, Role(row.role), tuple(departments), row.display_name)


def departments_of(session: Session, city_id: str, username: str) -> tuple[str, ...]:
    """The departments somebody belongs to, by code."""
    query = select(StaffDepartment.department).where(
        col(StaffDepartment.city_id) == city_id, col(StaffDepartment.username) == username
    )
    return tuple(session.exec(query.order_by(col(StaffDepartment.department))).all())


def free_username(session: Session, city_id: str, wanted: str) -> str:
    """A username near to what is wanted that nobody has."""
    base = re.sub(r"[^a-z0-9._-]+", "-", wanted.lower()).strip("-._")[:50] or "staff"
    taken = set(
        session.exec(
            select(StaffAccount.username).where(
                col(StaffAccount.city_id) == city_id, col(StaffAccount.username).startswith(base)
            )
        )
    )
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if name not in taken)


def new_account_row(session: Session, city_id: str, username: str, role: str) -> StaffAccount:
    """A row for an account that has no password; the caller adds it to the session."""
    _check_name_and_role(city_id, username, role, (*roles_of(city_id), Role.SERVICE))
    return _new_row(session, city_id, username, role)


def _new_row(session: Session, city_id: str, username: str, role: str) -> StaffAccount:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return StaffAccount(
        city_id=city_id,
        username=username,
        password_hash="",
        role=str(role),
        display_name=username,
        created_at=now,
    )


def _locked(session: Session, city_id: str, username: str) -> StaffAccount:
    row = session.get(StaffAccount, (city_id, username), with_for_update=True)
    if row is None:
        raise UnknownAccount(f"There is no account {username[:63]!r}.", field="username")
    return row


def _demand_another_administrator(session: Session, row: StaffAccount) -> None:
    """Raise unless somebody else stays able to administer; all of them are locked, so that two cannot cross."""
    administrators = session.exec(
        select(StaffAccount.username)
        .where(
            col(StaffAccount.city_id) == row.city_id,
            col(StaffAccount.role) == Role.CITY_ADMIN.value,
            col(StaffAccount.active),
        )
        .order_by(col(StaffAccount.username))
        .with_for_update()
    ).all()
    if set(administrators) <= {row.username}:
        raise LastAdministrator(
            f"{row.username} is the city's last administrator; make another one first.", field="role"
        )


def _check_name_and_role(city_id: str, username: str, role: str, roles: Sequence[Role] | None = None) -> None:
    if not USERNAME.fullmatch(username):
        raise InvalidInput(
            f"{username[:63]!r} is not a username.",
            field="username",
            allowed="a-z 0-9 . _ -, at most 63 characters",
        )
    allowed = roles_of(city_id) if roles is None else roles
    if role not in allowed:
        raise InvalidInput(f"{role[:40]!r} is not a role here.", field="role", allowed=allowed)


def _check_departments(city: City, departments: Sequence[str]) -> None:
    for code in departments:
        if code not in city.departments_by_code:
            raise InvalidInput(
                f"There is no department {code[:60]!r}.",
                field="departments",
                allowed=city.departments_by_code,
            )


def _set_departments(session: Session, row: StaffAccount, departments: Iterable[str]) -> None:
    session.execute(
        delete(StaffDepartment).where(
            col(StaffDepartment.city_id) == row.city_id, col(StaffDepartment.username) == row.username
        )
    )
    for department in dict.fromkeys(departments):
        session.add(StaffDepartment(city_id=row.city_id, username=row.username, department=department))
    session.flush()


def _end_sessions(session: Session, row: StaffAccount) -> None:
    """Sign an account out everywhere; a service account that is switched off loses its keys."""
    session.execute(
        update(StaffSession)
        .where(
            col(StaffSession.city_id) == row.city_id,
            col(StaffSession.username) == row.username,
            col(StaffSession.revoked_at).is_(None),
        )
        .values(revoked_at=func.now())
    )
    if not row.active:
        session.execute(
            update(ApiKey)
            .where(
                col(ApiKey.city_id) == row.city_id,
                col(ApiKey.username) == row.username,
                col(ApiKey.revoked_at).is_(None),
            )
            .values(revoked_at=func.now())
        )
