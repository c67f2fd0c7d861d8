"""The sets of features there are, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city_config import Configuration
from nagara.gis import district_features, indicator_features, request_features
from nagara.places.bounds import bounds_of

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
CONFORMS_TO = tuple(
    f"http://www.opengis.net/spec/ogcapi-{part}"
    for part in (
        "common-1/1.0/conf/core",
        "common-2/1.0/conf/collections",
        "features-1/1.0/conf/core",
        "features-1/1.0/conf/oas30",
        "features-1/1.0/conf/geojson",
        "features-1/1.0/conf/html",
        "features-3/1.0/conf/queryables",
        "features-3/1.0/conf/queryables-query-parameters",
    )
)


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of features of one kind."""

    id: str
    title: str
    description: str
    queryables: Mapping[str, Mapping[str, Any]]
    geometry: str
    """The kind of geometry, as JSON Schema names its format."""


COLLECTIONS: Mapping[str, Collection] = {
    one.id: one
    for one in (
        Collection(
            "requests",
            "Requests",
            "What residents reported, as far as the public may see it: later by each city's delay, on the grid it "
            "chose, without what is confidential or hidden. Its time is that of receipt.",
            request_features.QUERYABLES,
            "geometry-point",
        ),
        Collection(
            "districts",
            "Districts",
            "Districts of the cities, with the days between which each counted. Sketches, not legal limits.",
            district_features.QUERYABLES,
            "geometry-polygon-or-multipolygon",
        ),
        Collection(
            "indicators",
            "Indicators",
            "How cities answer: each figure of each month of receipt with its interval, or why it is withheld. "
            "What a figure means stands at /api/v1/network/definitions.",
            indicator_features.QUERYABLES,
            "geometry-point",
        ),
    )
}


def extent(known: Configuration) -> dict[str, Any]:
    """Where and when features may be: around all cities, at any time."""
    boxes = [bounds_of(city) for city in known.cities.values()]
    west, south = (min(box[side] for box in boxes) for side in (0, 1))
    east, north = (max(box[side] for box in boxes) for side in (2, 3))
    return {
        "spatial": {"bbox": [[west, south, east, north]], "crs": CRS84},
        "temporal": {"interval": [[None, None]], "trs": GREGORIAN},
    }


def queryables_schema(collection: Collection, address: str) -> dict[str, Any]:
    """By what a collection's features can be chosen, as JSON Schema (OGC API - Features, Part 3)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": collection.title,
        "properties": {
            **{name: dict(schema) for name, schema in collection.queryables.items()},
            "geometry": {"x-ogc-role": "primary-geometry", "format": collection.geometry},
        },
        "additionalProperties": False,
    }
