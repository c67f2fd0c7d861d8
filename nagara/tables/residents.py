"""Who follows, signs in and proves that a contact is theirs."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class Subscription(SQLModel, table=True):
    """Somebody who wants to be told of a request or an area over one channel, once they confirmed it.

    ``digest`` finds the same contact again, ``sealed`` is what a message is sent to. ``own``: they filed it.
    """

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    kind: str
    request_id: uuid.UUID | None = None
    channel: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    language: str | None = None
    moves: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    own: bool = False
    district: str | None = None
    lat: float | None = None
    lon: float | None = None
    metres: int | None = None
    services: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
    frequency: str = "at_once"
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    confirmed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    last_digest_at: dt.datetime | None = Field(default=None, sa_column=instant())
    quiet_begins: int | None = None
    quiet_ends: int | None = None


class OneTimeCode(SQLModel, table=True):
    """Six digits sent to a contact for one purpose; only a keyed digest of them is kept."""

    __tablename__ = "one_time_code"

    city_id: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    code_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    tries: int = 0
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))


class ResidentSession(SQLModel, table=True):
    """A browser whose owner showed that a contact is theirs; ``digest`` finds the requests filed with it."""

    __tablename__ = "resident_session"

    city_id: str = Field(primary_key=True)
    token_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    channel: str
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))
    revoked_at: dt.datetime | None = Field(default=None, sa_column=instant())
