"""Notices on their way: to whom, over what, and what became of them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class Message(SQLModel, table=True):
    """A message with no event behind it: a code, or what a day brought. Its words are sealed."""

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    audience: str
    channel: str
    sealed_recipient: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_text: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    language: str
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))
    attempts: int = 0
    next_attempt_at: dt.datetime | None = Field(default=None, sa_column=instant())
    sent_at: dt.datetime | None = Field(default=None, sa_column=instant())
    failed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    last_error: str | None = None
    quiet: str | None = None


class NoticeDestination(SQLModel, table=True):
    """How a destination of a channel takes a city's messages, and how many it was sent; it names nobody.

    An empty name stands for the channel's destinations together.
    """

    __tablename__ = "notice_destination"

    city_id: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    failures: int = 0
    last_error: str | None = None
    failed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    open_until: dt.datetime | None = Field(default=None, sa_column=instant())
    minute: dt.datetime | None = Field(default=None, sa_column=instant())
    in_minute: int = 0
    day: dt.date | None = None
    in_day: int = 0


class WebhookEndpoint(SQLModel, table=True):
    """Another system that is told of what happens to a city's requests. ``events`` None: of everything.

    ``sealed_previous``: the secret before the last change, which signs too until ``previous_until``.
    """

    __tablename__ = "webhook_endpoint"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    label: str
    url: str
    events: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    sealed_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_previous: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    previous_until: dt.datetime | None = Field(default=None, sa_column=instant())
    active: bool = True
    ended_because: str | None = None
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    created_by: str


class WebhookAttempt(SQLModel, table=True):
    """One call of an endpoint and what it answered."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "endpoint_id"],
            ["webhook_endpoint.city_id", "webhook_endpoint.id"],
            ondelete="CASCADE",
        ),
    )

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    endpoint_id: uuid.UUID
    webhook_id: str
    event_type: str
    request_id: uuid.UUID | None = None
    seq: int | None = None
    at: dt.datetime = Field(sa_column=instant(nullable=False))
    took_ms: int
    answer: str
    delivered: bool


class StaffNoticeChoice(SQLModel, table=True):
    """How somebody of the staff wants to be told, where it is not as usual; minutes of the day in their own zone."""

    __tablename__ = "staff_notice_choice"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    channels: dict[str, list[str]] | None = Field(default=None, sa_column=Column(JSONB))
    quiet_begins: int | None = None
    quiet_ends: int | None = None
    zone: str
    digest: str = "none"
    last_digest_at: dt.datetime | None = Field(default=None, sa_column=instant())


class AlertWaiting(SQLModel, table=True):
    """A request whose filing has not been told to the watchers of its area: the public may not see it yet.

    ``looked_at`` is of the versions before; this one does not read it.
    """

    __tablename__ = "alert_waiting"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    since: dt.datetime = Field(sa_column=instant(nullable=False))
    look_again_at: dt.datetime = Field(sa_column=instant(nullable=False))
    """When it is looked at next. The database says now when it is laid down; before all others when staff decide."""
    looked_at: dt.datetime | None = Field(default=None, sa_column=instant())


class Notification(SQLModel, table=True):
    """One message to one audience about one event, in the recipient's language."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "request_id", "seq"], ["event.city_id", "event.request_id", "event.seq"]
        ),
    )

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    audience: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    sealed_recipient: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    language: str
    subject: str
    body: str
    link: str | None = None
    topic: str | None = None
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    attempts: int = 0
    next_attempt_at: dt.datetime | None = Field(default=None, sa_column=instant())
    sent_at: dt.datetime | None = Field(default=None, sa_column=instant())
    failed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    last_error: str | None = None
    resent_at: dt.datetime | None = Field(default=None, sa_column=instant())
    read_at: dt.datetime | None = Field(default=None, sa_column=instant())
    urgency: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    quiet: str | None = None
