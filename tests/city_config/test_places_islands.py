"""Cities of Brunei, Indonesia and Singapore against what is known of them: landmarks, owners, calendars.

Districts, owners, residents and working weeks are those of published lists and press reports, written down here
by hand; nothing of it is read from the cities' own files. Where nobody is known, the row says who receives it
for now.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from shapely.geometry import shape

from city_config import City, Configuration, Span
from nagara.places.finding import Place, index_for
from nagara.promises.deadlines import WorkingClock
from nagara.routing import Route, route

WEDNESDAY = dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)

DISTRICTS = {"bn-bsb": 17, "id-bwi": 25, "id-jkt": 6, "id-mks": 15, "id-smd": 26, "sg-sin": 55}

LANGUAGES = {
    "bn-bsb": ("ms", "en"),
    "id-bwi": ("id", "en"),
    "id-jkt": ("id", "en"),
    "id-mks": ("id", "en"),
    "id-smd": ("id", "en"),
    "sg-sin": ("en", "zh-Hans", "ms", "ta"),
}

# City, landmark, latitude, longitude, district (English), service, owner.
PLACES: list[tuple[str, str, float, float, str, str, str]] = [
    ("bn-bsb", "Omar Ali Saifuddien Mosque", 4.8895, 114.9392, "Kianggeh", "waste_missed", "bandaran"),
    ("bn-bsb", "Kampong Ayer gallery", 4.8817, 114.944, "Peramu", "waste_dumping", "bandaran"),
    ("bn-bsb", "The Mall, Gadong", 4.9055, 114.915, "Gadong (A and B)", "road_pothole", "jkr"),
    ("bn-bsb", "the airport", 4.9442, 114.9283, "Berakas A", "drain_blocked", "jkr"),
    ("bn-bsb", "Malay Technology Museum", 4.884, 114.97, "Kota Batu", "building", "abci"),
    ("bn-bsb", "Muara Port", 5.023, 115.07, "Serasa", "cable_pole", "des"),
    ("bn-bsb", "Jerudong Park", 4.95, 114.833, "Sengkurong", "park_facility", "jastre"),
    ("bn-bsb", "Istana Nurul Iman", 4.8722, 114.9208, "Kianggeh", "water_supply", "jkr"),
    ("id-jkt", "Monas", -6.1754, 106.8272, "Central Jakarta", "road_pothole", "bina-marga"),
    ("id-jkt", "Fatahillah Square", -6.1352, 106.8133, "West Jakarta", "street_dirty", "kelurahan"),
    ("id-jkt", "Ancol", -6.1225, 106.833, "North Jakarta", "flooding", "sda"),
    ("id-jkt", "Taman Mini", -6.3024, 106.8952, "East Jakarta", "waste_missed", "dlh"),
    ("id-jkt", "Ragunan Zoo", -6.3125, 106.82, "South Jakarta", "tree_hazard", "tamhut"),
    ("id-jkt", "Blok M", -6.2443, 106.7985, "South Jakarta", "parking", "dishub"),
    ("id-jkt", "Blok M", -6.2443, 106.7985, "South Jakarta", "obstruction", "satpol-pp"),
    ("id-jkt", "Grogol", -6.167, 106.79, "West Jakarta", "building", "citata"),
    ("id-jkt", "Monas", -6.1754, 106.8272, "Central Jakarta", "mosquito", "dinkes"),
    ("id-jkt", "Monas", -6.1754, 106.8272, "Central Jakarta", "stray_animal", "kpkp"),
    ("id-jkt", "Monas", -6.1754, 106.8272, "Central Jakarta", "water_supply", "pam-jaya"),
    ("id-jkt", "Monas", -6.1754, 106.8272, "Central Jakarta", "sewage", "pal-jaya"),
    (
        "id-jkt",
        "Pulau Pramuka",
        -5.7458,
        106.6139,
        "Thousand Islands (administrative regency)",
        "cable_pole",
        "pln",
    ),
    ("id-mks", "Fort Rotterdam", -5.1341, 119.4056, "Ujung Pandang", "waste_missed", "dlh"),
    ("id-mks", "Panakkukang Mall", -5.1567, 119.4465, "Panakkukang", "parking", "dishub"),
    ("id-mks", "Hasanuddin University", -5.132, 119.488, "Tamalanrea", "road_pothole", "pupr"),
    ("id-mks", "Daya Terminal", -5.112, 119.505, "Biringkanaya", "noise", "satpol-pp"),
    ("id-mks", "Terong Market", -5.1302, 119.4263, "Bontoala", "public_toilet", "kecamatan"),
    ("id-mks", "Paotere Harbour", -5.111, 119.421, "Ujung Tanah", "cable_pole", "pln"),
    ("id-bwi", "Blambangan Park", -8.2125, 114.376, "Banyuwangi", "waste_overflow", "dlh"),
    ("id-bwi", "Ketapang ferry", -8.1435, 114.3975, "Kalipuro", "traffic_light", "dishub"),
    ("id-bwi", "Muncar fishing port", -8.433, 114.343, "Muncar", "drain_blocked", "pupr"),
    ("id-bwi", "the airport", -8.311, 114.34, "Blimbingsari", "mosquito", "dinkes"),
    ("id-bwi", "Paltuding, below Ijen", -8.073, 114.223, "Licin", "other", "kecamatan"),
    ("id-bwi", "Red Island Beach", -8.6, 114.029, "Pesanggaran", "street_dirty", "dlh"),
    ("id-smd", "the town square", -6.859, 107.92, "Sumedang Selatan", "street_light", "pupr"),
    ("id-smd", "the university at Jatinangor", -6.926, 107.774, "Jatinangor", "waste_missed", "dlh"),
    ("id-smd", "Tanjungsari Market", -6.902, 107.796, "Tanjungsari", "obstruction", "satpol-pp"),
    ("id-smd", "Conggeang", -6.756, 108.02, "Conggeang", "water_supply", "pdam"),
    ("sg-sin", "Merlion", 1.2868, 103.8545, "Downtown Core", "street_dirty", "nea"),
    ("sg-sin", "Changi Airport", 1.3559, 103.9867, "Changi", "traffic_light", "lta"),
    ("sg-sin", "Botanic Gardens", 1.3088, 103.817, "Tanglin", "tree_hazard", "nparks"),
    ("sg-sin", "Ang Mo Kio Hub", 1.3694, 103.8485, "Ang Mo Kio", "hdb_lift", "town-council"),
    ("sg-sin", "Sentosa", 1.2494, 103.8303, "Southern Islands", "stray_animal", "nparks"),
    ("sg-sin", "Jurong Point", 1.3397, 103.7066, "Jurong West", "drain_blocked", "pub"),
    ("sg-sin", "Woodlands Station", 1.437, 103.7865, "Woodlands", "flooding", "pub"),
    ("sg-sin", "Ubin jetty", 1.401, 103.97, "North-Eastern Islands", "mosquito", "nea"),
    ("sg-sin", "Bedok Mall", 1.3247, 103.9292, "Bedok", "building", "bca"),
    ("sg-sin", "Toa Payoh Hub", 1.3327, 103.848, "Toa Payoh", "road_pothole", "lta"),
]

# A city, a place in it, and who receives a service there once a question is answered.
ANSWERS = [
    ("id-jkt", -6.1754, 106.8272, "waste_dumping", {"waste_size": ["small"]}, "kelurahan"),
    ("id-jkt", -6.1754, 106.8272, "waste_dumping", {"waste_size": ["large"]}, "dlh"),
    ("id-jkt", -6.1754, 106.8272, "road_pothole", {"road_kind": ["national"]}, "kementerian-pu"),
    ("id-jkt", -6.1225, 106.833, "flooding", {"depth": ["deeper"]}, "bpbd"),
    ("id-mks", -5.132, 119.488, "road_pothole", {"road_kind": ["national"]}, "kementerian-pu"),
    ("sg-sin", 1.3694, 103.8485, "waste_overflow", {"place_kind": ["hdb_estate"]}, "town-council"),
    ("sg-sin", 1.3694, 103.8485, "footpath_damaged", {"place_kind": ["hdb_estate"]}, "town-council"),
    ("sg-sin", 1.3694, 103.8485, "footpath_damaged", {"place_kind": ["road"]}, "lta"),
    ("sg-sin", 1.3694, 103.8485, "parking", {"place_kind": ["hdb_carpark"]}, "hdb"),
    ("sg-sin", 1.3694, 103.8485, "tree_hazard", {}, "nparks"),
    ("sg-sin", 1.3694, 103.8485, "noise", {"noise_source": ["construction"]}, "nea"),
    ("sg-sin", 1.3694, 103.8485, "noise", {"noise_source": ["hdb_neighbour"]}, "hdb"),
]

OUTSIDE = [
    ("bn-bsb", 4.8050, 114.6590, "Tutong"),
    ("id-jkt", -6.2383, 106.9756, "Bekasi"),
    ("id-jkt", -6.3950, 106.8170, "Depok"),
    ("id-mks", -5.0167, 119.5667, "Maros"),
    ("id-bwi", -8.3606, 114.6260, "Jembrana, across the strait"),
    ("id-smd", -6.9147, 107.6098, "Bandung"),
    ("sg-sin", 1.4927, 103.7414, "Johor Bahru"),
]


def found(
    city: City, lat: float, lon: float, service: str, answers: dict[str, list[str]]
) -> tuple[Place, Route]:
    place = index_for(city).locate(lat, lon)
    asked = city.services_by_code[service]
    return place, route(city, asked, place, WEDNESDAY, asked.priority, answers)


@pytest.mark.parametrize("row", PLACES, ids=lambda row: f"{row[0]} {row[1]} {row[5]}")
def test_place_and_owner(shipped: Configuration, row: tuple[str, str, float, float, str, str, str]) -> None:
    city_id, _, lat, lon, district, service, owner = row
    city = shipped.cities[city_id]

    place, sent = found(city, lat, lon, service, {})

    assert place.method == "inside"
    assert place.district is not None
    assert city.district_names[place.district]["en"] == district
    assert (sent.owner, sent.assignee) == (owner, None)


def test_every_city_has_at_least_four_rows() -> None:
    rows = Counter(row[0] for row in PLACES)

    assert set(rows) == set(DISTRICTS)
    assert min(rows.values()) >= 4


@pytest.mark.parametrize(("city", "lat", "lon", "service", "answers", "owner"), ANSWERS)
def test_an_answer_decides(
    shipped: Configuration,
    city: str,
    lat: float,
    lon: float,
    service: str,
    answers: dict[str, list[str]],
    owner: str,
) -> None:
    _, sent = found(shipped.cities[city], lat, lon, service, answers)

    assert sent.owner == owner


@pytest.mark.parametrize(("city", "lat", "lon", "where"), OUTSIDE)
def test_neighbours_stay_outside(
    shipped: Configuration, city: str, lat: float, lon: float, where: str
) -> None:
    assert index_for(shipped.cities[city]).locate(lat, lon).inside is False, where


@pytest.mark.parametrize(
    ("lat", "lon", "district"), [(-5.1437, 119.4073, "737104"), (-5.048, 119.329, "737115")]
)
def test_shore_and_islands_fall_to_the_nearest(
    shipped: Configuration, lat: float, lon: float, district: str
) -> None:
    """Losari Beach and Barrang Lompo: the shore of the outline lies up to 500 m off."""
    place = index_for(shipped.cities["id-mks"]).locate(lat, lon)

    assert (place.method, place.district) == ("nearest", district)


@pytest.mark.parametrize(("city", "districts"), DISTRICTS.items())
def test_districts_codes_and_languages_are_complete(
    shipped: Configuration, city: str, districts: int
) -> None:
    here = shipped.cities[city]

    assert len(here.districts_on(WEDNESDAY.date())) == districts
    assert {s.network_code for s in here.services} == set(shipped.network.codes_by_code)
    assert here.languages == LANGUAGES[city]
    assert here.reference_prefix == city[3:].upper()
    assert set(here.languages) <= set(shipped.messages)


def test_only_jakarta_has_published_times(shipped: Configuration) -> None:
    """Handed to the right agency within 6 hours, finished within 7 days; what others own is only handed on."""
    for city in DISTRICTS:
        standards = {s.promise.standard for s in shipped.cities[city].services}
        assert standards == {"published" if city == "id-jkt" else "reference"}, city
    for service in shipped.cities["id-jkt"].services:
        handed_on = service.network_code in ("water_supply", "sewage", "cable_pole")
        assert service.promise.acknowledge == Span(calendar_hours=6)
        assert service.promise.resolve == (None if handed_on else Span(calendar_days=7)), service.code
        assert service.promise.source is not None
        assert "128/2017" in service.promise.source


@pytest.mark.parametrize("city", DISTRICTS)
def test_nothing_is_confirmed_by_anybody_yet(shipped: Configuration, city: str) -> None:
    here = shipped.cities[city]

    for fact in (*here.departments, *here.rules, *here.contact_lines, here.calendar):
        assert fact.confirmed is False
        assert fact.source
    assert all(line.kind == "municipal" for line in here.contact_lines if line.shown)


def test_residents_of_the_six_parts_of_jakarta(shipped: Configuration) -> None:
    jakarta = shipped.cities["id-jkt"]
    residents = {code: population.value for code, population in jakarta.population_by_district.items()}

    assert residents == {
        "3101": 30_334,
        "3171": 1_057_270,
        "3172": 1_832_032,
        "3173": 2_556_752,
        "3174": 2_331_411,
        "3175": 3_230_417,
    }
    assert jakarta.population is not None
    assert sum(residents.values()) == jakarta.population.value == 11_038_216


def local(city: City, day: str, time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=city.zone)


@pytest.mark.parametrize(
    ("city", "department", "received", "hours", "due"),
    [
        # Friday and Sunday are free in Brunei.
        ("bn-bsb", "jastre", ("2026-11-19", "15:30"), 8, ("2026-11-21", "16:00")),
        # In Ramadan the day runs from 08:00 to 14:00 without a break.
        ("bn-bsb", "jastre", ("2026-03-04", "13:00"), 2, ("2026-03-05", "09:00")),
        # Friday prayer: closed from 11:30 to 13:00.
        ("id-jkt", "bina-marga", ("2026-11-20", "11:00"), 1, ("2026-11-20", "13:30")),
        # 24 December is a day of joint leave, 25 December a holiday, then the week-end.
        ("id-jkt", "bina-marga", ("2026-12-23", "15:30"), 1, ("2026-12-28", "08:00")),
        # One hour ahead of Jakarta, by its own clock.
        ("id-mks", "pupr", ("2026-11-18", "15:00"), 2, ("2026-11-19", "08:30")),
        # On Fridays Singapore's offices close half an hour earlier.
        ("sg-sin", "lta", ("2026-11-20", "17:00"), 1, ("2026-11-23", "09:00")),
    ],
)
def test_working_week(
    shipped: Configuration,
    city: str,
    department: str,
    received: tuple[str, str],
    hours: int,
    due: tuple[str, str],
) -> None:
    here = shipped.cities[city]
    clock = WorkingClock(here, department)

    assert clock.add(local(here, *received), dt.timedelta(hours=hours)) == local(here, *due)


@pytest.mark.parametrize("city", ["id-bwi", "id-mks", "id-smd"])
def test_kecamatan_say_that_they_are_sketches(shipped: Configuration, city: str) -> None:
    for feature in shipped.cities[city].districts["features"]:
        assert feature["properties"]["sketch"] is True
        assert feature["properties"]["confirmed"] is False
        assert feature["properties"]["names"]["id"].startswith("Kecamatan ")


@pytest.mark.parametrize("city", DISTRICTS)
def test_shapes_fit_together_and_carry_their_licence(shipped: Configuration, city: str) -> None:
    collection = shipped.cities[city].districts
    shapes = [shape(feature["geometry"]) for feature in collection["features"]]
    together = shapes[0]
    for polygon in shapes[1:]:
        together = together.union(polygon)

    assert sum(polygon.area for polygon in shapes) == pytest.approx(together.area, rel=1e-6)
    assert collection["attribution"]
    assert collection["confirmed"] is False
    licences = {"BN": "ODbL-1.0 (share-alike", "ID": "CC-BY-3.0-IGO", "SG": "Not stated"}
    assert collection["licence"].startswith(licences[shipped.cities[city].country])
    for feature in collection["features"]:
        assert feature["properties"]["boundary_id"]
        assert feature["properties"]["shape_ids"]


def test_singapore_calls_nothing_repaired_or_removed_without_a_photo(shipped: Configuration) -> None:
    """Since mid-2021 a plain case is closed on complete resolution with a photo; what others handle is answered."""
    kinds = {code.code: code.service_class for code in shipped.network.codes}
    for service in shipped.cities["sg-sin"].services:
        assert service.evidence is (kinds[service.network_code] in ("clean", "fix")), service.code
