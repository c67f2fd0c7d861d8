"""Where a position lies: in which city, district and areas - in this process, without a network call.

Districts and areas are WGS 84 polygons (GeoJSON, RFC 7946). Containment is decided in degrees, on the very
numbers of the file, so that a point on a shared border is on it; distances are metres in a projection that
is true to about 0.2 % within 100 km of the city's middle.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from city_config import Configuration
from city_config.schema import City, Dated
from nagara.errors import InvalidCoordinates, OutsideCity
from nagara.per_city import PerCity

EQUATOR_RADIUS = 6_378_137.0
"""Metres: half the long axis of the WGS 84 ellipsoid."""

ECCENTRICITY_SQUARED = 6.694_379_990_14e-3
MEAN_RADIUS = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a position lies in a city.

    ``nearest``: in no district, yet counted to the nearest one. ``outside``: in no district and too far from
    all; ``district`` is then None. ``areas`` are the codes of every area that holds the position, in order,
    whether or not a district does.
    """

    inside: bool
    district: str | None
    areas: tuple[str, ...]
    method: Literal["inside", "nearest", "outside"]


def check_coordinates(lat: float, lon: float) -> None:
    """Raise ``InvalidCoordinates`` unless both are finite numbers on Earth; say so if they look swapped."""
    for field, value, limit in (("lat", lat, 90), ("lon", lon, 180)):
        if not math.isfinite(value):
            raise InvalidCoordinates(
                f"{field} is {value}, which is not a number on Earth",
                field=field,
                allowed=f"-{limit} to {limit}",
            )
    if -90 <= lat <= 90 and -180 <= lon <= 180:
        return
    field, value, limit = ("lat", lat, 90) if not -90 <= lat <= 90 else ("lon", lon, 180)
    hint = ""
    if field == "lat" and -180 <= lat <= 180 and -90 <= lon <= 90:
        hint = f"; latitude and longitude look swapped: did you mean lat {lon}, lon {lat}?"
    raise InvalidCoordinates(
        f"{field} is {value}, beyond {limit} degrees{hint}", field=field, allowed=f"-{limit} to {limit}"
    )


class PlaceIndex:
    """The polygons of one city, ready to be asked; built once per version of the configuration.

    Guarantees: the same position on the same day always gives the same answer. On a border shared by
    districts, and where sketched districts overlap, the lowest code wins. A gap enclosed by districts falls to
    the nearest of them, however wide; beyond the outer edge, ``near_metres`` of the city is the limit, itself
    included. Districts count on the days between their dates only; a day for which no district at all is
    known is answered with those of the nearest period after it, or else before it.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        self._starts = _days_of_change(city)
        self._outlines: dict[int, _Outlines] = {}
        self._latest = self._on(self._starts[-1])

    @property
    def changes(self) -> bool:
        """Whether it matters on which day something is asked for."""
        return len(self._starts) > 1

    def locate(self, lat: float, lon: float, day: dt.date | None = None) -> Place:
        """The place of a position on a local day, or by the latest districts; refuses what is no position."""
        check_coordinates(lat, lon)
        if day is None or not self.changes:
            return self._latest.locate(lat, lon)
        return self._on(day).locate(lat, lon)

    def locate_all(self, positions: Sequence[tuple[float, float, dt.date]]) -> list[Place]:
        """The places of many positions, each with its local day, as ``locate`` finds them; all must be valid."""
        found: dict[int, Place] = {}
        together: dict[int, list[int]] = {}
        for number, (_, _, day) in enumerate(positions):
            together.setdefault(bisect_right(self._starts, day), []).append(number)
        for numbers in together.values():
            outlines = self._on(positions[numbers[0]][2])
            places = outlines.locate_all([positions[number][:2] for number in numbers])
            found.update(zip(numbers, places, strict=True))
        return [found[number] for number in range(len(positions))]

    def metres_to(self, lat: float, lon: float) -> float:
        """Metres from a position to the city's nearest district; 0 inside one. The position must be valid."""
        return self._latest.metres_to(lat, lon)

    def _on(self, day: dt.date) -> _Outlines:
        """The outlines of a day, drawn when first asked for."""
        period = bisect_right(self._starts, day) - 1
        found = self._outlines.get(period)
        if found is None:
            found = self._outlines[period] = self._drawn(period)
        return found

    def _drawn(self, period: int) -> _Outlines:
        city = self._city
        for start in (*self._starts[period:], *reversed(self._starts[:period])):
            districts = _holding(city.districts, city.district_dates, start)
            if districts:
                break
        areas = _holding(city.areas, city.area_dates, self._starts[period]) if city.areas else []
        return _Outlines(city, districts, areas)


def _days_of_change(city: City) -> list[dt.date]:
    """The first day of each period in which the same districts and areas exist."""
    days = {dt.date.min}
    for dates in (*city.district_dates.values(), *city.area_dates.values()):
        if dates.valid_from:
            days.add(dates.valid_from)
        if dates.valid_to and dates.valid_to < dt.date.max:
            days.add(dates.valid_to + dt.timedelta(days=1))
    return sorted(days)


def _holding(shapes: Mapping[str, Any], dates: Mapping[str, Dated], day: dt.date) -> list[Mapping[str, Any]]:
    """The features that exist on a day."""
    return [f for f in shapes["features"] if dates[f["properties"]["code"]].holds_on(day)]


class _Crossed(NamedTuple):
    """A square that a border crosses: the shapes that touch it, in order of index. No other holds any of it."""

    hits: tuple[int, ...]
    shapes: npt.NDArray[np.object_]


class _Grid:
    """Squares over a city, each remembered with what was found of it as a whole.

    Most positions lie far from any border: for them the square answers, and no polygon is looked at. Where a border
    crosses it, only the shapes that touch it are.
    """

    CELLS = 64
    """Squares along each side: less than 1 km in most cities."""

    MARGIN = 1e-6
    """Share of a square by which it is taken larger, so that rounding puts no position into a wrong one."""

    def __init__(self, bounds: npt.NDArray[np.float64]) -> None:
        self._west, self._south, east, north = map(float, bounds)
        self._width = max(east - self._west, 1e-9) / self.CELLS
        self._height = max(north - self._south, 1e-9) / self.CELLS
        self.squares: list[Place | _Crossed | None] = [None] * (self.CELLS * self.CELLS)

    def cell(self, x: float, y: float) -> int | None:
        """The square of a position; None beyond them all."""
        column = (x - self._west) / self._width
        row = (y - self._south) / self._height
        if 0 <= column < self.CELLS and 0 <= row < self.CELLS:
            return int(row) * self.CELLS + int(column)
        return None

    def cells(self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> list[int]:
        """The squares of many positions, as ``cell`` finds each; -1 beyond them all."""
        columns, rows = (x - self._west) / self._width, (y - self._south) / self._height
        within = (columns >= 0) & (columns < self.CELLS) & (rows >= 0) & (rows < self.CELLS)
        whole = [np.where(within, side, 0).astype(np.int64) for side in (rows, columns)]
        found: list[int] = np.where(within, whole[0] * self.CELLS + whole[1], -1).tolist()
        return found

    def box(self, cell: int) -> BaseGeometry:
        """A square as a polygon, its margin included."""
        row, column = divmod(cell, self.CELLS)
        west, south = self._west + column * self._width, self._south + row * self._height
        wide, high = self._width * self.MARGIN, self._height * self.MARGIN
        east, north = west + self._width + wide, south + self._height + high
        return shapely.box(west - wide, south - high, east, north)


class _Outlines:
    """The districts and areas that exist at one time."""

    def __init__(
        self, city: City, districts: Iterable[Mapping[str, Any]], areas: Iterable[Mapping[str, Any]]
    ) -> None:
        self._near_metres = float(city.near_metres)
        self._middle_lon = city.map.centre.lon
        self._metres = _metres_per_degree(city.map.centre.lat)
        drawn = _polygons(districts, self._middle_lon)
        coded = (*drawn, *_polygons(areas, self._middle_lon))
        self._codes = [code for code, _ in coded]
        self._district_count = len(drawn)
        self._tree = shapely.STRtree([polygon for _, polygon in coded])
        shapely.prepare(self._tree.geometries)
        outlines = [polygon for _, polygon in drawn]
        self._outlines_in_metres = shapely.STRtree(
            [shapely.transform(outline, lambda degrees: degrees * self._metres) for outline in outlines]
        )
        self._enclosed_gaps = _enclosed_gaps(outlines)
        self._grid = _Grid(shapely.total_bounds(self._tree.geometries))

    def locate(self, lat: float, lon: float) -> Place:
        """The place of a position that is one."""
        x = self._beside_the_middle(lon)
        cell = self._grid.cell(x, lat)
        if cell is None:
            point = shapely.Point(x, lat)
            return self._within(point, sorted(self._tree.query(point, predicate="intersects").tolist()))
        square = self._square(cell)
        if isinstance(square, Place):
            return square
        held = shapely.intersects_xy(square.shapes, x, lat).tolist()
        hits = [hit for hit, holds in zip(square.hits, held, strict=True) if holds]
        return self._inside(hits) or self._within(shapely.Point(x, lat), hits)

    def locate_all(self, positions: Sequence[tuple[float, float]]) -> list[Place]:
        """The places of many positions: those that no square answers are held against the shapes all at once."""
        lats, lons = np.array(positions, dtype=np.float64).reshape(-1, 2).T
        far = lons - self._middle_lon
        beside = np.where(far > 180, lons - 360, np.where(far < -180, lons + 360, lons))
        found = [None if cell < 0 else self._of_square(cell) for cell in self._grid.cells(beside, lats)]
        open_ = [number for number, place in enumerate(found) if place is None]
        if open_:
            points = shapely.points(beside[open_], lats[open_])
            hits: list[list[int]] = [[] for _ in open_]
            for position, hit in self._tree.query(points, predicate="intersects").T.tolist():
                hits[position].append(hit)
            for number, point, touched in zip(open_, points, hits, strict=True):
                found[number] = self._within(point, sorted(touched))
        return [place for place in found if place is not None]

    def _of_square(self, cell: int) -> Place | None:
        """The place of every position in a square; None where a border crosses it."""
        square = self._square(cell)
        return square if isinstance(square, Place) else None

    def _square(self, cell: int) -> Place | _Crossed:
        known = self._grid.squares[cell]
        if known is None:
            known = self._grid.squares[cell] = self._as_a_whole(cell)
        return known

    def _within(self, point: shapely.Point, hits: Sequence[int]) -> Place:
        """The place of a point that lies in these shapes, in order of index."""
        inside = self._inside(hits)
        if inside is not None:
            return inside
        areas = tuple(self._codes[hit] for hit in hits)
        nearest, metres = self._nearest_district(point)
        if metres <= self._near_metres or self._enclosed_gaps.contains(point):
            return Place(True, self._codes[nearest], areas, "nearest")
        return Place(False, None, areas, "outside")

    def _inside(self, hits: Sequence[int]) -> Place | None:
        """The place of what lies in these shapes, in order of index; None where no district is among them."""
        # Districts stand before areas, each in order of code: the first hit is the lowest district.
        if not hits or hits[0] >= self._district_count:
            return None
        areas = tuple(self._codes[hit] for hit in hits if hit >= self._district_count)
        return Place(True, self._codes[hits[0]], areas, "inside")

    def _as_a_whole(self, cell: int) -> Place | _Crossed:
        """The place of every position in a square, where every shape that touches the square covers it whole."""
        box = self._grid.box(cell)
        hits = sorted(self._tree.query(box, predicate="intersects").tolist())
        place, shapes = self._inside(hits), self._tree.geometries[hits]
        if place is None or not shapely.covers(shapes, box).all():
            return _Crossed(tuple(hits), shapes)
        return place

    def metres_to(self, lat: float, lon: float) -> float:
        """Metres from a position to the city's nearest district; 0 inside one. The position must be valid."""
        point = shapely.Point(self._beside_the_middle(lon), lat)
        if self._tree.query(point, predicate="intersects").min(initial=self._district_count) < (
            self._district_count
        ):
            return 0.0
        nearest, metres = self._nearest_district(point)
        if metres < 100_000:
            return metres
        # Far away the flat projection is wrong; the nearest corner it finds is still good on the sphere.
        outline = self._tree.geometries[nearest]
        corner = shapely.shortest_line(outline, point).coords[0]
        return metres_between(lat, lon, corner[1], corner[0])

    def _nearest_district(self, point: shapely.Point) -> tuple[int, float]:
        """Index and metres of the nearest district; of several equally near, the lowest code."""
        here = shapely.Point(point.x * self._metres[0], point.y * self._metres[1])
        found, metres = self._outlines_in_metres.query_nearest(here, return_distance=True)
        return int(found.min()), float(metres[0])

    def _beside_the_middle(self, lon: float) -> float:
        """The longitude within 180 degrees of the city's middle, so that no city is cut at 180."""
        return _beside(lon, self._middle_lon)


def index_for(city: City) -> PlaceIndex:
    """The index of this version of the city, built on first use."""
    return _indexes.of(city)


def locate_in(
    city: City, lat: float, lon: float, configuration: Configuration, day: dt.date | None = None
) -> Place:
    """The place of a position that must lie in the city; else ``OutsideCity``, naming the nearest city."""
    place = index_for(city).locate(lat, lon, day)
    if place.inside:
        return place
    name = city.name_in(city.names, "en")
    nearest, metres = nearest_city(configuration, lat, lon)
    distance = f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"
    if nearest.id == city.id:
        message = f"The position lies outside {name}, {distance} from its edge"
    else:
        away = f"the nearest city, {distance} away, is" if metres else "it is in"
        other = nearest.name_in(nearest.names, "en")
        message = f"The position lies outside {name}; {away} {other} ({nearest.id})"
    allowed = f"in {name} or at most {city.near_metres} m from it"
    raise OutsideCity(
        message, field="lat,lon", allowed=allowed, details={"nearest_city": named_distance(nearest, metres)}
    )


def named_distance(city: City, metres: float) -> dict[str, Any]:
    """A city and how far away it is, as answers show it."""
    return {"id": city.id, "names": dict(city.names), "kilometres": round(metres / 1000, 1)}


def nearest_city(configuration: Configuration, lat: float, lon: float) -> tuple[City, float]:
    """The city whose districts are nearest, and how many metres away they are; 0 inside one.

    Equally near cities: the lowest id. Raises ``InvalidCoordinates``, and ``ValueError`` without any city.
    """
    check_coordinates(lat, lon)
    distances = ((index_for(city).metres_to(lat, lon), city.id) for city in configuration.cities.values())
    metres, city_id = min(distances)
    return configuration.cities[city_id], metres


def _polygons(features: Iterable[Mapping[str, Any]], middle_lon: float) -> list[tuple[str, BaseGeometry]]:
    """Code and polygon of each feature in order of code; self-crossing outlines are mended."""
    polygons = []
    for feature in features:
        polygon = shape(feature["geometry"])
        west, _, east, _ = polygon.bounds
        if not (middle_lon - 180 <= west and east <= middle_lon + 180):
            polygon = shapely.transform(polygon, lambda degrees: _all_beside(degrees, middle_lon))
        polygons.append((feature["properties"]["code"], shapely.make_valid(polygon)))
    return sorted(polygons, key=lambda coded: coded[0])


def _enclosed_gaps(polygons: Iterable[BaseGeometry]) -> BaseGeometry:
    """What the districts together enclose without covering it."""
    together = shapely.union_all(list(polygons))
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(together) for ring in _holes(part)]
    gaps = shapely.union_all(holes)
    shapely.prepare(gaps)
    return gaps


def _holes(part: BaseGeometry) -> Iterable[Any]:
    return part.interiors if isinstance(part, shapely.Polygon) else ()


def _metres_per_degree(lat: float) -> npt.NDArray[np.float64]:
    """Metres of one degree of longitude and of latitude on the WGS 84 ellipsoid at a latitude."""
    flattened = 1 - ECCENTRICITY_SQUARED * math.sin(math.radians(lat)) ** 2
    east = EQUATOR_RADIUS * math.cos(math.radians(lat)) / math.sqrt(flattened)
    north = EQUATOR_RADIUS * (1 - ECCENTRICITY_SQUARED) / flattened**1.5
    return np.array([math.radians(east), math.radians(north)])


def _beside(lon: float, middle: float) -> float:
    if lon - middle > 180:
        return lon - 360
    if lon - middle < -180:
        return lon + 360
    return lon


def _all_beside(degrees: Any, middle: float) -> Any:
    moved = degrees.copy()
    moved[:, 0] = [_beside(lon, middle) for lon in degrees[:, 0]]
    return moved


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two positions along the sphere, by the haversine formula."""
    half_north = math.radians(other_lat - lat) / 2
    half_east = math.radians(other_lon - lon) / 2
    across = math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(half_east) ** 2
    return 2 * MEAN_RADIUS * math.asin(min(1.0, math.sqrt(math.sin(half_north) ** 2 + across)))


_indexes: PerCity[PlaceIndex] = PerCity(PlaceIndex)
