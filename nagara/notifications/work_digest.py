"""What of their work is overdue, told to staff once a day or week instead of single mails, as they chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg

from city_config import City, Configuration
from nagara.notifications.audiences import STAFF_PREFIX
from nagara.notifications.by_city import Digest, tell_everywhere
from nagara.notifications.channels.email import is_address
from nagara.notifications.keeping import KEEP_MESSAGE, message_values
from nagara.notifications.periods import period_began
from nagara.notifications.quiet import Quiet, quiet_span, told_from
from nagara.notifications.wording import for_work, named_request
from nagara.settings import settings

LINES = 20
WORTH_FOR = dt.timedelta(hours=20)

WANTING = """
select c.username
  from staff_notice_choice c join staff_account a on a.city_id = c.city_id and a.username = c.username
 where c.digest <> 'none' and a.active and a.email is not null and c.city_id = %s
 order by c.username
"""
WAITING = """
select c.username, c.zone, c.digest, c.last_digest_at, c.quiet_begins, c.quiet_ends, a.email, a.role,
       array(select d.department from staff_department d
              where d.city_id = a.city_id and d.username = a.username)
  from staff_notice_choice c join staff_account a on a.city_id = c.city_id and a.username = c.username
 where c.digest <> 'none' and a.active and a.email is not null and c.city_id = %s
   and c.username = any(%s)
 order by c.username for update of c skip locked
"""
OVERDUE = """
select reference, service_code, district, resolve_by, count(*) over ()
  from request
 where city_id = %(city)s and closed_at is null and duplicate_of is null
   and resolve_by < coalesce(paused_at, %(now)s)
   and (assignee = %(username)s
        or (%(role)s <> 'crew' and (%(departments)s::text[] = '{}' or department = any(%(departments)s))))
 order by resolve_by limit %(limit)s
"""
MARK = "update staff_notice_choice set last_digest_at = %s where city_id = %s and username = %s"


def tell_work(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """One message for everybody who wants it and whose time has come; returns how many. Does not commit.

    From seven in the morning on their own clocks, every day or on Mondays. Who has nothing overdue is told nothing.
    """
    return tell_everywhere(connection, WORK, now)


def _wanting(connection: psycopg.Connection[Any], city: City, _now: dt.datetime) -> list[str]:
    """Who of a city's staff wants digests; whether their time has come depends on their own clocks."""
    return [row[0] for row in connection.execute(WANTING, (city.id,))]


def _tell_some(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    some: Sequence[str],
    now: dt.datetime,
) -> int:
    messages = 0
    waiting = connection.execute(WAITING, (city.id, list(some))).fetchall()
    for username, zone, digest, last, begins, ends, email, role, departments in waiting:
        begun = period_began(digest, zone, now)
        if begun is None or (last is not None and last >= begun) or not is_address(email):
            continue
        values = {"city": city.id, "now": now, "username": username, "role": role, "limit": LINES}
        rows = connection.execute(OVERDUE, values | {"departments": departments}).fetchall()
        connection.execute(MARK, (now, city.id, username))
        if rows:
            _tell(connection, known, city, username, email, rows, now, quiet_span(begins, ends, zone))
            messages += 1
    return messages


WORK = Digest(_wanting, _tell_some)


def _tell(
    connection: psycopg.Connection[Any],
    known: Configuration,
    city: City,
    username: str,
    email: str,
    rows: Sequence[tuple[Any, ...]],
    now: dt.datetime,
    quiet: Quiet | None,
) -> None:
    spoken = known.messages_for(*city.languages).language
    lines = []
    for reference, service, district, resolve_by, _ in rows:
        request = {"reference": reference, "service_code": service, "district": district}
        named = named_request(city, request, spoken)
        where = f", {named['district']}" if named["district"] else ""
        lines.append(f"{resolve_by.astimezone(city.zone):%Y-%m-%d}  {reference}  {named['service']}{where}")
    count = rows[0][4]
    if count > len(rows):
        lines.append("…")
    notice = for_work(known, city, lines, count, settings().public_url)
    audience = f"{STAFF_PREFIX}{username}"
    after = told_from(quiet, now)
    values = message_values(city.id, audience, "email", {"email": email}, notice, WORTH_FOR, after, [quiet])
    connection.execute(KEEP_MESSAGE, values)
