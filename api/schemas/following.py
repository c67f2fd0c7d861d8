"""Being told: of a request, of an area, over which channel."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input, Position
from api.schemas.staff_notices import QuietHours

Channel = Literal["email", "sms", "push"]
Frequency = Literal["at_once", "daily", "weekly"]
OFTEN = "daily, weekly: one message from seven in the morning, with what is overdue; a question comes at once"


class BrowserKeys(Input):
    """What a browser gives with its subscription."""

    p256dh: str = Field(max_length=200, description="Its public key, base64url")
    auth: str = Field(max_length=100, description="Its secret, base64url")


class BrowserSubscription(Input):
    """A browser's push subscription, as ``PushSubscription.toJSON()`` gives it."""

    endpoint: str = Field(max_length=1000, description="https only; called by us, never followed elsewhere")
    keys: BrowserKeys
    expirationTime: float | None = Field(default=None, description="Not used")  # noqa: N815 - the browser's name


class Wish(Input):
    """Over which channel, and where to."""

    channel: Channel
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=32)
    push: BrowserSubscription | None = None
    language: str | None = Field(default=None, max_length=35, description="BCP-47, of the messages")


class FollowBody(Wish):
    """Follow a request. ``moves``: of which to be told; null: of all."""

    moves: tuple[str, ...] | None = Field(default=None, max_length=30)
    frequency: Frequency = Field(default="at_once", description=OFTEN)


class AlertBody(Wish):
    """Watch a district, or what lies within ``metres`` of a position."""

    district: str | None = Field(default=None, max_length=64)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    metres: int | None = Field(default=None, ge=50, le=20_000)
    services: tuple[str, ...] = Field(default=(), max_length=100, description="Empty: all")
    frequency: Frequency = Field(
        default="at_once", description="daily, weekly: one message at seven in the morning"
    )


class Subscribed(BaseModel):
    """``on``: at work. ``confirm``: a code went to the contact, and nothing is sent before it comes back."""

    id: str = Field(description="For entering the code; new in every answer, also for who follows already")
    city: str
    state: Literal["on", "confirm"]
    key: str | None = Field(description="To change or end it; where state is confirm it is in the message")


class CodeBody(Input):
    """Six digits from a message."""

    code: str = Field(min_length=4, max_length=20)


class Key(BaseModel):
    """The key by which a subscription is changed or ended; only its owner ever gets it."""

    key: str


class Subscription(BaseModel):
    """What somebody is told of, as its owner sees it."""

    kind: Literal["request", "area", "own", "digest"]
    city: str
    channel: Channel | None
    channels: list[str] | None = Field(description="Of one's own request: all that are chosen")
    confirmed: bool
    reference: str | None
    references: list[str] = Field(description="Of a digest: the reports it is about")
    district: str | None
    position: Position | None
    metres: int | None
    services: list[str]
    moves: list[str] | None
    frequency: Frequency
    quiet: QuietHours | None = Field(description="When nothing is sent, on the city's clocks")


class SubscriptionBody(Input):
    """What is to be told from now on. What is null stays, but ``moves``: null means all."""

    moves: tuple[str, ...] | None = Field(default=None, max_length=30)
    services: tuple[str, ...] | None = Field(default=None, max_length=100)
    frequency: Frequency | None = None
    quiet: QuietHours | None = Field(
        default=None,
        description="When nothing is sent, on the city's clocks; from and to the same time: never",
    )


class OwnNotices(BaseModel):
    """How whoever filed a request is told of it."""

    possible: list[str] = Field(description="Channels the contact and the deployment offer")
    channels: list[str]
    moves: list[str] | None = Field(description="Null: all")
    frequency: Frequency = Field(description=OFTEN)
    quiet: QuietHours | None = Field(description="When nothing is sent, on the city's clocks")
    all_moves: list[str]
    browsers: int = Field(description="Browsers that are told as well")
    telegram: bool = Field(description="Whether a chat with a Telegram bot can be told as well")
    confirmed: bool
    confirm_over: str | None = Field(
        description="The channel a code went to; notices wait for it. Null: none do"
    )


class OwnNoticesBody(Input):
    """Channels (null: the usual one, empty: none) and moves (null: all). The others stay where they are null."""

    channels: tuple[Literal["email", "sms"], ...] | None = Field(default=None, max_length=2)
    moves: tuple[str, ...] | None = Field(default=None, max_length=30)
    frequency: Frequency | None = Field(default=None, description=OFTEN)
    quiet: QuietHours | None = Field(
        default=None,
        description="When nothing is sent, on the city's clocks; from and to the same time: never",
    )


class CodeSent(BaseModel):
    """Whether a code went out."""

    sent: bool


class PushKey(BaseModel):
    """The sender's public key (RFC 8292), for a browser's ``applicationServerKey``."""

    key: str
