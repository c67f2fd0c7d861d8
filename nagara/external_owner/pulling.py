"""Asking external owners what they did: by lists of ids, one by one, by what changed since, or by their updates.

What is known is said again and again by such lists; ``applying`` takes each thing once. A window begins some
minutes before the last one ended, because their clock is not ours and a list may lag behind.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg

from city_config import City
from city_config.schema import ExternalOwner
from nagara.database import city_session, time_told
from nagara.external_owner import destinations, owners
from nagara.external_owner.applying import apply
from nagara.external_owner.update import News, news_of_request, news_of_update
from nagara.open311.client import NotTaken, Page, Refused, Server, Unclear, w3c
from nagara.open311.client_history import CUTS
from nagara.tables import ExternalRequest

log = logging.getLogger(__name__)

OVERLAP = dt.timedelta(minutes=15)
LONGEST_WINDOW = dt.timedelta(days=89)
WATCHED_AFTER_CLOSING = dt.timedelta(days=30)
"""A request of ours that closed is still asked about for so long: they may open it again."""

AT_ONCE = 50
MOST_PAGES = 200

TAKE = """
insert into external_destination as d (city_id, owner, next_pull_at)
values (%(city)s, %(owner)s, clock_timestamp() + %(every)s)
on conflict (city_id, owner) do update set next_pull_at = clock_timestamp() + %(every)s
 where d.next_pull_at is null or d.next_pull_at <= clock_timestamp()
returning pulled_until
"""
"""Whoever gets a row asks this time."""

LINKS = """
select x.their_id, x.request_id from external_request x
  join request r on r.city_id = x.city_id and r.id = x.request_id
 where x.city_id = %s and x.owner = %s and x.state = 'sent' and x.their_id is not null
   and (r.closed_at is null or r.closed_at > clock_timestamp() - %s)
 order by x.sent_at
"""
PULLED = "update external_destination set pulled_until = %s where city_id = %s and owner = %s"

Links = dict[str, UUID]
Said = tuple[UUID, News]


def pull_due(connection: psycopg.Connection[Any]) -> Counter[str]:
    """Ask every owner whose turn it is; returns how much was new, known, and asked in vain.

    This is the edge: each piece of news is committed for itself. Safe to repeat and beside itself.
    """
    done: Counter[str] = Counter()
    with connection.transaction():
        now = time_told(connection)
    with owners.open_caller() as caller:
        for city, owner in owners.configured(now):
            if owner.news in ("pushed", "none"):
                continue
            place = (city.id, owner.code)
            with connection.transaction():
                values = {
                    "city": city.id,
                    "owner": owner.code,
                    "every": dt.timedelta(seconds=owner.every_seconds),
                }
                turn = connection.execute(TAKE, values).fetchone()
                if turn is None or destinations.rests_until(connection, place) is not None:
                    continue
                found = connection.execute(LINKS, (*place, WATCHED_AFTER_CLOSING)).fetchall()
            if not found:
                continue
            try:
                server = owners.server_of(caller, city, owner)
                done += _pull(connection, server, city, owner, dict(found), turn[0] or now - OVERLAP, now)
            except owners.KeyMissing:
                log.warning("%s: the key of %s is not set", city.id, owner.code)
            except (NotTaken, Unclear, Refused) as error:
                done["in vain"] += 1
                with connection.transaction():
                    destinations.failed(connection, place, str(error))
    return done


def _pull(
    connection: psycopg.Connection[Any],
    server: Server,
    city: City,
    owner: ExternalOwner,
    links: Links,
    since: dt.datetime,
    now: dt.datetime,
) -> Counter[str]:
    done = take_in(city, owner, _said(server, owner, links, since, now))
    with connection.transaction():
        connection.execute(PULLED, (now, city.id, owner.code))
        destinations.mended(connection, (city.id, owner.code))
    return done


def take_in(city: City, owner: ExternalOwner, said: Iterable[Said]) -> Counter[str]:
    """Apply news, each in a transaction of its own."""
    done: Counter[str] = Counter()
    for request_id, news in said:
        with city_session(city.id) as session:
            link = session.get(ExternalRequest, (city.id, request_id, owner.code))
            if link is not None:
                applied = apply(session, city, owner, link, news)
                done["new" if applied.new else "known"] += 1
                done["moved"] += applied.seq is not None
    return done


def _said(
    server: Server, owner: ExternalOwner, links: Links, since: dt.datetime, now: dt.datetime
) -> Iterator[Said]:
    """Everything the owner says of requests of ours, in the order in which it is to be taken."""
    match owner.news:
        case "updates":
            yield from _updates(server, links, since - OVERLAP, now)
        case "updated_after":
            for start, end in windows(since - OVERLAP, now):
                # the last window is open at its end, for servers that do not know the other bound
                before = {} if end == now else {"updated_before": w3c(end)}
                page = server.requests({"updated_after": w3c(start)} | before)
                if page.next_url is None and len(page.requests) in CUTS:
                    # it seems cut off, and what is behind would never be asked for again
                    yield from _by_id(server, links)
                    return
                yield from _through(server, page, links)
        case "one_by_one":
            for id_ in links:
                row = server.request(id_)
                news = news_of_request(row) if row is not None else None
                if news is not None:
                    yield links[id_], news
        case _:
            yield from _by_id(server, links)


def _by_id(server: Server, links: Links) -> Iterator[Said]:
    """How each of our requests stands now."""
    for some in _batched(list(links)):
        yield from _through(server, server.requests({"service_request_id": ",".join(some)}), links)


def _batched(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Ids as many as one address holds; one with a comma in it cannot stand in a list."""
    fit = [id_ for id_ in ids if "," not in id_]
    for start in range(0, len(fit), AT_ONCE):
        yield tuple(fit[start : start + AT_ONCE])


def _through(server: Server, page: Page, links: Links) -> Iterator[Said]:
    """What a list says of ours, from this page to its end; raises ``Unclear`` for one without an end."""
    for _ in range(MOST_PAGES):
        for row in page.requests:
            news = news_of_request(row)
            if row.id in links and news is not None:
                yield links[row.id], news
        if page.next_url is None:
            return
        page = server.page(page.next_url)
    raise Unclear(f"their list goes on after {MOST_PAGES} pages")


def windows(since: dt.datetime, now: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The time since then, in spans that every server answers for: one need not for more than ninety days."""
    while since < now:
        end = min(since + LONGEST_WINDOW, now)
        yield since, end
        since = end


def _updates(server: Server, links: Links, since: dt.datetime, now: dt.datetime) -> Iterator[Said]:
    for start, end in windows(since, now):
        rows = server.updates(start, end)
        for row in sorted(rows, key=lambda one: one.at or now):
            if row.id in links:
                yield links[row.id], news_of_update(row)
