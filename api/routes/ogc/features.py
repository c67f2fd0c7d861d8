"""Features: a page of a collection, and one of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.dependencies import ClientAddress, FromProcess, Resources
from api.routes.ogc.forms import (
    GEOJSON,
    JSON,
    PREFIX,
    address,
    answered,
    link,
    only_form,
    refusals,
    self_and_alternate,
)
from api.routes.ogc.service import collection_of
from api.schemas import gis as schemas
from api.small_pages import HTML, wants_html
from nagara.cities import configuration
from nagara.database import app_connection
from nagara.errors import UnknownFeature
from nagara.gis import district_features, indicator_features, request_features
from nagara.gis.asked import MOST, USUAL, Asked, read, spelled_cursor
from nagara.gis.found import Feature, Found

router = APIRouter(prefix=f"{PREFIX}/collections/{{collection}}/items")


@router.get(
    "",
    response_class=Response,
    responses=refusals(404, 429)
    | {200: {"model": schemas.Features, "content": {GEOJSON: {}, HTML: {}}, "description": "A page"}},
    operation_id="list_features",
)
async def items(
    collection: str,
    call: Request,
    process: FromProcess,
    client: ClientAddress,
    bbox: Annotated[
        str | None,
        Query(description="west,south,east,north in degrees (CRS84)", examples=["104.8,11.5,105,11.6"]),
    ] = None,
    datetime: Annotated[
        str | None,
        Query(description="A time, or an interval open or closed", examples=["2026-01-01T00:00:00Z/.."]),
    ] = None,
    limit: Annotated[
        str | None, Query(description=f"1 to {MOST}, {USUAL} unless given", examples=["100"])
    ] = None,
    cursor: Annotated[str | None, Query(description="From the link next")] = None,
) -> Response:
    """A page of features; follow the link ``next``. Each queryable property is a parameter besides."""
    await process.limiter.count("read", client)
    found = collection_of(collection)
    html = wants_html(call)
    asked = read(call.query_params.multi_items(), found.queryables)
    page = await _page(process, found.id, asked)
    content: dict[str, Any] = {"type": "FeatureCollection", "features": page.features}
    if page.matched is not None:
        content["numberMatched"] = page.matched
    content |= {
        "numberReturned": len(page.features),
        "timeStamp": dt.datetime.now(dt.UTC).replace(microsecond=0),
        "links": [
            *self_and_alternate(call, html, GEOJSON),
            link(address("collections", found.id), "collection", JSON, found.title),
        ],
    }
    if page.last is not None:
        content["links"].append(_next(call, page, html))
    rows = [
        {"id": address("collections", found.id, "items", one["id"])} | one["properties"]
        for one in page.features
    ]
    return answered(content, html, GEOJSON, rows, title=found.title)


@router.get(
    "/{feature}",
    response_class=Response,
    responses=refusals(404, 429)
    | {200: {"model": schemas.Feature, "content": {GEOJSON: {}, HTML: {}}, "description": "The feature"}},
    operation_id="get_feature",
)
async def item(
    collection: str, feature: str, call: Request, process: FromProcess, client: ClientAddress
) -> Response:
    """One feature by its id."""
    await process.limiter.count("read", client)
    found = collection_of(collection)
    html = wants_html(call)
    only_form(call)
    one = await _one(process, found.id, feature)
    if one is None:
        raise UnknownFeature(f"There is no {feature[:60]!r} among {found.title.lower()}.", field="feature")
    links = [
        *self_and_alternate(call, html, GEOJSON),
        link(address("collections", found.id), "collection", JSON, found.title),
    ]
    return answered(one | {"links": links}, html, GEOJSON, [one["properties"]], title=one["id"])


async def _page(process: Resources, collection: str, asked: Asked) -> Found:
    known = configuration()
    if collection == "requests":
        return await request_features.page(process.pool, known, asked)
    if collection == "districts":
        return await run_in_threadpool(district_features.page, known, asked)

    def figures() -> Found:
        with app_connection() as connection:
            return indicator_features.page(connection, known, asked)

    return await run_in_threadpool(figures)


async def _one(process: Resources, collection: str, id_: str) -> Feature | None:
    known = configuration()
    if collection == "requests":
        return await request_features.one(process.pool, id_)
    if collection == "districts":
        return district_features.one(known, id_)

    def figure() -> Feature | None:
        with app_connection() as connection:
            return indicator_features.one(connection, known, id_)

    return await run_in_threadpool(figure)


def _next(call: Request, page: Found, html: bool) -> dict[str, str]:
    """The link to the page after this one: the same question, from the last feature on."""
    query = [(name, value) for name, value in call.query_params.multi_items() if name != "cursor"]
    query.append(("cursor", spelled_cursor(page.last or (), page.matched)))
    path = call.url.path.removeprefix(f"{PREFIX}/").split("/")
    return link(f"{address(*path)}?{urlencode(query)}", "next", HTML if html else GEOJSON, "Next page")
