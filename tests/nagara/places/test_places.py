from __future__ import annotations

import datetime as dt
import math
from itertools import cycle
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, shape

from city_config.schema import City
from nagara.cities import city_of
from nagara.errors import InvalidCoordinates, OutsideCity
from nagara.places.finding import Place, PlaceIndex, check_coordinates, index_for, locate_in, nearest_city
from tests.nagara.small_cities import collection, configured, feature, rectangle, small_city

METRE_NORTH = 1 / 110_620
"""Degrees of latitude in a metre at 11.55 degrees north."""

# Four districts around a gap of about 1.1 km; 20 touches 10 along a border, and 90 overlaps 30.
GRID = collection(
    feature("30", rectangle(104.80, 11.50, 104.90, 11.56), name="South"),
    feature("10", rectangle(104.80, 11.57, 104.90, 11.60), name="North"),
    feature("20", rectangle(104.90, 11.50, 104.95, 11.60), name="East"),
    feature("40", rectangle(104.75, 11.50, 104.80, 11.60), name="West"),
    feature("90", rectangle(104.82, 11.52, 104.84, 11.54), name="Sketched over South"),
)
AREAS = collection(
    feature("park", rectangle(104.70, 11.55, 104.85, 11.61)),
    feature("lake", rectangle(104.7, 11.5, 105, 11.7)),
)


def grid(**fields: Any) -> City:
    return small_city(**{"districts": GRID, "map": {"centre": {"lat": 11.55, "lon": 104.85}}, **fields})


class TestDistricts:
    @pytest.mark.parametrize(
        ("lat", "lon", "expected"),
        [
            pytest.param(11.51, 104.85, "30", id="inside"),
            pytest.param(11.58, 104.90, "10", id="on the border of 10 and 20"),
            pytest.param(11.52, 104.90, "20", id="on the border of 30 and 20"),
            pytest.param(11.57, 104.80, "10", id="on the corner of 10 and 40"),
            pytest.param(11.53, 104.83, "30", id="where 90 was sketched over 30"),
            pytest.param(11.60, 104.92, "20", id="on the outer edge"),
        ],
    )
    def test_inside_or_on_a_border(self, lat: float, lon: float, expected: str) -> None:
        assert index_for(grid()).locate(lat, lon) == Place(True, expected, (), "inside")

    def test_a_shared_border_goes_to_the_lowest_code_whatever_the_order_of_the_file(self) -> None:
        turned = collection(*reversed(GRID["features"]))
        for lat in (11.501, 11.5333, 11.58, 11.6):
            found = {index_for(grid(districts=d)).locate(lat, 104.90).district for d in (GRID, turned)}
            assert found == {"10" if lat >= 11.57 else "20"}

    @pytest.mark.parametrize(
        ("metres", "near_metres", "method"),
        [(30, 200, "nearest"), (199, 200, "nearest"), (201, 200, "outside"), (30, 0, "outside")],
    )
    def test_just_outside(self, metres: float, near_metres: int, method: str) -> None:
        place = index_for(grid(near_metres=near_metres)).locate(11.60 + metres * METRE_NORTH, 104.86)
        assert place.method == method
        assert (place.inside, place.district) == ((True, "10") if method == "nearest" else (False, None))

    def test_metres_east_are_metres_too(self) -> None:
        metre_east = 1 / (111_320 * math.cos(math.radians(11.55)))
        city = grid(near_metres=200)
        assert index_for(city).locate(11.55, 104.95 + 199 * metre_east).district == "20"
        assert index_for(city).locate(11.55, 104.95 + 201 * metre_east).district is None

    def test_equally_near_districts_the_lowest_code_wins(self) -> None:
        # due north of the corner that 10 and 20 share
        assert index_for(grid()).locate(11.60 + 50 * METRE_NORTH, 104.90).district == "10"

    @pytest.mark.parametrize(("lat", "nearest"), [(11.5645, "30"), (11.5655, "10")])
    def test_an_enclosed_gap_falls_to_the_nearest_however_wide(self, lat: float, nearest: str) -> None:
        place = index_for(grid(near_metres=0)).locate(lat, 104.85)
        assert place == Place(True, nearest, (), "nearest")

    def test_a_district_in_several_pieces_with_a_hole(self) -> None:
        ring = rectangle(104.8, 11.5, 104.9, 11.6) + rectangle(104.84, 11.54, 104.86, 11.56)
        city = small_city(districts=collection(feature("01", ring, rectangle(105.0, 11.5, 105.1, 11.6))))
        index = index_for(city)
        assert index.locate(11.55, 105.05).method == "inside"
        assert index.locate(11.55, 104.85).method == "nearest"

    def test_a_self_crossing_outline_is_mended(self) -> None:
        bow_tie = [[[104.8, 11.5], [104.9, 11.6], [104.9, 11.5], [104.8, 11.6], [104.8, 11.5]]]
        index = index_for(small_city(districts=collection(feature("01", bow_tie))))
        assert index.locate(11.55, 104.81).method == "inside"
        assert index.locate(11.51, 104.85).method == "outside"


class TestAreas:
    CITY = grid(areas=AREAS)

    def test_every_area_that_holds_the_place_is_named_in_order(self) -> None:
        assert index_for(self.CITY).locate(11.59, 104.83).areas == ("lake", "park")
        assert index_for(self.CITY).locate(11.55, 104.85).areas == ("lake", "park")
        assert index_for(self.CITY).locate(11.51, 104.83).areas == ("lake",)

    def test_areas_are_named_for_places_near_and_outside_too(self) -> None:
        assert index_for(self.CITY).locate(11.601, 104.83) == Place(True, "10", ("lake", "park"), "nearest")
        assert index_for(self.CITY).locate(11.65, 104.83) == Place(False, None, ("lake",), "outside")


class TestCoordinates:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_what_is_no_number_is_refused_by_field(self, value: float) -> None:
        with pytest.raises(InvalidCoordinates) as latitude:
            check_coordinates(value, 104.9)
        with pytest.raises(InvalidCoordinates) as longitude:
            check_coordinates(11.5, value)
        assert (latitude.value.field, longitude.value.field) == ("lat", "lon")

    @pytest.mark.parametrize(
        ("lat", "lon", "field"), [(90.001, 0, "lat"), (-91, 0, "lat"), (0, 180.5, "lon"), (91, 181, "lat")]
    )
    def test_what_is_not_on_earth_is_refused_with_what_is_allowed(
        self, lat: float, lon: float, field: str
    ) -> None:
        with pytest.raises(InvalidCoordinates) as refused:
            check_coordinates(lat, lon)
        assert refused.value.field == field
        assert refused.value.allowed == ("-90 to 90" if field == "lat" else "-180 to 180")

    def test_swapped_coordinates_are_recognised(self) -> None:
        with pytest.raises(InvalidCoordinates, match=r"swapped: did you mean lat 11\.56, lon 104\.92"):
            check_coordinates(104.92, 11.56)

    def test_what_cannot_be_swapped_gets_no_hint(self) -> None:
        with pytest.raises(InvalidCoordinates) as refused:
            check_coordinates(104.92, 95.0)
        assert "swapped" not in refused.value.message

    @pytest.mark.parametrize(("lat", "lon"), [(90, 180), (-90, -180), (0, 0), (11.56, 104.92)])
    def test_the_ends_of_the_earth_are_allowed(self, lat: float, lon: float) -> None:
        check_coordinates(lat, lon)

    def test_an_index_asks_too(self) -> None:
        with pytest.raises(InvalidCoordinates):
            index_for(grid()).locate(math.nan, 104.9)


class TestAntimeridian:
    # RFC 7946 cuts a polygon in two at 180 degrees.
    CITY = small_city(
        id="fj-tst",
        map={"centre": {"lat": -16.8, "lon": 179.99}},
        districts=collection(
            feature("01", rectangle(179.9, -17.0, 180.0, -16.6), rectangle(-180.0, -17.0, -179.9, -16.6))
        ),
    )

    @pytest.mark.parametrize("lon", [179.95, 180.0, -180.0, -179.95])
    def test_a_city_on_both_sides_is_one(self, lon: float) -> None:
        assert index_for(self.CITY).locate(-16.8, lon) == Place(True, "01", (), "inside")

    def test_near_is_near_across_the_line(self) -> None:
        assert index_for(self.CITY).locate(-16.8, -179.8995).method == "nearest"

    @pytest.mark.parametrize("lon", [180.0, -180.0, 179.999])
    def test_the_line_is_outside_every_other_city(self, lon: float) -> None:
        assert index_for(grid()).locate(11.55, lon) == Place(False, None, (), "outside")

    def test_the_nearest_city_is_found_across_the_line(self) -> None:
        both = configured([grid(), self.CITY])
        city, metres = nearest_city(both, -16.8, -179.0)
        assert city.id == "fj-tst"
        assert metres == pytest.approx(0.9 * 111_320 * math.cos(math.radians(16.8)), rel=0.01)


class TestNearestCity:
    WEST = grid(id="kh-west")
    EAST = small_city(id="kh-east", districts=collection(feature("01", rectangle(105.05, 11.5, 105.1, 11.6))))
    BOTH = configured([WEST, EAST])

    def test_inside_one_is_no_distance(self) -> None:
        assert nearest_city(self.BOTH, 11.55, 104.92) == (self.WEST, 0.0)

    def test_between_two(self) -> None:
        city, metres = nearest_city(self.BOTH, 11.55, 105.03)
        assert city is self.EAST
        assert metres == pytest.approx(0.02 * 111_320 * math.cos(math.radians(11.55)), rel=0.005)

    def test_far_away_is_measured_on_the_sphere(self) -> None:
        city, metres = nearest_city(self.BOTH, 51.5, 0.0)
        assert city is self.WEST
        assert metres == pytest.approx(9_950_000, rel=0.02)

    def test_equally_near_cities_the_lowest_id(self) -> None:
        twins = [small_city(id=name) for name in ("kh-bb", "kh-aa")]
        assert nearest_city(configured(twins), 11.55, 104.9)[0].id == "kh-aa"

    def test_outside_names_the_city_that_holds_it(self) -> None:
        with pytest.raises(
            OutsideCity, match=r"outside Testville; it is in Testville \(kh-east\)"
        ) as refused:
            locate_in(self.WEST, 11.55, 105.07, self.BOTH)
        assert (refused.value.field, refused.value.allowed) == (
            "lat,lon",
            "in Testville or at most 200 m from it",
        )

    def test_outside_names_the_nearest_city_and_how_far(self) -> None:
        with pytest.raises(OutsideCity, match=r"the nearest city, 2\.2 km away, is Testville \(kh-east\)"):
            locate_in(self.WEST, 11.55, 105.03, self.BOTH)
        with pytest.raises(OutsideCity, match=r"outside Testville, 545 m from its edge"):
            locate_in(self.WEST, 11.55, 104.955, self.BOTH)

    def test_inside_is_the_place(self) -> None:
        assert locate_in(self.WEST, 11.51, 104.85, self.BOTH).district == "30"


class TestIndexFor:
    def test_is_kept_by_fingerprint(self) -> None:
        first, same, changed = (grid(fingerprint=f) for f in ("places-a", "places-a", "places-b"))
        assert index_for(first) is index_for(same)
        assert index_for(first) is not index_for(changed)

    def test_cities_without_a_fingerprint_are_told_apart(self) -> None:
        assert index_for(grid()) is not index_for(grid())


latitudes = st.floats(11.4, 11.7) | st.sampled_from([11.5, 11.56, 11.57, 11.6])
longitudes = st.floats(104.7, 105.0) | st.sampled_from([104.75, 104.8, 104.9, 104.95])


class TestProperties:
    INDEX = PlaceIndex(grid(areas=AREAS))
    TURNED = PlaceIndex(grid(areas=AREAS, districts=collection(*reversed(GRID["features"]))))

    @given(latitudes, longitudes)
    def test_a_place_does_not_depend_on_the_order_of_the_file(self, lat: float, lon: float) -> None:
        assert self.INDEX.locate(lat, lon) == self.TURNED.locate(lat, lon)

    @given(latitudes, longitudes)
    def test_a_district_is_named_exactly_when_the_place_counts_as_inside(
        self, lat: float, lon: float
    ) -> None:
        place = self.INDEX.locate(lat, lon)
        assert place.inside == (place.district is not None) == (place.method != "outside")

    @given(latitudes, longitudes)
    def test_inside_is_what_comparing_with_the_rectangles_says(self, lat: float, lon: float) -> None:
        holding = []
        for district in GRID["features"]:
            (west, south), _, (east, north), *_ = district["geometry"]["coordinates"][0]
            if west <= lon <= east and south <= lat <= north:
                holding.append(district["properties"]["code"])
        place = self.INDEX.locate(lat, lon)
        assert (place.district if place.method == "inside" else None) == min(holding, default=None)

    @given(st.floats(-90, 90), st.floats(-180, 180))
    def test_every_position_on_earth_has_an_answer(self, lat: float, lon: float) -> None:
        self.INDEX.locate(lat, lon)
        assert self.INDEX.metres_to(lat, lon) >= 0


@pytest.mark.parametrize("city_id", ["kh-pnh", "th-bkk"])
def test_on_borders_and_beside_them_one_alone_is_found_as_among_many(city_id: str) -> None:
    """One is held against the shapes that touch its square, many against an index of them all."""
    city = city_of(city_id)
    corners = [
        (lat, lon)
        for feature_ in city.districts["features"]
        for lon, lat in shapely.get_coordinates(shape(feature_["geometry"]))[::40].tolist()
    ]
    beside = [(lat + d, lon - d) for (lat, lon), d in zip(corners, cycle((1e-9, -1e-6, 1e-3)), strict=False)]
    positions, index = [*corners, *beside], index_for(city)
    day = dt.date(2026, 1, 1)
    among_many = index.locate_all([(lat, lon, day) for lat, lon in positions])
    assert [index.locate(lat, lon, day) for lat, lon in positions] == among_many
    assert len({place.district for place in among_many}) > len(city.districts["features"]) / 2


class TestDistrictsThatComeAndGo:
    """A reform on 2025-07-01 made one ward of two districts; an area was protected in 2026."""

    @staticmethod
    def dated(code: str, polygon: list[list[list[float]]], **dates: str) -> dict[str, Any]:
        made = feature(code, polygon)
        made["properties"] |= dates
        return made

    def city(self) -> City:
        west, east = rectangle(104.8, 11.5, 104.9, 11.6), rectangle(104.9, 11.5, 105.0, 11.6)
        shapes = collection(
            self.dated("old-west", west, valid_to="2025-06-30"),
            self.dated("old-east", east, valid_to="2025-06-30"),
            self.dated("ward", rectangle(104.8, 11.5, 105.0, 11.6), valid_from="2025-07-01"),
        )
        areas = collection(self.dated("park", west, valid_from="2026-01-01"))
        return small_city(districts=shapes, areas=areas)

    @pytest.mark.parametrize(
        ("day", "district", "areas"),
        [
            ("1999-01-01", "old-west", ()),
            ("2025-06-30", "old-west", ()),
            ("2025-07-01", "ward", ()),
            ("2026-01-01", "ward", ("park",)),
            ("2099-01-01", "ward", ("park",)),
        ],
    )
    def test_a_position_has_the_district_of_its_day(
        self, day: str, district: str, areas: tuple[str, ...]
    ) -> None:
        place = index_for(self.city()).locate(11.55, 104.85, dt.date.fromisoformat(day))
        assert place == Place(True, district, areas, "inside")

    def test_without_a_day_the_latest_districts_answer(self) -> None:
        assert index_for(self.city()).locate(11.55, 104.95).district == "ward"
        assert locate_in(self.city(), 11.55, 104.95, configured([self.city()])).district == "ward"

    def test_days_before_any_known_district_are_answered_with_the_first_known(self) -> None:
        only = small_city(
            districts=collection(
                self.dated("ward", rectangle(104.8, 11.5, 105, 11.6), valid_from="2025-07-01")
            )
        )
        assert index_for(only).locate(11.55, 104.9, dt.date(2020, 1, 1)).district == "ward"

    def test_districts_of_a_day(self) -> None:
        assert self.city().districts_on(dt.date(2025, 6, 30)) == ("old-west", "old-east")
        assert self.city().districts_on(dt.date(2025, 7, 1)) == ("ward",)


class TestAgainstEveryPolygon:
    """The answer is the lowest district that touches the point, however it is found and however often."""

    CITY = grid(areas=AREAS)
    SHAPES = sorted(
        (f["properties"]["code"], shape(f["geometry"])) for f in (*GRID["features"], *AREAS["features"])
    )
    DISTRICTS = frozenset(f["properties"]["code"] for f in GRID["features"])

    @given(
        st.one_of(st.floats(11.49, 11.61), st.sampled_from([11.5, 11.52, 11.54, 11.56, 11.57, 11.6])),
        st.one_of(st.floats(104.74, 104.96), st.sampled_from([104.75, 104.8, 104.82, 104.84, 104.9, 104.95])),
    )
    def test_inside_is_decided_by_the_outlines_alone(self, lat: float, lon: float) -> None:
        touching = [code for code, polygon in self.SHAPES if polygon.intersects(Point(lon, lat))]
        districts = [code for code in touching if code in self.DISTRICTS]
        areas = tuple(code for code in touching if code not in self.DISTRICTS)
        index = index_for(self.CITY)
        first, again = index.locate(lat, lon), index.locate(lat, lon)
        assert first == again
        assert first.areas == areas
        if districts:
            assert (first.district, first.method) == (districts[0], "inside")
        else:
            assert first.method != "inside"
