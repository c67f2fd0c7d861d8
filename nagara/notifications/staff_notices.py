"""What staff were told, how they want to be told, and what could not be sent. The caller owns the transaction."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text
from sqlmodel import Session

from city_config import City
from nagara.accounts import Account
from nagara.errors import InvalidInput, UnknownDelivery
from nagara.notifications.audiences import STAFF_PREFIX
from nagara.notifications.quiet import Quiet, clock_span
from nagara.notifications.to_staff import EMAIL, INBOX, TELEGRAM, USUAL
from nagara.tables import StaffNoticeChoice, TelegramChat

ENDED = ("unsubscribed", "endpoint ended")
"""Not failures: whoever was to be told ended it."""

DIGESTS = ("none", "daily", "weekly")
CHANNELS = (INBOX, EMAIL, TELEGRAM)

INBOX_PAGE = """
select n.request_id, n.seq, n.language, n.subject, n.body, n.created_at, n.read_at, r.reference, e.kind,
       coalesce((e.data->>'wakes')::boolean, false) as urgent, r.status
  from notification n
  join event e on e.city_id = n.city_id and e.request_id = n.request_id and e.seq = n.seq
  join request r on r.city_id = n.city_id and r.id = n.request_id
 where n.city_id = :city_id and n.audience = :audience and n.channel = 'inbox'
   and (cast(:before as timestamptz) is null or n.created_at < :before)
   and (not :unread or n.read_at is null)
 order by n.created_at desc, n.request_id, n.seq limit :limit
"""
UNREAD = """
select count(*), count(*) filter (where coalesce((e.data->>'wakes')::boolean, false))
  from notification n
  join event e on e.city_id = n.city_id and e.request_id = n.request_id and e.seq = n.seq
 where n.city_id = :city_id and n.audience = :audience and n.channel = 'inbox' and n.read_at is null
"""
READ = """
update notification set read_at = clock_timestamp()
 where city_id = :city_id and audience = :audience and channel = 'inbox' and read_at is null
   and (cast(:until as timestamptz) is null or created_at <= :until)
   and (:all or (request_id::text || '.' || seq) = any(:ids))
"""
FAILED = """
select n.request_id, n.seq, n.audience, n.channel, n.language, n.attempts, n.created_at, n.failed_at,
       n.last_error, r.reference, e.kind, true as again
  from notification n
  join event e on e.city_id = n.city_id and e.request_id = n.request_id and e.seq = n.seq
  join request r on r.city_id = n.city_id and r.id = n.request_id
 where n.city_id = :city_id and n.failed_at is not null and n.sent_at is null
   and coalesce(n.last_error, '') <> all(:ended)
   and (cast(:channel as text) is null or n.channel = :channel)
 order by n.failed_at desc limit :limit
"""
FAILED_MESSAGES = """
select id, audience, channel, language, attempts, created_at, failed_at, last_error,
       audience not like 'contact:%' or expires_at > clock_timestamp() as again
  from message
 where city_id = :city_id and failed_at is not null and sent_at is null
   and coalesce(last_error, '') <> all(:ended)
   and (cast(:channel as text) is null or channel = :channel)
 order by failed_at desc limit :limit
"""
"""Messages without an event. A code that has ended opens nothing: it is shown, and not sent again."""

WAITING = """
select channel, count(*), min(created_at), count(*) filter (where attempts > 0)
  from (select channel, created_at, attempts from notification
         where city_id = :city_id and next_attempt_at is not null and next_attempt_at <> 'infinity'
        union all
        select channel, created_at, attempts from message
         where city_id = :city_id and next_attempt_at is not null) as unsent
 group by channel order by channel
"""
RESTING = """
select channel, name, failures, last_error, failed_at, open_until from notice_destination
 where city_id = :city_id and failures > 0 order by failures desc, channel, name limit 100
"""
RESEND = """
update notification set failed_at = null, next_attempt_at = clock_timestamp(), resent_at = clock_timestamp()
 where city_id = :city_id and request_id = :request_id and seq = :seq and audience = :audience
   and channel = :channel and failed_at is not null and sent_at is null
   and coalesce(last_error, '') <> all(:ended)
returning 1
"""
RESEND_MESSAGE = """
update message set failed_at = null, next_attempt_at = clock_timestamp(), last_error = null,
       expires_at = greatest(expires_at, case when audience like 'contact:%' then expires_at
                                              else clock_timestamp() + cast(:worth_for as interval) end)
 where city_id = :city_id and id = :id and failed_at is not null and sent_at is null
   and coalesce(last_error, '') <> all(:ended)
   and (audience not like 'contact:%' or expires_at > clock_timestamp())
returning 1
"""
WORTH_AGAIN = dt.timedelta(hours=20)
"""How long a digest that is sent again is tried."""

MESSAGE = "message"
"""Where the id of a notice has its request, number, channel and audience, that of a message has this and its own."""

KINDS_OF_MESSAGES: Mapping[str, str] = {
    "contact": "code",
    "subscription": "digest",
    "person": "digest",
    "staff": "work",
}
"""What a message is, by whom it is for."""


def inbox(
    session: Session, account: Account, *, before: dt.datetime | None, unread: bool, limit: int
) -> dict[str, Any]:
    """What somebody was told, newest first, and how much of it they have not read."""
    values = {"before": before, "unread": unread, "limit": limit}
    rows = session.execute(text(INBOX_PAGE), _own(account) | values).mappings().all()
    waiting, urgent = session.execute(text(UNREAD), _own(account)).one()
    items = [
        {
            "id": f"{row['request_id']}.{row['seq']}",
            "kind": row["kind"],
            "reference": row["reference"],
            "status": row["status"],
            "language": row["language"],
            "subject": row["subject"],
            "body": row["body"],
            "at": row["created_at"],
            "read_at": row["read_at"],
            "urgent": row["urgent"],
        }
        for row in rows
    ]
    return {"items": items, "unread": waiting, "unread_urgent": urgent, "more": len(items) == limit}


def unread(session: Session, account: Account) -> tuple[int, int]:
    """How much of somebody's inbox they have not read, and how much of that may wake people."""
    waiting, urgent = session.execute(text(UNREAD), _own(account)).one()
    return waiting, urgent


def mark_read(
    session: Session, account: Account, ids: Sequence[str] | None, until: dt.datetime | None
) -> int:
    """Mark these, or all up to a time, as read; how many were not before."""
    values = {"ids": list(ids or ()), "all": ids is None, "until": until}
    return session.execute(text(READ), _own(account) | values).rowcount  # type: ignore[attr-defined,no-any-return]


def _own(account: Account) -> dict[str, Any]:
    return {"city_id": account.city_id, "audience": f"{STAFF_PREFIX}{account.username}"}


def choices(session: Session, city: City, account: Account) -> dict[str, Any]:
    """How somebody is told: what they chose, else what is usual."""
    row = session.get(StaffNoticeChoice, (city.id, account.username))
    chat = session.get(TelegramChat, (city.id, account.username))
    chosen = (row.channels if row else None) or {}
    quiet = clock_span(row.quiet_begins, row.quiet_ends) if row is not None else None
    return {
        "channels": {str(kind): list(chosen.get(kind, usual)) for kind, usual in USUAL.items()},
        "quiet": quiet,
        "zone": row.zone if row else city.timezone,
        "digest": row.digest if row else "none",
        "telegram_linked": chat is not None,
        "possible": list(CHANNELS),
    }


def choose(
    session: Session,
    city: City,
    account: Account,
    channels: Mapping[str, Sequence[str]],
    quiet: tuple[str, str] | None,
    zone: str | None,
    digest: str,
) -> None:
    """Keep how somebody wants to be told. Raises ``InvalidInput``."""
    for kind, wanted in channels.items():
        if kind not in USUAL:
            raise InvalidInput(f"{kind[:40]!r} is not told to staff.", field="channels", allowed=USUAL)
        if not set(wanted) <= set(CHANNELS):
            raise InvalidInput("There is no such channel.", field=f"channels.{kind}", allowed=CHANNELS)
    try:
        ZoneInfo(zone or city.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput("There is no such time zone.", field="zone", allowed="Asia/Phnom_Penh") from error
    row = session.get(StaffNoticeChoice, (city.id, account.username))
    if row is None:
        row = StaffNoticeChoice(city_id=city.id, username=account.username, zone=city.timezone)
        session.add(row)
    row.channels = {kind: list(dict.fromkeys(wanted)) for kind, wanted in channels.items()}
    if row.digest != digest:  # the first comes with the next day or week, not in the middle of this one
        row.last_digest_at = dt.datetime.now(dt.UTC)
    row.zone, row.digest = zone or city.timezone, digest
    begins, ends = (minutes(part) for part in quiet) if quiet is not None else (None, None)
    row.quiet_begins, row.quiet_ends = begins, ends
    session.flush()


def minutes(clock_time: str) -> int:
    """``21:30`` as minutes of the day; raise ``InvalidInput`` for anything else."""
    hour, colon, minute = clock_time.partition(":")
    good = colon and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60
    if not good or len(clock_time) != 5:
        raise InvalidInput(
            f"{clock_time[:20]!r} is no time of the day.", field="quiet", allowed="00:00 to 23:59"
        )
    return int(hour) * 60 + int(minute)


def quiet_of(begins: str, ends: str, zone: str) -> Quiet:
    """Quiet hours as somebody wrote them; raise ``InvalidInput`` where one is no time of the day."""
    return Quiet(minutes(begins), minutes(ends), zone)


def undelivered(session: Session, city: City, channel: str | None, limit: int) -> dict[str, Any]:
    """What was given up, what waits, and which destinations are left alone for a while."""
    values = {"city_id": city.id, "ended": list(ENDED), "channel": channel, "limit": limit}
    failed = [_failed(dict(row)) for row in session.execute(text(FAILED), values).mappings()]
    failed += [
        _failed_message(dict(row)) for row in session.execute(text(FAILED_MESSAGES), values).mappings()
    ]
    failed = sorted(failed, key=lambda one: one["failed_at"], reverse=True)[:limit]
    waiting = [
        {"channel": row[0], "waiting": row[1], "oldest": row[2], "tried": row[3]}
        for row in session.execute(text(WAITING), {"city_id": city.id})
    ]
    resting = [dict(row) for row in session.execute(text(RESTING), {"city_id": city.id}).mappings()]
    return {"failed": failed, "waiting": waiting, "destinations": resting}


def _failed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A notice that was given up; of its reader no more than who they are to the request."""
    whole = f"{row['request_id']}.{row['seq']}.{row['channel']}.{row['audience']}"
    return _shown(row, whole, row["kind"], row["reference"])


def _failed_message(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a message without an event; of its reader as little."""
    kind = KINDS_OF_MESSAGES.get(row["audience"].partition(":")[0], "other")
    return _shown(row, f"{MESSAGE}.{row['id']}", kind, None)


def _shown(row: Mapping[str, Any], whole: str, kind: str, reference: str | None) -> dict[str, Any]:
    return {
        "id": base64.urlsafe_b64encode(whole.encode()).decode().rstrip("="),
        "reference": reference,
        "kind": kind,
        "audience": row["audience"].partition(":")[0],
        "channel": row["channel"],
        "language": row["language"],
        "attempts": row["attempts"],
        "created_at": row["created_at"],
        "failed_at": row["failed_at"],
        "last_error": row["last_error"],
        "can_be_sent_again": row["again"],
    }


def resend(session: Session, city: City, ids: Sequence[str]) -> int:
    """Let notices that were given up be due again, under the same keys. Raises ``UnknownDelivery`` for the first
    that is not one of the city's."""
    for id_ in ids:
        statement, named = _read(id_)
        values = named | {"city_id": city.id, "ended": list(ENDED)}
        if session.execute(text(statement), values).scalar() is None:
            raise _unknown()
    return len(ids)


def _read(id_: str) -> tuple[str, dict[str, Any]]:
    """How what an id names is sent again."""
    try:
        whole = base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4)).decode()
        if not whole.isprintable():
            raise _unknown()
        first, rest = whole.split(".", 1)
        if first == MESSAGE:
            return RESEND_MESSAGE, {"id": uuid.UUID(rest), "worth_for": WORTH_AGAIN}
        seq, channel, audience = rest.split(".", 2)
        key = {"request_id": uuid.UUID(first), "seq": int(seq), "channel": channel, "audience": audience}
    except (ValueError, binascii.Error) as error:
        raise _unknown() from error
    return RESEND, key


def _unknown() -> UnknownDelivery:
    return UnknownDelivery("There is no notice of this id that could be sent again.", field="ids")
