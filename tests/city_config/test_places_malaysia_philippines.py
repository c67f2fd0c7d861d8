"""Malaysian and Philippine cities against what is known of them: landmarks, owners, standards, calendars.

Owners, published times and residents are those of charters, laws, concessions and the census, written down
here by hand; nothing of it is read from the cities' own files. Where nobody is known, the row says who
receives it for now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from shapely import coverage_is_valid
from shapely.geometry import shape

from city_config import City, Configuration, Span
from nagara.places.finding import Place, index_for
from nagara.promises.deadlines import WorkingClock, promise
from nagara.promises.working_hours import is_holiday
from nagara.routing import Route, route

WEDNESDAY = dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)

DISTRICTS = {
    "my-bki": 9,
    "my-jhb": 4,
    "my-kch": 2,
    "my-kul": 11,
    "ph-ceb": 80,
    "ph-dvo": 11,
    "ph-mnl": 14,
}
NORTH, SOUTH = "Kuching North (DBKU)", "Kuching South (MBKS)"
TOWN = "Kota Kinabalu town"

# City, landmark, latitude, longitude, district (English), service, owner, contractor.
PLACES: list[tuple[str, str, float, float, str, str, str, str | None]] = [
    ("my-kul", "Twin Towers", 3.1579, 101.7117, "Bukit Bintang", "waste_missed", "swcorp", "alam-flora"),
    ("my-kul", "Petaling Street", 3.144, 101.6978, "Bukit Bintang", "street_dirty", "swcorp", "alam-flora"),
    (
        "my-kul",
        "Bangsar station",
        3.1276,
        101.679,
        "Lembah Pantai",
        "road_pothole",
        "civil-engineering",
        None,
    ),
    ("my-kul", "Jinjang station", 3.2096, 101.6557, "Kepong", "drain_blocked", "civil-engineering", None),
    ("my-kul", "Batu Muda", 3.213, 101.679, "Batu", "street_light", "mechanical-electrical", None),
    ("my-kul", "Wangsa Maju station", 3.2057, 101.7318, "Wangsa Maju", "traffic_light", "transport", None),
    ("my-kul", "Mont Kiara", 3.1661, 101.6527, "Segambut", "tree_hazard", "landscape", None),
    ("my-kul", "Setiawangsa station", 3.1757, 101.7358, "Setiawangsa", "park_facility", "landscape", None),
    ("my-kul", "Istana Budaya", 3.1743, 101.7038, "Titiwangsa", "parking", "enforcement", None),
    ("my-kul", "Bukit Jalil", 3.0546, 101.6912, "Seputeh", "mosquito", "health-environment", None),
    ("my-kul", "Taman Midah", 3.1046, 101.7323, "Cheras", "building", "building-control", None),
    ("my-kul", "Tasik Selatan", 3.0764, 101.7111, "Bandar Tun Razak", "water_supply", "air-selangor", None),
    ("my-kul", "Thean Hou Temple", 3.1218, 101.6877, "Seputeh", "sewage", "indah-water", None),
    ("my-kul", "Taman Tun Dr Ismail", 3.1362, 101.6307, "Segambut", "cable_pole", "tnb", None),
    (
        "my-jhb",
        "JB Sentral",
        1.4625,
        103.7644,
        "Johor Bahru town",
        "waste_missed",
        "swcorp",
        "swm-environment",
    ),
    ("my-jhb", "the old mosque", 1.4577, 103.7513, "Johor Bahru town", "water_supply", "ranhill-saj", None),
    ("my-jhb", "Mount Austin", 1.56, 103.78, "Tebrau", "mosquito", "health", None),
    ("my-jhb", "Permas Jaya", 1.499, 103.819, "Plentong", "road_pothole", "works", None),
    ("my-jhb", "Masai", 1.493, 103.88, "Plentong", "waste_overflow", "swcorp", "swm-environment"),
    ("my-bki", "Atkinson Clock Tower", 5.9812, 116.0755, TOWN, "waste_missed", "cleansing", None),
    ("my-bki", "Likas mosque", 5.9961, 116.1081, "Likas", "water_supply", "jabatan-air", None),
    ("my-bki", "Foh Sang", 5.958, 116.0905, "Luyang", "road_pothole", "works", None),
    ("my-bki", "Inanam", 5.993, 116.133, "Inanam", "other", "desk", None),
    ("my-bki", "Telipok", 6.093, 116.195, "Telipok", "noise", "enforcement", None),
    ("my-bki", "the university", 6.0367, 116.1186, "Sepanggar", "mosquito", "health", None),
    (
        "my-kch",
        "State Assembly",
        1.5632,
        110.3471,
        NORTH,
        "waste_missed",
        "dbku-cleansing",
        "trienekens-north",
    ),
    ("my-kch", "Petra Jaya", 1.581, 110.344, NORTH, "road_pothole", "dbku-works", None),
    ("my-kch", "Santubong", 1.748, 110.317, NORTH, "other", "dbku-desk", None),
    ("my-kch", "Padungan", 1.5577, 110.361, SOUTH, "waste_missed", "mbks-cleansing", "trienekens-south"),
    ("my-kch", "Tabuan Jaya", 1.526, 110.376, SOUTH, "drain_blocked", "mbks-works", None),
    ("my-kch", "Pending", 1.553, 110.39, SOUTH, "other", "mbks-desk", None),
    ("my-kch", "Pending", 1.553, 110.39, SOUTH, "water_supply", "water-board", None),
    ("ph-ceb", "City Hall", 10.2929, 123.9016, "Ermita", "waste_missed", "dps", None),
    ("ph-ceb", "Guadalupe Church", 10.3153, 123.8847, "Guadalupe", "street_light", "dps", None),
    ("ph-ceb", "Tops lookout", 10.3709, 123.871, "Busay", "road_pothole", "depw", None),
    ("ph-ceb", "Tisa Church", 10.302, 123.872, "Tisa", "drain_blocked", "depw", None),
    ("ph-ceb", "Inayawan", 10.268, 123.857, "Inayawan", "obstruction", "probe", None),
    ("ph-ceb", "Lahug", 10.333, 123.899, "Lahug", "parking", "ccto", None),
    ("ph-ceb", "Bonbon", 10.36, 123.82, "Bonbon", "water_supply", "mcwd", None),
    ("ph-ceb", "Lahug", 10.333, 123.899, "Lahug", "stray_animal", "veterinary", None),
    ("ph-dvo", "City Hall", 7.0644, 125.6078, "Poblacion", "waste_missed", "cenro", None),
    ("ph-dvo", "the airport", 7.1255, 125.6458, "Buhangin", "road_pothole", "city-engineer", None),
    ("ph-dvo", "Eagle Center, Malagos", 7.1856, 125.4153, "Baguio", "water_supply", "dcwd", None),
    ("ph-dvo", "Mintal", 7.092, 125.501, "Tugbok", "cable_pole", "davao-light", None),
    ("ph-dvo", "Eden", 7.013, 125.383, "Toril", "drain_blocked", "city-engineer", None),
    ("ph-dvo", "Ecoland", 7.05, 125.588, "Talomo", "street_dirty", "cenro", None),
    ("ph-dvo", "Panacan", 7.156, 125.658, "Bunawan", "other", "city-administrator", None),
    ("ph-mnl", "City Hall", 14.5896, 120.9817, "Ermita", "waste_missed", "dps", None),
    ("ph-mnl", "Cathedral", 14.5917, 120.9734, "Intramuros", "road_pothole", "depw", None),
    ("ph-mnl", "Binondo Church", 14.6002, 120.9744, "Binondo", "parking", "mtpb", None),
    ("ph-mnl", "Quiapo Church", 14.5988, 120.9837, "Quiapo", "cable_pole", "meralco", None),
    ("ph-mnl", "Santo Tomas", 14.6096, 120.9893, "Sampaloc", "water_supply", "maynilad", None),
    ("ph-mnl", "the zoo", 14.565, 120.9883, "Malate", "mosquito", "mhd", None),
    ("ph-mnl", "Tondo Church", 14.6043, 120.9672, "Tondo", "waterway_dirty", "mmda", None),
    ("ph-mnl", "Pandacan Church", 14.5893, 121.004, "Pandacan", "street_light", "depw", None),
]

# City, service, what the resident answered, owner.
ANSWERS: list[tuple[str, str, dict[str, str], str]] = [
    ("my-kul", "road_pothole", {"road_kind": "federal"}, "jkr"),
    ("my-jhb", "road_pothole", {"road_kind": "state"}, "jkr"),
    ("my-bki", "road_pothole", {"road_kind": "state"}, "jkr"),
    ("my-kch", "road_pothole", {"road_kind": "state"}, "jkr"),
    ("ph-ceb", "waste_missed", {"road_kind": "secondary"}, "barangay"),
    ("ph-ceb", "waste_missed", {"road_kind": "main"}, "dps"),
    ("ph-ceb", "road_pothole", {"road_kind": "national"}, "dpwh"),
    ("ph-ceb", "flooding", {"depth": "deeper"}, "cdrrmo"),
    ("ph-dvo", "flooding", {"depth": "deeper"}, "central-911"),
    ("ph-dvo", "road_pothole", {"road_kind": "national"}, "dpwh"),
    ("ph-mnl", "road_pothole", {"road_kind": "main"}, "mmda"),
    ("ph-mnl", "flooding", {"depth": "deeper", "road_kind": "main"}, "mdrrmo"),
]

OUTSIDE = [
    ("my-jhb", "Legoland", 1.4274, 103.631),
    ("my-kch", "the airport", 1.4847, 110.347),
    ("ph-ceb", "the airport on Mactan", 10.3075, 123.979),
    ("ph-mnl", "Makati", 14.5547, 121.0244),
]

# City, service, owner, hours from receipt to the promised end, where the clock runs day and night.
PUBLISHED_HOURS = [
    ("my-kul", "tree_hazard", "landscape", 12),
    ("my-kul", "drain_cover_missing", "civil-engineering", 24),
    ("my-jhb", "mosquito", "health", 72),
]

# City, service, working days to the promised end.
PUBLISHED_DAYS = [
    ("my-kul", "footpath_damaged", 7),
    ("my-kul", "park_facility", 14),
]

# City, service, time to resolve, words of its source that say why nobody was promised it for the whole service.
TIMES_NOBODY_PROMISED = [
    ("my-kul", "road_pothole", Span(calendar_hours=24), "small potholes, under 100 m2, in the city centre"),
    ("my-kul", "road_damage_large", Span(working_days=7), "1 month of the contractor's appointment"),
    ("my-kul", "drain_blocked", Span(working_days=3), "small damage to drains, under 5 m"),
    ("ph-ceb", "waste_missed", Span(working_days=3), "that this one is simple is our reading"),
    ("ph-dvo", "road_pothole", Span(working_days=7), "that this one is complex is our reading"),
    ("ph-mnl", "waterway_dirty", Span(working_days=20), "that this one is highly technical is our reading"),
]


def routed(city: City, place: Place, service: str, answers: Mapping[str, object] | None = None) -> Route:
    return route(city, city.services_by_code[service], place, WEDNESDAY, answers=answers or {})


@pytest.mark.parametrize(("city", "districts"), DISTRICTS.items())
def test_every_district_fits_its_neighbours(shipped: Configuration, city: str, districts: int) -> None:
    shapes = [shape(feature["geometry"]) for feature in shipped.cities[city].districts["features"]]

    assert len(shapes) == districts
    assert coverage_is_valid(shapes)


@pytest.mark.parametrize("city", DISTRICTS)
def test_every_network_code_has_a_service(shipped: Configuration, city: str) -> None:
    assert {s.network_code for s in shipped.cities[city].services} == set(shipped.network.codes_by_code)


@pytest.mark.parametrize(
    ("city", "landmark", "lat", "lon", "district", "service", "owner", "contractor"),
    PLACES,
    ids=[f"{row[0]} {row[1]} {row[5]}" for row in PLACES],
)
def test_landmark(
    shipped: Configuration,
    city: str,
    landmark: str,
    lat: float,
    lon: float,
    district: str,
    service: str,
    owner: str,
    contractor: str | None,
) -> None:
    place = index_for(shipped.cities[city]).locate(lat, lon)
    found = routed(shipped.cities[city], place, service)

    assert place.district is not None, landmark
    assert shipped.cities[city].district_names[place.district]["en"] == district
    assert (found.owner, found.assignee) == (owner, contractor)


@pytest.mark.parametrize(("city", "landmark", "lat", "lon"), OUTSIDE, ids=[row[1] for row in OUTSIDE])
def test_neighbouring_cities_are_outside(
    shipped: Configuration, city: str, landmark: str, lat: float, lon: float
) -> None:
    assert index_for(shipped.cities[city]).locate(lat, lon).method == "outside", landmark


@pytest.mark.parametrize(("city", "service", "answers", "owner"), ANSWERS)
def test_answers_name_the_owner(
    shipped: Configuration, city: str, service: str, answers: dict[str, str], owner: str
) -> None:
    code = next(iter(shipped.cities[city].district_names))
    place = Place(inside=True, district=code, areas=(), method="inside")

    assert routed(shipped.cities[city], place, service, answers).owner == owner


@pytest.mark.parametrize(("city", "service", "owner", "hours"), PUBLISHED_HOURS)
def test_published_hours(shipped: Configuration, city: str, service: str, owner: str, hours: int) -> None:
    here = shipped.cities[city]
    times = promise(here, here.services_by_code[service], owner, WEDNESDAY, "normal")

    assert times.standard == "published"
    assert times.resolve_by == WEDNESDAY + dt.timedelta(hours=hours)


@pytest.mark.parametrize(("city", "service", "days"), PUBLISHED_DAYS)
def test_published_working_days(shipped: Configuration, city: str, service: str, days: int) -> None:
    promised = shipped.cities[city].services_by_code[service].promise

    assert promised.standard == "published"
    assert promised.source
    assert promised.resolve is not None
    assert promised.resolve.working_days == days


@pytest.mark.parametrize(("city", "service", "resolve", "words"), TIMES_NOBODY_PROMISED)
def test_a_time_published_of_less_is_no_promise(
    shipped: Configuration, city: str, service: str, resolve: Span, words: str
) -> None:
    promised = shipped.cities[city].services_by_code[service].promise

    assert promised.standard == "reference"
    assert promised.resolve == resolve
    assert words in (promised.source or "")


@pytest.mark.parametrize("city", ["my-kch", "ph-ceb", "ph-dvo", "ph-mnl"])
def test_kuching_and_the_philippines_promise_nothing_that_was_not_published(
    shipped: Configuration, city: str
) -> None:
    assert {s.promise.standard for s in shipped.cities[city].services} == {"reference"}


def test_no_promise_rests_on_a_reading_of_ours(shipped: Configuration) -> None:
    resting = [
        (city.id, service.code)
        for city in shipped.cities.values()
        for service in city.services
        if service.promise.standard == "published"
        and any(words in (service.promise.source or "") for words in ("our reading", "our guess"))
    ]
    assert not resting


@pytest.mark.parametrize(("city", "days"), [("my-jhb", 3), ("my-bki", 5)])
def test_councils_that_publish_by_when_they_answer(shipped: Configuration, city: str, days: int) -> None:
    promised = shipped.cities[city].services_by_code["other"].promise

    assert promised.standard == "published"
    assert promised.respond is not None
    assert promised.respond.calendar_days == days
    assert promised.resolve is None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-11-28T08:00:00", "2024-12-01T07:00:00"),  # Thursday 16:00, rest on Friday and Saturday, Sunday
        ("2026-11-25T08:00:00", "2026-11-26T07:00:00"),  # Wednesday 16:00, then Thursday
        ("2026-11-27T08:00:00", "2026-11-30T07:00:00"),  # Friday 16:00, rest on Saturday and Sunday, Monday
    ],
)
def test_johor_changed_its_days_of_rest(shipped: Configuration, start: str, end: str) -> None:
    """Seven working hours from an hour before closing: one that day, six until 15:00 on the next."""
    clock = WorkingClock(shipped.cities["my-jhb"], "works")
    begun = dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)

    assert clock.add(begun, dt.timedelta(hours=7)) == dt.datetime.fromisoformat(end).replace(tzinfo=dt.UTC)


HOLIDAYS = [
    ("my-kul", dt.date(2026, 2, 1), True),  # Federal Territory Day
    ("my-jhb", dt.date(2026, 3, 23), True),  # Birthday of the Sultan of Johor
    ("my-kch", dt.date(2026, 7, 22), True),  # Sarawak Day
    ("my-bki", dt.date(2026, 7, 22), False),
    ("my-bki", dt.date(2026, 5, 30), True),  # Kaamatan, the harvest festival
    ("my-kul", dt.date(2026, 5, 30), False),
    ("ph-ceb", dt.date(2026, 1, 18), True),  # Sinulog, the third Sunday of January
    ("ph-dvo", dt.date(2026, 3, 16), True),  # Araw ng Dabaw
    ("ph-mnl", dt.date(2026, 6, 24), True),  # Araw ng Maynila
    ("ph-mnl", dt.date(2026, 3, 16), False),
    ("ph-dvo", dt.date(2026, 6, 24), False),
]


@pytest.mark.parametrize(("city", "day", "holiday"), HOLIDAYS)
def test_holidays_of_state_and_city(shipped: Configuration, city: str, day: dt.date, holiday: bool) -> None:
    assert is_holiday(shipped.cities[city].calendar, day) is holiday


def test_residents_add_up_to_the_census(shipped: Configuration) -> None:
    for city, residents in (("ph-ceb", 965_332), ("ph-dvo", 1_848_947), ("ph-mnl", 1_902_590)):
        districts = shipped.cities[city].population_by_district

        assert len(districts) == DISTRICTS[city]
        assert sum(district.value for district in districts.values()) == residents
        assert {district.year for district in districts.values()} == {2024}


def test_north_and_south_of_cebu(shipped: Configuration) -> None:
    city = shipped.cities["ph-ceb"]
    residents = {"north": 0, "south": 0}
    for feature in city.districts["features"]:
        properties = feature["properties"]
        residents[properties["city_district"]] += city.population_by_district[properties["code"]].value

    assert residents == {"north": 402_689, "south": 562_643}
    assert index_for(city).locate(10.302, 123.872).areas == ("south",)
    assert index_for(city).locate(10.333, 123.899).areas == ("north",)


@pytest.mark.parametrize("city", ["my-bki", "my-kch", "my-kul", "ph-ceb", "ph-dvo"])
def test_sketches_say_so(shipped: Configuration, city: str) -> None:
    shapes = shipped.cities[city].districts

    assert "sketch" in shapes["note"]
    assert shapes["confirmed"] is False
    assert all(feature["properties"]["sketch"] is True for feature in shapes["features"])


def test_nothing_is_confirmed_before_an_officer_did(shipped: Configuration) -> None:
    for city in DISTRICTS:
        here = shipped.cities[city]
        assert not any(part.confirmed for part in (*here.departments, *here.contractors, *here.rules))
        assert not any(line.shown for line in here.contact_lines if line.kind == "emergency")
