"""What a channel is: it says whether it is set up, holds a conversation, and judges what went wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to one receiver, the same at every attempt.

    ``key`` (forty hexadecimal digits) makes it one and the same for receivers that can tell. ``link`` is where
    to read on, ``topic`` what a newer message about the same thing replaces, ``unsubscribe`` the address of
    RFC 8058 that ends such messages without a question.
    """

    key: str
    recipient: Mapping[str, str]
    language: str
    subject: str
    body: str
    created_at: dt.datetime
    link: str | None = None
    topic: str | None = None
    unsubscribe: str | None = None
    city_id: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message did not go: in words without personal data, and what it means."""

    why: str
    permanent: bool
    """True: this message will never be taken. False: try again later."""
    stops: bool
    """True: the server, not the message, is the trouble; leave the others for later too."""
    gone: bool = False
    """True: the recipient will never take any message again; forget them."""
    wait: dt.timedelta | None = None
    """How long the other side asks to be left alone, if it says so."""
    blames_destination: bool = False
    """True: this destination, one of many, is in trouble; after some of these in a row it is left alone."""


class Conversation(Protocol):
    """An open way to the other side."""

    def send(self, message: Outgoing) -> None:
        """Hand one message over; it was taken when this returns. Raises what ``Channel.judge`` understands."""


class Channel(Protocol):
    """A way to reach people."""

    name: str
    passing_errors: tuple[type[Exception], ...]
    """What the other side or the way to it may answer with; anything else is a fault of ours and is raised."""
    give_up_after: dt.timedelta
    """How long a message is tried for."""

    def ready(self) -> bool:
        """Whether the deployment has set it up; if not, messages wait."""

    def open(self) -> AbstractContextManager[Conversation]:
        """Begin a conversation; raises ``passing_errors`` when the other side cannot be reached."""

    def destination(self, recipient: Mapping[str, str]) -> str:
        """Where a message leads, for limits and for leaving a destination alone; names nobody."""

    def judge(self, error: Exception) -> Refusal:
        """What an error means for the message in hand."""


class Unopenable(Exception):
    """A sealed recipient does not open with the secret key there is."""


class Unsendable(ValueError):
    """A stored notice cannot become a message."""


def judge_own(error: Exception) -> Refusal | None:
    """What the errors that every channel shares mean; None for another."""
    if isinstance(error, Unopenable):  # perhaps the secret key is not the right one at the moment
        return Refusal(type(error).__name__, permanent=False, stops=False)
    if isinstance(error, Unsendable):
        return Refusal(type(error).__name__, permanent=True, stops=False)
    return None
