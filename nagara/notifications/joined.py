"""How it ended, told to those who joined a request or were linked to it: in their language, of their own report.

A notice belongs to the report of whoever is told, so that it is held, ended and erased with their contact. It is
laid down under the event that linked them, once for each event of the other; whoever is told of that one anyhow,
over the same address, is not told twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import psycopg

from city_config import Configuration
from nagara.event_log import EventKind
from nagara.notifications.audiences import joined_audience
from nagara.notifications.contacts import confirmation_channel, usable_recipients
from nagara.notifications.keeping import Held, Kept, held_for
from nagara.notifications.quiet import quiet_span, told_from
from nagara.notifications.wording import Happening, for_resident
from nagara.public.publication import Standing, is_public
from nagara.sealing import seal, unseal
from nagara.settings import settings

PASSED_ON = frozenset({EventKind.RESOLVED, EventKind.DECLINED, EventKind.REOPENED})
"""What ends a request for those who joined it, and what opens it again. What lies between is on its page."""

HOLD = """
with following as (
    select child.city_id, child.id, child.duplicate_of
      from unnest(%(cities)s::text[], %(parents)s::uuid[]) as parent (city_id, id)
      join request child on child.city_id = parent.city_id and child.duplicate_of = parent.id),
held as (
    select child.city_id, child.id from request child join following using (city_id, id)
       for share of child skip locked)
select distinct following.city_id, following.duplicate_of from following left join held using (city_id, id)
 where held.id is null
"""
"""Keeps contacts from being erased while notices are written from them; names the requests of whose followers one
is being changed just now, perhaps erased."""

TELL_LATER = """
insert into event_outbox (city_id, request_id, seq)
select * from unnest(%s::text[], %s::uuid[], %s::int[]) on conflict do nothing
"""

JOINED = """
select child.city_id, child.duplicate_of, child.id, link.seq, child.reference, child.service_code, child.language,
       contact.sealed, contact.channels, contact.moves, contact.confirmed_at is not null,
       coalesce(contact.frequency, 'at_once'), contact.quiet_begins, contact.quiet_ends,
       (select json_agg(json_build_object('id', s.id, 'channel', s.channel, 'language', s.language,
                                          'moves', s.moves, 'frequency', s.frequency,
                                          'quiet_begins', s.quiet_begins, 'quiet_ends', s.quiet_ends,
                                          'sealed', encode(s.sealed, 'hex')) order by s.id)
          from subscription s
         where s.city_id = child.city_id and s.request_id = child.id and s.own and s.confirmed_at is not null)
  from unnest(%s::text[], %s::uuid[]) as parent (city_id, id)
  join request child on child.city_id = parent.city_id and child.duplicate_of = parent.id
  join lateral (select max(e.seq) as seq from event e
                 where e.city_id = child.city_id and e.request_id = child.id and e.kind = 'duplicate_linked') link
    on link.seq is not null
  left join contact on contact.city_id = child.city_id and contact.request_id = child.id
 order by child.received_at, child.id
"""


class Told(Protocol):
    """An event of the request that others joined, as it is being told."""

    @property
    def request_id(self) -> uuid.UUID:
        """Whose event it is."""

    @property
    def seq(self) -> int:
        """Which event of it."""

    @property
    def happening(self) -> Happening:
        """What happened."""

    @property
    def standing(self) -> Standing:
        """What decides whether the public sees the request."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who joined, as they are to be reached; ``own``: further ways they chose for their own report."""

    request_id: uuid.UUID
    seq: int
    reference: str
    service_code: str
    language: str | None
    sealed: bytes | None
    channels: Sequence[str] | None
    moves: Sequence[str] | None
    confirmed: bool
    frequency: str
    quiet_begins: int | None
    quiet_ends: int | None
    own: Sequence[Mapping[str, Any]]


By = Mapping[tuple[str, uuid.UUID], Sequence[Joined]]
"""Those who joined, by the request that they joined."""


def joined_to(connection: psycopg.Connection[Any], news: Iterable[Told]) -> By:
    """Those who joined any of the requests that ended or were opened again.

    Where one of them is being changed just now the event is put back and told to them by the next pass; whoever
    was told of it is not told again.
    """
    told = [one for one in news if one.happening.kind in PASSED_ON]
    ended = {(one.happening.city_id, one.request_id) for one in told}
    found: dict[tuple[str, uuid.UUID], list[Joined]] = {}
    if ended:
        ended -= _put_back(connection, told, ended)
    if ended:
        columns = [list(column) for column in zip(*sorted(ended), strict=True)]
        for row in connection.execute(JOINED, columns, prepare=True):
            city_id, parent_id, id_, seq, reference, service, language, sealed, *reached_by = row
            channels, moves, confirmed, frequency, begins, ends, own = reached_by
            one = Joined(
                request_id=id_,
                seq=seq,
                reference=reference,
                service_code=service,
                language=language,
                sealed=bytes(sealed) if sealed is not None else None,
                channels=channels,
                moves=moves,
                confirmed=bool(confirmed),
                frequency=frequency,
                quiet_begins=begins,
                quiet_ends=ends,
                own=own or (),
            )
            found.setdefault((city_id, parent_id), []).append(one)
    return found


def _put_back(
    connection: psycopg.Connection[Any], told: Sequence[Told], ended: set[tuple[str, uuid.UUID]]
) -> set[tuple[str, uuid.UUID]]:
    """Hold those who joined until the transaction ends; the requests for which that is not possible now."""
    cities, parents = ([key[at] for key in sorted(ended)] for at in (0, 1))
    busy = set(connection.execute(HOLD, {"cities": cities, "parents": parents}, prepare=True).fetchall())
    again = [
        (one.happening.city_id, one.request_id, one.seq)
        for one in told
        if (one.happening.city_id, one.request_id) in busy
    ]
    if again:
        connection.execute(TELL_LATER, [list(column) for column in zip(*again, strict=True)])
    return busy


def to_joined(
    known: Configuration, told: Told, those: Sequence[Joined], filer: bytes | None
) -> Iterator[Kept]:
    """A notice for each who joined; ``filer``: the sealed contact of whoever filed the other, who is told already."""
    if told.happening.kind not in PASSED_ON:
        return
    city, secret = known.cities[told.happening.city_id], settings().secret
    first = unseal(secret, city.id, filer) if filer is not None else None
    reached = {
        _address(recipient) for recipient in (usable_recipients(city, first or {}, None) or {}).values()
    }
    for one in those:
        happening = _as_theirs(known, told, one)
        yield from _to_contact(known, told.seq, happening, one, reached)
        yield from _to_own(known, told.seq, happening, one)


def _to_contact(
    known: Configuration, parent_seq: int, happening: Happening, one: Joined, reached: set[str]
) -> Iterator[Kept]:
    """A notice to the contact the report was filed with, unless its address is among those reached already."""
    city, secret = known.cities[happening.city_id], settings().secret
    contact = unseal(secret, city.id, one.sealed) if one.sealed is not None else None
    notice = for_resident(known, happening, settings().public_url, private=True)
    if contact is None or notice is None or (one.moves is not None and happening.kind not in one.moves):
        return
    waits = not one.confirmed and confirmation_channel(city, contact) is not None
    held: Held = "until confirmed" if waits else held_for(one.frequency, happening.kind)
    quiet = quiet_span(one.quiet_begins, one.quiet_ends, city.timezone)
    after = told_from(quiet, happening.told_at)
    audience = joined_audience(parent_seq)
    for channel, recipient in (usable_recipients(city, contact, one.channels) or {}).items():
        if _address(recipient) not in reached:
            reached.add(_address(recipient))
            sealed, said = seal(secret, city.id, recipient), notice.for_channel(channel)
            key = city.id, one.request_id, one.seq, audience, channel
            yield Kept(*key, sealed, said, held, after, quiet=quiet)


def _to_own(known: Configuration, parent_seq: int, happening: Happening, one: Joined) -> Iterator[Kept]:
    """The further ways somebody chose for their own report: a browser, another number."""
    for way in one.own:
        if way["moves"] is not None and happening.kind not in way["moves"]:
            continue
        spoken = replace(happening, language=way["language"] or happening.language)
        notice = for_resident(known, spoken, settings().public_url)
        if notice is not None:
            audience, sealed = joined_audience(parent_seq, way["id"]), bytes.fromhex(way["sealed"])
            said = notice.for_channel(way["channel"])
            zone = known.cities[happening.city_id].timezone
            quiet = quiet_span(way["quiet_begins"], way["quiet_ends"], zone)
            after, held = told_from(quiet, happening.told_at), held_for(way["frequency"], happening.kind)
            key = happening.city_id, one.request_id, one.seq, audience, way["channel"]
            yield Kept(*key, sealed, said, held, after, quiet=quiet)


def _as_theirs(known: Configuration, told: Told, one: Joined) -> Happening:
    """What happened to the other as news of one's own report. Of what is not public only the fact is told."""
    happening = told.happening
    city = known.cities[happening.city_id]
    data = dict(happening.data)
    if not is_public(city, told.standing, happening.told_at):
        data.pop("note", None)
    return replace(
        happening,
        data=data,
        reference=one.reference,
        service_code=one.service_code,
        language=one.language,
    )


def _address(recipient: Mapping[str, str]) -> str:
    """A recipient, so that the same address is known again however it is written."""
    return next(iter(recipient.values())).casefold()
