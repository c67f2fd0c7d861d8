"""Making a day's root: the heads that moved since the last one, and the tree over all heads.

A root covers what was committed when it was made, leaf by leaf, so an event whose transaction ended a moment
later is simply in the next root: no clock decides what a root holds. Safe to repeat: a day has one root.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, LiteralString

import psycopg

from nagara.trust.merkle import SUBTREE, split, tree_hash
from nagara.trust.proof import leaf_hash
from nagara.trust.roots import Root, last_own

LONGEST_TRANSACTION = dt.timedelta(days=1)
"""Events are looked for this long before the last root: some were being written when it was made."""

ANYTHING = """
select exists (select from event where city_id = %s) or exists (select from trust_root where city_id = %s)
"""
LOCK = "select pg_advisory_xact_lock(hashtextextended('nagara root ' || %s, 0))"

MOVE_LEAVES: LiteralString = """
with moved as (
    select distinct request_id from event where city_id = %(city)s and recorded_at > %(since)s),
head as (
    select moved.request_id, last.seq, last.hash
      from moved cross join lateral (
        select seq, hash from event
         where city_id = %(city)s and request_id = moved.request_id order by seq desc limit 1) last),
known as (
    select distinct on (leaf.request_id) leaf.request_id, leaf.position, leaf.seq
      from trust_leaf leaf join moved using (request_id)
     where leaf.city_id = %(city)s order by leaf.request_id, leaf.day desc),
changed as (
    select head.request_id, head.seq, head.hash, known.position, known.seq as before
      from head left join known using (request_id)
     where known.seq is null or known.seq < head.seq),
added as (
    insert into trust_leaf (city_id, position, day, request_id, seq, hash)
    select %(city)s,
           coalesce(position, %(next)s + row_number() over (partition by position is null order by request_id) - 1),
           %(day)s, request_id, seq, hash
      from changed
    returning position, request_id, seq)
select added.position / %(subtree)s, count(*) filter (where changed.position is null),
       sum(added.seq - coalesce(changed.before, 0))
  from added join changed using (request_id) group by 1 order by 1
"""
"""Returns the subtrees that were touched, how many leaves are new in each, and how many events came."""

LEAVES: LiteralString = """
select distinct on (position) request_id, seq, hash from trust_leaf
 where city_id = %(city)s and position >= %(first)s and position < %(end)s and day <= %(day)s
 order by position, day desc
"""

SUBTREES = "select subtrees from trust_root where city_id = %s and day = %s"
ADD_ROOT = """
insert into trust_root (city_id, day, as_of, requests, events, tree_hash, previous_hash, hash, subtrees)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def has_history(connection: psycopg.Connection[Any], city_id: str) -> bool:
    """Whether a city has anything to seal here: one that was never used, or runs its own Nagara, has nothing."""
    row = connection.execute(ANYTHING, (city_id, city_id)).fetchone()
    return row is not None and row[0] is True


def seal(connection: psycopg.Connection[Any], city_id: str, now: dt.datetime) -> Root:
    """The root of the UTC day of ``now``; made if it is not there. The caller's transaction keeps it.

    Takes two statements for what moved and one read for each touched subtree, however long the history is.
    """
    connection.execute(LOCK, (city_id,))
    last = last_own(connection, city_id)
    day = now.astimezone(dt.UTC).date()
    if last is not None and last.day >= day:
        return last
    since = last.as_of - LONGEST_TRANSACTION if last else dt.datetime.min.replace(tzinfo=dt.UTC)
    requests, events = (last.requests, last.events) if last else (0, 0)
    values = {"city": city_id, "since": since, "next": requests, "day": day, "subtree": SUBTREE}
    touched = connection.execute(MOVE_LEAVES, values).fetchall()
    requests += sum(row[1] for row in touched)
    events += sum(int(row[2]) for row in touched)
    hashes = kept_subtrees(connection, last) if last else []
    update_subtrees(connection, city_id, day, hashes, [row[0] for row in touched])
    root = Root.made(city_id, now, requests, events, tree_hash(hashes), last.hash if last else None)
    kept = (city_id, day, root.as_of, requests, events, root.tree, root.previous, root.hash)
    connection.execute(ADD_ROOT, (*kept, b"".join(hashes)))
    return root


def kept_subtrees(connection: psycopg.Connection[Any], root: Root) -> list[bytes]:
    """The hashes of the subtrees of a root."""
    row = connection.execute(SUBTREES, (root.city, root.day)).fetchone()
    return split(bytes(row[0])) if row else []


def update_subtrees(
    connection: psycopg.Connection[Any], city_id: str, day: dt.date, hashes: list[bytes], touched: list[int]
) -> None:
    """Compute the touched subtrees anew, in their list; new ones come at its end."""
    for number in sorted(touched):
        found = tree_hash(leaves_of(connection, city_id, day, number))
        if number < len(hashes):
            hashes[number] = found
        else:
            hashes.append(found)


def leaves_of(connection: psycopg.Connection[Any], city_id: str, day: dt.date, subtree: int) -> list[bytes]:
    """The hashes of a subtree's leaves as a day's root holds them."""
    first = subtree * SUBTREE
    values = {"city": city_id, "first": first, "end": first + SUBTREE, "day": day}
    rows = connection.execute(LEAVES, values)
    return [leaf_hash(request_id, seq, bytes(head)) for request_id, seq, head in rows]
