"""What the service is, which parts of the standard it keeps to, and which sets of features it has."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.routes.ogc.document import document
from api.routes.ogc.forms import (
    GEOJSON,
    JSON,
    OPENAPI,
    PREFIX,
    SCHEMA,
    address,
    answered,
    link,
    only_form,
    refusals,
    self_and_alternate,
)
from api.schemas import gis as schemas
from api.small_pages import HTML, wants_html
from nagara.cities import configuration
from nagara.errors import UnknownCollection
from nagara.gis.collections import COLLECTIONS, CONFORMS_TO, CRS84, Collection, extent, queryables_schema

router = APIRouter(prefix=PREFIX)
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
FORMS: dict[int | str, dict[str, Any]] = {200: {"content": {HTML: {}}}}


@router.get("/", include_in_schema=False)
@router.get(
    "", response_model=schemas.Landing, responses=refusals() | FORMS, operation_id="describe_features"
)
async def landing(call: Request) -> Response:
    """Where everything is."""
    html = wants_html(call)
    only_form(call)
    content = {
        "title": "Nagara: requests, districts and indicators",
        "description": "OGC API - Features over what the public may see of the cities. Licences are the cities' own: "
        "see /open-data.",
        "links": [
            *self_and_alternate(call, html),
            link(address("api"), "service-desc", OPENAPI, "The API document"),
            link(address("api", f="html"), "service-doc", HTML, "The API for readers"),
            link(address("conformance"), "conformance", JSON, "Which parts of which standards are kept to"),
            link(address("collections"), "data", JSON, "The sets of features"),
        ],
    }
    return answered(content, html)


@router.get(
    "/conformance",
    response_model=schemas.Conformance,
    responses=refusals() | FORMS,
    operation_id="get_features_conformance",
)
async def conformance(call: Request) -> Response:
    """Which parts of which standards are kept to."""
    html = wants_html(call)
    only_form(call)
    rows = [{"conforms to": uri} for uri in CONFORMS_TO]
    content = {"conformsTo": CONFORMS_TO}
    return answered(content, html, rows=rows, title="Conformance")


@router.get(
    "/api",
    response_class=Response,
    responses=refusals() | {200: {"content": {OPENAPI: {}, HTML: {}}, "description": "OpenAPI 3.0"}},
    operation_id="get_features_document",
)
async def api(call: Request) -> Response:
    """The API document of this service alone, as clients of the standard read it."""
    html = wants_html(call)
    only_form(call)
    content = document(configuration())
    if html:
        rows = [
            {"address": address().rstrip("/") + path, "what": methods["get"]["summary"]}
            for path, methods in content["paths"].items()
        ]
        return answered({"links": [link(address("api"), "self", OPENAPI, "For programs")]}, True, rows=rows)
    return answered(content, False, OPENAPI)


@router.get(
    "/collections",
    response_model=schemas.Collections,
    responses=refusals() | FORMS,
    operation_id="list_feature_collections",
)
async def collections(call: Request) -> Response:
    """The sets of features there are."""
    html = wants_html(call)
    only_form(call)
    every = [described(one) for one in COLLECTIONS.values()]
    rows = [
        {"id": one["id"], "title": one["title"], "at": address("collections", one["id"])} for one in every
    ]
    content = {"links": self_and_alternate(call, html), "collections": every}
    return answered(content, html, rows=rows, title="Collections")


@router.get(
    "/collections/{collection}",
    response_model=schemas.Collection,
    responses=refusals(404) | FORMS,
    operation_id="get_feature_collection",
)
async def collection(collection: str, call: Request) -> Response:
    """What is said of one set of features."""
    html = wants_html(call)
    only_form(call)
    content = described(collection_of(collection))
    content["links"] = [*self_and_alternate(call, html), *content["links"]]
    return answered(content, html)


@router.get(
    "/collections/{collection}/queryables",
    response_class=Response,
    responses=refusals(404)
    | {200: {"model": schemas.Queryables, "content": {SCHEMA: {}, HTML: {}}, "description": "JSON Schema"}},
    operation_id="get_queryables",
)
async def queryables(collection: str, call: Request) -> Response:
    """The properties by which features can be chosen: each is a parameter of the items."""
    html = wants_html(call)
    only_form(call)
    found = collection_of(collection)
    content = queryables_schema(found, address("collections", found.id, "queryables"))
    rows = [
        {"property": name, "type": schema.get("type", ""), "what": schema.get("title", "")}
        for name, schema in content["properties"].items()
    ]
    return answered(content, html, SCHEMA, rows=rows)


def collection_of(id_: str) -> Collection:
    """The collection of this id; raise ``UnknownCollection``."""
    found = COLLECTIONS.get(id_)
    if found is None:
        raise UnknownCollection(
            f"There is no collection {id_[:40]!r}.", field="collection", allowed=COLLECTIONS
        )
    return found


def described(one: Collection) -> dict[str, Any]:
    """A collection as the standard describes it."""
    here = ("collections", one.id)
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "itemType": "feature",
        "crs": [CRS84],
        "extent": extent(configuration()),
        "links": [
            link(address(*here, "items"), "items", GEOJSON, f"{one.title} as GeoJSON"),
            link(address(*here, "items", f="html"), "items", HTML, f"{one.title} as a page"),
            link(address(*here, "queryables"), QUERYABLES_REL, SCHEMA, "By what they can be chosen"),
            link(f"{address().removesuffix('/ogc')}/open-data", "license", HTML, "Licences of the cities"),
        ],
    }
