"""What anybody may see of a city's requests: the list behind its public page, and the points of its map."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.answers import json_answer
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.schemas import public_list as schemas
from city_config import City
from nagara.errors import InvalidInput, UnknownDistrict, UnknownService
from nagara.public import public_list
from nagara.public.public_list import MAX_PAGE, PublicFilter

router = APIRouter(prefix="/api/v1/cities/{city}", tags=["public"], dependencies=[Open])
HALF_A_MINUTE = {"Cache-Control": "public, max-age=30"}
Repeated = Annotated[list[str] | None, Query(description="Repeated, or separated by commas")]


async def wanted(
    city: CurrentCity,
    service: Repeated = None,
    status: Annotated[
        list[str] | None,
        Query(description="open, closed, or single statuses; repeated, or separated by commas"),
    ] = None,
    district: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[
        dt.datetime | None, Query(description="Received at or after; ISO 8601 with zone")
    ] = None,
    bbox: Annotated[str | None, Query(max_length=200, description="west,south,east,north in degrees")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> PublicFilter:
    """The filter of both forms; what the city does not know is refused rather than found nowhere."""
    services = _parts(service)
    for code in services or ():
        if code not in city.services_by_code:
            raise UnknownService(
                f"There is no service {code[:40]!r}.", field="service", allowed=city.services_by_code
            )
    if district is not None and district not in city.district_names:
        raise UnknownDistrict(
            f"There is no district {district[:40]!r}.", field="district", allowed=city.district_names
        )
    if since is not None and since.tzinfo is None:
        raise InvalidInput("since has no time zone.", field="since", allowed="2026-01-31T08:00:00+07:00")
    statuses = public_list.read_statuses(_parts(status))
    return PublicFilter(statuses, services, district, since, _box(bbox), cursor, limit)


Wanted = Annotated[PublicFilter, Depends(wanted)]


@router.get(
    "/requests",
    response_model=schemas.PublicRequests,
    responses=documented(404, 429),
    operation_id="list_public_requests",
)
async def requests(
    city: CurrentCity, filter_: Wanted, process: FromProcess, address: ClientAddress
) -> Response:
    """What the public may see, newest first; follow ``next_cursor`` for more.

    What is confidential, not released yet, hidden, or younger than the city's delay is not there.
    """
    found = await _found(city, filter_, process, address)
    content = {"city": city.id, "requests": found.requests, "next_cursor": found.next_cursor}
    return json_answer(content, 200, HALF_A_MINUTE)


@router.get(
    "/requests.geojson",
    response_model=schemas.PublicFeatures,
    responses=documented(404, 429),
    operation_id="list_public_requests_geojson",
)
async def features(
    city: CurrentCity, filter_: Wanted, process: FromProcess, address: ClientAddress
) -> Response:
    """The same as GeoJSON: points on the grid the city chose, and none for requests without a position."""
    found = await _found(city, filter_, process, address)
    return json_answer(public_list.as_features(found), 200, HALF_A_MINUTE)


async def _found(
    city: City, filter_: PublicFilter, process: FromProcess, address: str
) -> public_list.PublicPage:
    await process.limiter.count("read", address)
    return await public_list.page(process.pool, city, filter_)


def _parts(given: list[str] | None) -> tuple[str, ...] | None:
    names = [name.strip() for text in given or () for name in text.split(",") if name.strip()]
    return tuple(names) or None


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west, south, east, north = 1.0, 1.0, 0.0, 0.0
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput(
            "bbox is not a box of degrees.",
            field="bbox",
            allowed="west,south,east,north, for example 104.8,11.5,105,11.6",
        )
    return west, south, east, north
