"""The OpenAPI 3.0 document of the feature service alone, each collection's items with their own parameters.

Clients of the standard read there by what they may filter; the whole API's document stands at /openapi.json.
"""

from __future__ import annotations

from typing import Any

from api.routes.ogc.forms import GEOJSON, JSON, OPENAPI, SCHEMA, address
from api.small_pages import HTML
from city_config import Configuration
from nagara.gis.asked import MOST, USUAL
from nagara.gis.collections import COLLECTIONS, Collection

REFUSED = {"$ref": "#/components/responses/Refused"}
FORM = {"$ref": "#/components/parameters/f"}
COMMON = ("bbox", "datetime", "limit", "cursor", "f")
PARAMETERS: dict[str, dict[str, Any]] = {
    "bbox": {
        "description": "west,south,east,north in CRS84, or the same with heights",
        "schema": {
            "type": "array",
            "items": {"type": "number"},
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        },
        "style": "form",
        "explode": False,
    },
    "datetime": {
        "description": "A time, or an interval whose open side is .. or nothing",
        "schema": {"type": "string"},
        "style": "form",
        "explode": False,
    },
    "limit": {
        "description": "Features of a page",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        "style": "form",
        "explode": False,
    },
    "cursor": {"description": "From the link next", "schema": {"type": "string"}},
    "f": {"description": "Form of the answer", "schema": {"type": "string", "enum": ["json", "html"]}},
}


def document(known: Configuration) -> dict[str, Any]:
    """The document; ``known`` gives the ids of cities that a filter may name."""
    paths: dict[str, Any] = {
        "/": _read("Where everything is", JSON),
        "/conformance": _read("Which parts of which standards are kept to", JSON),
        "/api": _read("This document", OPENAPI),
        "/collections": _read("The sets of features", JSON),
    }
    for one in COLLECTIONS.values():
        paths |= _paths(one, known)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Nagara: requests, districts and indicators",
            "version": "1",
            "description": "OGC API - Features, Part 1 (core, GeoJSON, HTML, OpenAPI 3.0).",
        },
        "servers": [{"url": address()}],
        "paths": paths,
        "components": {
            "parameters": {name: {"name": name, "in": "query"} | given for name, given in PARAMETERS.items()},
            "responses": {
                "Refused": {
                    "description": "Refused, and why",
                    "content": {
                        JSON: {
                            "schema": {
                                "type": "object",
                                "required": ["code"],
                                "properties": {"code": {"type": "string"}, "description": {"type": "string"}},
                            }
                        }
                    },
                }
            },
        },
    }


def _paths(one: Collection, known: Configuration) -> dict[str, Any]:
    here = f"/collections/{one.id}"
    filters = [
        {"name": name, "in": "query", "description": schema["title"], "schema": _plain(name, schema, known)}
        for name, schema in one.queryables.items()
    ]
    common = [{"$ref": f"#/components/parameters/{name}"} for name in COMMON]
    feature = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        here: _read(one.title, JSON),
        f"{here}/queryables": _read(f"By what {one.title.lower()} can be chosen", SCHEMA),
        f"{here}/items": _read(one.description, GEOJSON, [*common, *filters], many=True),
        f"{here}/items/{{featureId}}": _read(f"One of {one.title.lower()}", GEOJSON, [feature, FORM]),
    }


def _plain(name: str, schema: Any, known: Configuration) -> dict[str, Any]:
    found = {key: value for key, value in schema.items() if key in ("type", "enum")}
    return found | {"enum": sorted(known.cities)} if name == "city" else found


def _read(
    summary: str, kind: str, parameters: list[Any] | None = None, *, many: bool = False
) -> dict[str, Any]:
    schema = {"type": "object", "required": ["features", "type"] if many else []}
    content = {
        kind: {"schema": {"type": "object"} if not many else schema},
        HTML: {"schema": {"type": "string"}},
    }
    return {
        "get": {
            "summary": summary,
            "parameters": parameters or [FORM],
            "responses": {
                "200": {"description": summary, "content": content},
                "400": REFUSED,
                "404": REFUSED,
                "429": REFUSED,
                "503": REFUSED,
            },
        }
    }
