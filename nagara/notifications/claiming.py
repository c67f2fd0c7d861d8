"""Taking due messages for a while, and writing down how it went: each in one short transaction for many at once.

What is taken is due again when its lease ends, so whoever is killed meanwhile only delays it. No row stays locked
while a message is on its way.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from nagara.notifications.audiences import STAFF_PREFIX, subscription_of, unsubscribe_address
from nagara.notifications.channels import Channel, Outgoing, Refusal, Unopenable
from nagara.notifications.private_links import with_token
from nagara.notifications.quiet import rests_until
from nagara.residents.contact_digests import keyed_digest
from nagara.sealing import unseal
from nagara.settings import settings

FIRST_PAUSE = dt.timedelta(seconds=5)
LONGEST_PAUSE = dt.timedelta(minutes=30)

TOO_LATE = """
update message set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'too late'
 where next_attempt_at <= statement_timestamp() and channel = %(channel)s and expires_at <= statement_timestamp()
"""
"""A code that has ended, yesterday's news: nobody is sent them any more."""

TAKE_MESSAGES = """
with due as materialized (
    select city_id, id, next_attempt_at as since from message
     where next_attempt_at <= statement_timestamp() and channel = %(channel)s
     order by next_attempt_at limit %(limit)s for update skip locked)
update message m set next_attempt_at = clock_timestamp() + %(lease)s
  from due where m.city_id = due.city_id and m.id = due.id
returning m.city_id, m.id, m.audience, m.sealed_recipient, m.sealed_text, m.language, m.created_at, m.expires_at,
          m.attempts, due.since, m.quiet
"""
TAKE_NOTICES = """
with pressing as materialized (
    select city_id, request_id, seq, audience, channel, next_attempt_at as since from notification
     where next_attempt_at <= statement_timestamp() and channel = %(channel)s and urgency = 1
     order by next_attempt_at limit %(limit)s for update skip locked),
others as materialized (
    select city_id, request_id, seq, audience, channel, next_attempt_at as since from notification
     where next_attempt_at <= statement_timestamp() and channel = %(channel)s and urgency = 0
     order by next_attempt_at limit greatest(%(limit)s - (select count(*) from pressing), 0)
       for update skip locked),
due as (select * from pressing union all select * from others)
update notification n set next_attempt_at = clock_timestamp() + %(lease)s
  from due left join request r on r.city_id = due.city_id and r.id = due.request_id and r.erased_at is null
 where n.city_id = due.city_id and n.request_id = due.request_id and n.seq = due.seq
   and n.audience = due.audience and n.channel = due.channel
returning n.city_id, n.request_id, n.seq, n.audience, n.channel, n.sealed_recipient, n.language, n.subject, n.body,
          n.link, n.topic, coalesce(n.resent_at, n.created_at), n.created_at, n.attempts, r.id is not null,
          r.link_generation, due.since, n.quiet, n.urgency
"""
KEYS: Mapping[str, tuple[str, str]] = {
    "message": ("%s::text[], %s::uuid[]", "city_id, id"),
    "notification": (
        "%s::text[], %s::uuid[], %s::int[], %s::text[], %s::text[]",
        "city_id, request_id, seq, audience, channel",
    ),
}
MARK_SENT = """
update {table} set sent_at = clock_timestamp(), attempts = attempts + 1, next_attempt_at = null,
       last_error = null, failed_at = null
  from unnest({types}) as done ({names}) where {same} and {table}.sent_at is null
"""
MARK_REFUSED = """
update {table} set attempts = attempts + 1, last_error = done.why,
       failed_at = case when done.later is null or done.given_up_at < clock_timestamp() then clock_timestamp() end,
       next_attempt_at = case when done.given_up_at >= clock_timestamp() then clock_timestamp() + done.later end
  from unnest({types}, %s::text[], %s::timestamptz[], %s::interval[])
       as done ({names}, why, given_up_at, later)
 where {same} and {table}.sent_at is null and {table}.failed_at is null
"""
PUT_OFF = """
update {table} set next_attempt_at = done.until
  from unnest({types}, %s::timestamptz[]) as done ({names}, until)
 where {same} and {table}.sent_at is null and {table}.failed_at is null
"""
REST = """
update {table} set next_attempt_at = done.until{worth}
  from unnest({types}, %s::timestamptz[]) as done ({names}, until)
 where {same} and {table}.sent_at is null and {table}.failed_at is null
"""
WORTH_AFTER_REST = {
    "message": ", expires_at = expires_at + (done.until - clock_timestamp())",
    "notification": "",
}
"""News lose nothing of what they are worth while their reader rests."""

FORGET_CHAT = "delete from telegram_chat where city_id = %s and username = %s and digest = %s"
"""The chat that was gone, not one that was linked since."""

FORGET_SUBSCRIPTION = "delete from subscription where city_id = %s and id = %s"


def _statement(form: str, table: str) -> bytes:
    types, names = KEYS[table]
    same = " and ".join(f"{table}.{name} = done.{name}" for name in names.split(", "))
    worth = WORTH_AFTER_REST[table]
    return form.format(table=table, types=types, names=names, same=same, worth=worth).encode()


STATEMENTS: Mapping[tuple[str, str], bytes] = {
    (name, table): _statement(form, table)
    for name, form in (("sent", MARK_SENT), ("refused", MARK_REFUSED), ("put off", PUT_OFF), ("rest", REST))
    for table in KEYS
}


@dataclass(slots=True)
class Due:
    """A message in hand until its lease ends. ``extra``: what of the recipient is looked up when it is sent."""

    table: str
    key: tuple[Any, ...]
    channel: str
    audience: str
    sealed_recipient: bytes
    sealed_text: bytes | None
    text: Mapping[str, str | None]
    language: str
    created_at: dt.datetime
    given_up_at: dt.datetime
    attempts: int
    since: dt.datetime
    quiet: str | None = None
    """When its reader rests, as it was kept; None: sent at any hour."""
    extra: Mapping[str, str] = field(default_factory=dict)
    counted_in: tuple[dt.datetime, dt.date] | None = None
    """The minute and the day whose limits it was counted against, where there are limits."""
    _opened: dict[str, str] | None = None

    @property
    def message_key(self) -> str:
        """What every message made of it bears."""
        return message_key(*self.key)

    @property
    def city_id(self) -> str:
        """Whose it is."""
        return str(self.key[0])

    def recipient(self) -> dict[str, str]:
        """Whom it is sent to. Raises ``Unopenable``."""
        if self._opened is None:
            recipient = unseal(settings().secret, self.city_id, self.sealed_recipient)
            if recipient is None:
                raise Unopenable
            self._opened = recipient | dict(self.extra)
        return self._opened

    def outgoing(self) -> Outgoing:
        """The message, opened. Raises ``Unopenable``."""
        recipient = self.recipient()
        text: Mapping[str, str | None] | None = self.text
        if self.sealed_text is not None:
            text = unseal(settings().secret, self.city_id, self.sealed_text)
        if text is None:
            raise Unopenable
        return Outgoing(
            key=self.message_key,
            recipient=recipient,
            language=self.language,
            subject=text.get("subject") or "",
            body=text.get("body") or "",
            created_at=self.created_at,
            link=text.get("link"),
            topic=text.get("topic"),
            unsubscribe=unsubscribe_address(self.city_id, self.audience, self.key[1]),
            city_id=self.city_id,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went with one message; ``took``: from beginning to send until it was known."""

    due: Due
    refusal: Refusal | None
    took: dt.timedelta


def message_key(*parts: Any) -> str:
    """Forty hexadecimal digits made of the row's key alone, so that a receiver sees a repeated message once."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]


def take(connection: psycopg.Connection[Any], way: Channel, limit: int, lease: dt.timedelta) -> list[Due]:
    """Up to ``limit`` due messages: those without an event, the urgent, the others; in the caller's transaction."""
    values = {"channel": way.name, "limit": limit, "lease": lease}
    # a lease that a crash of the server loses is as good as one that ended
    connection.execute("set local synchronous_commit = off")
    connection.execute(TOO_LATE, values, prepare=True)
    rows = connection.execute(TAKE_MESSAGES, values, prepare=True).fetchall()
    found = [_message(way, row) for row in rows]
    if len(found) < limit:
        values["limit"] = limit - len(found)
        rows = connection.execute(TAKE_NOTICES, values, prepare=True).fetchall()
        found += [_notice(way, row[:-1]) for row in sorted(rows, key=lambda row: (-row[-1], row[-2]))]
    return found


def _message(way: Channel, row: tuple[Any, ...]) -> Due:
    city_id, id_, audience, sealed, text, language, created, expires, attempts, since, quiet = row
    return Due(
        "message", (city_id, id_), way.name, audience, bytes(sealed), bytes(text), {}, language, created, expires,
        attempts, since, quiet,
    )  # fmt: skip


def _notice(way: Channel, row: tuple[Any, ...]) -> Due:
    key, (sealed, language, subject, body, link, topic, tried_since, created, attempts) = row[:5], row[5:14]
    stands, generation, since, quiet = row[14:]
    texts = {"subject": subject, "body": body, "link": link, "topic": topic}
    filled = with_token(key[0], key[1], key[3], texts, generation, stands=stands)
    return Due(
        "notification", key, way.name, key[3], bytes(sealed), None, filled, language, created,
        tried_since + way.give_up_after, attempts, since, quiet,
    )  # fmt: skip


def settle(connection: psycopg.Connection[Any], outcomes: Sequence[Outcome]) -> None:
    """Write down how it went; in the caller's transaction. What was refused for now waits longer each time."""
    for table in KEYS:
        sent = [one.due.key for one in outcomes if one.due.table == table and one.refusal is None]
        if sent:
            connection.execute(STATEMENTS["sent", table], _columns(sent), prepare=True)
        refused = [
            _refused(one.due, one.refusal) for one in outcomes if one.due.table == table and one.refusal
        ]
        if refused:
            connection.execute(STATEMENTS["refused", table], _columns(refused), prepare=True)
    for one in outcomes:
        subscription = subscription_of(one.due.audience)
        if one.refusal is None or not one.refusal.gone:
            continue
        if one.due.channel == "telegram" and one.due.audience.startswith(STAFF_PREFIX):
            username, chat = one.due.audience.removeprefix(STAFF_PREFIX), one.due.recipient().get("chat", "")
            digest = keyed_digest(settings().secret, one.due.city_id, "telegram", chat)
            connection.execute(FORGET_CHAT, (one.due.city_id, username, digest))
        if subscription is not None:
            connection.execute(FORGET_SUBSCRIPTION, (one.due.city_id, subscription))


def _refused(due: Due, refusal: Refusal) -> tuple[Any, ...]:
    later = None if refusal.permanent else max(pause(due.attempts), refusal.wait or dt.timedelta())
    return *due.key, refusal.why, due.given_up_at, later


def put_off(connection: psycopg.Connection[Any], what: Iterable[tuple[Due, dt.datetime]]) -> None:
    """Let messages that were not tried be due at a time; in the caller's transaction. No attempt is counted."""
    _put_off(connection, "put off", what)


def let_rest(connection: psycopg.Connection[Any], dues: Iterable[Due], now: dt.datetime) -> list[Due]:
    """Put off what would come in its reader's quiet hours, to their end, and return the others.

    Whatever made a message late, a failing gateway or a full day, its reader is not woken by it.
    """
    awake, resting = [], []
    for due in dues:
        until = rests_until(due.quiet, now)
        if until is None:
            awake.append(due)
        else:
            resting.append((due, until))
    _put_off(connection, "rest", resting)
    return awake


def _put_off(connection: psycopg.Connection[Any], how: str, what: Iterable[tuple[Due, dt.datetime]]) -> None:
    waiting = list(what)
    for table in KEYS:
        rows = [(*due.key, until) for due, until in waiting if due.table == table]
        if rows:
            connection.execute(STATEMENTS[how, table], _columns(rows), prepare=True)


def give_back(connection: psycopg.Connection[Any], dues: Iterable[Due]) -> None:
    """Let messages that were not tried be due as they were."""
    put_off(connection, ((due, due.since) for due in dues))


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def pause(attempts: int) -> dt.timedelta:
    """How long to wait after so many earlier attempts: doubling, bounded, and spread over its upper half."""
    longest: dt.timedelta = min(FIRST_PAUSE * 2 ** min(attempts, 20), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def uuid_after(audience: str, prefix: str) -> uuid.UUID | None:
    """The id in an audience of this kind, if it is one."""
    return uuid.UUID(audience.removeprefix(prefix)) if audience.startswith(prefix) else None
