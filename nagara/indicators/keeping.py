"""Keeps the facts of a city's requests up with its log, gives them as of a cut-off, and proves them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psycopg

from city_config.schema import City
from nagara.indicators import issue_store
from nagara.indicators.facts import Facts, Groups
from nagara.indicators.issue_store import Keys, Part, State
from nagara.indicators.log_stream import Tell
from nagara.indicators.reading import (
    Changed,
    changed_requests,
    default_cut_off,
    facts_in_stretches,
    read_facts,
    tell_nobody,
)

OVERLAP = dt.timedelta(minutes=10)
"""An event's time of recording is taken before its transaction ends: so far back a build looks once more, and reads
those requests of which it does not know the last event."""

LOCK_CITY = "select pg_advisory_xact_lock(hashtextextended('indicators of ' || %s, 0))"
"""Builds of one city take turns; those of several cities run side by side."""


@dataclass(frozen=True)
class Prepared:
    """A city's facts as of a cut-off, read bucket by bucket, and which months may have changed."""

    connection: psycopg.Connection[Any]
    city_id: str
    parts: Mapping[int, Part]
    """What each bucket says of itself, as of the cut-off."""
    at_hand: Mapping[int, Facts]
    """Buckets that are read already; the rows of one that is other at the cut-off than what is kept."""
    groups: Groups
    state: State | None
    """What is kept now, with the months changed since its snapshot; None where nothing was kept of this."""
    apart: frozenset[int]
    """Months in which the cut-off leaves out something that is known already."""
    requests_read: int
    cut_off: dt.datetime
    whole: Facts | None = None
    """All rows in order of id, where all were read at once."""

    @property
    def months(self) -> frozenset[int]:
        """Every month in which something is counted."""
        return frozenset().union(*(part.months for part in self.parts.values()))

    @property
    def events(self) -> int:
        """Events that were read."""
        return sum(part.events for part in self.parts.values())

    @property
    def digest(self) -> str:
        """Of all requests and the hashes of their last events; see ``events_digest``."""
        return _digest({bucket: part.digest for bucket, part in self.parts.items()})

    @property
    def fingerprints(self) -> set[str]:
        """The configurations under which requests were filed."""
        names = self.groups.names()
        present = frozenset[int]().union(*(part.groups for part in self.parts.values()))
        return {names[number].fingerprint for number in present} - {""}

    def in_turns(self, months: Collection[int]) -> Iterator[frozenset[int]]:
        """Months in order, so many at once as lie in buckets of ``ROWS_AT_ONCE`` rows, or a single larger one.

        All at once where all rows are held anyway.
        """
        if self.whole is not None:
            yield frozenset(months)
            return
        lying: dict[int, set[int]] = {month: set() for month in months}
        for bucket, part in self.parts.items():
            for month in part.months & lying.keys():
                lying[month].add(bucket)
        some, buckets = set[int](), set[int]()
        for month in sorted(lying):
            more = buckets | lying[month]
            if some and sum(self.parts[bucket].requests for bucket in more) > issue_store.ROWS_AT_ONCE:
                yield frozenset(some)
                some, more = set(), lying[month]
            some.add(month)
            buckets = more
        if some:
            yield frozenset(some)

    def facts(self, months: Collection[int] | None = None) -> Facts:
        """The rows of which something belongs to these months (every row if None), in order of id."""
        if self.whole is not None and (months is None or self.months <= frozenset(months)):
            return self.whole
        some = self.facts_in_turns(months)
        if months is not None:
            some = (issue_store.of_months(facts, months) for facts in some)
        return issue_store.together(some)

    def facts_in_turns(self, months: Collection[int] | None = None) -> Iterator[Facts]:
        """The rows of every bucket in which something belongs to these months (to any if None), in order of id.

        Some buckets after others, as ``issue_store.in_turns`` puts them.
        """
        chosen = self.months if months is None else frozenset(months)
        wanted = {bucket for bucket, part in self.parts.items() if months is None or part.months & chosen}
        for some in issue_store.in_turns(wanted, self.parts):
            kept = issue_store.read_buckets(self.connection, self.city_id, some - self.at_hand.keys())
            found = kept | {bucket: self.at_hand[bucket] for bucket in some & self.at_hand.keys()}
            yield _in_order(found)


def follow(
    connection: psycopg.Connection[Any],
    city: City,
    cut_off: dt.datetime | None,
    now: dt.datetime,
    tell: Tell,
) -> Prepared:
    """Bring the kept facts up to now by reading requests with new events, and give them as of the cut-off.

    Without one as of ``default_cut_off``. How far the kept facts are is for the caller to write down, with the state.
    """
    connection.execute(LOCK_CITY, (city.id,))
    state = issue_store.read_state(connection, city.id)
    groups = issue_store.read_groups(connection, city.id)
    if state is not None and now < state.known_at:  # asked as of a time before what is known: nothing is kept
        as_of = cut_off or default_cut_off(connection, city.id, now)
        facts = read_facts(connection, city, groups, as_of, now, tell=tell)
        parts, at_hand = issue_store.parts_of(facts), issue_store.by_bucket(facts)
        none = frozenset[int]()
        return Prepared(connection, city.id, parts, at_hand, groups, None, none, len(facts), as_of, facts)
    whole: Facts | None = None
    later: Changed | None = None
    if state is None:
        as_of = cut_off or default_cut_off(connection, city.id, now)
        parts, whole = _taken_whole(connection, city, groups, now, tell)
        at_hand = {} if whole is None else issue_store.by_bucket(whole)
        state, read = State(now, None, None, frozenset()), sum(part.requests for part in parts.values())
    else:
        since = state.known_at - OVERLAP
        changed = changed_requests(connection, city.id, since, now)
        as_of = cut_off or default_cut_off(connection, city.id, now, changed.newest_of_all)
        if since <= as_of:
            later = changed.after(as_of)
        parts, at_hand, touched, read = _taken_in(connection, city, groups, changed, now, tell)
        state = replace(state, known_at=now, touched=state.touched | touched)
    if later is None and as_of < now:
        later = changed_requests(connection, city.id, as_of, now)
    as_then, apart = _as_of(connection, city, groups, at_hand, later, as_of, now)
    issue_store.add_groups(connection, city.id, groups)
    if as_then:
        parts, whole = _with_parts(parts, as_then, issue_store.parts_of(_in_order(as_then))), None
    return Prepared(connection, city.id, parts, at_hand | as_then, groups, state, apart, read, as_of, whole)


def _in_order(buckets: Mapping[int, Facts]) -> Facts:
    return issue_store.together(buckets[bucket] for bucket in sorted(buckets))


def _with_parts(
    parts: Mapping[int, Part], rows: Mapping[int, Facts], told: Mapping[int, Part]
) -> dict[int, Part]:
    """What buckets say of themselves, where some have other rows now or none at all."""
    every = dict(parts) | dict(told)
    return {bucket: every[bucket] for bucket in sorted(every) if bucket not in rows or len(rows[bucket])}


def _taken_whole(
    connection: psycopg.Connection[Any], city: City, groups: Groups, now: dt.datetime, tell: Tell
) -> tuple[dict[int, Part], Facts | None]:
    """Read the whole log and keep its facts in place of all there was; returns the parts, and the rows if at hand."""
    issue_store.forget_all(connection, city.id)
    parts: dict[int, Part] = {}
    whole: Facts | None = issue_store.together(())
    for facts in _whole(connection, city, groups, now, tell):
        whole = None if parts else facts
        parts |= issue_store.add(connection, city.id, facts)
    return parts, whole


def _whole(
    connection: psycopg.Connection[Any], city: City, groups: Groups, now: dt.datetime, tell: Tell
) -> Iterator[Facts]:
    """The facts of a whole city, some after others."""
    at_once = issue_store.WHOLE_AT_ONCE
    return facts_in_stretches(connection, city, groups, now, now, tell=tell, at_once=at_once)


def _taken_in(
    connection: psycopg.Connection[Any],
    city: City,
    groups: Groups,
    changed: Changed,
    now: dt.datetime,
    tell: Tell,
) -> tuple[dict[int, Part], dict[int, Facts], frozenset[int], int]:
    """Read the changed requests and keep what is other than before, some buckets after others.

    Returns the parts, buckets at hand if they are few, months touched, and how many requests were read.
    """
    parts, months, read = issue_store.read_summary(connection, city.id), frozenset[int](), 0
    turns = list(issue_store.in_turns(_buckets(changed.keys), parts))
    at_hand: dict[int, Facts] = {}
    for buckets in turns:
        at_hand = issue_store.read_buckets(connection, city.id, buckets)
        unknown = changed.of(buckets).not_in(_in_order(at_hand))
        ids = unknown.keys
        if not len(ids):
            continue
        fresh = read_facts(connection, city, groups, now, now, unknown.requests, _going_on(tell, read))
        touched = {bucket: at_hand[bucket] for bucket in _buckets(ids) & at_hand.keys()}
        after, other, moved = _with_rows(touched, ids, fresh)
        written = {bucket: after[bucket] for bucket in other}
        parts = _with_parts(parts, written, issue_store.put_buckets(connection, city.id, written))
        at_hand |= after
        months, read = months | moved, read + len(ids)
    return parts, at_hand if len(turns) == 1 else {}, months, read


def _going_on(tell: Tell, before: int) -> Tell:
    """Tells of requests after so many others."""
    return lambda requests: tell(before + requests)


def _buckets(keys: Keys) -> set[int]:
    """The buckets in which the rows of these requests lie."""
    return set(np.unique(issue_store.bucket_numbers(keys)).tolist())


def _with_rows(
    before: Mapping[int, Facts], ids: Keys, fresh: Facts
) -> tuple[dict[int, Facts], set[int], frozenset[int]]:
    """The buckets with the rows of these requests replaced by fresh ones.

    Also, which buckets have other rows now, and the months of the rows that are not the same in both.
    """
    old, others = issue_store.split(_in_order(before), ids)
    new = issue_store.by_bucket(issue_store.joined(others, fresh))
    empty = issue_store.together(())
    after = {bucket: new.get(bucket, empty) for bucket in sorted(before.keys() | _buckets(ids))}
    other = issue_store.sortable(b"".join(sorted(differing(old, fresh))))
    rows = [issue_store.split(facts, other)[0] for facts in (old, fresh)]
    return after, _buckets(other), frozenset().union(*map(issue_store.months_of, rows))


def differing(one: Facts, other: Facts) -> set[bytes]:
    """Ids of the requests whose rows are not the same in both, or in one alone."""
    if issue_store.same(one, other):
        return set()
    first, second = (set(_rows(facts)) for facts in (one, other))
    return {row[:16] for row in first ^ second}


def _rows(facts: Facts) -> list[bytes]:
    """Each row as bytes, which begin with the request's id."""
    content, size = facts.tobytes(), facts.itemsize
    return [content[start : start + size] for start in range(0, len(content), size)]


def _as_of(
    connection: psycopg.Connection[Any],
    city: City,
    groups: Groups,
    at_hand: Mapping[int, Facts],
    later: Changed | None,
    cut_off: dt.datetime,
    now: dt.datetime,
) -> tuple[dict[int, Facts], frozenset[int]]:
    """The buckets without what happened after the cut-off, and the months in which that makes a difference."""
    if later is None or not len(later.keys):
        return {}, frozenset()
    ids = later.keys
    wanted = _buckets(ids)
    known = issue_store.read_buckets(connection, city.id, wanted - at_hand.keys())
    known |= {bucket: at_hand[bucket] for bucket in wanted & at_hand.keys()}
    then = read_facts(connection, city, groups, cut_off, now, later.requests)
    as_then, _, months = _with_rows(known, ids, then)
    return as_then, months


def prove(connection: psycopg.Connection[Any], city: City, now: dt.datetime, tell: Tell = tell_nobody) -> int:
    """Read a city's whole log and hold the kept facts against it; returns how many rows differed.

    So did all rows of a bucket that says something of itself that is not so. What differs is replaced, and every month
    is counted anew by the next build. As of when they are known at least: a clock may have gone back.
    """
    connection.execute(LOCK_CITY, (city.id,))
    kept, proved_at = issue_store.read_state(connection, city.id), now
    now = max(now, kept.known_at) if kept is not None else now
    ready = follow(connection, city, now, now, tell)
    groups, left = issue_store.read_groups(connection, city.id), set(ready.parts)
    differences = known = 0
    for true in _whole(connection, city, groups, now, tell):
        rows = issue_store.by_bucket(true)
        own = rows.keys() | {bucket for bucket in left if bucket <= max(rows)}
        differences += _mended(connection, city.id, own, ready.parts, rows)
        left, known = left - own, known + len(true)
    differences += _mended(connection, city.id, left, ready.parts, {})
    state, read = ready.state, ready.requests_read
    if differences:
        issue_store.add_groups(connection, city.id, groups)
        state, read = State(now, None, None, frozenset()), known
    if state is not None:
        issue_store.write_state(connection, city.id, state, read, 0)
    issue_store.record_proof(connection, city.id, proved_at, differences)
    return differences


def _mended(
    connection: psycopg.Connection[Any],
    city_id: str,
    buckets: Collection[int],
    parts: Mapping[int, Part],
    true: Mapping[int, Facts],
) -> int:
    """Keep the true rows of these buckets in place of what is kept, where it differs.

    Returns how many rows did, or lie in a bucket that says something of itself that is not so.
    """
    differences, none = 0, issue_store.together(())
    for some in issue_store.in_turns(buckets, parts):
        rows = {bucket: true.get(bucket, none) for bucket in some}
        in_order = _in_order(rows)
        differ = differing(_in_order(issue_store.read_buckets(connection, city_id, some)), in_order)
        told = issue_store.parts_of(in_order)
        untrue = {bucket for bucket in some if told.get(bucket) != parts.get(bucket)}
        differ |= {one for bucket in untrue for one in issue_store.keys_of(rows[bucket])}
        if differ or untrue:
            issue_store.put_buckets(connection, city_id, rows)
        differences += len(differ)
    return differences


def events_digest(facts: Facts) -> str:
    """SHA-256 over the digests of all buckets: of each request's id and the hash of its last event."""
    return _digest({bucket: part.digest for bucket, part in issue_store.parts_of(facts).items()})


def _digest(parts: Mapping[int, bytes]) -> str:
    digest = hashlib.sha256()
    for bucket, part in sorted(parts.items()):
        digest.update(bucket.to_bytes(4, "big") + part)
    return digest.hexdigest()
