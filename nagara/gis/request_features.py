"""Requests as features: what the public may see of every city's, city after city, newest first in each.

A page goes on where the last one ended, by time and id, so that the ten-thousandth costs what the first does and
nothing is seen twice while new requests come in. Each statement reads one city.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from city_config import City, Configuration
from nagara.cities import city_of_reference
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.gis.asked import MOST_COUNTED, Asked, GeoBox, wrong_cursor
from nagara.gis.found import Feature, Found, feature, point
from nagara.lifecycle import Status
from nagara.places.bounds import bounds_of
from nagara.public.publication import (
    METRES_PER_DEGREE,
    blurred_sql,
    public_position,
    public_sql,
    public_values,
    public_words,
)
from nagara.settings import settings

QUERYABLES: Mapping[str, Mapping[str, Any]] = {
    "city": {"type": "string", "title": "Id of the city"},
    "service": {"type": "string", "title": "Code of the service within the city"},
    "network_code": {"type": "string", "title": "Common code of the service"},
    "status": {"type": "string", "title": "Status", "enum": [status.value for status in Status]},
    "open": {"type": "boolean", "title": "Whether it is still being worked on"},
    "district": {"type": "string", "title": "Code of the district"},
    "department": {"type": "string", "title": "Code of the department that owns it"},
}
COLUMNS = {
    "service": "service_code", "network_code": "network_code", "status": "status", "district": "district",
    "department": "department",
}  # fmt: skip
OPEN = {"true": True, "1": True, "false": False, "0": False}
BEYOND_A_CITY = 0.3
"""Degrees by which requests may lie outside their city's districts, on its grid included."""

_LAT, _LON = blurred_sql()
_WANTED = f"""
  from request r
 where r.city_id = %(city_id)s and {public_sql()}
   and r.received_at >= %(start)s and r.received_at <= %(end)s
   and (%(service)s::text is null or r.service_code = %(service)s)
   and (%(network_code)s::text is null or r.network_code = %(network_code)s)
   and (%(status)s::text is null or r.status = %(status)s)
   and (%(district)s::text is null or r.district = %(district)s)
   and (%(department)s::text is null or r.department = %(department)s)
   and (%(open)s::boolean is null or (r.closed_at is null) = %(open)s)
   and (%(west)s::float8 is null or ({_LAT} between %(south)s and %(north)s
        and case when %(west)s::float8 <= %(east)s then {_LON} between %(west)s and %(east)s
                 else {_LON} >= %(west)s or {_LON} <= %(east)s end))
"""
_FIELDS = """
select r.reference, r.status, r.service_code, r.network_code, r.department, r.district, r.lat, r.lon, r.channel,
       r.description, r.received_at, r.updated_at, r.closed_at, r.resolve_by, r.id
"""
ITEMS = f"""{_FIELDS}{_WANTED}
   and (%(before)s::timestamptz is null or (r.received_at, r.id) < (%(before)s, %(before_id)s::uuid))
 order by r.received_at desc, r.id desc
 limit %(limit)s
"""
COUNT = f"select count(*) from (select {_WANTED} limit {MOST_COUNTED + 1}) as wanted"  # noqa: S608 - of constants
ITEM = f"""{_FIELDS}
  from request r where r.city_id = %(city_id)s and r.reference = %(reference)s and {public_sql()}
"""
LONG_AGO, FAR_AHEAD = dt.datetime(1, 1, 2, tzinfo=dt.UTC), dt.datetime(9999, 12, 30, tzinfo=dt.UTC)
"""Bounds of every time there is, so that both sides of an interval are walked along one index."""


async def page(pool: Pool, known: Configuration, asked: Asked) -> Found:
    """A page of requests; the first one counts them all. Raises ``InvalidInput`` for a value that cannot be."""
    values = _values(asked)
    cities = _cities(known, asked)
    began, before, before_id = _read_key(asked)
    found: list[tuple[City, tuple[Any, ...]]] = []
    for city in cities:
        room = asked.limit + 1 - len(found)
        if city.id < began or not room:
            continue
        here = {"before": before, "before_id": before_id} if city.id == began else {}
        question = ITEMS, _of_city(city, values) | here | {"limit": room}
        [rows] = await read_in_city(pool, city.id, question, prepare=False)
        found += [(city, row) for row in rows]
    shown = found[: asked.limit]
    last = _key(*shown[-1]) if len(found) > len(shown) else None
    matched = asked.matched if asked.cursor else await _count(pool, cities, values)
    return Found([_feature(city, row) for city, row in shown], matched, last)


async def one(pool: Pool, id_: str) -> Feature | None:
    """One request by its reference; None where nobody may see one."""
    found = city_of_reference(id_)
    if found is None:
        return None
    city, reference = found
    values = public_values(city) | {"city_id": city.id, "reference": reference}
    [rows] = await read_in_city(pool, city.id, (ITEM, values))
    return _feature(city, rows[0]) if rows else None


async def _count(pool: Pool, cities: list[City], values: Mapping[str, Any]) -> int | None:
    """How many there are in all; None where they are too many to be counted at every first page."""
    matched = 0
    for city in cities:
        [[(number,)]] = await read_in_city(pool, city.id, (COUNT, _of_city(city, values)), prepare=False)
        matched += number
        if matched > MOST_COUNTED:
            return None
    return matched


def _of_city(city: City, values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, **public_values(city), "city_id": city.id}


def _cities(known: Configuration, asked: Asked) -> list[City]:
    """The cities that may have any, in order of their ids."""
    wanted = asked.properties.get("city")
    if wanted is not None and wanted not in known.cities:
        raise InvalidInput(f"There is no city {wanted[:40]!r}.", field="city", allowed=known.cities)
    chosen = [known.cities[id_] for id_ in sorted(known.cities) if wanted in (None, id_)]
    return [city for city in chosen if asked.box is None or asked.box.touches(_reach(city))]


def _reach(city: City) -> tuple[float, float, float, float]:
    """The box in which the city's requests are shown."""
    margin = BEYOND_A_CITY + city.publication.blur_metres / METRES_PER_DEGREE
    west, south, east, north = bounds_of(city)
    return west - margin, south - margin, east + margin, north + margin


def _values(asked: Asked) -> dict[str, Any]:
    box: GeoBox | None = asked.box
    wanted = asked.properties
    if "open" in wanted and wanted["open"] not in OPEN:
        raise InvalidInput("open is true or false.", field="open", allowed=["true", "false"])
    statuses = [status.value for status in Status]
    if "status" in wanted and wanted["status"] not in statuses:
        raise InvalidInput(f"{wanted['status'][:40]!r} is not a status.", field="status", allowed=statuses)
    return {
        **{name: wanted.get(name) for name in COLUMNS},
        "open": OPEN[wanted["open"]] if "open" in wanted else None,
        "start": asked.during.start or LONG_AGO,
        "end": asked.during.end or FAR_AHEAD,
        "west": box.west if box else None,
        "south": box.south if box else None,
        "east": box.east if box else None,
        "north": box.north if box else None,
        "before": None,
        "before_id": None,
    }


def _key(city: City, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return city.id, row[10].isoformat(), str(row[14])


def _read_key(asked: Asked) -> tuple[str, dt.datetime | None, uuid.UUID | None]:
    """City, time and id of the last request seen; before all of them without a cursor."""
    if asked.cursor is None:
        return "", None, None
    try:
        city_id, at, id_ = asked.cursor
        return str(city_id), dt.datetime.fromisoformat(at).astimezone(dt.UTC), uuid.UUID(id_)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise wrong_cursor() from None


def _feature(city: City, row: tuple[Any, ...]) -> Feature:
    (
        reference, status, service_code, network_code, department, district, lat, lon, channel, description,
        received, updated, closed, resolve_by, _id,
    ) = row  # fmt: skip
    position = public_position(city, lat, lon, own=False)
    service = city.services_by_code.get(service_code)
    properties = {
        "city": city.id,
        "status": status,
        "open": closed is None,
        "service": service_code,
        "service_name": city.name_in(service.names, "en") if service else service_code,
        "network_code": network_code,
        "department": department,
        "district": district if district in city.district_names else None,
        "description": public_words(city, channel, description),
        "received_at": received,
        "updated_at": updated,
        "closed_at": closed,
        "resolve_by": resolve_by,
        "url": f"{settings().public_url.rstrip('/')}/#/track/{reference}",
    }
    return feature(reference, point(**position) if position else None, properties)
