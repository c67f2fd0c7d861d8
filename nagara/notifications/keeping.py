"""Laying notices and messages down for delivery, recipients and secrets sealed, in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, LiteralString, Protocol

import orjson
import psycopg
from sqlmodel import Session

from nagara.event_log import EventKind
from nagara.ids import uuid7
from nagara.notifications.quiet import Quiet, as_kept
from nagara.notifications.wording import Notice
from nagara.sealing import seal
from nagara.settings import settings

Held = Literal["", "until confirmed", "for the day", "inbox"]
"""What keeps a notice from being sent: a contact not confirmed yet, a day or week that is not over; or that it is
there already, because it is only read here."""

AT_ONCE = frozenset({EventKind.ASKED})
"""What is told at once whatever somebody chose: a question waits for its answer, and the promise with it."""

KEEP_NOTICES = """
with new as (
insert into notification (city_id, request_id, seq, audience, channel, sealed_recipient, language, subject,
                          body, link, topic, created_at, attempts, next_attempt_at, sent_at, urgency,
                          quiet)
select city_id, request_id, seq, audience, channel, recipient, language, subject, body, link, topic,
       clock_timestamp(), 0,
       case held when '' then coalesce(not_before, clock_timestamp())
                 when 'until confirmed' then 'infinity'::timestamptz end,
       case held when 'inbox' then clock_timestamp() end, urgency, quiet
  from json_to_recordset(%s::json)
    as kept (city_id text, request_id uuid, seq int, audience text, channel text, recipient bytea, language text,
             subject text, body text, link text, topic text, held text, not_before timestamptz, urgency smallint,
             quiet text)
on conflict do nothing returning 1)
select count(*) from new
"""

KEEP_MESSAGE = """
insert into message (city_id, id, audience, channel, sealed_recipient, sealed_text, language, created_at,
                     expires_at, next_attempt_at, quiet)
select city_id, id, audience, channel, recipient, words, language, clock_timestamp(),
       coalesce(not_before, clock_timestamp()) + worth_for, coalesce(not_before, clock_timestamp()), quiet
  from (values (%s::text, %s::uuid, %s::text, %s::text, %s::bytea, %s::bytea, %s::text, %s::interval,
                %s::timestamptz, %s::text))
    as kept (city_id, id, audience, channel, recipient, words, language, worth_for, not_before, quiet)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A notice of an event on its way to one reader."""

    city_id: str
    request_id: uuid.UUID
    seq: int
    audience: str
    channel: str
    sealed_recipient: bytes
    notice: Notice
    held: Held = ""
    not_before: dt.datetime | None = None
    """While its reader rests."""
    urgency: Literal[0, 1] = 0
    """1: sent before whatever else is due, however much that is."""
    quiet: Quiet | None = None
    """When its reader rests, should it be sent later than was meant; None: never, or it may wake them."""


def keep_notices(connection: psycopg.Connection[Any], notices: Sequence[Kept]) -> int:
    """Store the notices in one round trip; returns how many were new."""
    if not notices:
        return 0
    # As one value: fifteen arrays cost a process several times what JSON does.
    rows = orjson.dumps([_as_row(kept) for kept in notices]).decode()
    row = connection.execute(KEEP_NOTICES, (rows,), prepare=True).fetchone()
    return int(row[0]) if row else 0


def _as_row(kept: Kept) -> dict[str, Any]:
    notice = kept.notice
    return {
        "city_id": kept.city_id,
        "request_id": kept.request_id,
        "seq": kept.seq,
        "audience": kept.audience,
        "channel": kept.channel,
        "recipient": f"\\x{kept.sealed_recipient.hex()}",
        "language": notice.language,
        "subject": notice.subject,
        "body": notice.body,
        "link": notice.link,
        "topic": notice.topic,
        "held": kept.held,
        "not_before": kept.not_before,
        "urgency": kept.urgency,
        "quiet": as_kept(kept.quiet),
    }


def held_for(frequency: str, kind: str) -> Held:
    """Whether a notice of this kind waits for the one message of the day or week that its reader chose."""
    return "" if frequency == "at_once" or kind in AT_ONCE else "for the day"


def message_values(
    city_id: str,
    audience: str,
    channel: str,
    recipient: Mapping[str, str],
    notice: Notice,
    worth_for: dt.timedelta,
    not_before: dt.datetime | None = None,
    quiet: Sequence[Quiet | None] = (),
) -> tuple[Any, ...]:
    """The values of ``KEEP_MESSAGE``: a message without an event, tried for as long as it is worth sending.

    ``not_before``: while its reader rests; what it is worth is counted from then on. ``quiet``: when its readers rest,
    should it be sent later than that; none for what is awaited at any hour, as a code is.
    """
    said, secret = notice.for_channel(channel), settings().secret
    text = {"subject": said.subject, "body": said.body, "link": said.link, "topic": said.topic}
    words = {name: value for name, value in text.items() if value}
    return (
        city_id, uuid7(), audience, channel, seal(secret, city_id, recipient), seal(secret, city_id, words),
        said.language, worth_for, not_before, as_kept(*quiet),
    )  # fmt: skip


class Writer(Protocol):
    """Whatever runs a statement: a connection of the time door, or a session's own."""

    def execute(self, query: LiteralString, params: Sequence[Any], /) -> Any:
        """Run it."""


def session_writer(session: Session) -> Writer:
    """A session's own connection, for statements that both doors share; in the session's transaction."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the engine's driver is psycopg
    return driver
