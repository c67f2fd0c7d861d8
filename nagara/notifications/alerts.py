"""Watchers of an area are told what was reported there: at once, or once a day or week.

A request waits in ``alert_waiting`` until the public may see it; only then anybody is told. It is looked at when the
city's delay is over, at once when staff decided something about it (a trigger says so), and every hour, since a city
may change its rules. What never becomes public, or not within two weeks, tells nobody. For those who want one message
a day, notices are laid down without a time, and ``tell_the_day`` makes one message of them.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from city_config import City, Configuration
from nagara.cities import configuration
from nagara.notifications.audiences import stop_page, subscription_audience, subscription_of
from nagara.notifications.by_city import Digest, tell_everywhere
from nagara.notifications.keeping import KEEP_MESSAGE, Held, Kept, keep_notices, message_values
from nagara.notifications.periods import period_began
from nagara.notifications.quiet import quiet_span, told_from
from nagara.notifications.wording import for_day, for_watcher, named_request
from nagara.public.publication import METRES_PER_DEGREE, Standing, never_public, public_since
from nagara.sealing import unseal
from nagara.settings import settings

WAITS_AT_MOST = dt.timedelta(days=14)
LOOK_AGAIN_AFTER = dt.timedelta(hours=1)
LINES_A_DAY = 20
WORTH_FOR = dt.timedelta(hours=20)
"""A day's news that could not be sent for so long is left to the next day."""

TAKE_WAITING = """
select w.city_id, w.request_id, w.since, r.reference, r.service_code, r.district, r.lat, r.lon,
       r.confidential, r.public, r.received_at
  from alert_waiting w
  join request r on r.city_id = w.city_id and r.id = w.request_id
 where w.city_id = any(%s) and w.look_again_at <= %s
 order by w.look_again_at limit %s
   for update of w skip locked for share of r skip locked
"""
"""What staff are deciding about just now is left alone, and looked at once they have."""

LOOK_AGAIN = """
update alert_waiting as w set look_again_at = seen.again_at
  from unnest(%s::text[], %s::uuid[], %s::timestamptz[]) as seen (city_id, request_id, again_at)
 where w.city_id = seen.city_id and w.request_id = seen.request_id
"""
WATCHERS = """
select city_id, id, channel, sealed, language, district, lat, lon, metres, services, frequency, created_at,
       quiet_begins, quiet_ends
  from subscription where city_id = any(%s) and kind = 'area' and confirmed_at is not null
"""
FORGET_WAITING = """
delete from alert_waiting as w using unnest(%s::text[], %s::uuid[]) as told (city_id, request_id)
 where w.city_id = told.city_id and w.request_id = told.request_id
"""
TOLD_BEFORE: LiteralString = """
s.city_id = %(city)s and s.kind = 'area'
   and coalesce(s.last_digest_at, s.created_at) < case s.frequency when 'weekly' then %(week)s else %(day)s end
"""
WITH_NEWS: LiteralString = f"""
select s.id from subscription s
 where {TOLD_BEFORE} and exists (
       select from notification n
        where n.city_id = s.city_id and n.audience = 'subscription:' || s.id
          and n.next_attempt_at is null and n.sent_at is null and n.failed_at is null)
 order by s.id
"""  # noqa: S608 - put together from what stands here
TAKE_HELD: LiteralString = f"""
select n.city_id, n.audience, n.channel, n.sealed_recipient, n.request_id, n.seq,
       s.language, r.reference, r.service_code, r.district, s.quiet_begins, s.quiet_ends
  from notification n
  join subscription s on s.city_id = n.city_id and 'subscription:' || s.id = n.audience
  join request r on r.city_id = n.city_id and r.id = n.request_id
 where n.city_id = %(city)s and n.next_attempt_at is null and n.sent_at is null and n.failed_at is null
   and {TOLD_BEFORE} and s.id = any(%(some)s)
 order by n.audience, n.created_at
   for update of n, s skip locked
"""  # noqa: S608 - put together from what stands here
MARK_TOLD = """
update notification n set sent_at = clock_timestamp()
  from unnest(%s::uuid[], %s::int[]) as told (request_id, seq)
 where n.city_id = %s and n.audience = %s and n.channel = %s
   and n.request_id = told.request_id and n.seq = told.seq
   and n.next_attempt_at is null and n.sent_at is null and n.failed_at is null
"""
"""Of those that were read alone: others may have been laid down meanwhile, and no message names them."""
MARK_DAY = "update subscription set last_digest_at = %s where city_id = %s and id = %s"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who watches an area: a district, or what lies within metres of a point."""

    city_id: str
    id: uuid.UUID
    channel: str
    sealed: bytes
    language: str | None
    district: str | None
    lat: float | None
    lon: float | None
    metres: int | None
    services: Sequence[str]
    frequency: str
    since: dt.datetime
    quiet_begins: int | None
    quiet_ends: int | None

    def watches(self, service: str, district: str | None, lat: float | None, lon: float | None) -> bool:
        """Whether a request of a service at a place is among what they asked for."""
        if self.services and service not in self.services:
            return False
        if self.district is not None:
            return district == self.district
        if lat is None or lon is None or self.lat is None or self.lon is None or self.metres is None:
            return False
        return metres_between(self.lat, self.lon, lat, lon) <= self.metres


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Distance on a plane that touches the Earth here; right to a thousandth over twenty kilometres."""
    north = (other_lat - lat) * METRES_PER_DEGREE
    east = (other_lon - lon) * METRES_PER_DEGREE * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(north, east)


def tell_watchers(connection: psycopg.Connection[Any], now: dt.datetime, limit: int = 1000) -> int:
    """Lay down notices of requests that have become public; returns how many. Does not commit.

    Reads what is due to be looked at, at most ``limit``, however much waits.
    """
    known = configuration()
    waiting = connection.execute(TAKE_WAITING, (list(known.cities), now, limit)).fetchall()
    if not waiting:
        return 0
    watchers: dict[str, list[Watcher]] = {}
    for row in connection.execute(WATCHERS, (sorted({row[0] for row in waiting}),)):
        watchers.setdefault(row[0], []).append(Watcher(row[0], row[1], row[2], bytes(row[3]), *row[4:]))
    notices: list[Kept] = []
    done: list[tuple[str, uuid.UUID]] = []
    later: list[tuple[str, uuid.UUID, dt.datetime]] = []
    for city_id, request_id, since, reference, service, district, lat, lon, *standing in waiting:
        city, decides = known.cities[city_id], Standing(service, *standing)
        public_at = public_since(city, decides)
        visible = public_at is not None and public_at <= now
        if visible:
            request = {"reference": reference, "service_code": service, "district": district}
            notices += [
                _alert(known, city, request_id, request, watcher, now)
                for watcher in watchers.get(city_id, ())
                if watcher.watches(service, district, lat, lon) and watcher.since <= decides.received_at
            ]
        if visible or never_public(city, decides) or now - since > WAITS_AT_MOST:
            done.append((city_id, request_id))
        else:
            again_at = now + LOOK_AGAIN_AFTER
            later.append((city_id, request_id, min(public_at or again_at, again_at)))
    if done:
        connection.execute(FORGET_WAITING, [list(column) for column in zip(*done, strict=True)])
    if later:
        connection.execute(LOOK_AGAIN, [list(column) for column in zip(*later, strict=True)])
    return keep_notices(connection, notices)


def _alert(
    known: Configuration,
    city: City,
    request_id: uuid.UUID,
    request: Mapping[str, str | None],
    watcher: Watcher,
    now: dt.datetime,
) -> Kept:
    notice = for_watcher(
        known,
        city,
        request,
        settings().public_url,
        language=watcher.language,
        stop_url=stop_page(city.id, "f", watcher.id),
    ).for_channel(watcher.channel)
    audience = subscription_audience(watcher.id)
    held: Held = "" if watcher.frequency == "at_once" else "for the day"
    quiet = quiet_span(watcher.quiet_begins, watcher.quiet_ends, city.timezone)
    key = city.id, request_id, 1, audience, watcher.channel
    return Kept(*key, watcher.sealed, notice, held, told_from(quiet, now), quiet=quiet)


def tell_the_day(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """Make one message of what each watcher's area brought since the last; returns how many.

    Does not commit. From seven in the morning on the city's clocks, once a day or, for who chose so, from Monday on
    once a week; a quiet day tells nothing.
    """
    return tell_everywhere(connection, THE_DAY, now)


def _with_news(connection: psycopg.Connection[Any], city: City, now: dt.datetime) -> list[uuid.UUID]:
    """Subscriptions whose day or week is over and brought something."""
    values = _periods(city, now)
    return [row[0] for row in connection.execute(WITH_NEWS, values)] if values["day"] is not None else []


def _tell_some(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    some: Sequence[uuid.UUID],
    now: dt.datetime,
) -> int:
    held = connection.execute(TAKE_HELD, _periods(city, now) | {"some": list(some)}).fetchall()
    return sum(_one_message(connection, known, city, rows, now) for rows in _by_reader(held))


def _periods(city: City, now: dt.datetime) -> dict[str, Any]:
    day, week = (period_began(length, city.timezone, now) for length in ("daily", "weekly"))
    return {"city": city.id, "day": day, "week": week}


THE_DAY = Digest(_with_news, _tell_some)


def _by_reader(held: Sequence[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    readers: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in held:
        readers.setdefault((row[1], row[2]), []).append(row)
    yield from readers.values()


def _one_message(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    rows: Sequence[tuple[Any, ...]],
    now: dt.datetime,
) -> bool:
    """Lay down one watcher's message; whether there is one."""
    _, audience, channel, sealed, _, _, language, *_, begins, ends = rows[0]
    subscription = subscription_of(audience)
    recipient = unseal(settings().secret, city.id, bytes(sealed))
    if subscription is None or recipient is None:
        return False  # the secret key is not the right one at the moment; they are kept
    spoken = known.messages_for(language, *city.languages).language
    lines = []
    for row in rows[:LINES_A_DAY]:
        request = {"reference": row[7], "service_code": row[8], "district": row[9]}
        named = named_request(city, request, spoken)
        where = f", {named['district']}" if named["district"] else ""
        lines.append(f"{row[7]}  {named['service']}{where}")
    if len(rows) > LINES_A_DAY:
        lines.append("…")
    notice = for_day(
        known,
        city,
        lines,
        len(rows),
        settings().public_url,
        language=language,
        stop_url=stop_page(city.id, "f", subscription),
    )
    quiet = quiet_span(begins, ends, city.timezone)
    after = told_from(quiet, now)
    values = message_values(city.id, audience, channel, recipient, notice, WORTH_FOR, after, [quiet])
    connection.execute(KEEP_MESSAGE, values)
    told = ([row[4] for row in rows], [row[5] for row in rows])
    connection.execute(MARK_TOLD, (*told, city.id, audience, channel))
    connection.execute(MARK_DAY, (now, city.id, subscription))
    return True
