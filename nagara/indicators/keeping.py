"""Keeps the facts of a city's requests up with its log, gives them as of a cut-off, and proves them."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg

from city_config.schema import City
from nagara.indicators import issue_store
from nagara.indicators.facts import Facts, Groups
from nagara.indicators.issue_store import State
from nagara.indicators.reading import Tell, changed_requests, read_facts, tell_nobody

OVERLAP = dt.timedelta(minutes=10)
"""An event's time of recording is taken before its transaction ends: so far back a build looks once more."""

LOCK_CITY = "select pg_advisory_xact_lock(hashtextextended('indicators of ' || %s, 0))"
"""Builds of one city take turns; those of several cities run side by side."""


@dataclass(frozen=True)
class Prepared:
    """A city's facts as of a cut-off, and which months may have changed since the snapshot before."""

    facts: Facts
    groups: Groups
    state: State | None
    """What is kept now, with the months changed since its snapshot; None where nothing was kept of this."""
    apart: frozenset[int]
    """Months in which the cut-off leaves out something that is known already."""
    requests_read: int


def follow(
    connection: psycopg.Connection[Any], city: City, cut_off: dt.datetime, now: dt.datetime, tell: Tell
) -> Prepared:
    """Bring the kept facts up to now by reading requests with new events, and give them as of the cut-off."""
    connection.execute(LOCK_CITY, (city.id,))
    state = issue_store.read_state(connection, city.id)
    groups = issue_store.read_groups(connection, city.id)
    if state is not None and now < state.known_at:  # asked as of a time before what is known: nothing is kept
        facts = read_facts(connection, city, groups, cut_off, now, tell=tell)
        return Prepared(facts, groups, None, frozenset(), len(facts))
    if state is None:
        facts = read_facts(connection, city, groups, now, now, tell=tell)
        issue_store.replace_issues(connection, city.id, facts)
        state, read = State(now, None, None, frozenset()), len(facts)
    else:
        changed = changed_requests(connection, city.id, state.known_at - OVERLAP, now)
        facts = issue_store.read_issues(connection, city.id)
        old, others = issue_store.split(facts, changed)
        fresh = read_facts(connection, city, groups, now, now, changed, tell)
        touched = _months_changed(old, fresh)
        if touched:
            issue_store.put_issues(connection, city.id, fresh)
            facts = issue_store.joined(others, fresh)
        state, read = replace(state, known_at=now, touched=state.touched | touched), len(changed)
    as_then, apart = _as_of(connection, city, groups, facts, cut_off, now)
    issue_store.add_groups(connection, city.id, groups)
    issue_store.write_state(connection, city.id, state, read, 0)
    return Prepared(as_then, groups, state, apart, read)


def _months_changed(old: Facts, fresh: Facts) -> frozenset[int]:
    """Months of the rows that are not the same in both."""
    ids = [UUID(bytes=key) for key in differing(old, fresh)]
    parts = (issue_store.split(facts, ids)[0] for facts in (old, fresh))
    return frozenset().union(*(issue_store.months_of(part) for part in parts))


def differing(one: Facts, other: Facts) -> set[bytes]:
    """Ids of the requests whose rows are not the same in both, or in one alone."""
    first, second = (
        dict(zip(issue_store.keys_of(facts), (row.tobytes() for row in facts), strict=True))
        for facts in (one, other)
    )
    return {key for key in first.keys() | second.keys() if first.get(key) != second.get(key)}


def _as_of(
    connection: psycopg.Connection[Any],
    city: City,
    groups: Groups,
    facts: Facts,
    cut_off: dt.datetime,
    now: dt.datetime,
) -> tuple[Facts, frozenset[int]]:
    """The facts without what happened after the cut-off, and the months in which that makes a difference."""
    later = changed_requests(connection, city.id, cut_off, now) if cut_off < now else []
    if not later:
        return facts, frozenset()
    known, kept = issue_store.split(facts, later)
    then = read_facts(connection, city, groups, cut_off, now, later)
    return issue_store.joined(kept, then), _months_changed(known, then)


def prove(connection: psycopg.Connection[Any], city: City, now: dt.datetime, tell: Tell = tell_nobody) -> int:
    """Read a city's whole log and hold the kept facts against it; returns how many rows differed.

    Where any did, they are replaced and every month is counted anew by the next build.
    """
    follow(connection, city, now, now, tell)
    groups = issue_store.read_groups(connection, city.id)
    kept = issue_store.read_issues(connection, city.id)
    true = read_facts(connection, city, groups, now, now, tell=tell)
    differences = len(differing(kept, true))
    if differences:
        issue_store.add_groups(connection, city.id, groups)
        issue_store.replace_issues(connection, city.id, true)
        state = State(now, None, None, frozenset())
        issue_store.write_state(connection, city.id, state, len(true), 0)
    issue_store.record_proof(connection, city.id, now, differences)
    return differences


def events_digest(facts: Facts) -> str:
    """SHA-256 over each request's id and the hash of its last event, which covers all its events before."""
    digest = hashlib.sha256()
    heads = facts["head"].tobytes()
    for number, key in enumerate(issue_store.keys_of(facts)):
        digest.update(key + heads[number * 32 : number * 32 + 32])
    return digest.hexdigest()
