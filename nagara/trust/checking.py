"""Walking a city's roots: which request, which event and which day's root is not what it was.

Follows the walk over the chains (``event_log.verify``). A chain that was rewritten from end to end is whole in
itself; it is the leaf of an earlier day that gives it away, and where the leaves were rewritten as well, the
root, and where that was too, the network's copy.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, LiteralString

import psycopg

from nagara.network.errors import RolledBackRoot, TamperedRoot
from nagara.trust.merkle import SUBTREE, tree_hash
from nagara.trust.roots import EVER, Root, follow, held_roots, own_roots
from nagara.trust.sealing import LONGEST_TRANSACTION, update_subtrees

AGAINST_EVENTS: LiteralString = """
select distinct on (leaf.request_id) leaf.day, leaf.request_id, leaf.seq, event.hash is null
  from trust_leaf leaf
  left join event on event.city_id = leaf.city_id and event.request_id = leaf.request_id and event.seq = leaf.seq
 where leaf.city_id = %s and event.hash is distinct from leaf.hash
 order by leaf.request_id, leaf.day
"""

SLIPPED_IN: LiteralString = """
with leaf as (
    select request_id, day, lag(seq, 1, 0) over (partition by request_id order by day) + 1 as first
      from trust_leaf where city_id = %(city)s),
root as (
    select day, lag(day) over (order by day) as day_before, lag(as_of) over (order by day) as as_of_before
      from trust_root where city_id = %(city)s)
select root.day_before, event.request_id, event.seq
  from leaf join root using (day)
  join event on event.city_id = %(city)s and event.request_id = leaf.request_id and event.seq = leaf.first
 where event.recorded_at < root.as_of_before - %(longest)s
 order by root.day, event.request_id
"""
"""Events that say they were recorded long before a root which does not hold them."""

TOUCHED: LiteralString = """
select day, array_agg(distinct position / %s) from trust_leaf where city_id = %s group by day order by day
"""
WITHOUT_ROOT: LiteralString = """
select distinct day from trust_leaf where city_id = %(city)s
   and day not in (select day from trust_root where city_id = %(city)s) order by day
"""
COUNTED: LiteralString = """
select count(*), coalesce(sum(seq), 0) from (
    select distinct on (position) seq from trust_leaf
     where city_id = %s and day <= %s order by position, day desc) head
"""


LATE: LiteralString = """
select day from network_root where city_id = %s and received_at - as_of > %s order by day
"""

LATE_AFTER = dt.timedelta(days=2)
"""A root is handed over in the night in which it is made; one that came later left that long to change the past."""


@dataclass(frozen=True, slots=True)
class TrustFault:
    """A place where history is not what a root was made of. ``request_id`` is None where a whole root is meant."""

    day: dt.date
    request_id: uuid.UUID | None
    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """What a walk over a city's roots found."""

    roots: int
    held: int
    """How many of them the network holds."""
    last: Root | None
    faults: tuple[TrustFault, ...]
    late: tuple[dt.date, ...] = ()
    """Days whose roots came to the network long after they were made: no fault, and worth less until then."""


def check(connection: psycopg.Connection[Any], city_id: str) -> TrustCheck:
    """Walk a city's roots against its events, its leaves, each other and the network's copies.

    Memory grows with the number of subtrees, not of requests. The cost of a day is that of the subtrees in
    which something moved.
    """
    roots = own_roots(connection, city_id)
    held = held_roots(connection, city_id)
    faults = [
        *_against_events(connection, city_id),
        *_slipped_in(connection, city_id),
        *_trees(connection, city_id, roots),
        *_chain(roots),
        *_copies(roots, held),
    ]
    late = tuple(row[0] for row in connection.execute(LATE, (city_id, LATE_AFTER)))
    return TrustCheck(len(roots), len(held), roots[-1] if roots else None, tuple(faults), late)


def _against_events(connection: psycopg.Connection[Any], city_id: str) -> Iterator[TrustFault]:
    for day, request_id, seq, gone in connection.execute(AGAINST_EVENTS, (city_id,)).fetchall():
        what = "is gone" if gone else "is not the one that was recorded"
        yield TrustFault(day, request_id, seq, f"the root of {day} holds this event, and it {what}")


def _slipped_in(connection: psycopg.Connection[Any], city_id: str) -> Iterator[TrustFault]:
    values = {"city": city_id, "longest": LONGEST_TRANSACTION}
    for day, request_id, seq in connection.execute(SLIPPED_IN, values).fetchall():
        yield TrustFault(
            day, request_id, seq, f"says it was recorded before the root of {day}, which does not hold it"
        )


def _trees(connection: psycopg.Connection[Any], city_id: str, roots: list[Root]) -> Iterator[TrustFault]:
    """Build every day's tree anew from its leaves; the first day that differs is named, others are counted."""
    touched: dict[dt.date, list[int]] = dict(connection.execute(TOUCHED, (SUBTREE, city_id)).fetchall())
    hashes: list[bytes] = []
    differ = []
    for root in roots:
        update_subtrees(connection, city_id, root.day, hashes, touched.get(root.day, []))
        if tree_hash(hashes) != root.tree:
            differ.append(root.day)
    if differ:
        others = f", nor those of {len(differ) - 1} later days theirs" if len(differ) > 1 else ""
        yield TrustFault(
            differ[0], None, None, f"the heads kept for {differ[0]} do not give its root{others}"
        )
    for (day,) in connection.execute(WITHOUT_ROOT, {"city": city_id}).fetchall():
        yield TrustFault(day, None, None, f"heads are kept for {day}, and its root is gone")
    if roots and not differ:
        counted = connection.execute(COUNTED, (city_id, roots[-1].day)).fetchone()
        if counted is None or tuple(map(int, counted)) != (roots[-1].requests, roots[-1].events):
            yield TrustFault(
                roots[-1].day, None, None, "the root counts other requests or events than its heads"
            )


def _chain(roots: list[Root]) -> Iterator[TrustFault]:
    for before, root in pairwise([None, *roots]):
        if root is None:
            continue
        try:
            follow(before, root)
        except (TamperedRoot, RolledBackRoot) as error:
            yield TrustFault(root.day, None, None, error.message)


def _copies(roots: list[Root], held: list[Root]) -> Iterator[TrustFault]:
    """Against what the network holds: its copies are beyond the city's reach."""
    own = {root.day: root for root in roots}
    for copy in held:
        mine = own.get(copy.day)
        if mine is None:
            yield TrustFault(
                copy.day, None, None, f"the network holds a root of {copy.day}, and the city has none"
            )
        elif mine != copy:
            yield TrustFault(copy.day, None, None, f"the network holds another root of {copy.day}")
    last = max((copy.day for copy in held), default=EVER)
    handed = {copy.day for copy in held}
    for root in roots:
        if root.day < last and root.day not in handed:
            yield TrustFault(root.day, None, None, f"the root of {root.day} was made after that of {last}")
