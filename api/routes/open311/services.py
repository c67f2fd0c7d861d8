"""Discovery, the service list and a service's questions. Nothing here asks the database."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request, Response

from api.routes.open311 import document
from api.routes.open311.forms import answer, w3c
from api.routes.open311.parameters import (
    Given,
    asked_form,
    chosen_language,
    jurisdiction,
    of_query,
    service_named,
)
from api.routes.open311.stages import STAGES, on_both
from city_config import City
from nagara.cities import configuration
from nagara.open311.changeset import last_changed
from nagara.open311.views import Reader, is_acceptable, service_definition, service_item
from nagara.settings import settings

router = APIRouter()
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
A_MINUTE = {"Cache-Control": "public, max-age=60"}
DISCOVERY: dict[str, Any] = {
    "response_model": document.Discovery,
    "responses": document.answers("discovery", "<discovery><changeset>...</changeset></discovery>", 404),
    "openapi_extra": {"parameters": [document.FORMAT]},
}


@router.get("/discovery.{form}", operation_id="open311_discovery", **DISCOVERY)
@router.get("/v2/discovery.{form}", operation_id="open311_v2_discovery", **DISCOVERY)
@router.get("/sandbox/v2/discovery.{form}", operation_id="open311_sandbox_discovery", **DISCOVERY)
async def discovery(request: Request) -> Response:
    """Where the GeoReport servers are, in which forms they answer, and when their services last changed.

    The first serves residents; the second is a sandbox, whose requests nobody works on.
    """
    form = asked_form(request.path_params["form"])
    changeset = w3c(last_changed(configuration(), dt.datetime.now(dt.UTC)))
    content = {
        "changeset": changeset,
        "contact": settings().mail_from,
        "key_service": "Ask the city's administrator for an api_key with the scope open311; it opens both endpoints.",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": stage.url,
                "changeset": changeset,
                "type": stage.type,
                "formats": ["text/xml", "application/json"],
            }
            for stage in STAGES
        ],
    }
    return answer(form, "discovery", content, headers=A_MINUTE)


@on_both(
    router,
    "GET",
    "/services.{form}",
    "services",
    response_model=list[document.Open311Service],
    responses=document.answers("services", "<services><service>...</service></services>", 400, 404),
    openapi_extra={"parameters": list(document.COMMON)},
)
async def services(request: Request) -> Response:
    """What can be reported in a city today; what other bodies take is not in the standard's list."""
    form = asked_form(request.path_params["form"])
    given = of_query(request)
    city = jurisdiction(given)
    reader = reader_of(request, given, city)
    day = dt.datetime.now(city.zone).date()
    items = [service_item(reader, service) for service in city.services if is_acceptable(service, day)]
    return answer(form, "services", items, headers=A_MINUTE | language_headers(reader))


@on_both(
    router,
    "GET",
    "/services/{service_code}.{form}",
    "service_definition",
    response_model=document.Open311Definition,
    responses=document.answers(
        "service_definition", "<service_definition><attributes/></service_definition>", 400, 404
    ),
    openapi_extra={
        "parameters": [document.parameter("service_code", "From the list", where="path"), *document.COMMON]
    },
)
async def definition(request: Request) -> Response:
    """The questions asked with a service; none where it asks none."""
    form = asked_form(request.path_params["form"])
    given = of_query(request)
    city = jurisdiction(given)
    service = service_named(city, request.path_params["service_code"].strip())
    reader = reader_of(request, given, city)
    content = service_definition(reader, service, dt.datetime.now(city.zone).date())
    return answer(form, "service_definition", content, headers=A_MINUTE | language_headers(reader))


def reader_of(request: Request, given: Given, city: City) -> Reader:
    """In which language a call is answered."""
    language = chosen_language(request, given, city)
    return Reader(city, language, configuration().messages_for(language, *city.languages))


def language_headers(reader: Reader) -> dict[str, str]:
    """What a cache must know of the language."""
    return {"Content-Language": reader.language or reader.city.languages[0], "Vary": "Accept-Language"}
