"""The inbox of somebody at work, their choices, and what could not be sent."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input

ChannelName = Literal["inbox", "email", "telegram"]


class InboxItem(BaseModel):
    """One thing somebody was told."""

    id: str
    kind: str = Field(examples=["escalated"])
    reference: str
    status: str = Field(description="As it is now")
    language: str = Field(description="BCP-47, of subject and body")
    subject: str
    body: str
    at: dt.datetime
    read_at: dt.datetime | None
    urgent: bool = Field(description="Of what people may be woken for")


class Inbox(BaseModel):
    """What somebody was told, newest first."""

    items: list[InboxItem]
    unread: int
    unread_urgent: int
    more: bool


class InboxCounts(BaseModel):
    """How much is unread."""

    unread: int
    unread_urgent: int


class ReadBody(Input):
    """Which to mark as read: these, or (null) all that came up to ``until``."""

    ids: list[str] | None = Field(default=None, max_length=500)
    until: dt.datetime | None = None


class QuietHours(Input):
    """Times of the day on the person's own clocks; over midnight where it ends earlier than it begins."""

    begins: str = Field(pattern=r"^\d\d:\d\d$", examples=["21:00"])
    ends: str = Field(pattern=r"^\d\d:\d\d$", examples=["06:00"])


class NoticeChoicesBody(Input):
    """How somebody wants to be told."""

    channels: dict[str, list[ChannelName]] = Field(
        default_factory=dict,
        description="By kind; what is left out is as usual",
        examples=[{"assigned": ["inbox"]}],
    )
    quiet: QuietHours | None = Field(default=None, description="None: told at any hour")
    zone: str | None = Field(
        default=None, max_length=60, description="None: the city's", examples=["Asia/Bangkok"]
    )
    digest: Literal["none", "daily", "weekly"] = Field(
        default="none", description="One mail of what is overdue instead of single mails"
    )


class NoticeChoices(BaseModel):
    """How somebody is told."""

    channels: dict[str, list[str]]
    quiet: QuietHours | None
    zone: str
    digest: Literal["none", "daily", "weekly"]
    telegram_linked: bool
    possible: list[str]


class NoticePreview(BaseModel):
    """A notice as its reader would see it, with made-up values."""

    kind: str
    language: str
    worded_by: Literal["service", "city", "network"] = Field(
        description="Whose words: the city's for this service, the city's for all, or the network's"
    )
    own_words: bool = Field(description="The city's own wording, not the network's")
    subject: str
    body: str
    html: str = Field(description="The page within the mail")
    sms: str
    sms_parts: int


class NoticePreviews(BaseModel):
    """All notices of an audience in one language."""

    notices: list[NoticePreview]


class FailedNotice(BaseModel):
    """A notice or message that was given up; who it was for is said by kind alone."""

    id: str
    reference: str | None = Field(description="Null: a code or a digest, which is about no single request")
    kind: str = Field(description="Of the event; else code, digest or work", examples=["resolved", "code"])
    audience: str = Field(examples=["resident"])
    channel: str
    language: str
    attempts: int
    created_at: dt.datetime
    failed_at: dt.datetime
    last_error: str | None
    can_be_sent_again: bool = Field(description="False: a code that has ended")


class WaitingNotices(BaseModel):
    """What of a channel is still to be sent."""

    channel: str
    waiting: int
    oldest: dt.datetime
    tried: int = Field(description="Of these, tried at least once")


class RestingDestination(BaseModel):
    """A destination that failed lately; until ``open_until`` nothing is sent there."""

    channel: str
    name: str
    failures: int
    last_error: str | None
    failed_at: dt.datetime | None
    open_until: dt.datetime | None


class Undelivered(BaseModel):
    """What was given up, what waits, and which destinations are in trouble."""

    failed: list[FailedNotice]
    waiting: list[WaitingNotices]
    destinations: list[RestingDestination]


class ResendBody(Input):
    """Which to send again."""

    ids: list[str] = Field(min_length=1, max_length=200)


class Resent(BaseModel):
    """How many are due again."""

    resent: int
