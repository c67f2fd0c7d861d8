"""Handing due messages to a channel, one after the other, each marked before the next is taken.

Two tables are looked into alike: messages (codes, a day's news), whose receivers wait, and then notices of
events. Each channel is delivered for itself, so that one that answers slowly delays no other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara.notifications.audiences import subscription_of, unsubscribe_address
from nagara.notifications.channels import (
    CHANNELS,
    Channel,
    Conversation,
    Outgoing,
    Refusal,
    Unopenable,
    Unsendable,
)
from nagara.notifications.private_links import filled
from nagara.sealing import unseal
from nagara.settings import settings

FIRST_PAUSE = dt.timedelta(seconds=5)
LONGEST_PAUSE = dt.timedelta(minutes=30)

TAKE_MESSAGE = """
select city_id, id, audience, sealed_recipient, sealed_text, language, created_at, expires_at, attempts
  from message
 where next_attempt_at <= clock_timestamp() and channel = %s
 order by next_attempt_at limit 1
   for update skip locked
"""
TAKE_NOTICE = """
select city_id, request_id, seq, audience, channel, sealed_recipient, language, subject, body, link, topic,
       created_at, attempts
  from notification
 where next_attempt_at <= clock_timestamp() and channel = %s
 order by next_attempt_at limit 1
   for update skip locked
"""

MARK_SENT = """
update {table} set sent_at = clock_timestamp(), attempts = attempts + 1, next_attempt_at = null,
       last_error = null
 where {key}
"""
PUT_BACK = """
update {table}
   set attempts = attempts + 1, last_error = %s,
       failed_at = case when %s < clock_timestamp() then clock_timestamp() end,
       next_attempt_at = case when %s >= clock_timestamp() then clock_timestamp() + %s end
 where {key}
"""
MARK_FAILED = """
update {table} set failed_at = clock_timestamp(), attempts = attempts + 1, next_attempt_at = null,
       last_error = %s
 where {key}
"""
KEYS = {
    "message": "city_id = %s and id = %s",
    "notification": "city_id = %s and request_id = %s and seq = %s and audience = %s and channel = %s",
}
FORGET_SUBSCRIPTION = "delete from subscription where city_id = %s and id = %s"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did. ``put_back`` are tried again later, ``failed`` never; ``trouble`` ended it early."""

    sent: int = 0
    put_back: int = 0
    failed: int = 0
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class _Due:
    """A message in hand, locked until its transaction ends."""

    table: str
    key: tuple[Any, ...]
    city_id: str
    audience: str
    sealed_recipient: bytes
    sealed_text: bytes | None
    text: Mapping[str, str | None]
    language: str
    created_at: dt.datetime
    given_up_at: dt.datetime
    attempts: int

    def outgoing(self) -> Outgoing:
        """The message, opened. Raises ``Unopenable``."""
        secret = settings().secret
        recipient = unseal(secret, self.city_id, self.sealed_recipient)
        text: Mapping[str, str | None] | None = self.text
        if self.sealed_text is not None:
            text = unseal(secret, self.city_id, self.sealed_text)
        if recipient is None or text is None:
            raise Unopenable
        return Outgoing(
            key=message_key(*self.key),
            recipient=recipient,
            language=self.language,
            subject=text.get("subject") or "",
            body=text.get("body") or "",
            created_at=self.created_at,
            link=text.get("link"),
            topic=text.get("topic"),
            unsubscribe=unsubscribe_address(self.city_id, self.audience, self.key[1]),
        )


def message_key(*parts: Any) -> str:
    """Forty hexadecimal digits made of the row's key alone, so that a receiver sees a repeated message once."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]


def deliver(
    connection: psycopg.Connection[Any],
    channel: str = "email",
    limit: int = 200,
    within: dt.timedelta = dt.timedelta(seconds=30),
) -> Delivered:
    """Send up to ``limit`` due messages over one conversation with a channel, beginning none after ``within``.

    This is the edge: each message is locked, sent and marked in a short transaction of its own, committed
    here; the connection must be outside of any. Killed between sending and marking, it sends the same
    message again, with the same key. While the channel is not set up, messages wait.
    """
    way = CHANNELS[channel]
    passing: tuple[type[Exception], ...] = (*way.passing_errors, Unopenable, Unsendable)
    if not way.ready():
        return Delivered()
    sent = put_back = failed = 0
    until = time.monotonic() + within.total_seconds()
    with ExitStack() as stack:
        conversation: Conversation | None = None
        for _ in range(limit):
            if time.monotonic() >= until:
                break
            with connection.transaction():
                due = _take_one(connection, way)
                if due is None:
                    break
                refusal: Refusal | None = None
                try:
                    conversation = conversation or stack.enter_context(way.open())
                    conversation.send(due.outgoing())
                except passing as error:
                    refusal = way.judge(error)
                _mark(connection, due, refusal)
            sent += refusal is None
            put_back += refusal is not None and not refusal.permanent
            failed += refusal is not None and refusal.permanent
            if refusal is not None and refusal.stops:
                return Delivered(sent, put_back, failed, refusal.why)
    return Delivered(sent, put_back, failed)


def _take_one(connection: psycopg.Connection[Any], way: Channel) -> _Due | None:
    row = connection.execute(TAKE_MESSAGE, (way.name,), prepare=True).fetchone()
    if row is not None:
        city_id, id_, audience, sealed, text, language, created, expires, attempts = row
        key: tuple[Any, ...] = (city_id, id_)
        return _Due(
            "message", key, city_id, audience, bytes(sealed), bytes(text), {}, language, created, expires,
            attempts,
        )  # fmt: skip
    row = connection.execute(TAKE_NOTICE, (way.name,), prepare=True).fetchone()
    if row is None:
        return None
    key, (sealed, language, subject, body, link, topic, created, attempts) = row[:5], row[5:]
    stored = {"subject": subject, "body": body, "link": link, "topic": topic}
    texts = filled(connection, key[0], key[1], key[3], stored)
    return _Due(
        "notification", key, key[0], key[3], bytes(sealed), None, texts, language, created,
        created + way.give_up_after, attempts,
    )  # fmt: skip


def _mark(connection: psycopg.Connection[Any], due: _Due, refusal: Refusal | None) -> None:
    """Write down how it went. A message refused for now waits twice as long each time, and not in step."""

    def run(statement: str, *values: Any) -> None:
        written = statement.format(table=due.table, key=KEYS[due.table])
        connection.execute(written.encode(), (*values, *due.key), prepare=True)

    if refusal is None:
        run(MARK_SENT)
    elif refusal.permanent:
        run(MARK_FAILED, refusal.why)
    else:
        later = max(pause(due.attempts), refusal.wait or dt.timedelta())
        run(PUT_BACK, refusal.why, due.given_up_at, due.given_up_at, later)
    subscription = subscription_of(due.audience)
    if refusal is not None and refusal.gone and subscription is not None:
        connection.execute(FORGET_SUBSCRIPTION, (due.city_id, subscription))


def pause(attempts: int) -> dt.timedelta:
    """How long to wait after so many earlier attempts: doubling, bounded, and spread over its upper half."""
    longest: dt.timedelta = min(FIRST_PAUSE * 2 ** min(attempts, 20), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
