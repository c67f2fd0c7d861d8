"""Who is signed in: a person, or a service account behind a key. A plain value, and what it may do."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum

from nagara.errors import ForPeopleOnly, NotPermitted, SignInIncomplete, WrongCredentials
from nagara.permissions import PERMISSIONS, SCOPES, Permission, Role, demand


class Lack(StrEnum):
    """What a sign-in still lacks; until then only the own account can be reached."""

    PASSWORD = "password"  # somebody else set it: it has to be changed  # noqa: S105
    SECOND_FACTOR = "second_factor"  # the city demands one of this role


LACKING = {
    Lack.PASSWORD: "Give the account a password of your own first.",
    Lack.SECOND_FACTOR: "Set up the second factor first: your city asks it of your role.",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in. ``username`` is the name before the @ of the sign-in name.

    ``departments``: those they work for; none means the whole city. ``scopes``: and ``key``, the id, of the
    key that was used; None for a person. ``lacks``: what the sign-in still needs before it opens anything but the
    own account.
    """

    city_id: str
    username: str
    role: Role
    departments: tuple[str, ...]
    display_name: str
    scopes: tuple[str, ...] | None = None
    lacks: Lack | None = None
    key: uuid.UUID | None = None

    @property
    def department(self) -> str | None:
        """The department of somebody who belongs to exactly one."""
        return self.departments[0] if len(self.departments) == 1 else None

    @property
    def sign_in_name(self) -> str:
        """The name they sign in with, ``dara@kh-pnh``."""
        return f"{self.username}@{self.city_id}"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What they may do: by their role, or by the scopes of their key."""
        if self.lacks is not None:
            return frozenset()
        if self.scopes is None:
            return PERMISSIONS[self.role]
        return frozenset[Permission]().union(*(SCOPES.get(scope, frozenset()) for scope in self.scopes))

    def works_for(self, department: str) -> bool:
        """Whether a department's requests are theirs: who belongs to none works for the whole city."""
        return not self.departments or department in self.departments

    def may(self, permission: Permission) -> bool:
        """Whether they may do this."""
        return permission in self.permissions

    def demand(self, permission: Permission) -> None:
        """Raise ``NotPermitted``, or ``SignInIncomplete``, saying what it would take, unless they may."""
        self.demand_complete()
        if self.may(permission):
            return
        if self.scopes is None:
            demand(self.role, permission)
        able = [scope for scope, opened in SCOPES.items() if permission in opened]
        if not able:
            people = [role.value for role in Role if permission in PERMISSIONS[role]]
            raise NotPermitted("No key does this: it is for people.", field="role", allowed=people)
        raise NotPermitted("The key's scopes do not include this.", field="scope", allowed=able)

    def demand_complete(self) -> None:
        """Raise ``SignInIncomplete`` while something is lacking."""
        if self.lacks is not None:
            raise SignInIncomplete(LACKING[self.lacks], field=self.lacks.value)

    def demand_person(self) -> None:
        """Raise ``ForPeopleOnly`` for a key."""
        if self.scopes is not None:
            raise ForPeopleOnly("Sign in as a person; a key has no account of its own to look after.")


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
