"""Areas on the map: boxes, drawn polygons, circles around a request. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nagara.errors import InvalidInput

METRES_PER_DEGREE = 111_320.0
MOST_CORNERS = 500
MOST_METRES = 20_000
Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """West, south, east and north in degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """A drawn area: corners as longitude and latitude; the last one joins the first."""

    corners: tuple[Corner, ...]

    @property
    def box(self) -> Box:
        """The smallest box around it."""
        lons, lats = zip(*self.corners, strict=True)
        return Box(min(lons), min(lats), max(lons), max(lats))

    @property
    def spelled(self) -> str:
        """As PostgreSQL reads a polygon."""
        return "(" + ",".join(f"({lon!r},{lat!r})" for lon, lat in self.corners) + ")"


def read_box(text: str) -> Box:
    """A box from ``west,south,east,north``; raise ``InvalidInput``."""
    try:
        west, south, east, north = (_degrees(part, 180) for part in text.split(","))
    except ValueError:
        west, south, east, north = 1.0, 1.0, 0.0, 0.0
    if not (west <= east and south <= north):
        raise InvalidInput(
            "bbox is not a box of degrees.",
            field="bbox",
            allowed="west,south,east,north, for example 104.8,11.5,105,11.6",
        )
    return Box(west, south, east, north)


def read_polygon(text: str) -> Polygon:
    """A polygon from ``lon,lat;lon,lat;...``; raise ``InvalidInput``."""
    try:
        corners = tuple(_corner(pair) for pair in text.split(";") if pair.strip())
    except ValueError:
        corners = ()
    if corners and corners[0] == corners[-1]:
        corners = corners[:-1]
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise InvalidInput(
            "area is not a polygon of degrees.",
            field="area",
            allowed=f"3 to {MOST_CORNERS} corners as lon,lat;lon,lat;lon,lat",
        )
    return Polygon(corners)


def _corner(pair: str) -> Corner:
    lon, lat = pair.split(",")
    return _degrees(lon, 180), _degrees(lat, 90)


def _degrees(text: str, most: float) -> float:
    value = float(text)
    if not -most <= value <= most:  # NaN is not either
        raise ValueError(text)
    return value


def box_around(lat: float, lon: float, metres: float) -> Box:
    """The smallest box around a circle."""
    north = metres / METRES_PER_DEGREE
    east = north / max(0.01, math.cos(math.radians(lat)))
    return Box(lon - east, lat - north, lon + east, lat + north)


def metres_between(a_lat: float, a_lon: float, b_lat: float, b_lon: float) -> float:
    """Metres between two places of one city, on a plane: right within a thousandth over 20 km."""
    north = (a_lat - b_lat) * METRES_PER_DEGREE
    east = (a_lon - b_lon) * METRES_PER_DEGREE * math.cos(math.radians((a_lat + b_lat) / 2))
    return math.hypot(north, east)
