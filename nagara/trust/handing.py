"""Handing roots to the network: one door for cities that are hosted and for those that run their own Nagara.

The copies are written by the network's role, which no city has; a root that is there is never written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import psycopg

from nagara.network.errors import RolledBackRoot
from nagara.trust.roots import EVER, Root, follow, held_roots, last_held, own_roots

Way = Literal["hosted", "federated"]

ADD = """
insert into network_root (city_id, day, as_of, requests, events, tree_hash, previous_hash, hash, way)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
LOCK = "select pg_advisory_xact_lock(hashtextextended('network root ' || %s, 0))"


def hand_over(connection: psycopg.Connection[Any], city_id: str) -> int:
    """Take a hosted city's new roots into the network's keeping; returns how many. Safe to repeat.

    Raises ``TamperedRoot`` or ``RolledBackRoot`` where what the city has is not what it handed over before.
    """
    held = last_held(connection, city_id)
    own = own_roots(connection, city_id)
    return accept(connection, city_id, own, "hosted") if own or held else 0


def accept(connection: psycopg.Connection[Any], city_id: str, roots: Iterable[Root], way: Way) -> int:
    """Keep roots that continue what is held; returns how many were new.

    Roots that are held already must be the same; the newest one held must be among them or be the one that the
    first of them follows.
    """
    connection.execute(LOCK, (city_id,))
    held = {root.day: root for root in held_roots(connection, city_id, EVER)}
    last = held[max(held)] if held else None
    given = sorted(roots, key=lambda root: root.day)
    for root in given:
        known = held.get(root.day)
        if known is not None and known.hash != root.hash:
            raise RolledBackRoot(
                f"The root of {root.day} of {city_id} is another than the one that was handed over on that day.",
                field="roots",
            )
        if known is None and last is not None and root.day < last.day:
            raise RolledBackRoot(
                f"A root of {root.day} of {city_id} appears after that of {last.day} was handed over.",
                field="roots",
            )
    days = {root.day for root in given}
    new = [root for root in given if root.day not in held]
    if last is not None and last.day not in days and (not new or new[0].previous != last.hash):
        raise RolledBackRoot(
            f"The root of {last.day} of {city_id}, which the network holds, is missing.", field="roots"
        )
    for root in new:
        follow(last, root)
        values = (
            city_id,
            root.day,
            root.as_of,
            root.requests,
            root.events,
            root.tree,
            root.previous,
            root.hash,
        )
        connection.execute(ADD, (*values, way))
        last = root
    return len(new)
