"""A proof for one request: its leaf, the path to a day's root, the root, and the network's copy of it."""

from __future__ import annotations

import datetime as dt
from typing import Any, LiteralString

import psycopg

from nagara.network.errors import UnknownProof
from nagara.trust.merkle import SUBTREE, audit_path
from nagara.trust.roots import COLUMNS, Root, read_root
from nagara.trust.sealing import kept_subtrees, leaves_of

LEAF: LiteralString = """
select leaf.position, leaf.request_id, leaf.seq, leaf.hash
  from trust_leaf leaf join request on request.city_id = leaf.city_id and request.id = leaf.request_id
 where leaf.city_id = %s and request.reference = %s and leaf.day <= %s
 order by leaf.day desc limit 1
"""
ROOT = f"select {COLUMNS} from trust_root where city_id = %s and (%s::date is null or day = %s) order by day desc limit 1"  # noqa: S608, E501
COPY = "select hash, received_at from network_root where city_id = %s and day = %s"
CHAIN: LiteralString = """
select encode(event.hash, 'hex') from event where city_id = %s and request_id = %s order by seq
"""


def prove(
    connection: psycopg.Connection[Any], city_id: str, reference: str, day: dt.date | None = None
) -> dict[str, Any]:
    """The proof that a day's root, by default the newest, holds the head of a request's chain.

    ``chain`` is the hashes of the request's events as they stand now: whoever keeps an older proof finds its
    head there, or knows that history was rewritten. Nothing in a proof says what the events are.
    Raises ``UnknownProof``.
    """
    row = connection.execute(ROOT, (city_id, day, day)).fetchone()
    if row is None:
        when = f"of {day}" if day else "yet"
        raise UnknownProof(f"There is no root of {city_id} {when}.", field="day")
    root = read_root(row)
    found = connection.execute(LEAF, (city_id, reference, root.day)).fetchone()
    if found is None:
        raise UnknownProof(
            f"The root of {root.day} does not hold {reference} yet; roots are made once a day.", field="day"
        )
    position, request_id, seq, head = found
    chain = [row[0] for row in connection.execute(CHAIN, (city_id, request_id))]
    return {
        "version": 1,
        "reference": reference,
        "leaf": {"request": str(request_id), "events": seq, "head": bytes(head).hex(), "position": position},
        "path": [node.hex() for node in _path(connection, root, position)],
        "root": root.as_json(),
        "network": _copy(connection, root),
        "chain": chain,
    }


def _path(connection: psycopg.Connection[Any], root: Root, position: int) -> list[bytes]:
    """From the leaf to the top of its subtree, and from there to the root."""
    number, within = divmod(position, SUBTREE)
    leaves = leaves_of(connection, root.city, root.day, number)
    return audit_path(leaves, within) + audit_path(kept_subtrees(connection, root), number)


def _copy(connection: psycopg.Connection[Any], root: Root) -> dict[str, Any] | None:
    row = connection.execute(COPY, (root.city, root.day)).fetchone()
    return {"hash": bytes(row[0]).hex(), "received_at": row[1].isoformat()} if row else None
