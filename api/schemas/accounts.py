"""Signing in, sessions, second factors; accounts and keys as administrators see them; what staff did."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input, Names

RoleName = Literal["crew", "agent", "dispatcher", "supervisor", "auditor", "city_admin", "service"]


class SignInBody(Input):
    """Sign-in name (``name@city``) and password, and the second factor where the account has one."""

    username: str = Field(max_length=200, examples=["agent@kh-pnh"])
    password: str = Field(max_length=1000)
    totp: str | None = Field(default=None, max_length=16, description="The code the phone shows")
    recovery_code: str | None = Field(
        default=None, max_length=40, description="Instead of totp; each of the ten works once"
    )


class AccountShown(BaseModel):
    """Who is signed in."""

    username: str
    city: str
    role: str
    department: str | None = Field(description="Where it is exactly one")
    departments: list[str] = Field(description="Those they work for; none: the whole city")
    display_name: str
    permissions: list[str]
    lacks: Literal["password", "second_factor"] | None = Field(
        description="What has to be set up before anything else opens"
    )
    scopes: list[str] | None = Field(description="Of the key that was used; null for a person")


class Session(BaseModel):
    """A session; the token is shown this once."""

    token: str
    expires_at: dt.datetime
    account: AccountShown


class SessionShown(BaseModel):
    """The present session."""

    account: AccountShown


class SessionListed(BaseModel):
    """One of somebody's open sessions. ``last_used_at`` moves in steps of five minutes."""

    id: uuid.UUID
    created_at: dt.datetime
    last_used_at: dt.datetime
    expires_at: dt.datetime
    user_agent: str
    how: Literal["password", "single_sign_on"]
    current: bool


class Sessions(BaseModel):
    """Somebody's open sessions, the last used first."""

    sessions: list[SessionListed]


class SecondFactorState(BaseModel):
    """Whether an account has a second factor, and how many recovery codes are left."""

    active: bool
    recovery_codes_left: int


class SecondFactorBody(Input):
    """The password, needed where a factor is replaced."""

    password: str | None = Field(default=None, max_length=1000)


class SecondFactorOffered(BaseModel):
    """A new secret: as text, as ``otpauth:`` address and as a picture; it counts once it is confirmed."""

    secret: str
    uri: str
    qr_svg: str


class SecondFactorConfirmBody(Input):
    """The code the phone shows for the new secret."""

    totp: str = Field(max_length=16)


class RecoveryCodes(BaseModel):
    """Ten codes that replace the second factor once each; shown this once."""

    recovery_codes: list[str]


class PasswordBody(Input):
    """The own password, to confirm something."""

    password: str = Field(max_length=1000)


class PasswordChangeBody(Input):
    """The present password and the one to come."""

    old: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class ProviderOffered(BaseModel):
    """An identity provider and where signing in with it begins."""

    code: str
    name: str = Field(description="In the city's first language")
    names: Names
    start_url: str


class SignInOptions(BaseModel):
    """How a city's staff may sign in."""

    password: bool
    oidc: list[ProviderOffered]


class StaffAccountShown(BaseModel):
    """An account as the city's administrator sees it."""

    username: str
    sign_in_name: str
    role: str
    departments: list[str]
    display_name: str
    email: str | None
    active: bool
    second_factor: bool
    single_sign_on: bool
    must_change_password: bool
    created_at: dt.datetime
    last_sign_in_at: dt.datetime | None


class StaffAccounts(BaseModel):
    """The city's accounts, by name."""

    accounts: list[StaffAccountShown]


class NewAccountBody(Input):
    """An account to be made. Without a password a temporary one is made and told once."""

    username: str = Field(max_length=63, examples=["sophea"])
    role: RoleName
    display_name: str = Field(default="", max_length=200)
    departments: list[str] = Field(default=[], max_length=100)
    email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    password: str | None = Field(default=None, max_length=1000)


class AccountMade(BaseModel):
    """The new account; the temporary password is shown this once."""

    account: StaffAccountShown
    temporary_password: str | None


class AccountChangeBody(Input):
    """What to change; what is left out stays."""

    role: RoleName | None = None
    display_name: str | None = Field(default=None, min_length=1, max_length=200)
    departments: list[str] | None = Field(default=None, max_length=100)
    email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    active: bool | None = None


class ResetBody(Input):
    """What to set back; open sessions end in any case."""

    password: bool = False
    second_factor: bool = False


class ResetDone(BaseModel):
    """The temporary password, if the password was reset; shown this once."""

    temporary_password: str | None


class PersonListed(BaseModel):
    """A colleague to whom work can be given."""

    username: str
    display_name: str
    role: str
    departments: list[str]


class ContractorListed(BaseModel):
    """A firm to whom work can be given; it has no account and opens a job by a link."""

    code: str
    names: Names
    for_department: str


class People(BaseModel):
    """The city's active people, by name, and its contractors as configured."""

    people: list[PersonListed]
    contractors: list[ContractorListed]


class KeyShown(BaseModel):
    """A key; itself it is shown once only, when it is made."""

    id: uuid.UUID
    label: str
    account: str
    scopes: list[str]
    created_at: dt.datetime
    created_by: str | None
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None


class Keys(BaseModel):
    """The city's keys, the newest first, and the scopes there are with what each opens."""

    keys: list[KeyShown]
    scopes: dict[str, list[str]]
    usual_days: int = Field(description="How long a new key lasts where nobody says")
    longest_days: int = Field(description="How long a new key may last")


class NewKeyBody(Input):
    """A key to be made for a service account; one that is not there yet is made with it."""

    label: str = Field(min_length=1, max_length=200, description="Whose key it is")
    scopes: list[str] = Field(min_length=1, max_length=20)
    account: str = Field(default="other-systems", max_length=63)
    expires_at: dt.datetime | None = Field(
        default=None, description="At most two years (730 days) away; none: a year (365 days) from now"
    )


class KeyMade(BaseModel):
    """The new key: shown this once."""

    key: str
    details: KeyShown


class AuditEntry(BaseModel):
    """Something staff did about signing in or accounts."""

    id: uuid.UUID
    at: dt.datetime
    actor: str | None = Field(description="Nobody: the machine's operator, or a sign-in that was refused")
    action: str
    subject: str | None
    details: dict[str, Any]


class AuditTrail(BaseModel):
    """What staff did, newest first."""

    entries: list[AuditEntry]
    next_cursor: str | None
