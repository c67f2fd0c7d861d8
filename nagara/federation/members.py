"""How the network stands with each of its cities: what came last, what was refused, how far the roots reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, LiteralString

import psycopg

from city_config import Configuration
from nagara.trust.checking import LATE_AFTER

REFUSALS_OF = dt.timedelta(days=30)
KEYS: LiteralString = """
select city, count(*) filter (where retired_at is null), count(*) from federation_key
 where city_id = 'network' group by city
"""
BUNDLES: LiteralString = """
select distinct on (city_id) city_id, made_at, received_at, encode(digest, 'hex'), content is not null,
       count(*) over (partition by city_id)
  from federation_bundle order by city_id, made_at desc
"""
REFUSALS: LiteralString = """
select distinct on (city_id) city_id, at, code, message, count(*) over (partition by city_id)
  from federation_refusal where at > %s order by city_id, at desc, id desc
"""
ROOTS: LiteralString = """
select distinct on (city_id) city_id, day, as_of, received_at, requests, events, encode(hash, 'hex'), way,
       count(*) over (partition by city_id),
       count(*) filter (where received_at - as_of > %s) over (partition by city_id)
  from network_root order by city_id, day desc
"""
OF_A_ROOT = ("day", "as_of", "received_at", "requests", "events", "hash", "way", "count", "late")
FIGURES: LiteralString = """
select distinct on (city_id) city_id, cut_off from indicator_snapshot order by city_id, built_at desc, id desc
"""


def members(
    connection: psycopg.Connection[Any], known: Configuration, now: dt.datetime
) -> list[dict[str, Any]]:
    """Every city that is configured, in order of id, with what the network holds of it.

    ``way`` is ``federated`` for a city that has, or had, a key; ``hosted`` for one with figures or roots of its own
    here; ``unused`` for one that has nothing yet. ``late`` counts roots that came more than two days after they
    were made.
    """
    keys = {row[0]: row[1:] for row in connection.execute(KEYS)}
    bundles = {row[0]: row[1:] for row in connection.execute(BUNDLES)}
    refusals = {row[0]: row[1:] for row in connection.execute(REFUSALS, (now - REFUSALS_OF,))}
    roots = {row[0]: row[1:] for row in connection.execute(ROOTS, (LATE_AFTER,))}
    figures: dict[str, dt.datetime] = dict(connection.execute(FIGURES).fetchall())
    return [
        {
            "city": city.id,
            "country": city.country,
            "names": dict(city.names),
            "way": _way(city.id, keys, {*roots, *figures}),
            "keys": keys.get(city.id, (0, 0))[0],
            "figures_as_of": figures.get(city.id),
            "bundle": _named(bundles.get(city.id), "made_at", "received_at", "digest", "whole", "count"),
            "refusal": _named(refusals.get(city.id), "at", "code", "message", "count"),
            "root": _named(roots.get(city.id), *OF_A_ROOT),
        }
        for city in sorted(known.cities.values(), key=lambda city: city.id)
    ]


def _way(city_id: str, keys: Collection[str], known: Collection[str]) -> str:
    return "federated" if city_id in keys else "hosted" if city_id in known else "unused"


def _named(row: tuple[Any, ...] | None, *names: str) -> dict[str, Any] | None:
    return dict(zip(names, row, strict=True)) if row is not None else None
