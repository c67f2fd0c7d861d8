"""From events nobody was told of to notices: who is told, and in which words."""

from __future__ import annotations

import datetime as dt
import logging
import traceback
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from city_config import Configuration
from nagara.cities import configuration
from nagara.event_log import EventKind
from nagara.notifications.audiences import RESIDENT, STAFF_PREFIX, stop_page, subscription_audience
from nagara.notifications.contacts import ask_to_confirm, confirmation_channel, usable_recipients
from nagara.notifications.endpoints import endpoints_of, to_endpoints
from nagara.notifications.joined import joined_to, to_joined
from nagara.notifications.keeping import Held, Kept, held_for, keep_notices
from nagara.notifications.quiet import Quiet, quiet_span, told_from
from nagara.notifications.to_staff import INBOX, colleagues_of, tells_staff, to_staff
from nagara.notifications.wording import Happening, Notice, for_follower, for_resident
from nagara.public.publication import Standing, is_public
from nagara.sealing import seal, unseal
from nagara.settings import settings

log = logging.getLogger(__name__)

LOOK_AGAIN_AFTER = dt.timedelta(minutes=5)
"""How long an event waits of which a fault of ours made nothing."""

TAKE_EVENTS = """
with pressing as materialized (
    select ctid from event_outbox
     where urgent and city_id = any(%(cities)s)
       and (look_again_at is null or look_again_at <= statement_timestamp())
     order by city_id, request_id, seq limit %(limit)s for update skip locked),
others as materialized (
    select ctid from event_outbox
     where not urgent and city_id = any(%(cities)s)
       and (look_again_at is null or look_again_at <= statement_timestamp())
     order by city_id, request_id, seq limit greatest(%(limit)s - (select count(*) from pressing), 0)
       for update skip locked),
picked as (select * from pressing union all select * from others),
taken as (
    delete from event_outbox as pointer where ctid = any(array(select ctid from picked))
    returning pointer.city_id, pointer.request_id, pointer.seq)
select event.city_id, event.request_id, event.seq, event.kind, event.actor_kind, event.to_status, event.data,
       event.occurred_at, event.actor, request.assignee,
       request.reference, request.service_code, request.department, request.resolve_by,
       request.promise_standard, request.language, filed.recorded_at,
       request.confidential, request.public, request.received_at,
       parent.service_code, parent.confidential, parent.public, parent.received_at,
       contact.sealed, contact.channels, contact.moves, contact.confirmed_at is not null,
       contact.frequency, contact.quiet_begins, contact.quiet_ends,
       exists (select from subscription s where s.city_id = event.city_id and s.request_id = event.request_id
                  and s.confirmed_at is not null offset 0),
       exists (select from webhook_endpoint w where w.city_id = event.city_id and w.active offset 0),
       exists (select from subscription s where s.city_id = event.city_id and s.kind = 'area'
                  and s.confirmed_at is not null offset 0)
  from taken
  join event using (city_id, request_id, seq)
  join event as filed on filed.city_id = event.city_id and filed.request_id = event.request_id and filed.seq = 1
  join request on request.city_id = event.city_id and request.id = event.request_id
  left join request as parent on parent.city_id = event.city_id and parent.reference = event.data->>'parent'
  left join contact on contact.city_id = event.city_id and contact.request_id = event.request_id
 order by event.request_id, event.seq
"""
"""Takes from one queue of all the server's cities. Pointers go by their places, which a lock holds fast: analyzed when
it was empty, the queue is planned for as such, and a join of what is picked with what waits would go through each pair.
``offset 0`` has followers, endpoints and watchers asked for by each event's own city: without it, the planner may read
those of all cities once for many events."""

LOOK_AGAIN = """
insert into event_outbox (city_id, request_id, seq, urgent, look_again_at)
values (%s, %s, %s, %s, clock_timestamp() + %s)
on conflict (city_id, request_id, seq) do update set look_again_at = excluded.look_again_at
"""

FOLLOWERS = """
select city_id, request_id, id, channel, sealed, language, moves, own, frequency, quiet_begins, quiet_ends
  from subscription
 where (city_id, request_id) in (select * from unnest(%s::text[], %s::uuid[])) and confirmed_at is not null
"""

WAIT_FOR_WATCHERS = """
insert into alert_waiting (city_id, request_id, since)
select told.city_id, told.request_id, clock_timestamp()
  from unnest(%s::text[], %s::uuid[]) as told (city_id, request_id)
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Composed:
    """How many events were taken, how many new notices came of them, how many contacts were of no use."""

    events: int
    notices: int
    unusable_contacts: int
    inboxes: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)
    """Cities and sign-in names of those whose inbox holds something new, for their screens once this is committed."""


@dataclass(frozen=True, slots=True)
class _Filer:
    """How whoever filed the request is to be reached, as they chose; ``channels`` and ``moves`` None: as usual."""

    sealed: bytes
    channels: Sequence[str] | None
    moves: Sequence[str] | None
    confirmed: bool
    frequency: str
    quiet: Quiet | None


@dataclass(frozen=True, slots=True)
class _Follower:
    """Somebody who wants to be told of a request; ``own``: they filed it."""

    id: uuid.UUID
    channel: str
    sealed: bytes
    language: str | None
    moves: Sequence[str] | None
    own: bool
    frequency: str
    quiet: Quiet | None


@dataclass(frozen=True, slots=True)
class _Taken:
    """An event from the outbox with what is needed to tell of it.

    ``followed``, ``heard``, ``watched``: whether anybody follows the request, other systems hear of the city, anybody
    watches areas of it. Where nobody does, nobody is looked for.
    """

    request_id: uuid.UUID
    seq: int
    occurred_at: dt.datetime
    actor_kind: str
    actor: str | None
    assignee: str | None
    status: str | None
    happening: Happening
    known_since: dt.datetime
    standing: Standing
    filer: _Filer | None
    followed: bool
    heard: bool
    watched: bool

    @property
    def request(self) -> tuple[str, uuid.UUID]:
        """The request, by its key."""
        return self.happening.city_id, self.request_id

    def kept(
        self,
        audience: str,
        channel: str,
        recipient: bytes,
        notice: Notice,
        held: Held = "",
        quiet: Quiet | None = None,
    ) -> Kept:
        """A notice of this event on its way to somebody, not before their quiet hours end."""
        said, after = notice.for_channel(channel), told_from(quiet, self.happening.told_at)
        key = *self.request, self.seq, audience, channel
        return Kept(*key, recipient, said, held, after, quiet=quiet)


def compose(connection: psycopg.Connection[Any], limit: int = 500) -> Composed:
    """Take up to ``limit`` events from the outbox and keep a notice for each reader of each.

    Does not commit: pointers and notices go together in the caller's transaction. Safe to repeat and to run
    from many workers. Escalations come first. Imported history tells nobody; events of cities no longer
    configured wait, and so does, for some minutes, one of which a fault of ours makes nothing.
    """
    known = configuration()
    values = {"cities": list(known.cities), "limit": limit}
    rows = connection.execute(TAKE_EVENTS, values, prepare=True).fetchall()
    return _compose_each(connection, known, rows, dt.datetime.now(dt.UTC))


def _compose_each(
    connection: psycopg.Connection[Any],
    known: Configuration,
    rows: Sequence[tuple[Any, ...]],
    now: dt.datetime,
) -> Composed:
    """Notices of all of these, or of all but those that fail for themselves: halved until they are found."""
    if not rows:
        return Composed(0, 0, 0)
    try:
        with connection.transaction():
            return _compose_all(connection, known, rows, now)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise  # the database is the trouble, or another transaction; the whole is tried again
    except Exception as fault:
        if len(rows) == 1:
            _look_again(connection, rows[0], fault)
            return Composed(1, 0, 0)
    half = len(rows) // 2
    first = _compose_each(connection, known, rows[:half], now)
    rest = _compose_each(connection, known, rows[half:], now)
    return Composed(
        first.events + rest.events,
        first.notices + rest.notices,
        first.unusable_contacts + rest.unusable_contacts,
        first.inboxes | rest.inboxes,
    )


def _look_again(connection: psycopg.Connection[Any], row: tuple[Any, ...], fault: Exception) -> None:
    """Leave an event for later. No more than the fault's type and place is told: its words may name somebody."""
    city_id, request_id, seq, kind = row[:4]
    last = traceback.extract_tb(fault.__traceback__)[-1]
    name, where = type(fault).__name__, f"{last.name}:{last.lineno}"
    log.error("%s %s.%s: a fault of ours with one event (%s in %s)", city_id, request_id, seq, name, where)
    urgent = kind == EventKind.ESCALATED
    connection.execute(LOOK_AGAIN, (city_id, request_id, seq, urgent, LOOK_AGAIN_AFTER))


def _compose_all(
    connection: psycopg.Connection[Any],
    known: Configuration,
    rows: Sequence[tuple[Any, ...]],
    now: dt.datetime,
) -> Composed:
    taken = [_taken(known, row, now) for row in rows]
    news = [one for one in taken if one.actor_kind != "import"]
    staff = colleagues_of(connection, {one.happening.city_id for one in news if tells_staff(one)})
    followers = _followers(connection, known, [one for one in news if one.followed])
    joined = joined_to(connection, news)
    endpoints = endpoints_of(connection, {one.happening.city_id for one in news if one.heard})
    notices: list[Kept] = []
    unusable = 0
    for one in news:
        notices += to_staff(known, one, staff.get(one.happening.city_id, ()))
        notices += to_endpoints(known, one, endpoints.get(one.happening.city_id, ()))
        notices += _to_followers(known, one, followers.get(one.request, ()))
        contact = one.filer.sealed if one.filer is not None else None
        notices += to_joined(known, one, joined.get(one.request, ()), contact)
        to_resident = _to_resident(connection, known, one)
        unusable += to_resident is None
        notices += to_resident or ()
    filed = [one.request for one in news if one.watched and one.happening.kind == EventKind.FILED]
    if filed:
        connection.execute(WAIT_FOR_WATCHERS, [list(column) for column in zip(*filed, strict=True)])
    inboxes = frozenset(
        (one.city_id, one.audience.removeprefix(STAFF_PREFIX)) for one in notices if one.channel == INBOX
    )
    return Composed(len(taken), keep_notices(connection, notices), unusable, inboxes)


def _taken(known: Configuration, row: tuple[Any, ...], now: dt.datetime) -> _Taken:
    """An event as read. Of the report another was joined to, nobody hears more than the public may see."""
    city_id, request_id, seq, kind, actor_kind, status, data, occurred_at, actor, assignee, *of_request = row
    *of_request, sealed, channels, moves, confirmed, frequency, begins, ends = of_request[:-3]
    *of_request, known_since, confidential, public, received = of_request[:-4]
    parent = Standing(*row[-14:-10])
    if "parent" in data and not (parent.service_code and is_public(known.cities[city_id], parent, now)):
        data = {name: value for name, value in data.items() if name != "parent"}
    happening = Happening(city_id, kind, data, *[*of_request, now])
    quiet = quiet_span(begins, ends, known.cities[city_id].timezone)
    filer = (
        _Filer(bytes(sealed), channels, moves, confirmed, frequency, quiet) if sealed is not None else None
    )
    standing = Standing(happening.service_code, confidential, public, received)
    return _Taken(
        request_id,
        seq,
        occurred_at,
        actor_kind,
        actor,
        assignee,
        status,
        happening,
        known_since,
        standing,
        filer,
        *row[-3:],
    )


def _to_resident(
    connection: psycopg.Connection[Any], known: Configuration, taken: _Taken
) -> list[Kept] | None:
    """The resident's notices, if any are due; None when the contact cannot be opened or holds no address."""
    filer, happening = taken.filer, taken.happening
    if filer is None or (filer.moves is not None and happening.kind not in filer.moves):
        return []
    notice = for_resident(known, happening, settings().public_url, private=True)
    if notice is None:
        return []
    secret, city = settings().secret, known.cities[happening.city_id]
    contact = unseal(secret, city.id, filer.sealed)
    if contact is None:
        return None
    recipients = usable_recipients(city, contact, filer.channels)
    if recipients is None:
        return None
    waits = not filer.confirmed and confirmation_channel(city, contact) is not None
    if waits and happening.kind == EventKind.FILED:
        ask_to_confirm(connection, city, taken.request_id, contact, happening.language)
    held: Held = "until confirmed" if waits else held_for(filer.frequency, happening.kind)
    return [
        taken.kept(RESIDENT, channel, seal(secret, city.id, recipient), notice, held, filer.quiet)
        for channel, recipient in recipients.items()
    ]


def _to_followers(known: Configuration, taken: _Taken, followers: Iterable[_Follower]) -> Iterator[Kept]:
    """A notice for each follower. Others' requests only while the public may see them; their filing is no news."""
    happening = taken.happening
    city = known.cities[happening.city_id]
    public = is_public(city, taken.standing, happening.told_at)
    for follower in followers:
        if follower.moves is not None and happening.kind not in follower.moves:
            continue
        if not (follower.own or (public and happening.kind != EventKind.FILED)):
            continue
        if follower.own:
            told = replace(happening, language=follower.language or happening.language)
            notice = for_resident(known, told, settings().public_url)
        else:
            notice = for_follower(
                known,
                happening,
                settings().public_url,
                status=taken.status or happening.kind,
                language=follower.language,
                stop_url=stop_page(city.id, "f", follower.id),
            )
        if notice is not None:
            audience = subscription_audience(follower.id)
            held = held_for(follower.frequency, happening.kind)
            yield taken.kept(audience, follower.channel, follower.sealed, notice, held, follower.quiet)


def _followers(
    connection: psycopg.Connection[Any], known: Configuration, news: Sequence[_Taken]
) -> Mapping[tuple[str, uuid.UUID], Sequence[_Follower]]:
    found: dict[tuple[str, uuid.UUID], list[_Follower]] = {}
    if news:
        requests = zip(*{one.request for one in news}, strict=True)
        columns = [list(column) for column in requests]
        for city_id, request_id, *row in connection.execute(FOLLOWERS, columns, prepare=True):
            id_, channel, sealed, language, moves, own, frequency, begins, ends = row
            quiet = quiet_span(begins, ends, known.cities[city_id].timezone)
            one = _Follower(id_, channel, bytes(sealed), language, moves, own, frequency, quiet)
            found.setdefault((city_id, request_id), []).append(one)
    return found
