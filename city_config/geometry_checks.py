"""Looks at a city's shapes: broken polygons, districts that overlap, areas that lie elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from city_config.configuration import KeyPath
from city_config.schema import City

OVERLAP_TOLERANCE = 0.001
"""Share of the smaller district that rounding may let two districts share."""


def geometry_errors(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Invalid polygons, and districts that overlap at the same time."""
    districts = _shapes(city.districts)
    for field, shapes in (("districts", districts), ("areas", _shapes(city.areas))):
        for code, geometry in shapes.items():
            if not geometry.is_valid:
                yield (field,), f"{code}: {shapely.is_valid_reason(geometry)}"
    yield from _overlaps(city, {code: g for code, g in districts.items() if g.is_valid})


def areas_elsewhere(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Areas that touch no district: no rule about them could ever hold."""
    districts = [g for g in _shapes(city.districts).values() if g.is_valid]
    for code, geometry in _shapes(city.areas).items():
        if geometry.is_valid and not any(geometry.intersects(district) for district in districts):
            yield ("areas",), f"{code}: lies outside every district of the city"


def _overlaps(city: City, shapes: Mapping[str, BaseGeometry]) -> Iterator[tuple[KeyPath, str]]:
    codes, geometries = list(shapes), list(shapes.values())
    dates = {f["properties"]["code"]: f["properties"] for f in city.districts["features"]}
    pairs = STRtree(geometries).query(geometries, predicate="intersects").T.tolist()
    for one, other in pairs:
        if one >= other or not _at_one_time(dates[codes[one]], dates[codes[other]]):
            continue
        shared = geometries[one].intersection(geometries[other]).area
        share = shared / min(geometries[one].area, geometries[other].area)
        if share > OVERLAP_TOLERANCE:
            yield (
                ("districts",),
                f"{codes[one]} and {codes[other]} overlap by {share:.1%} of the smaller",
            )


def _at_one_time(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two districts exist on a common day (dates as ISO text; none: always)."""
    start = max(str(one.get("valid_from") or ""), str(other.get("valid_from") or ""))
    ends = [str(p["valid_to"]) for p in (one, other) if p.get("valid_to")]
    return not ends or start <= min(ends)


def _shapes(collection: Mapping[str, Any] | None) -> dict[str, BaseGeometry]:
    features = collection["features"] if collection else ()
    return {f["properties"]["code"]: shape(f["geometry"]) for f in features}
