"""Accounts of staff and other systems, and what they keep, do and say."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


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
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    totp_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    totp_pending: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    totp_last_step: int | None = Field(default=None, sa_column=Column(BigInteger))
    must_change_password: bool = False
    oidc_issuer: str | None = None
    oidc_subject: str | None = None
    last_sign_in_at: dt.datetime | None = Field(default=None, sa_column=instant())


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
    used_at: dt.datetime | None = Field(default=None, sa_column=instant())


class StaffSession(SQLModel, table=True):
    """A signed-in browser or client; only the digest of its token is kept."""

    __tablename__ = "staff_session"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "username"], ["staff_account.city_id", "staff_account.username"]),
    )

    city_id: str = Field(primary_key=True)
    token_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    username: str
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))
    revoked_at: dt.datetime | None = Field(default=None, sa_column=instant())
    id: uuid.UUID
    last_used_at: dt.datetime = Field(sa_column=instant(nullable=False))
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
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime | None = Field(default=None, sa_column=instant())
    revoked_at: dt.datetime | None = Field(default=None, sa_column=instant())
    id: uuid.UUID
    username: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_by: str | None = None
    last_used_at: dt.datetime | None = Field(default=None, sa_column=instant())


class StaffAudit(SQLModel, table=True):
    """Who of the staff signed in or changed what about accounts, and when. Append-only; never a secret."""

    __tablename__ = "staff_audit"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    at: dt.datetime = Field(sa_column=instant(nullable=False))
    actor: str | None = None
    action: str
    subject: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))


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
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    updated_at: dt.datetime = Field(sa_column=instant(nullable=False))


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
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    finished_at: dt.datetime | None = Field(default=None, sa_column=instant())
    expires_at: dt.datetime | None = Field(default=None, sa_column=instant())


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
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    finished_by: str | None = None
    finished_at: dt.datetime | None = Field(default=None, sa_column=instant())


class MoveKey(SQLModel, table=True):
    """A move that was made under a key, so that sending it again makes no other; ``version`` is the one it made."""

    __tablename__ = "move_key"

    city_id: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int
    used_at: dt.datetime = Field(sa_column=instant(nullable=False))


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
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))
    revoked_at: dt.datetime | None = Field(default=None, sa_column=instant())
    opened_at: dt.datetime | None = Field(default=None, sa_column=instant())
    started_at: dt.datetime | None = Field(default=None, sa_column=instant())
    finished_at: dt.datetime | None = Field(default=None, sa_column=instant())
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
    changed_at: dt.datetime = Field(sa_column=instant(nullable=False))
    retired_at: dt.datetime | None = Field(default=None, sa_column=instant())


class Announcement(SQLModel, table=True):
    """What the city tells everybody for a while, by language; to some districts or services where named."""

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    level: str
    texts: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    districts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    services: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    shown_from: dt.datetime = Field(sa_column=instant(nullable=False))
    shown_until: dt.datetime = Field(sa_column=instant(nullable=False))
    created_by: str
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    withdrawn_at: dt.datetime | None = Field(default=None, sa_column=instant())


class DeclaredEmergency(SQLModel, table=True):
    """A flood, storm or the like, declared by an authority: it marks figures of its days, it erases nothing."""

    __tablename__ = "declared_emergency"

    city_id: str = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    kind: str
    districts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    declared_by: str
    source: str
    valid_from: dt.datetime = Field(sa_column=instant(nullable=False))
    valid_to: dt.datetime | None = Field(default=None, sa_column=instant())
    recorded_by: str
    recorded_at: dt.datetime = Field(sa_column=instant(nullable=False))
    ended_by: str | None = None
