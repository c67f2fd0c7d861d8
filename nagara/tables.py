"""The tables, as SQLModel classes. ``city_id`` leads every key; rows of one city never refer to another's.

The database itself is made by the migrations; a test holds the two against each other.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

metadata: MetaData = SQLModel.metadata


def _time(*, nullable: bool = True) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable)


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
    observed_at: dt.datetime | None = Field(default=None, sa_column=_time())
    received_at: dt.datetime = Field(sa_column=_time(nullable=False))
    rule: str
    reason: str
    config_fingerprint: str
    acknowledge_by: dt.datetime | None = Field(default=None, sa_column=_time())
    respond_by: dt.datetime | None = Field(default=None, sa_column=_time())
    resolve_by: dt.datetime | None = Field(default=None, sa_column=_time())
    promise_standard: str
    next_due_at: dt.datetime = Field(sa_column=_time(nullable=False))
    acknowledged_at: dt.datetime | None = Field(default=None, sa_column=_time())
    responded_at: dt.datetime | None = Field(default=None, sa_column=_time())
    closed_at: dt.datetime | None = Field(default=None, sa_column=_time())
    closing_reason: str | None = None
    status_note: str | None = None
    duplicate_of: uuid.UUID | None = None
    near_band: int | None = Field(
        default=None, sa_column=Column(Integer, Computed("floor(lat * 500)::integer", persisted=True))
    )
    paused_at: dt.datetime | None = Field(default=None, sa_column=_time())
    escalation_step: int = 0
    escalated_by_hand: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default="false")
    )
    next_step_at: dt.datetime | None = Field(default=None, sa_column=_time())
    climb: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    calendar_stages: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    observed_until: dt.datetime | None = Field(default=None, sa_column=_time())
    public: bool | None = None
    source: str | None = None
    source_id: str | None = None
    idempotency_key: str | None = None
    body_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    link_generation: int | None = None
    erased_at: dt.datetime | None = Field(default=None, sa_column=_time())
    version: int = 1
    updated_at: dt.datetime = Field(sa_column=_time(nullable=False))


class TimerRun(SQLModel, table=True):
    """When a task of the time door last ran, and how it went; of the installation, so of no city."""

    __tablename__ = "timer_run"

    task: str = Field(primary_key=True)
    begun_at: dt.datetime = Field(sa_column=_time(nullable=False))
    ended_at: dt.datetime = Field(sa_column=_time(nullable=False))
    ok: bool
    runs: int = Field(default=1, sa_column=Column(BigInteger, nullable=False))
    failures: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


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
    confirmed_at: dt.datetime | None = Field(default=None, sa_column=_time())


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
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    confirmed_at: dt.datetime | None = Field(default=None, sa_column=_time())
    last_digest_at: dt.datetime | None = Field(default=None, sa_column=_time())
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
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))


class ResidentSession(SQLModel, table=True):
    """A browser whose owner showed that a contact is theirs; ``digest`` finds the requests filed with it."""

    __tablename__ = "resident_session"

    city_id: str = Field(primary_key=True)
    token_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    channel: str
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))
    revoked_at: dt.datetime | None = Field(default=None, sa_column=_time())


class Message(SQLModel, table=True):
    """A message with no event behind it: a code, or what a day brought. Its words are sealed."""

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    audience: str
    channel: str
    sealed_recipient: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_text: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    language: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))
    attempts: int = 0
    next_attempt_at: dt.datetime | None = Field(default=None, sa_column=_time())
    sent_at: dt.datetime | None = Field(default=None, sa_column=_time())
    failed_at: dt.datetime | None = Field(default=None, sa_column=_time())
    last_error: str | None = None


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
    failed_at: dt.datetime | None = Field(default=None, sa_column=_time())
    open_until: dt.datetime | None = Field(default=None, sa_column=_time())
    minute: dt.datetime | None = Field(default=None, sa_column=_time())
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
    previous_until: dt.datetime | None = Field(default=None, sa_column=_time())
    active: bool = True
    ended_because: str | None = None
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
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
    at: dt.datetime = Field(sa_column=_time(nullable=False))
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
    last_digest_at: dt.datetime | None = Field(default=None, sa_column=_time())


class TelegramChat(SQLModel, table=True):
    """A chat with the bot whose owner showed which account is theirs."""

    __tablename__ = "telegram_chat"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    sealed_chat: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    linked_at: dt.datetime = Field(sa_column=_time(nullable=False))


class TelegramLink(SQLModel, table=True):
    """A link to the bot that its owner has not opened yet; only a keyed digest of its secret is kept."""

    __tablename__ = "telegram_link"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    username: str
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))


class TelegramDraft(SQLModel, table=True):
    """A report that a chat has not finished; of no city yet, under a name that no city can have."""

    __tablename__ = "telegram_draft"

    city_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    version: int
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))


class TelegramUpdate(SQLModel, table=True):
    """An update of the bot that was handled; repeated only while its answer did not go out."""

    __tablename__ = "telegram_update"

    city_id: str = Field(primary_key=True)
    update_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    handled_at: dt.datetime = Field(sa_column=_time(nullable=False))
    answered: bool


class AlertWaiting(SQLModel, table=True):
    """A request whose filing has not been told to the watchers of its area: the public may not see it yet."""

    __tablename__ = "alert_waiting"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    since: dt.datetime = Field(sa_column=_time(nullable=False))
    looked_at: dt.datetime | None = Field(default=None, sa_column=_time())


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
    said_at: dt.datetime = Field(sa_column=_time(nullable=False))
    fixed: bool | None = None
    rating: int | None = Field(default=None, sa_column=Column(SmallInteger))
    reopened: bool = False
    about: dt.datetime | None = Field(default=None, sa_column=_time())


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
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    request_id: uuid.UUID | None = None
    position: int | None = Field(default=None, sa_column=Column(SmallInteger))
    kind: str = "before"
    public: bool | None = None
    redacted_sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    redacted_at: dt.datetime | None = Field(default=None, sa_column=_time())
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
    redacted_at: dt.datetime = Field(sa_column=_time(nullable=False))
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
    read_at: dt.datetime = Field(sa_column=_time(nullable=False))


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
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))
    lifted_by: str | None = None
    lifted_at: dt.datetime | None = Field(default=None, sa_column=_time())


class Removal(SQLModel, table=True):
    """What is left of personal data that was removed: that there was some, when it went, and why."""

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    what: str = Field(primary_key=True)
    why: str
    removed_at: dt.datetime = Field(sa_column=_time(nullable=False))


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
    recorded_at: dt.datetime = Field(sa_column=_time(nullable=False))
    occurred_at: dt.datetime = Field(sa_column=_time(nullable=False))
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
    look_again_at: dt.datetime | None = Field(default=None, sa_column=_time())


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
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    attempts: int = 0
    next_attempt_at: dt.datetime | None = Field(default=None, sa_column=_time())
    sent_at: dt.datetime | None = Field(default=None, sa_column=_time())
    failed_at: dt.datetime | None = Field(default=None, sa_column=_time())
    last_error: str | None = None
    resent_at: dt.datetime | None = Field(default=None, sa_column=_time())
    read_at: dt.datetime | None = Field(default=None, sa_column=_time())
    urgency: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))


class StaffAccount(SQLModel, table=True):
    """Somebody who works on requests, or (city ``network``) compares cities."""

    __tablename__ = "staff_account"

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    password_hash: str
    role: str
    display_name: str
    email: str | None = None
    active: bool = True
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    totp_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    totp_pending: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    totp_last_step: int | None = Field(default=None, sa_column=Column(BigInteger))
    must_change_password: bool = False
    oidc_issuer: str | None = None
    oidc_subject: str | None = None
    last_sign_in_at: dt.datetime | None = Field(default=None, sa_column=_time())


class StaffDepartment(SQLModel, table=True):
    """A department somebody works for; who has none works for the whole city."""

    __tablename__ = "staff_department"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    department: str = Field(primary_key=True)


class StaffRecoveryCode(SQLModel, table=True):
    """A code that stands in for the second factor once; only its keyed digest is kept."""

    __tablename__ = "staff_recovery_code"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    used_at: dt.datetime | None = Field(default=None, sa_column=_time())


class StaffSession(SQLModel, table=True):
    """A signed-in browser or client; only the digest of its token is kept."""

    __tablename__ = "staff_session"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    token_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    username: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))
    revoked_at: dt.datetime | None = Field(default=None, sa_column=_time())
    id: uuid.UUID
    last_used_at: dt.datetime = Field(sa_column=_time(nullable=False))
    user_agent: str = ""
    how: str = "password"


class ApiKey(SQLModel, table=True):
    """A key of another system, held by a service account; only its digest is kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    key_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    label: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime | None = Field(default=None, sa_column=_time())
    revoked_at: dt.datetime | None = Field(default=None, sa_column=_time())
    id: uuid.UUID
    username: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_by: str | None = None
    last_used_at: dt.datetime | None = Field(default=None, sa_column=_time())


class StaffAudit(SQLModel, table=True):
    """Who of the staff signed in or changed what about accounts, and when. Append-only; never a secret."""

    __tablename__ = "staff_audit"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    at: dt.datetime = Field(sa_column=_time(nullable=False))
    actor: str | None = None
    action: str
    subject: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))


class RequestWords(SQLModel, table=True):
    """The text of a request as it is searched, and its runs of letters; without either until computed.

    Triggers write the row whenever a request comes in or its text changes.
    """

    __tablename__ = "request_words"

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    words: str | None = None
    grams: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer)))


class SavedFilter(SQLModel, table=True):
    """A list somebody of the staff looks at often, for themselves, their departments or the city."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    username: str
    departments: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
    name: str
    filter: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    shared: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    updated_at: dt.datetime = Field(sa_column=_time(nullable=False))


class StaffJob(SQLModel, table=True):
    """What takes longer than an answer may: moves over many requests, a list taken out as a file."""

    __tablename__ = "staff_job"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
        ForeignKeyConstraint(["city_id", "undo_of"], ["staff_job.city_id", "staff_job.id"]),
    )

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    kind: str
    username: str
    wanted: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = "waiting"
    total: int | None = None
    done: int = 0
    failure: str | None = None
    undo_of: uuid.UUID | None = None
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    finished_at: dt.datetime | None = Field(default=None, sa_column=_time())
    expires_at: dt.datetime | None = Field(default=None, sa_column=_time())


class StaffJobRow(SQLModel, table=True):
    """One request of a job: the version it was chosen at, the move, and what became of it."""

    __tablename__ = "staff_job_row"
    __table_args__ = (ForeignKeyConstraint(["city_id", "job_id"], ["staff_job.city_id", "staff_job.id"]),)

    city_id: str = Field(primary_key=True)
    job_id: uuid.UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    reference: str
    version: int | None = None
    move: str
    details: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    ok: bool | None = None
    code: str | None = None
    message: str | None = None
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    version_after: int | None = None


class ConfigVersion(SQLModel, table=True):
    """The configuration behind a fingerprint, so that what decided a request can be read years later."""

    __tablename__ = "config_version"

    city_id: str = Field(primary_key=True)
    fingerprint: str = Field(primary_key=True)
    recorded_at: dt.datetime = Field(sa_column=_time(nullable=False))
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class SuggestionModel(SQLModel, table=True):
    """Runs of characters by service, learnt from a city's reports; none that fewer than three reports share."""

    __tablename__ = "suggestion_model"

    city_id: str = Field(primary_key=True)
    learnt_at: dt.datetime = Field(sa_column=_time(nullable=False))
    reports: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Job(SQLModel, table=True):
    """One of several pieces of work that a request needs; the request is not resolved while one is open."""

    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    request_id: uuid.UUID
    number: int = Field(sa_column=Column(SmallInteger, nullable=False))
    title: str
    assignee: str | None = None
    state: str = "open"
    note: str | None = None
    created_by: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    finished_by: str | None = None
    finished_at: dt.datetime | None = Field(default=None, sa_column=_time())


class MoveKey(SQLModel, table=True):
    """A move that was made under a key, so that sending it again makes no other; ``version`` is the one it made."""

    __tablename__ = "move_key"

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int
    used_at: dt.datetime = Field(sa_column=_time(nullable=False))


class JobLink(SQLModel, table=True):
    """A page for one job, opened by who holds its token; only the token's digest is kept."""

    __tablename__ = "job_link"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),
        ForeignKeyConstraint(["city_id", "job_id"], ["job.city_id", "job.id"]),
    )

    city_id: str = Field(primary_key=True)
    token_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    id: uuid.UUID
    request_id: uuid.UUID
    job_id: uuid.UUID | None = None
    contractor: str
    instructions: str | None = None
    created_by: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    expires_at: dt.datetime = Field(sa_column=_time(nullable=False))
    revoked_at: dt.datetime | None = Field(default=None, sa_column=_time())
    opened_at: dt.datetime | None = Field(default=None, sa_column=_time())
    started_at: dt.datetime | None = Field(default=None, sa_column=_time())
    finished_at: dt.datetime | None = Field(default=None, sa_column=_time())
    outcome: str | None = None
    note: str | None = None


class ReplyTemplate(SQLModel, table=True):
    """A text staff write often, with places to fill; by move, service and language, each where given."""

    __tablename__ = "reply_template"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    name: str
    move: str | None = None
    service_code: str | None = None
    language: str
    body: str
    changed_by: str
    changed_at: dt.datetime = Field(sa_column=_time(nullable=False))
    retired_at: dt.datetime | None = Field(default=None, sa_column=_time())


class Announcement(SQLModel, table=True):
    """What the city tells everybody for a while, by language; to some districts or services where named."""

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    level: str
    texts: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    districts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    services: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    shown_from: dt.datetime = Field(sa_column=_time(nullable=False))
    shown_until: dt.datetime = Field(sa_column=_time(nullable=False))
    created_by: str
    created_at: dt.datetime = Field(sa_column=_time(nullable=False))
    withdrawn_at: dt.datetime | None = Field(default=None, sa_column=_time())


class DeclaredEmergency(SQLModel, table=True):
    """A flood, storm or the like, declared by an authority: it marks figures of its days, it erases nothing."""

    __tablename__ = "declared_emergency"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    kind: str
    districts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    declared_by: str
    source: str
    valid_from: dt.datetime = Field(sa_column=_time(nullable=False))
    valid_to: dt.datetime | None = Field(default=None, sa_column=_time())
    recorded_by: str
    recorded_at: dt.datetime = Field(sa_column=_time(nullable=False))
    ended_by: str | None = None
