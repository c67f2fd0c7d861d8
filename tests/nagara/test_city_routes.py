"""The shipped cities against what is known of them: where a report must go, by landmark and by district.

Expected owners come from what is published about the cities (contracts by khan of Phnom Penh, the Angkor
park, the two collectors of Battambang, the sections of Bangkok's district offices), not from their files.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from city_config import City, load_city
from nagara.places.finding import index_for
from nagara.promises.deadlines import WorkingClock, promise, working_windows
from nagara.routing import Route, explain, route

CITIES = Path(__file__).parents[2] / "city_config" / "cities"
CITY_IDS = ("kh-bat", "kh-pnh", "kh-rep", "th-bkk")
NOON = dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)  # a Wednesday, 12:00 in Cambodia and Thailand


@cache
def city(city_id: str) -> City:
    return load_city(CITIES / city_id)


def inside(city_id: str, district: str) -> tuple[float, float]:
    """Latitude and longitude of a point well inside a district."""
    features = city(city_id).districts["features"]
    outline = next(shape(f["geometry"]) for f in features if f["properties"]["code"] == district)
    middle = shapely.maximum_inscribed_circle(outline).coords[0]
    return middle[1], middle[0]


def sent(
    city_id: str,
    lat: float,
    lon: float,
    service: str,
    at: dt.datetime = NOON,
    answers: dict[str, object] | None = None,
) -> Route:
    place = index_for(city(city_id)).locate(lat, lon)
    asked = city(city_id).services_by_code[service]
    return route(city(city_id), asked, place, at, asked.priority, answers or {})


class TestPhnomPenh:
    ZONES = (
        ("800super-gaea", ("1204", "1207", "1208", "1211", "1212")),
        ("mizuda", ("1202", "1203", "1205", "1209", "1214")),
        ("cintri", ("1201", "1206", "1210", "1213")),
    )

    @pytest.mark.parametrize(
        ("lat", "lon", "khan"),
        [
            pytest.param(11.5640, 104.9310, "1202", id="Royal Palace"),
            pytest.param(11.5695, 104.9211, "1202", id="Central Market"),
            pytest.param(11.5494, 104.9177, "1213", id="Tuol Sleng"),
            pytest.param(11.5584, 104.9119, "1203", id="Olympic Stadium"),
            pytest.param(11.5705, 104.8984, "1204", id="Institute of Technology"),
            pytest.param(11.5466, 104.8441, "1209", id="the old airport"),
            pytest.param(11.5402, 104.9152, "1201", id="Russian Market"),
            pytest.param(11.4845, 104.9020, "1205", id="Choeung Ek"),
        ],
    )
    def test_landmarks_lie_in_their_khan(self, lat: float, lon: float, khan: str) -> None:
        place = index_for(city("kh-pnh")).locate(lat, lon)
        assert (place.district, place.method) == (khan, "inside")

    def test_each_of_the_fourteen_khan_has_one_contractor(self) -> None:
        assert sorted(khan for _, zone in self.ZONES for khan in zone) == sorted(
            city("kh-pnh").district_names
        )

    @pytest.mark.parametrize(("contractor", "khan"), [(c, k) for c, zone in ZONES for k in zone])
    @pytest.mark.parametrize("service", ["waste_missed", "waste_overflow", "street_dirty"])
    def test_collection_goes_to_the_khans_contractor_and_stays_the_divisions(
        self, contractor: str, khan: str, service: str
    ) -> None:
        found = sent("kh-pnh", *inside("kh-pnh", khan), service)
        assert (found.owner, found.assignee) == ("waste-division", contractor)

    def test_contracts_began_on_the_first_of_july_2021(self) -> None:
        where = inside("kh-pnh", "1202")
        last_day = dt.datetime(2021, 6, 30, 16, 59, tzinfo=dt.UTC)
        assert sent("kh-pnh", *where, "waste_missed", last_day).assignee is None
        first_minute = last_day + dt.timedelta(minutes=1)
        assert sent("kh-pnh", *where, "waste_missed", first_minute).assignee == "mizuda"

    @pytest.mark.parametrize(
        ("service", "owner"),
        [
            ("road_pothole", "dpwt"),
            ("street_light", "dpwt"),
            ("traffic_light", "dpwt"),
            ("drain_blocked", "drainage-unit"),
            ("flooding", "drainage-unit"),
            ("water_supply", "ppwsa"),
            ("cable_pole", "edc"),
            ("mosquito", "health-dept"),
            ("noise", "khan"),
            ("obstruction", "khan"),
            ("parking", "traffic-police"),
            ("building", "land-dept"),
        ],
    )
    def test_departments(self, service: str, owner: str) -> None:
        found = sent("kh-pnh", 11.5695, 104.9211, service)
        assert (found.owner, found.assignee) == (owner, None)


class TestSiemReap:
    @pytest.mark.parametrize("service", ["waste_missed", "road_pothole", "tree_hazard", "other"])
    @pytest.mark.parametrize(
        ("lat", "lon"),
        [pytest.param(13.4125, 103.8670, id="Angkor Wat"), pytest.param(13.4413, 103.8590, id="Bayon")],
    )
    def test_inside_angkor_the_park_authority_is_responsible(
        self, lat: float, lon: float, service: str
    ) -> None:
        found = sent("kh-rep", lat, lon, service)
        assert (found.owner, found.rule) == ("apsara", "angkor")

    @pytest.mark.parametrize(
        ("service", "owner", "assignee"),
        [
            ("waste_missed", "waste-office", "gaea"),
            ("road_pothole", "dpwt", None),
            ("street_light", "dpwt", None),
            ("water_supply", "waterworks", None),
            ("cable_pole", "edc", None),
        ],
    )
    def test_in_town_the_city_and_the_province(self, service: str, owner: str, assignee: str | None) -> None:
        found = sent("kh-rep", 13.3633, 103.8597, service)  # the Royal Residence
        assert (found.owner, found.assignee) == (owner, assignee)


class TestBattambang:
    def test_one_collector_serves_eight_sangkat_and_the_other_two(self) -> None:
        served = [
            sent("kh-bat", *inside("kh-bat", district), "waste_missed").assignee
            for district in city("kh-bat").district_names
        ]
        assert (served.count("cintri"), served.count("leap-lim")) == (8, 2)

    @pytest.mark.parametrize(
        ("service", "owner", "assignee"),
        [
            ("waste_missed", "beautification", "cintri"),
            ("road_pothole", "dpwt", None),
            ("water_supply", "waterworks", None),
            ("cable_pole", "edc", None),
        ],
    )
    def test_in_the_centre(self, service: str, owner: str, assignee: str | None) -> None:
        found = sent("kh-bat", 13.0958, 103.1990, service)  # the museum
        assert (found.owner, found.assignee) == (owner, assignee)


class TestBangkok:
    @pytest.mark.parametrize(
        ("lat", "lon", "khet"),
        [
            pytest.param(13.7500, 100.4913, "1001", id="Grand Palace"),
            pytest.param(13.7649, 100.5383, "1037", id="Victory Monument"),
            pytest.param(13.7456, 100.5343, "1007", id="Siam Square"),
            pytest.param(13.7999, 100.5502, "1030", id="Chatuchak Market"),
            pytest.param(13.9126, 100.6068, "1036", id="Don Mueang airport"),
            pytest.param(13.7437, 100.4889, "1016", id="Wat Arun"),
        ],
    )
    def test_landmarks_lie_in_their_khet(self, lat: float, lon: float, khet: str) -> None:
        place = index_for(city("th-bkk")).locate(lat, lon)
        assert (place.district, place.method) == (khet, "inside")

    @pytest.mark.parametrize(
        ("service", "owner"),
        [
            ("waste_missed", "district-cleansing"),
            ("street_dirty", "district-cleansing"),
            ("tree_hazard", "district-cleansing"),
            ("road_pothole", "district-works"),
            ("footpath_damaged", "district-works"),
            ("drain_blocked", "district-works"),
            ("street_light", "district-works"),
            ("building", "district-works"),
            ("obstruction", "district-order"),
            ("parking", "district-order"),
            ("noise", "district-environment"),
            ("mosquito", "district-environment"),
            ("traffic_light", "traffic-bureau"),
            ("stray_animal", "veterinary-office"),
            ("water_supply", "mwa"),
            ("cable_pole", "mea"),
        ],
    )
    def test_the_district_office_comes_first_then_bureaus_and_utilities(
        self, service: str, owner: str
    ) -> None:
        assert sent("th-bkk", 13.7456, 100.5343, service).owner == owner

    @pytest.mark.parametrize(
        ("service", "answers", "owner"),
        [
            ("road_pothole", {"road_kind": "main"}, "works-bureau"),
            ("road_pothole", {"road_kind": "highway"}, "highways"),
            ("flooding", {"road_kind": "main"}, "drainage-bureau"),
            ("parking", {"parked_on": "road"}, "traffic-police"),
        ],
    )
    def test_an_answer_sends_it_further(self, service: str, answers: dict[str, object], owner: str) -> None:
        assert sent("th-bkk", 13.7456, 100.5343, service, answers=answers).owner == owner


@pytest.mark.parametrize("city_id", CITY_IDS)
class TestEveryCity:
    def test_a_point_inside_each_district_is_found_there(self, city_id: str) -> None:
        index = index_for(city(city_id))
        found = {code: index.locate(*inside(city_id, code)).district for code in city(city_id).district_names}
        assert found == {code: code for code in city(city_id).district_names}

    def test_every_service_in_every_district_has_an_owner_a_reason_and_a_promise(self, city_id: str) -> None:
        here = city(city_id)
        for district in here.district_names:
            place = index_for(here).locate(*inside(city_id, district))
            for service in here.services:
                found = route(here, service, place, NOON, service.priority)
                matched = [t for t in explain(here, service, place, NOON, service.priority) if t.matched]
                assert [(trial.rule, trial.why) for trial in matched] == [(found.rule, found.reason)]
                times = promise(here, service, found.owner, NOON, service.priority)
                for by in (times.acknowledge_by, times.respond_by, times.resolve_by):
                    assert by is None or by > NOON

    @given(
        days=st.integers(0, 3 * 365),
        minutes=st.integers(0, 24 * 60),
        working=st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(hours=200)),
        data=st.data(),
    )
    def test_a_due_time_is_never_inside_closed_hours(
        self, city_id: str, days: int, minutes: int, working: dt.timedelta, data: st.DataObject
    ) -> None:
        here = city(city_id)
        department = data.draw(st.sampled_from(sorted(here.departments_by_code)))
        start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=days, minutes=minutes)
        clock = WorkingClock(here, department)
        due = clock.add(start, working)
        assert clock.between(start, due) == working
        day = due.astimezone(here.zone).date()
        windows = [
            window
            for near in (day - dt.timedelta(1), day)
            for window in working_windows(here, here.calendar_of(department), near)
        ]
        assert any(opens < due <= closes for opens, closes in windows)
