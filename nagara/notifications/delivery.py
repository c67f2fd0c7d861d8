"""Handing due notices to the mail server, one after the other, each marked before the next is taken."""

from __future__ import annotations

import datetime as dt
import random
import smtplib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara.notifications.mail import (
    NoticeKey,
    Refusal,
    Unopenable,
    Unsendable,
    domain_of,
    judge,
    mail_server,
    write_message,
)
from nagara.sealing import unseal
from nagara.settings import settings

FIRST_PAUSE = dt.timedelta(seconds=5)
LONGEST_PAUSE = dt.timedelta(minutes=30)
GIVE_UP_AFTER = dt.timedelta(days=5)
"""RFC 5321, 4.5.4.1: a sender goes on trying for four to five days."""

PASSING_ERRORS = (OSError, smtplib.SMTPException)
"""What a mail server or the way to it may answer with; anything else is a fault of ours and is raised."""

TAKE_ONE = """
select city_id, request_id, seq, audience, channel, sealed_recipient, language, subject, body, created_at,
       attempts
  from notification
 where next_attempt_at <= clock_timestamp() and channel = 'email'
 order by next_attempt_at limit 1
   for update skip locked
"""

ITS_KEY = "city_id = %s and request_id = %s and seq = %s and audience = %s and channel = %s"
MARK_SENT = f"""
update notification set sent_at = clock_timestamp(), attempts = attempts + 1, next_attempt_at = null,
       last_error = null
 where {ITS_KEY}
"""  # noqa: S608 - joined from constants
PUT_BACK = f"""
update notification
   set attempts = attempts + 1, last_error = %s,
       failed_at = case when created_at + %s < clock_timestamp() then clock_timestamp() end,
       next_attempt_at = case when created_at + %s >= clock_timestamp() then clock_timestamp() + %s end
 where {ITS_KEY}
"""  # noqa: S608
MARK_FAILED = f"""
update notification set failed_at = clock_timestamp(), attempts = attempts + 1, next_attempt_at = null,
       last_error = %s
 where {ITS_KEY}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did. ``put_back`` are tried again later, ``failed`` never; ``trouble`` ended it early."""

    sent: int = 0
    put_back: int = 0
    failed: int = 0
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class _Due:
    """A notice in hand, locked until its transaction ends."""

    key: NoticeKey
    sealed_recipient: bytes
    language: str
    subject: str
    body: str
    created_at: dt.datetime
    attempts: int


def deliver(
    connection: psycopg.Connection[Any], limit: int = 200, within: dt.timedelta = dt.timedelta(seconds=30)
) -> Delivered:
    """Send up to ``limit`` due notices over one conversation with the mail server, beginning none after ``within``.

    This is the edge: each notice is locked, sent and marked in a short transaction of its own, committed
    here; the connection must be outside of any. Killed between sending and marking, it sends the same
    message again, with the same Message-ID. While no mail server is set, notices wait.
    """
    url, sender = settings().smtp_url, settings().mail_from
    if url is None:
        return Delivered()
    sent = put_back = failed = 0
    until = time.monotonic() + within.total_seconds()
    with ExitStack() as stack:
        server: smtplib.SMTP | None = None
        for _ in range(limit):
            if time.monotonic() >= until:
                break
            with connection.transaction():
                due = _take_one(connection)
                if due is None:
                    break
                refusal: Refusal | None = None
                try:
                    server = server or stack.enter_context(mail_server(url, sender))
                    _send(server, sender, due)
                except (*PASSING_ERRORS, Unopenable, Unsendable) as error:
                    refusal = judge(error)
                _mark(connection, due, refusal)
            sent += refusal is None
            put_back += refusal is not None and not refusal.permanent
            failed += refusal is not None and refusal.permanent
            if refusal is not None and refusal.stops:
                return Delivered(sent, put_back, failed, refusal.why)
    return Delivered(sent, put_back, failed)


def _take_one(connection: psycopg.Connection[Any]) -> _Due | None:
    row = connection.execute(TAKE_ONE, prepare=True).fetchone()
    if row is None:
        return None
    key, (sealed, *rest) = NoticeKey(*row[:5]), row[5:]
    return _Due(key, bytes(sealed), *rest)


def _send(server: smtplib.SMTP, sender: str, due: _Due) -> None:
    """Hand one message over. Raises ``PASSING_ERRORS``, ``Unopenable`` or ``Unsendable``."""
    contact = unseal(settings().secret, due.key.city_id, due.sealed_recipient)
    if contact is None:
        raise Unopenable
    recipient = contact.get("email", "")
    try:
        message = write_message(
            due.key, sender, recipient, due.subject, due.body, due.language, due.created_at
        )
        server.send_message(message, from_addr=_bare(sender), to_addrs=[recipient])
    except ValueError as error:
        raise Unsendable from error


def _bare(sender: str) -> str:
    """``Name <a@b>`` as the envelope wants it: ``a@b``."""
    return f"{sender.rpartition('@')[0].rpartition('<')[2]}@{domain_of(sender)}"


def _mark(connection: psycopg.Connection[Any], due: _Due, refusal: Refusal | None) -> None:
    """Write down how it went. A notice refused for now waits twice as long each time, and not in step."""
    key = due.key
    its_key = (key.city_id, key.request_id, key.seq, key.audience, key.channel)
    if refusal is None:
        connection.execute(MARK_SENT, its_key, prepare=True)
    elif refusal.permanent:
        connection.execute(MARK_FAILED, (refusal.why, *its_key))
    else:
        values = (refusal.why, GIVE_UP_AFTER, GIVE_UP_AFTER, pause(due.attempts), *its_key)
        connection.execute(PUT_BACK, values)


def pause(attempts: int) -> dt.timedelta:
    """How long to wait after so many earlier attempts: doubling, bounded, and spread over its upper half."""
    longest: dt.timedelta = min(FIRST_PAUSE * 2 ** min(attempts, 20), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
