"""How far a city reaches: the box around its districts."""

from __future__ import annotations

import shapely
from shapely.geometry import shape

from city_config import City
from nagara.per_city import PerCity

Bounds = tuple[float, float, float, float]
"""West, south, east and north in degrees."""


def bounds_of(city: City) -> Bounds:
    """The box around all districts of a city, whenever they counted."""
    return _bounds.of(city)


def _around(city: City) -> Bounds:
    shapes = [shape(feature["geometry"]) for feature in city.districts["features"]]
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    return west, south, east, north


_bounds = PerCity(_around)
