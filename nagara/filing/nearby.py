"""Open reports near a place, as far as the public may see them: what a resident is shown before sending another.

Found are reports of the same service, and those of any service with a picture that looks like one of the
resident's. Nearness is measured to the position the public is shown, on the city's blur grid: against the exact
one, a few questions from different places would reveal it. What nobody may see is not found.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city_config import City, Service
from nagara.exchange import Question
from nagara.lifecycle import CLOSED, Status
from nagara.photos.keeping import shown_to
from nagara.places.finding import metres_between
from nagara.public.publication import METRES_PER_DEGREE, public_position, public_sql, public_values

BANDS_PER_DEGREE = 500
"""As the column ``near_band`` counts them."""

HALF_DIAGONAL = math.sqrt(0.5)
"""Of a square of the blur grid, in sides: as far as a position may be from where it is shown."""

MOST_FOUND, MOST_SHOWN = 60, 10

TELLING_BITS = (8, 56)
"""Pictures whose hash has fewer or more bits set show a wall, the night or a finger: all of those look alike."""

NEARBY = f"""
with mine as materialized (
    select dhash from photo
     where city_id = %(city_id)s and id = any(%(media)s::uuid[]) and request_id is null
       and bit_count(dhash::bit(64)) between %(fewest_bits)s and %(most_bits)s),
near as materialized (
    select r.city_id, r.id, r.reference, r.service_code, r.status, r.lat, r.lon, r.received_at,
           exists (select from photo p join mine on bit_count((p.dhash # mine.dhash)::bit(64)) <= %(alike_bits)s
                    where p.city_id = r.city_id and p.request_id = r.id and p.kind = 'before') as alike
      from request r
     where r.city_id = %(city_id)s and r.closed_at is null and r.lat is not null
       and r.near_band = any(%(bands)s::int[]) and r.lon between %(west)s and %(east)s
       and {public_sql()})
select near.reference, near.service_code, near.status, near.lat, near.lon, near.received_at, near.alike,
       (select count(*) from request other where other.city_id = near.city_id and other.duplicate_of = near.id
           and {public_sql("other")}),
       (select json_agg(json_build_object('id', p.id, 'width', p.width, 'height', p.height, 'kind', p.kind,
                                          'public', p.public, 'searched', p.searched) order by p.position)
          from photo p where p.city_id = near.city_id and p.request_id = near.id and p.kind = 'before')
  from near
 where near.service_code = %(service_code)s or near.alike
 order by near.received_at desc
 limit %(most)s
"""  # noqa: S608 - built of constants
"""What is open in a box around a place: one walk along an index for each band of 222 m, whatever a city has.
Bands and box hold more than the circle that is asked for; the rest is left out where distances are measured."""


@dataclass(frozen=True, slots=True)
class Around:
    """A position and how many metres around it open reports are looked for."""

    lat: float
    lon: float
    metres: float


def radius(city: City, service: Service) -> int:
    """Metres around a place within which open reports are shown: the service's own, or the city's; 0: none."""
    return city.nearby.metres if service.nearby_metres is None else service.nearby_metres


def question(city: City, service: Service, around: Around, media: Sequence[uuid.UUID]) -> Question:
    """The statement that finds what is near, and its values. The position must be valid."""
    blur = city.publication.blur_metres
    north = (around.metres + blur * (HALF_DIAGONAL + 0.5)) / METRES_PER_DEGREE * 1.01
    east = north / max(0.01, math.cos(math.radians(around.lat)))
    first, last = (math.floor((around.lat + side) * BANDS_PER_DEGREE) for side in (-north, north))
    return NEARBY, public_values(city) | {
        "city_id": city.id,
        "service_code": service.code,
        "media": list(media),
        "alike_bits": city.nearby.alike_bits,
        "fewest_bits": TELLING_BITS[0],
        "most_bits": TELLING_BITS[1],
        "bands": list(range(first, last + 1)),
        "west": around.lon - east,
        "east": around.lon + east,
        "most": MOST_FOUND,
    }


def shown(city: City, around: Around, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """What the statement found, as the public may see it: look-alikes first, then the nearest.

    With a blur, a report counts as near if it may be: half a diagonal of the grid is added to the radius.
    """
    limit = around.metres + city.publication.blur_metres * HALF_DIAGONAL
    found = [_as_shown(city, around, row) for row in rows]
    near = [report for report in found if report["metres"] <= limit]
    near.sort(key=lambda report: (not report["alike"], report["metres"], report["reference"]))
    return near[:MOST_SHOWN]


def _as_shown(city: City, around: Around, row: tuple[Any, ...]) -> dict[str, Any]:
    reference, service_code, status, lat, lon, received_at, alike, others, photos = row
    position = public_position(city, lat, lon, own=False)
    assert position is not None  # noqa: S101 - the statement asks for requests with one
    service = city.services_by_code.get(service_code)
    return {
        "reference": reference,
        "service": {
            "code": service_code,
            "names": dict(service.names) if service else {"en": service_code},
        },
        "status": status,
        "open": Status(status) not in CLOSED,
        "metres": round(metres_between(around.lat, around.lon, position["lat"], position["lon"])),
        "received_at": received_at,
        "alike": alike,
        "others": others,
        "thumbnail_url": _thumbnail(city, photos or ()),
        "position": position,
    }


def _thumbnail(city: City, photos: Sequence[Mapping[str, Any]]) -> str | None:
    """The address of the first picture anybody may see; the request itself is public, or it were not here."""
    first = next(iter(shown_to(city, photos, request_public=True)), None)
    return str(first["thumbnail_url"]) if first else None
