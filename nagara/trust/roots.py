"""A day's root as a value: what it says, what its hash covers, and how it is written for others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from nagara.network.errors import RolledBackRoot, TamperedRoot
from nagara.trust.proof import root_hash

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Root:
    """The root of one city and UTC day over the heads of all its requests' chains."""

    city: str
    day: dt.date
    as_of: dt.datetime
    requests: int
    events: int
    tree: bytes
    previous: bytes | None
    hash: bytes

    @classmethod
    def made(
        cls,
        city: str,
        as_of: dt.datetime,
        requests: int,
        events: int,
        tree: bytes,
        previous: bytes | None,
    ) -> Root:
        """The root of what was counted, with its hash."""
        as_of = as_of.astimezone(dt.UTC)
        bare = cls(city, as_of.date(), as_of, requests, events, tree, previous, b"")
        return cls(city, as_of.date(), as_of, requests, events, tree, previous, bare.computed_hash())

    def content(self) -> dict[str, Any]:
        """What the hash covers, in JSON."""
        return {
            "city": self.city,
            "day": self.day.isoformat(),
            "as_of": self.as_of.astimezone(dt.UTC).strftime(TIME),
            "requests": self.requests,
            "events": self.events,
            "tree": self.tree.hex(),
            "previous": self.previous.hex() if self.previous else None,
        }

    def as_json(self) -> dict[str, Any]:
        """The root with its hash, in JSON."""
        return self.content() | {"hash": self.hash.hex()}

    @classmethod
    def from_json(cls, city: str, content: Mapping[str, Any]) -> Root:
        """A root as another city wrote it; its form was checked before."""
        previous = content["previous"]
        return cls(
            city,
            dt.date.fromisoformat(content["day"]),
            dt.datetime.strptime(content["as_of"], TIME).replace(tzinfo=dt.UTC),
            content["requests"],
            content["events"],
            bytes.fromhex(content["tree"]),
            bytes.fromhex(previous) if previous else None,
            bytes.fromhex(content["hash"]),
        )

    def computed_hash(self) -> bytes:
        """The hash that its content has."""
        return root_hash(self.content())


def follow(before: Root | None, root: Root) -> None:
    """Raise ``TamperedRoot`` or ``RolledBackRoot`` unless a root is whole and comes after the one before it."""
    if root.computed_hash() != root.hash:
        raise TamperedRoot(
            f"The root of {root.day} of {root.city} has not the hash of its content.", field="roots"
        )
    if root.previous != (before.hash if before else None):
        held = f"the root of {before.day}" if before else "nothing"
        raise RolledBackRoot(
            f"The root of {root.day} of {root.city} does not follow {held}, which is what is held before it.",
            field="roots",
        )
    if before and (root.day <= before.day or root.as_of <= before.as_of):
        raise RolledBackRoot(f"The root of {root.day} is not later than that of {before.day}.", field="roots")
    if before and (root.requests < before.requests or root.events < before.events):
        raise RolledBackRoot(
            f"The root of {root.day} covers fewer requests or events than that of {before.day}: a history only grows.",
            field="roots",
        )


COLUMNS = "city_id, day, as_of, requests, events, tree_hash, previous_hash, hash"
OWN_ROOTS = f"select {COLUMNS} from trust_root where city_id = %s and day > %s order by day"  # noqa: S608
HELD_ROOTS = f"select {COLUMNS} from network_root where city_id = %s and day > %s order by day"  # noqa: S608
LAST_HELD = f"select {COLUMNS} from network_root where city_id = %s order by day desc limit 1"  # noqa: S608
LAST_OWN = f"select {COLUMNS} from trust_root where city_id = %s order by day desc limit 1"  # noqa: S608
EVER = dt.date.min


def read_root(row: tuple[Any, ...]) -> Root:
    """A root from its row."""
    city, day, as_of, requests, events, tree, previous, own = row
    return Root(
        city, day, as_of, requests, events, bytes(tree), bytes(previous) if previous else None, bytes(own)
    )


def own_roots(connection: psycopg.Connection[Any], city_id: str, after: dt.date = EVER) -> list[Root]:
    """A city's own roots after a day, in order."""
    return [read_root(row) for row in connection.execute(OWN_ROOTS, (city_id, after))]


def held_roots(connection: psycopg.Connection[Any], city_id: str, after: dt.date = EVER) -> list[Root]:
    """The network's copies after a day, in order."""
    return [read_root(row) for row in connection.execute(HELD_ROOTS, (city_id, after))]


def last_held(connection: psycopg.Connection[Any], city_id: str) -> Root | None:
    """The newest of the network's copies."""
    row = connection.execute(LAST_HELD, (city_id,)).fetchone()
    return read_root(row) if row else None


def last_own(connection: psycopg.Connection[Any], city_id: str) -> Root | None:
    """The newest of a city's own roots."""
    row = connection.execute(LAST_OWN, (city_id,)).fetchone()
    return read_root(row) if row else None


NEWEST_HELD = f"""
select {COLUMNS}, received_at, way from network_root
 where (%(city)s::text is null or city_id = %(city)s) and (%(before)s::date is null or day < %(before)s)
 order by day desc, city_id limit %(limit)s
"""  # noqa: S608


def newest_held(
    connection: psycopg.Connection[Any], city_id: str | None, before: dt.date | None, limit: int
) -> list[dict[str, Any]]:
    """Roots that the network holds, newest first, in JSON with when and how they came."""
    rows = connection.execute(NEWEST_HELD, {"city": city_id, "before": before, "limit": limit})
    return [
        read_root(row[:-2]).as_json() | {"received_at": row[-2].isoformat(), "way": row[-1]} for row in rows
    ]
