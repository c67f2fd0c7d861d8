"""Reads the event log into facts: a whole city in one pass, or only the requests asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg

from city_config.schema import City
from nagara.indicators.facts import EPOCH, MICROSECOND, Facts, Groups, Row, facts_of, keyed, micros
from nagara.indicators.issue_store import Keys, bucket_numbers, cut, looked_up, sortable, together
from nagara.indicators.issue_times import LoggedEvent
from nagara.indicators.log_pages import FROM_2000, listed
from nagara.indicators.log_stream import Read, Tell, read_log

CHUNK = 20_000
"""Requests kept as objects before they become rows of numbers."""

ENOUGH_FOR_COLUMNS = 200
"""Requests from which on columns are quicker than one after another."""

EVENTS = """
select request_id, kind, occurred_at, actor_kind, to_status,
       case when kind not in ('noted', 'added', 'answered', 'prioritised', 'published') then data end, hash
  from event
 where city_id = %(city)s and recorded_at <= %(known_at)s and request_id = any(%(requests)s::uuid[])
 order by request_id, seq
"""

_LINKED = "link.city_id = %(city)s and link.kind = 'duplicate_linked'"
_LINKED_TO_ANY = f"event link where {_LINKED}"
_LINKED_TO_SOME = f"""
request wanted join event link on {_LINKED} and link.data->>'parent' = wanted.reference
     where wanted.city_id = %(city)s and wanted.id = any(%(requests)s::uuid[])"""

_FOLLOWERS = """
with link as materialized (
    select link.request_id, link.seq, link.data->>'parent' as parent from {linked}
       and link.recorded_at <= %(known_at)s and link.occurred_at <= %(cut_off)s)
select parent.id, array_agg(child.occurred_at)
  from link
  join request parent on parent.city_id = %(city)s and parent.reference = link.parent
  join event child on child.city_id = %(city)s and child.request_id = link.request_id and child.seq = 1
 where not exists (select from event undone
                    where undone.city_id = %(city)s and undone.request_id = link.request_id
                      and undone.seq > link.seq and undone.kind = 'reopened'
                      and undone.recorded_at <= %(known_at)s and undone.occurred_at <= %(cut_off)s)
 group by parent.id
"""
"""The few links are found first, by indexes of their own: right after an import the planner knows no better."""

FOLLOWERS = _FOLLOWERS.format(linked=_LINKED_TO_ANY)
FOLLOWERS_OF_SOME = _FOLLOWERS.format(linked=_LINKED_TO_SOME)
"""Of the requests asked for alone: a build after some news does not look at every link there ever was."""

_IDS = "select string_agg(uuid_send(id), null) from ({followers}) followed"
PARENTS = _IDS.format(followers=FOLLOWERS)
PARENTS_OF_SOME = _IDS.format(followers=FOLLOWERS_OF_SOME)

CHANGED_BETWEEN = """
with changed as materialized (
    select distinct on (request_id) request_id, seq, hash,
           max(recorded_at) over (partition by request_id) as newest
      from event
     where city_id = %(city)s and recorded_at > %(since)s and recorded_at <= %(known_at)s
     order by request_id, seq desc),
every as (
    select request_id, seq, hash, newest from changed
    union all
    select parent.id, 2147483647, child.hash, child.newest
      from changed child
      join event link on link.city_id = %(city)s and link.kind = 'duplicate_linked'
                     and link.request_id = child.request_id
      join request parent on parent.city_id = %(city)s and parent.reference = link.data->>'parent')
select string_agg(uuid_send(request_id), null), string_agg(int4send(seq), null), string_agg(hash, null),
       string_agg(timestamptz_send(newest), null)
  from every
"""
"""Packed as pages of the log are: a row for each request costs the reader more than finding it. What something was
linked to has an event of a number that none ever has."""

NEWEST_EVENT = (
    "select max(recorded_at) from event where city_id = %s and recorded_at > %s and recorded_at <= %s"
)


@dataclass(frozen=True, eq=False)
class Changed:
    """Requests with new events and those they were linked to, in order of id."""

    keys: Keys
    newest: npt.NDArray[np.int64]
    """When the newest event of each was recorded, in microseconds of Unix time."""
    seq: npt.NDArray[np.int64]
    """How many events each has by then; more than any has where something was linked to it."""
    head: Keys
    """The hash of the last one, which covers all before."""

    def after(self, moment: dt.datetime) -> Changed:
        """Those of which something was recorded later."""
        return self._only(self.newest > micros(moment))

    def of(self, buckets: Collection[int]) -> Changed:
        """Those whose rows lie in these buckets."""
        return self._only(np.isin(bucket_numbers(self.keys), list(buckets)))

    def not_in(self, kept: Facts) -> Changed:
        """Those of which rows in order of id do not tell all events, or to which something was linked."""
        if not len(kept):
            return self
        places, there = looked_up(self.keys, sortable(kept["id"].tobytes()))
        rows = kept[places]
        heads = np.ascontiguousarray(rows["head"]).view(self.head.dtype)
        same = there & (rows["events"] == self.seq) & (heads == self.head)
        return self._only(~same)

    def _only(self, chosen: npt.NDArray[np.bool_]) -> Changed:
        return Changed(self.keys[chosen], self.newest[chosen], self.seq[chosen], self.head[chosen])

    @property
    def requests(self) -> list[UUID]:
        """Their ids."""
        return [UUID(bytes=one) for one in cut(self.keys.tobytes())]

    @property
    def newest_of_all(self) -> dt.datetime | None:
        """When the newest of these events was recorded."""
        return EPOCH + int(self.newest.max()) * MICROSECOND if len(self.newest) else None


def tell_nobody(requests: int) -> None:
    """Say nothing of how far it is."""


def read_facts(
    connection: psycopg.Connection[Any],
    city: City,
    groups: Groups,
    cut_off: dt.datetime,
    known_at: dt.datetime,
    requests: Sequence[UUID] | None = None,
    tell: Tell = tell_nobody,
) -> Facts:
    """The facts of every request of a city (or of those asked for) as of a cut-off, in order of id.

    Events recorded after ``known_at`` are not known, those that happened after the cut-off are not looked at.
    A whole city is read in columns, and only what is rare request by request. ``tell`` hears how far it is.
    """
    return together(facts_in_stretches(connection, city, groups, cut_off, known_at, requests, tell))


def facts_in_stretches(
    connection: psycopg.Connection[Any],
    city: City,
    groups: Groups,
    cut_off: dt.datetime,
    known_at: dt.datetime,
    requests: Sequence[UUID] | None = None,
    tell: Tell = tell_nobody,
    at_once: int | None = None,
) -> Iterator[Facts]:
    """The same, one stretch after another: each of whole buckets, as soon as ``at_once`` requests are read.

    All in one without that number. Every one is in order of id, and comes after those before.
    """
    values: dict[str, Any] = {"city": city.id, "known_at": known_at, "cut_off": cut_off, "requests": None}
    if requests is not None:
        values["requests"] = listed(requests)
        if len(requests) < ENOUGH_FOR_COLUMNS:
            yield _one_by_one(connection, city, groups, values)
            return
    parents = _parents(connection, values)
    log = read_log(
        connection, city.id, city.zone, groups, known_at, cut_off, parents, tell, requests, at_once
    )
    held = together(())
    for read in log:
        facts = _with_rare(connection, city, groups, values, read)
        if len(held):
            facts = together((held, facts))
        whole = len(facts)
        if whole and read.goes_on:  # its last bucket may go on, too
            numbers = bucket_numbers(facts["id"])
            whole = int(np.searchsorted(numbers, numbers[-1]))
        held = facts[whole:].copy()
        if whole:
            yield facts[:whole]
        del facts, read
    if len(held):
        yield held


def _with_rare(
    connection: psycopg.Connection[Any], city: City, groups: Groups, values: Mapping[str, Any], read: Read
) -> Facts:
    """What was read in columns and what the rules say of the others, in order of id."""
    if not read.rare:
        return read.facts
    rare = [
        _one_by_one(
            connection, city, groups, {**values, "requests": listed(read.rare[start : start + CHUNK])}
        )
        for start in range(0, len(read.rare), CHUNK)
    ]
    every = np.concatenate([read.facts, *rare])
    words = np.ascontiguousarray(every["id"]).view(">u8").reshape(-1, 2)
    return every[np.lexsort((words[:, 1], words[:, 0]))]


def _one_by_one(
    connection: psycopg.Connection[Any], city: City, groups: Groups, values: Mapping[str, Any]
) -> Facts:
    """The facts of the requests asked for, each by the rules themselves."""
    followers = _followers(connection, values)
    rows: list[tuple[UUID, bytes, Row]] = []
    for request_id, head, events in _requests(connection, values, values["cut_off"]):
        row = facts_of(events, followers.get(request_id, ()), city.zone, groups)
        if row is not None:
            rows.append((request_id, head, row))
    return keyed(rows)


def _followers(
    connection: psycopg.Connection[Any], values: Mapping[str, Any]
) -> dict[UUID, list[dt.datetime]]:
    """When what was linked to the requests asked for came in, by the request."""
    return dict(connection.execute(FOLLOWERS_OF_SOME, values).fetchall())


def _parents(connection: psycopg.Connection[Any], values: Mapping[str, Any]) -> Keys:
    """To which requests others are linked, in order: of all, or of those asked for."""
    statement = PARENTS if values["requests"] is None else PARENTS_OF_SOME
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(statement, values).fetchone()
    return np.sort(sortable(row[0] if row and row[0] else b""))


def _requests(
    connection: psycopg.Connection[Any], values: Mapping[str, Any], cut_off: dt.datetime
) -> Iterator[tuple[UUID, bytes, list[LoggedEvent]]]:
    """Each request with its events up to the cut-off, and the hash of the last of them."""
    with connection.cursor(name="indicator_events") as cursor:
        cursor.itersize = 5000
        cursor.execute(EVENTS, values)
        for request_id, rows in groupby(cursor, key=lambda row: row[0]):
            events, head = [], b""
            told = [(LoggedEvent(*row[1:6]), row[6]) for row in rows]
            if any(event.kind == "time_corrected" for event, _ in told):
                told = _corrected(told)
            for event, hash_ in told:
                if event.occurred_at <= cut_off:
                    events.append(event)
                    head = bytes(hash_)
            if events:
                yield request_id, head, events


def _corrected(told: list[tuple[LoggedEvent, bytes]]) -> list[tuple[LoggedEvent, bytes]]:
    """The events at the times that later events of the same request gave them; the last word counts."""
    found = list(told)
    for event, _ in told:
        if event.kind == "time_corrected" and event.data:
            place = event.data["event"] - 1  # events of a request are numbered from 1 without gaps
            happened = dt.datetime.fromisoformat(event.data["occurred_at"])
            found[place] = (replace(found[place][0], occurred_at=happened), found[place][1])
    return found


def changed_requests(
    connection: psycopg.Connection[Any], city_id: str, since: dt.datetime, known_at: dt.datetime
) -> Changed:
    """Requests with events recorded after ``since``, and those they were linked to, with what is newest of each."""
    values: dict[str, Any] = {"city": city_id, "since": since, "known_at": known_at}
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(CHANGED_BETWEEN, values).fetchone() or (None,) * 4
    ids, numbers, hashes, times = (column or b"" for column in found)
    keys, seq = sortable(ids), np.frombuffer(numbers, ">i4").astype(np.int64)
    order = np.lexsort((seq, keys))
    keys, seq, heads = keys[order], seq[order], np.frombuffer(hashes, "S32")[order]
    newest = np.frombuffer(times, ">i8").astype(np.int64)[order] + FROM_2000
    begins = np.ones(len(keys), dtype=bool)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.flatnonzero(begins)
    if not len(first):
        return Changed(keys, newest, seq, heads)
    last = np.append(first[1:], len(keys)) - 1
    return Changed(keys[first], np.maximum.reduceat(newest, first), seq[last], heads[last])


def default_cut_off(
    connection: psycopg.Connection[Any], city_id: str, now: dt.datetime, newest: dt.datetime | None = None
) -> dt.datetime:
    """Start of the UTC day of ``now``, or the newest event recorded by then where that is later.

    ``newest``: when that event was recorded, where it is known already.
    """
    today = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if newest is None:
        row = connection.execute(NEWEST_EVENT, (city_id, today, now)).fetchone()
        newest = row[0] if row else None
    return max(today, newest) if newest else today
