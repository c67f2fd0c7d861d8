"""What anybody may know of the cities: services, departments, districts, and where a position lies."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.answers import json_answer, packed_answer
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.schemas import cities as cities_schemas
from api.schemas import common as common_schemas
from city_config import City, Service
from city_config.look import read_crest
from city_config.services import StopNotice
from nagara.cities import configuration
from nagara.errors import NotFound
from nagara.filing.nearby import radius
from nagara.places import searching as place_search
from nagara.places.finding import check_coordinates, index_for, named_distance, nearest_city
from nagara.public.request_views import named_district
from nagara.settings import settings

router = APIRouter(prefix="/api/v1", tags=["cities"], dependencies=[Open])
AN_HOUR = {"Cache-Control": "public, max-age=3600"}
A_MINUTE = {"Cache-Control": "public, max-age=60"}
A_DRAWING = AN_HOUR | {"Content-Security-Policy": "default-src 'none'; style-src 'none'; sandbox"}


@router.get("/about", response_model=cities_schemas.About, operation_id="about")
async def about() -> Response:
    """What this installation is: whether it is the demo, and which network it serves."""
    network = configuration().network
    return json_answer({"name": "Nagara", "demo": settings().demo, "network": dict(network.names)})


@router.get("/cities", response_model=cities_schemas.Cities, operation_id="list_cities")
async def list_cities(request: Request) -> Response:
    """The cities served here, in order of id."""
    found = {"cities": [_city(city) for city in configuration().cities.values()]}
    return packed_answer(request, found, A_MINUTE)


@router.get(
    "/cities/{city}", response_model=cities_schemas.City, responses=documented(404), operation_id="get_city"
)
async def get_city(city: CurrentCity) -> Response:
    """One city."""
    return json_answer(_city(city), 200, A_MINUTE)


@router.get(
    "/cities/{city}/crest.svg",
    response_class=Response,
    responses=documented(404) | {200: {"content": {"image/svg+xml": {}}, "description": "The drawing"}},
    operation_id="get_crest",
)
async def get_crest(city: CurrentCity) -> Response:
    """The city's crest, where it has one: shapes alone, and sent so that a browser runs nothing in it."""
    name = city.look.crest if city.look else None
    if name is None:
        raise NotFound(f"{city.id} has no crest.", field="city")
    try:
        content = read_crest(configuration().folder / "cities" / city.id / name)
    except ValueError:  # changed on disk since the configuration was checked
        raise NotFound(f"{city.id} has no crest that can be shown.", field="city") from None
    return Response(content, media_type="image/svg+xml", headers=A_DRAWING)


@router.get(
    "/cities/{city}/services",
    response_model=cities_schemas.Services,
    responses=documented(404),
    operation_id="list_services",
)
async def list_services(city: CurrentCity, request: Request) -> Response:
    """What can be reported in a city today, with questions, notices and the promise that comes with it.

    A service that another body takes is listed with its ``redirect``: people look for it here.
    """
    day = _today(city)
    lines = [line for line in city.contact_lines if line.shown]
    content = {
        "city": city.id,
        "groups": {code: dict(names) for code, names in city.groups.items()},
        "contact_lines": [{"kind": n.kind, "names": dict(n.names), "phone": n.phone} for n in lines],
        "services": [_service(city, service, day) for service in city.services if service.holds_on(day)],
    }
    return packed_answer(request, content, A_MINUTE)


@router.get(
    "/cities/{city}/departments",
    response_model=cities_schemas.Departments,
    responses=documented(404),
    operation_id="list_departments",
)
async def list_departments(city: CurrentCity) -> Response:
    """Who owns requests in a city: its departments, and external bodies it refers to."""
    found = [{"code": d.code, "names": dict(d.names), "kind": d.kind} for d in city.departments]
    return json_answer({"city": city.id, "departments": found}, 200, A_MINUTE)


@router.get(
    "/cities/{city}/districts",
    response_model=common_schemas.FeatureCollection,
    responses=documented(404),
    operation_id="list_districts",
)
async def list_districts(city: CurrentCity, request: Request) -> Response:
    """The city's districts as GeoJSON (WGS 84), with where their outlines come from."""
    return packed_answer(request, city.districts, AN_HOUR)


@router.get(
    "/cities/{city}/place",
    response_model=cities_schemas.Place,
    responses=documented(404),
    operation_id="locate",
)
async def locate(
    city: CurrentCity,
    lat: Annotated[float, Query(description="WGS 84 degrees north", examples=[11.56])],
    lon: Annotated[float, Query(description="WGS 84 degrees east", examples=[104.92])],
) -> Response:
    """In which district and special areas a position lies; outside, which city is nearest."""
    check_coordinates(lat, lon)
    place = index_for(city).locate(lat, lon)
    content: dict[str, Any] = {
        "inside": place.inside,
        "district": named_district(city, place.district),
        "zones": list(place.areas),
    }
    if not place.inside:
        content["nearest_city"] = named_distance(*nearest_city(configuration(), lat, lon))
    return json_answer(content, 200, A_MINUTE)


@router.get(
    "/cities/{city}/places",
    response_model=cities_schemas.PlacesFound,
    responses=documented(404, 429),
    operation_id="search_places",
)
async def search_places(
    city: CurrentCity,
    process: FromProcess,
    address: ClientAddress,
    q: Annotated[str, Query(description="Words, in any of the city's languages", examples=["ផ្សារថ្មី"])],
) -> Response:
    """Places the city knows by name: districts, special areas, streets of the rounds, landmarks; at most ten."""
    await process.limiter.count("read", address)
    found = place_search.find(city, q, _today(city))
    shown = [
        {
            "kind": place.kind,
            "code": place.code,
            "names": dict(place.names),
            "position": {"lat": place.position[0], "lon": place.position[1]} if place.position else None,
            "district": named_district(city, place.district),
        }
        for place in found
    ]
    return json_answer({"places": shown}, 200, A_MINUTE)


def _today(city: City) -> dt.date:
    """The city's present day, by this process's clock: what is listed is decided again when it is filed."""
    return dt.datetime.now(city.zone).date()


def _city(city: City) -> dict[str, Any]:
    return {
        "id": city.id,
        "country": city.country,
        "names": dict(city.names),
        "languages": list(city.languages),
        "timezone": city.timezone,
        "centre": {"lat": city.map.centre.lat, "lon": city.map.centre.lon},
        "zoom": city.map.zoom,
        "tile_url": city.map.tile_url,
        "attribution": city.map.attribution,
        "population": city.population.value if city.population else None,
        "numerals": dict(city.display.numerals),
        "look": _look(city),
        "privacy": _privacy(city),
    }


def _look(city: City) -> dict[str, Any] | None:
    if city.look is None:
        return None
    crest = f"/api/v1/cities/{city.id}/crest.svg?v={city.fingerprint[:12]}" if city.look.crest else None
    return {"colour": city.look.colour, "crest_url": crest}


def _privacy(city: City) -> dict[str, Any] | None:
    told = city.privacy
    if told is None:
        return None
    return {"notice": dict(told.notice), "law": told.law, "url": told.url, "contact": told.contact}


def _service(city: City, service: Service, day: dt.date) -> dict[str, Any]:
    spans = {
        stage: span.model_dump(exclude_none=True) if span else None
        for stage in ("acknowledge", "respond", "resolve")
        for span in (getattr(service.promise, stage),)
    }
    return {
        "code": service.code,
        "network_code": service.network_code,
        "names": dict(service.names),
        "description": dict(service.description) if service.description else None,
        "group": service.group,
        "icon": service.icon,
        "keywords": list(service.keywords),
        "questions": [
            {
                "code": question.code,
                "datatype": question.datatype,
                "names": dict(question.names),
                "required": question.required,
                "hint": dict(question.hint) if question.hint else None,
                "choices": [{"key": c.key, "names": dict(c.names)} for c in question.choices],
                "shown_when": {code: list(keys) for code, keys in question.shown_when.items()},
            }
            for question in service.questions
        ],
        "promise": spans | {"standard": service.promise.standard},
        "emergency_notice": dict(service.emergency_notice) if service.emergency_notice else None,
        "redirect": _redirect(service),
        "stop_notices": [_notice(notice) for notice in service.stop_notices if notice.holds_on(day)],
        "asks_round": service.asks_round,
        "nearby_metres": radius(city, service),
    }


def _redirect(service: Service) -> dict[str, Any] | None:
    there = service.redirect
    return {"notice": dict(there.notice), "url": there.url, "phone": there.phone} if there else None


def _notice(notice: StopNotice) -> dict[str, Any]:
    return {
        "notice": dict(notice.notice),
        "shown_when": {code: list(keys) for code, keys in notice.shown_when.items()},
        "stops": notice.stops,
        "phone": notice.shown_phone,
    }
