"""Residents' sign-in, and what they filed."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from api.schemas.common import Input, Named, Names


class ContactOfCity(Input):
    """A contact of one kind, in a city."""

    city: str = Field(max_length=40, examples=["kh-pnh"])
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=32)

    @model_validator(mode="after")
    def _one(self) -> ContactOfCity:
        if (self.email is None) == (self.phone is None):
            raise ValueError("give email or phone, one of them")
        return self


class CodeWanted(ContactOfCity):
    """Who wants a code."""

    language: str | None = Field(default=None, max_length=35, description="BCP-47, of the message")


class CodeEntered(ContactOfCity):
    """The code that came."""

    code: str = Field(min_length=4, max_length=20)


class CodeOnItsWay(BaseModel):
    """The same for a contact that is known and one that is not: only its owner sees whether a code came."""

    valid_minutes: int


class ResidentSession(BaseModel):
    """A session that was opened; the token is in the cookie as well."""

    token: str
    expires_at: dt.datetime


class ResidentShown(BaseModel):
    """Who is signed in, by the end of their contact."""

    city: str
    kind: Literal["email", "phone"]
    hint: str


class OwnRequest(BaseModel):
    """A request filed with the contact of whoever is signed in; ``token`` opens its private link."""

    reference: str
    status: str
    open: bool
    service: Named
    district: Named | None
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    resolve_by: dt.datetime | None
    promise_standard: str
    token: str


class OwnRequests(BaseModel):
    """Newest first, two hundred at most."""

    requests: list[OwnRequest]


class Voucher(BaseModel):
    """An identity provider."""

    code: str
    names: Names
    start_url: str


class ResidentSignInOptions(BaseModel):
    """How residents of a city can sign in."""

    email: bool
    phone: bool
    providers: list[Voucher]
    contact_confirmation: Literal["none", "email", "sms", "either"]
