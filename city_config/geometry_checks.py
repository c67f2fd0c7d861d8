"""Looks at a city's shapes: broken polygons, districts that overlap or lie far out, areas that lie elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import median
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

FAR_OUT = 8
"""Times the median distance from the middle at which a district is doubted; Can Gio, an outlying one, has 6."""

LEAST_DISTRICTS = 3
KM_PER_DEGREE = 111.2
"""Of latitude, on the mean sphere."""


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


def far_from_the_others(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Districts so much farther out than the others that their coordinates are hardly right.

    Distances run from the median of the districts' middles, and are held against their median, so that
    neither is moved by the district that is wrong. Fewer than three districts have no such middle.
    """
    shapes = {code: g for code, g in _shapes(city.districts).items() if g.is_valid and not g.is_empty}
    if len(shapes) < LEAST_DISTRICTS:
        return
    middles = {code: (g.centroid.x, g.centroid.y) for code, g in shapes.items()}
    lon, lat = (median(middle[axis] for middle in middles.values()) for axis in (0, 1))
    narrow = math.cos(math.radians(lat))
    away = {code: KM_PER_DEGREE * math.hypot((x - lon) * narrow, y - lat) for code, (x, y) in middles.items()}
    usual = median(away.values())
    for code, kilometres in away.items():
        if kilometres > FAR_OUT * usual > 0:
            yield (
                ("districts", code),
                f"{code}: lies {kilometres:.0f} km from the middle of the districts, where half of them lie within "
                f"{usual:.0f} km; are its coordinates right?",
            )


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
