"""One message a day or week about the reports somebody filed or follows: what happened, and what is overdue.

Who wants it is told so over one channel, whatever number of reports it is: a person is who owns a contact. Notices
are laid down without a time as they come, and taken together here; a question goes out at once by itself. A report
whose promised time has passed is named though nothing happened, for silence is what somebody waits to hear of.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

import psycopg

from city_config import City, Configuration
from nagara.ids import resident_token
from nagara.notifications.audiences import (
    further_way_of,
    is_own_contact,
    person_audience,
    person_of,
    stop_page,
    subscription_of,
)
from nagara.notifications.by_city import Digest, tell_everywhere
from nagara.notifications.contacts import confirmation_channel, usable_recipients
from nagara.notifications.keeping import KEEP_MESSAGE, message_values
from nagara.notifications.periods import period_began
from nagara.notifications.quiet import quiet_span, told_from
from nagara.notifications.wording import Standing as Shown
from nagara.notifications.wording import for_reports
from nagara.public.publication import Standing, is_public
from nagara.sealing import unseal
from nagara.settings import settings

LINES = 20
WORTH_FOR = dt.timedelta(hours=20)
"""News that could not be sent for so long are old: the reports' pages say more."""

REPORT: LiteralString = """
       r.id, r.reference, r.service_code, r.status, r.language, r.link_generation, r.confidential, r.public,
       r.received_at, case when r.closed_at is null and r.duplicate_of is null and r.promise_standard = 'published'
                            and r.resolve_by < coalesce(r.paused_at, %(now)s) then r.resolve_by end
"""
FOLLOW: LiteralString = """
s.city_id = %(city)s and s.kind = 'request' and s.frequency <> 'at_once' and s.confirmed_at is not null
   and coalesce(s.last_digest_at, s.created_at) < case s.frequency when 'weekly' then %(week)s else %(day)s end
"""
CONTACTS: LiteralString = """
c.city_id = %(city)s and c.frequency <> 'at_once'
   and coalesce(c.last_digest_at, r.received_at) < case c.frequency when 'weekly' then %(week)s else %(day)s end
"""
DUE: LiteralString = f"""
select s.id, null::uuid, case s.channel when 'sms' then null else s.digest end,
       case s.channel when 'sms' then s.digest end, s.channel
  from subscription s where {FOLLOW}
union all
select null, c.request_id, c.email_digest, c.phone_digest, 'email'
  from contact c join request r on r.city_id = c.city_id and r.id = c.request_id where {CONTACTS}
"""  # noqa: S608 - put together from what stands here
"""Subscriptions and requests with whose they are: by telephone, or by mail or another channel."""

FOLLOWED: LiteralString = f"""
select {REPORT}, s.quiet_begins, s.quiet_ends, s.id, s.own, s.channel, s.digest, s.sealed, s.language
  from subscription s join request r on r.city_id = s.city_id and r.id = s.request_id
 where {FOLLOW} and s.id = any(%(subscriptions)s)
 order by s.id for update of s skip locked
"""  # noqa: S608 - put together from what stands here
FILED: LiteralString = f"""
select {REPORT}, c.quiet_begins, c.quiet_ends, c.sealed, c.channels, c.confirmed_at is not null,
       c.email_digest, c.phone_digest
  from contact c join request r on r.city_id = c.city_id and r.id = c.request_id
 where {CONTACTS} and c.request_id = any(%(requests)s)
 order by r.received_at, r.id for update of c skip locked
"""  # noqa: S608 - put together from what stands here
HELD = """
select request_id, seq, audience, channel from notification
 where city_id = %s and request_id = any(%s) and next_attempt_at is null and sent_at is null and failed_at is null
   and channel <> 'inbox'
   for update skip locked
"""
MARK_TOLD = """
update notification n set sent_at = clock_timestamp()
  from unnest(%s::uuid[], %s::int[], %s::text[], %s::text[]) as told (request_id, seq, audience, channel)
 where n.city_id = %s and n.request_id = told.request_id and n.seq = told.seq
   and n.audience = told.audience and n.channel = told.channel
"""
MARK_FOLLOWED = "update subscription set last_digest_at = %s where city_id = %s and id = any(%s)"
MARK_FILED = "update contact set last_digest_at = %s where city_id = %s and request_id = any(%s)"


@dataclass(frozen=True, slots=True)
class _Report:
    """A report as it stands; ``overdue``: since when, where the city promised a time in public."""

    id: uuid.UUID
    reference: str
    service_code: str
    status: str
    language: str | None
    link_generation: int | None
    confidential: bool
    public: bool | None
    received_at: dt.datetime
    overdue: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody who is told of one report over one channel; without a subscription they are who filed it."""

    report: _Report
    subscription: uuid.UUID | None
    own: bool
    channel: str
    digest: bytes
    recipient: Mapping[str, str]
    language: str | None
    quiet_begins: int | None
    quiet_ends: int | None


_Held = Mapping[tuple[uuid.UUID, uuid.UUID | None], Sequence[tuple[Any, ...]]]
"""Notices that wait: by report and by subscription (None: of who filed it, over whatever channel they were to go)."""


def tell_reports(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """One message for each person whose day or week is over and has something to tell; returns how many.

    Does not commit. From seven in the morning on the city's clocks, every day or from Monday on once a week.
    """
    return tell_everywhere(connection, REPORTS, now)


class _Together(NamedTuple):
    """What is told in one go: all that leads to one person, or to several who share a report's contact."""

    subscriptions: list[uuid.UUID]
    requests: list[uuid.UUID]
    people: set[tuple[str, uuid.UUID]]


def _due(connection: psycopg.Connection[Any], city: City, now: dt.datetime) -> list[_Together]:
    """Everything of a city whose day or week is over, so divided that nobody is told in two parts."""
    values = _periods(city, now)
    if values["day"] is None:
        return []
    of_person: dict[tuple[str, uuid.UUID], _Together] = {}
    for subscription, request, digest, phone, channel in connection.execute(DUE, values):
        ways = ((channel, digest), ("sms", phone))
        people = [(way, person_of(bytes(one))) for way, one in ways if one is not None]
        joined = _Together([], [], set(people))
        joined.subscriptions.extend([subscription] if subscription is not None else ())
        joined.requests.extend([request] if request is not None else ())
        for met in {id(of_person[one]): of_person[one] for one in people if one in of_person}.values():
            # the smaller goes into the larger
            joined, other = (met, joined) if len(met.people) >= len(joined.people) else (joined, met)
            joined.subscriptions.extend(other.subscriptions)
            joined.requests.extend(other.requests)
            joined.people.update(other.people)
        of_person.update(dict.fromkeys(joined.people, joined))
    return list({id(group): group for group in of_person.values()}.values())


def _periods(city: City, now: dt.datetime) -> dict[str, Any]:
    day, week = (period_began(length, city.timezone, now) for length in ("daily", "weekly"))
    return {"city": city.id, "now": now, "day": day, "week": week}


def _tell_some(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    some: Sequence[_Together],
    now: dt.datetime,
) -> int:
    values = _periods(city, now)
    values["subscriptions"] = [one for group in some for one in group.subscriptions]
    values["requests"] = [one for group in some for one in group.requests]
    followed = connection.execute(FOLLOWED, values, prepare=True).fetchall()
    filed = connection.execute(FILED, values, prepare=True).fetchall()
    readers = [*_who_filed(city, filed), *_who_follow(city, followed)]
    return _tell_each(connection, known, city, readers, now) if readers else 0


REPORTS = Digest(_due, _tell_some)


def _who_follow(city: City, rows: Sequence[tuple[Any, ...]]) -> Iterator[_Reader]:
    """Those whose recipient opens; the others are kept until the key is the right one again."""
    for *of_report, begins, ends, id_, own, channel, digest, sealed, language in rows:
        recipient = unseal(settings().secret, city.id, bytes(sealed))
        if recipient is not None:
            report = _Report(*of_report)
            spoken = language or (report.language if own else None)
            yield _Reader(report, id_, own, channel, bytes(digest), recipient, spoken, begins, ends)


def _who_filed(city: City, rows: Sequence[tuple[Any, ...]]) -> Iterator[_Reader]:
    """Those who filed a report, over each channel they chose, unless the city still waits for their code."""
    for *of_report, begins, ends, sealed, channels, confirmed, email, phone in rows:
        contact = unseal(settings().secret, city.id, bytes(sealed)) or {}
        if not confirmed and confirmation_channel(city, contact) is not None:
            continue
        digests, report = {"email": email, "sms": phone}, _Report(*of_report)
        for channel, recipient in (usable_recipients(city, contact, channels) or {}).items():
            digest = digests[channel]
            if digest is not None:
                yield _Reader(
                    report, None, True, channel, bytes(digest), recipient, report.language, begins, ends
                )


def _tell_each(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    readers: Sequence[_Reader],
    now: dt.datetime,
) -> int:
    held = _held(connection, city, readers)
    people: dict[tuple[str, uuid.UUID], list[_Reader]] = {}
    for reader in readers:
        people.setdefault((reader.channel, person_of(reader.digest)), []).append(reader)
    messages = 0
    for (channel, person), theirs in people.items():
        told = [one for one in theirs if _has_news(city, one, held, now)]
        if told:
            _one_message(connection, known, city, person, channel, told, now)
            messages += 1
    _mark(connection, city, readers, held, now)
    return messages


def _held(connection: psycopg.Connection[Any], city: City, readers: Sequence[_Reader]) -> _Held:
    reports = list({reader.report.id for reader in readers})
    found: dict[tuple[uuid.UUID, uuid.UUID | None], list[tuple[Any, ...]]] = {}
    for row in connection.execute(HELD, (city.id, reports)).fetchall():
        request_id, _, audience, _ = row
        way = subscription_of(audience) or further_way_of(audience)
        if way is not None or is_own_contact(audience):
            found.setdefault((request_id, way), []).append(row)
    return found


def _key(reader: _Reader) -> tuple[uuid.UUID, uuid.UUID | None]:
    return reader.report.id, reader.subscription


def _has_news(city: City, reader: _Reader, held: _Held, now: dt.datetime) -> bool:
    """Whether there is something to tell, and still somebody who may be told it."""
    one = reader.report
    standing = Standing(one.service_code, one.confidential, one.public, one.received_at)
    visible = reader.own or is_public(city, standing, now)
    return visible and (_key(reader) in held or one.overdue is not None)


def _one_message(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    person: uuid.UUID,
    channel: str,
    told: Sequence[_Reader],
    now: dt.datetime,
) -> None:
    """Lay down one person's message; of a report that they follow twice it speaks once."""
    first = told[0]
    by_report = {reader.report.id: reader for reader in reversed(told)}
    shown = [_shown(city, reader) for reader in reversed(by_report.values())]
    stop = stop_page(city.id, "d", person)
    notice = for_reports(
        known, city, shown[:LINES], len(shown), settings().public_url, language=first.language, stop_url=stop
    )
    zone = city.timezone
    quiet = [quiet_span(one.quiet_begins, one.quiet_ends, zone) for one in told]
    after = max((rest for rest in (told_from(one, now) for one in quiet) if rest is not None), default=None)
    audience = person_audience(person)
    values = message_values(city.id, audience, channel, first.recipient, notice, WORTH_FOR, after, quiet)
    connection.execute(KEEP_MESSAGE, values)


def _shown(city: City, reader: _Reader) -> Shown:
    """A report's line. Who filed it opens it by its private link; the message is sealed as long as it lies here."""
    one, token = reader.report, None
    if reader.subscription is None:
        token = resident_token(settings().secret, city.id, one.id, one.link_generation)
    return Shown(one.reference, one.service_code, one.status, one.overdue, token)


def _mark(
    connection: psycopg.Connection[Any], city: City, readers: Sequence[_Reader], held: _Held, now: dt.datetime
) -> None:
    """Their period is told, and so is what waited for it."""
    told = [row for key in {_key(reader) for reader in readers} for row in held.get(key, ())]
    if told:
        connection.execute(MARK_TOLD, (*(list(column) for column in zip(*told, strict=True)), city.id))
    followed = [reader.subscription for reader in readers if reader.subscription is not None]
    filed = [reader.report.id for reader in readers if reader.subscription is None]
    connection.execute(MARK_FOLLOWED, (now, city.id, followed))
    connection.execute(MARK_FILED, (now, city.id, filed))
