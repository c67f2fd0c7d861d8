"""Signing in, and who is signed in."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from api.schemas.common import Input


class SignInBody(Input):
    """Sign-in name (``name@city``) and password."""

    username: str = Field(max_length=200, examples=["agent@kh-pnh"])
    password: str = Field(max_length=1000)
    totp: str | None = Field(
        default=None, max_length=16, description="Not asked for yet: accounts have one factor"
    )


class AccountShown(BaseModel):
    """Who is signed in."""

    username: str
    city: str
    role: str
    department: str | None
    display_name: str
    permissions: list[str]


class Session(BaseModel):
    """A session; the token is shown this once."""

    token: str
    expires_at: dt.datetime
    account: AccountShown


class SessionShown(BaseModel):
    """The present session."""

    account: AccountShown
