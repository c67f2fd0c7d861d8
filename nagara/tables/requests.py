"""A request and what belongs to it: its contact, events, pictures, words, and what residents add."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class Request(SQLModel, table=True):
    """What a resident filed, as it stands now. How it came to stand so is in its events."""

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    reference: str
    status: str
    service_code: str
    network_code: str
    department: str
    assignee: str | None = None
    priority: str = "normal"
    district: str | None = None
    lat: float | None = None
    lon: float | None = None
    place_method: str
    address: str | None = None
    description: str = ""
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    language: str | None = None
    channel: str
    confidential: bool = False
    observed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    received_at: dt.datetime = Field(sa_column=instant(nullable=False))
    rule: str
    reason: str
    config_fingerprint: str
    acknowledge_by: dt.datetime | None = Field(default=None, sa_column=instant())
    respond_by: dt.datetime | None = Field(default=None, sa_column=instant())
    resolve_by: dt.datetime | None = Field(default=None, sa_column=instant())
    promise_standard: str
    next_due_at: dt.datetime = Field(sa_column=instant(nullable=False))
    acknowledged_at: dt.datetime | None = Field(default=None, sa_column=instant())
    responded_at: dt.datetime | None = Field(default=None, sa_column=instant())
    closed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    closing_reason: str | None = None
    status_note: str | None = None
    duplicate_of: uuid.UUID | None = None
    near_band: int | None = Field(
        default=None, sa_column=Column(Integer, Computed("floor(lat * 500)::integer", persisted=True))
    )
    paused_at: dt.datetime | None = Field(default=None, sa_column=instant())
    escalation_step: int = 0
    escalated_by_hand: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default="false")
    )
    next_step_at: dt.datetime | None = Field(default=None, sa_column=instant())
    climb: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    calendar_stages: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    observed_until: dt.datetime | None = Field(default=None, sa_column=instant())
    public: bool | None = None
    source: str | None = None
    source_id: str | None = None
    idempotency_key: str | None = None
    body_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    link_generation: int | None = None
    erased_at: dt.datetime | None = Field(default=None, sa_column=instant())
    version: int = 1
    updated_at: dt.datetime = Field(sa_column=instant(nullable=False))


class Contact(SQLModel, table=True):
    """How to reach the resident, encrypted and apart from the request; many requests have none."""

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    email_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    phone_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    channels: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    moves: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    confirmed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    frequency: str = Field(
        default="at_once", sa_column=Column(Text, nullable=False, server_default="at_once")
    )
    quiet_begins: int | None = None
    quiet_ends: int | None = None
    last_digest_at: dt.datetime | None = Field(default=None, sa_column=instant())


class ResidentEntry(SQLModel, table=True):
    """What a resident said after filing, beside the event that says that they did.

    The words stand here and not in the event, because an event can never be changed and these can be erased.
    ``fixed`` to ``about`` belong to feedback; ``about`` is the closing it is about, of which there is one each.
    """

    __tablename__ = "resident_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "request_id", "seq"], ["event.city_id", "event.request_id", "event.seq"]
        ),
    )

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    words: str = ""
    said_at: dt.datetime = Field(sa_column=instant(nullable=False))
    fixed: bool | None = None
    rating: int | None = Field(default=None, sa_column=Column(SmallInteger))
    reopened: bool = False
    about: dt.datetime | None = Field(default=None, sa_column=instant())


class Photo(SQLModel, table=True):
    """A picture, from the moment it was sent. Without a request it waits for one, at most a day.

    Its bytes lie in the media store under ``sha256``. ``public``: staff released it, or not; None: nobody has
    decided. ``kind``: ``before`` shows the problem, ``after`` what was done, ``feedback`` what the resident found
    then. ``redacted_sha256`` is the same picture with parts hidden: those that were ``found`` in it when it was
    ``searched``, and the ``boxes`` staff drew.
    """

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    width: int
    height: int
    size: int
    dhash: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    request_id: uuid.UUID | None = None
    position: int | None = Field(default=None, sa_column=Column(SmallInteger))
    kind: str = "before"
    public: bool | None = None
    redacted_sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    redacted_at: dt.datetime | None = Field(default=None, sa_column=instant())
    searched: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
    found: list[list[float]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    boxes: list[list[float]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class OriginalWords(SQLModel, table=True):
    """A resident's words as they came, encrypted, where staff took something out of them; kept for a set time."""

    __tablename__ = "original_words"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    redacted_at: dt.datetime = Field(sa_column=instant(nullable=False))
    redacted_by: str


class ContactRead(SQLModel, table=True):
    """Somebody of the staff read who filed a request, or its original words: who, when and why."""

    __tablename__ = "contact_read"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    request_id: uuid.UUID
    what: str
    username: str
    why: str
    found: bool
    read_at: dt.datetime = Field(sa_column=instant(nullable=False))


class ContactBlock(SQLModel, table=True):
    """Nobody with this contact files for a while; the contact itself is not kept, only its keyed digest."""

    __tablename__ = "contact_block"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: str
    request_id: uuid.UUID
    blocked_by: str
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))
    lifted_by: str | None = None
    lifted_at: dt.datetime | None = Field(default=None, sa_column=instant())


class Removal(SQLModel, table=True):
    """What is left of personal data that was removed: that there was some, when it went, and why."""

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    what: str = Field(primary_key=True)
    why: str
    removed_at: dt.datetime = Field(sa_column=instant(nullable=False))


class Event(SQLModel, table=True):
    """One thing that happened to a request. Append-only: the database refuses to change or delete it.

    ``recorded_at`` is the database's clock; ``occurred_at`` differs from it only where an import states
    the time. ``hash`` chains the events of a request; both are set by the database on insert.
    """

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    recorded_at: dt.datetime = Field(sa_column=instant(nullable=False))
    occurred_at: dt.datetime = Field(sa_column=instant(nullable=False))
    actor_kind: str
    actor: str | None = None
    from_status: str | None = None
    to_status: str | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    dedupe_key: str | None = None
    previous_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EventOutbox(SQLModel, table=True):
    """Events nobody was told of yet: a pointer, written with its event and removed with its notices.

    ``urgent`` ones are told before all others; one that could not be told is looked at again at a time.
    """

    __tablename__ = "event_outbox"

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    urgent: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default="false"))
    look_again_at: dt.datetime | None = Field(default=None, sa_column=instant())


class RequestWords(SQLModel, table=True):
    """The text of a request as it is searched, and its runs of letters; without either until computed.

    Triggers write the row whenever a request comes in or its text changes.
    """

    __tablename__ = "request_words"

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    words: str | None = None
    grams: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer)))


class RequestCount(SQLModel, table=True):
    """How many requests of a month, in the city's zone, and a common code: received and still open, and closed in it.

    What a timer has not added yet stands in ``request_count_news``: only both together are the whole.
    """

    __tablename__ = "request_count"

    city_id: str = Field(primary_key=True)
    month: dt.date = Field(primary_key=True)
    network_code: str = Field(primary_key=True)
    received: int = Field(sa_column=Column(BigInteger, nullable=False))
    open: int = Field(sa_column=Column(BigInteger, nullable=False))
    closed: int = Field(sa_column=Column(BigInteger, nullable=False))


class RequestCountVersion(SQLModel, table=True):
    """Another version with each change of a city's counts, so that whoever keeps them knows; triggers write it."""

    __tablename__ = "request_count_version"

    city_id: str = Field(primary_key=True)
    version: uuid.UUID


class RequestCountNews(SQLModel, table=True):
    """By how much a transaction changed those counts; triggers write it. ``at`` lies in the month it is about."""

    __tablename__ = "request_count_news"

    city_id: str = Field(primary_key=True)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: dt.datetime = Field(sa_column=instant(nullable=False))
    network_code: str
    received: int = Field(sa_column=Column(BigInteger, nullable=False))
    open: int = Field(sa_column=Column(BigInteger, nullable=False))
    closed: int = Field(sa_column=Column(BigInteger, nullable=False))
