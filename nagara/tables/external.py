"""Requests that another system works on, what it said of them, and endpoints whose history is read."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Column, ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class ExternalRequest(SQLModel, table=True):
    """A request at an external owner: ``waiting`` to be sent, known there by a ``token`` only, ``sent``, ``failed``,
    or ``ended``, when nothing more is asked or told.

    ``begun_at``: a call that would file it was begun and its end was never written down; it may be there.
    ``told_seq``: the last event of ours that they were told of, or need not be.
    """

    __tablename__ = "external_request"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    state: str
    created_at: dt.datetime = Field(sa_column=instant(nullable=False))
    attempts: int = 0
    next_attempt_at: dt.datetime | None = Field(default=None, sa_column=instant())
    tried_since: dt.datetime = Field(sa_column=instant(nullable=False))
    begun_at: dt.datetime | None = Field(default=None, sa_column=instant())
    first_begun_at: dt.datetime | None = Field(default=None, sa_column=instant())
    token: str | None = None
    their_id: str | None = None
    sent_at: dt.datetime | None = Field(default=None, sa_column=instant())
    failed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    last_error: str | None = None
    their_status: str | None = None
    their_detail: str | None = None
    their_words: str | None = None
    their_updated_at: dt.datetime | None = Field(default=None, sa_column=instant())
    attention: str | None = None
    told_seq: int = 0
    tell_attempts: int = 0
    next_tell_at: dt.datetime | None = Field(default=None, sa_column=instant())
    tell_error: str | None = None


class ExternalUpdate(SQLModel, table=True):
    """Something an external owner told of a request; ``seq``: the event it became, if it changed anything."""

    __tablename__ = "external_update"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "request_id", "owner"],
            ["external_request.city_id", "external_request.request_id", "external_request.owner"],
        ),
    )

    city_id: str = Field(primary_key=True)
    request_id: uuid.UUID = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    status: str
    stated_at: dt.datetime | None = Field(default=None, sa_column=instant())
    taken_at: dt.datetime = Field(sa_column=instant(nullable=False))
    seq: int | None = None


class ExternalDestination(SQLModel, table=True):
    """How an external owner's system answers, until when it is left alone, and how far its news is known."""

    __tablename__ = "external_destination"

    city_id: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    failures: int = 0
    last_error: str | None = None
    failed_at: dt.datetime | None = Field(default=None, sa_column=instant())
    open_until: dt.datetime | None = Field(default=None, sa_column=instant())
    pulled_until: dt.datetime | None = Field(default=None, sa_column=instant())
    next_pull_at: dt.datetime | None = Field(default=None, sa_column=instant())


class Open311Pull(SQLModel, table=True):
    """An endpoint whose history is read into a city: how far it was walked, and what it cannot tell."""

    __tablename__ = "open311_pull"

    city_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    url: str
    walked_until: dt.datetime | None = Field(default=None, sa_column=instant())
    seen_until: dt.datetime | None = Field(default=None, sa_column=instant())
    pulled_at: dt.datetime | None = Field(default=None, sa_column=instant())
    tried_at: dt.datetime | None = Field(default=None, sa_column=instant())
    last_error: str | None = None
    missing: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
