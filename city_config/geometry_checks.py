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

OUTSIDE_TOLERANCE = 0.01
"""Share of a district that simplified outlines may leave outside a simplified boundary."""


def geometry_errors(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Invalid polygons, and districts that overlap at the same time."""
    districts = _shapes(city.districts)
    others = (("areas", _shapes(city.areas)), ("boundary", _shapes(city.boundary)))
    for field, shapes in (("districts", districts), *others):
        for code, geometry in shapes.items():
            if not geometry.is_valid:
                yield (field, code), f"{code}: {shapely.is_valid_reason(geometry)}"
    yield from _overlaps(city, {code: g for code, g in districts.items() if g.is_valid})


def areas_elsewhere(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Areas that touch no district: no rule about them could ever hold."""
    districts = [g for g in _shapes(city.districts).values() if g.is_valid]
    for code, geometry in _shapes(city.areas).items():
        if geometry.is_valid and not any(geometry.intersects(district) for district in districts):
            yield ("areas", code), f"{code}: lies outside every district of the city"


def outside_the_boundary(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Districts that reach beyond the city's own boundary, where one is given, and a map opened elsewhere."""
    districts = {code: g for code, g in _shapes(city.districts).items() if g.is_valid}
    if city.boundary:
        whole = shapely.union_all([g for g in _shapes(city.boundary).values() if g.is_valid])
        for code, geometry in districts.items():
            share = geometry.difference(whole).area / geometry.area
            if share > OUTSIDE_TOLERANCE:
                yield ("districts", code), f"{code}: {share:.0%} of the district lies outside the boundary"
    centre = shapely.Point(city.map.centre.lon, city.map.centre.lat)
    west, south, east, north = shapely.total_bounds(list(districts.values()))
    if districts and not shapely.box(west, south, east, north).intersects(centre):
        yield ("map", "centre"), "the map opens away from every district; are latitude and longitude swapped?"


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
                ("districts", codes[other]),
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
