"""Which open requests may be about the same as one: near it, soon before or after, in like words, with like pictures.

Only a suggestion: what is linked, a person decides. Words are compared by their runs of letters, as the search
does, so it works without knowing any language.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from city_config import City
from nagara.database import Pool, read_in_city
from nagara.errors import UnknownRequest
from nagara.filing.nearby import BANDS_PER_DEGREE
from nagara.ids import read_reference
from nagara.public.request_views import named_service
from nagara.queue.area import box_around, metres_between
from nagara.queue.words import grams, searchable

METRES = 300.0
DAYS = 45
MOST_LOOKED_AT, MOST_SHOWN = 200, 10
ALIKE_BITS = 8
"""Bits of 64 in which the hashes of two pictures of one scene may differ."""

TELLING_BITS = (8, 56)
"""A hash with fewer or more bits set is of a wall, the night or a finger: all of those look alike."""

LEAST_SCORE = 0.35
WEIGHTS = {"near": 0.35, "soon": 0.15, "words": 0.3, "service": 0.2}
PICTURE_COUNTS_AS = 0.9

IT = """
select id, lat, lon, received_at, description, network_code from request
 where city_id = %(city_id)s and reference = %(reference)s
"""
CANDIDATES = """
with mine as materialized (
    select dhash from photo
     where city_id = %(city_id)s and request_id = %(id)s and kind = 'before'
       and bit_count(dhash::bit(64)) between %(fewest_bits)s and %(most_bits)s)
select r.reference, r.status, r.service_code, r.network_code, r.lat, r.lon, r.received_at, r.description,
       exists (select from photo p join mine on bit_count((p.dhash # mine.dhash)::bit(64)) <= %(alike_bits)s
                where p.city_id = r.city_id and p.request_id = r.id and p.kind = 'before'),
       (select p.id from photo p where p.city_id = r.city_id and p.request_id = r.id and p.kind = 'before'
         order by p.position limit 1)
  from request r
 where r.city_id = %(city_id)s and r.closed_at is null and r.lat is not null and not r.confidential
   and r.near_band = any(%(bands)s::int[]) and r.lon between %(west)s and %(east)s
   and r.id <> %(id)s and r.received_at between %(earliest)s and %(latest)s
 limit %(most)s
"""
"""Along the index of what is open near a place. A confidential request is nobody's duplicate: it would show."""


async def similar(pool: Pool, city: City, reference: str) -> list[dict[str, Any]]:
    """At most ten open requests that may be about the same, the likeliest first.

    Raises ``UnknownRequest``. A request without a position is compared with nothing.
    """
    asked = {"city_id": city.id, "reference": read_reference(reference)}
    [found] = await read_in_city(pool, city.id, (IT, asked))
    if not found:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    id_, lat, lon, received_at, description, network_code = found[0]
    if lat is None:
        return []
    box = box_around(lat, lon, METRES)
    bands = range(math.floor(box.south * BANDS_PER_DEGREE), math.floor(box.north * BANDS_PER_DEGREE) + 1)
    span = dt.timedelta(days=DAYS)
    values = asked | {
        "id": id_, "bands": list(bands), "west": box.west, "east": box.east,
        "earliest": received_at - span, "latest": received_at + span,
        "fewest_bits": TELLING_BITS[0], "most_bits": TELLING_BITS[1], "alike_bits": ALIKE_BITS,
        "most": MOST_LOOKED_AT,
    }  # fmt: skip
    [rows] = await read_in_city(pool, city.id, (CANDIDATES, values))
    own = frozenset(grams(city.id, (searchable(description),)))
    judged = [_judged(city, row, lat, lon, received_at, own, network_code) for row in rows]
    likely = [one for one in judged if one["score"] >= LEAST_SCORE and (one["metres"] or 0) <= METRES]
    return sorted(likely, key=lambda one: (-one["score"], one["reference"]))[:MOST_SHOWN]


def _judged(
    city: City,
    row: Sequence[Any],
    lat: float,
    lon: float,
    received_at: dt.datetime,
    own: frozenset[int],
    network_code: str,
) -> dict[str, Any]:
    reference, status, service, code, its_lat, its_lon, at, description, alike, photo = row
    metres = metres_between(lat, lon, its_lat, its_lon)
    hours = abs((at - received_at) / dt.timedelta(hours=1))
    words = overlap(own, frozenset(grams(city.id, (searchable(description),))))
    parts = {
        "near": 1 - min(1.0, metres / METRES),
        "soon": 1 - min(1.0, hours / (DAYS * 24)),
        "words": words,
        "service": float(code == network_code),
    }
    return {
        "reference": reference,
        "status": status,
        "open": True,
        "service": named_service(city, service),
        "received_at": at,
        "description": description,
        "metres": round(metres, 1),
        "hours_apart": round(hours, 1),
        "same_words": round(words, 3),
        "same_picture": alike,
        "score": score(parts, alike=alike),
        "thumbnail_url": f"/media/{city.id}/{photo}/thumbnail" if photo else None,
    }


def overlap(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of all runs of letters that both have; without any on either side, none."""
    return len(one & other) / len(one | other) if one and other else 0.0


def score(parts: Mapping[str, float], *, alike: bool) -> float:
    """How likely two requests are about the same, from 0 to 1. Pure."""
    weighed = sum(WEIGHTS[name] * value for name, value in parts.items())
    return round(max(weighed, PICTURE_COUNTS_AS * parts["near"] if alike else 0.0), 3)
