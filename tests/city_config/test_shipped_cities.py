"""The first four cities: what is in them, and whether known places lie in the district they lie in."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from city_config import City, Configuration
from tests.city_config.conftest import SHIPPED

CITIES = ("kh-bat", "kh-pnh", "kh-rep", "th-bkk")


def district_at(city: City, lat: float, lon: float) -> str | None:
    point = Point(lon, lat)
    for feature in city.districts["features"]:
        if shape(feature["geometry"]).contains(point):
            return str(feature["properties"]["code"])
    return None


def test_all_four_load(shipped: Configuration) -> None:
    assert set(CITIES) <= set(shipped.cities)


@pytest.mark.parametrize(
    ("city", "districts"), [("kh-pnh", 14), ("kh-rep", 12), ("kh-bat", 10), ("th-bkk", 50)]
)
def test_every_district_is_there(shipped: Configuration, city: str, districts: int) -> None:
    assert len(shipped.cities[city].district_names) == districts


@pytest.mark.parametrize("city", CITIES)
def test_every_network_code_has_a_service(shipped: Configuration, city: str) -> None:
    codes = {service.network_code for service in shipped.cities[city].services}

    assert codes == set(shipped.network.codes_by_code)
    assert len(codes) == 27


@pytest.mark.parametrize("city", CITIES)
def test_promises_are_the_networks_reference(shipped: Configuration, city: str) -> None:
    """No city here publishes a standard that was found, so none may be shown as one."""
    assert {service.promise.standard for service in shipped.cities[city].services} == {"reference"}


@pytest.mark.parametrize("city", CITIES)
def test_no_service_takes_longer_than_its_reference(shipped: Configuration, city: str) -> None:
    for service in shipped.cities[city].services:
        reference = shipped.network.codes_by_code[service.network_code].reference_hours
        resolve = service.promise.resolve
        longer = {"traffic_sign"}  # the network's hours are for signals; signs have seven days
        if reference and service.code not in longer:
            assert resolve is not None
            assert resolve.calendar_hours is not None
            assert resolve.calendar_hours <= reference, service.code
        if reference is None:
            assert resolve is None, service.code


@pytest.mark.parametrize("city", CITIES)
def test_ladder_has_two_steps(shipped: Configuration, city: str) -> None:
    first, second = shipped.cities[city].ladder

    assert (first.at_fraction, first.tell, first.raise_priority_to) == (1.0, ("supervisor",), "high")
    assert second.after_due is not None
    assert (second.after_due.calendar_hours, second.tell) == (48, ("city_admin",))


@pytest.mark.parametrize("city", CITIES)
def test_waste_crews_work_all_seven_days(shipped: Configuration, city: str) -> None:
    waste = {
        "kh-pnh": "waste-division",
        "kh-rep": "waste-office",
        "kh-bat": "beautification",
        "th-bkk": "district-cleansing",
    }
    calendar = shipped.cities[city].calendar_of(waste[city])

    assert len(calendar.hours) == 7
    assert calendar.holidays is None


# Middles of the khan as computed independently from the communes of 2014: longitude, latitude.
KHAN_MIDDLES = {
    "1201": (104.930, 11.544),
    "1202": (104.921, 11.573),
    "1203": (104.914, 11.563),
    "1204": (104.897, 11.569),
    "1205": (104.866, 11.470),
    "1206": (104.906, 11.520),
    "1207": (104.894, 11.620),
    "1208": (104.861, 11.595),
    "1209": (104.826, 11.545),
    "1210": (104.988, 11.508),
    "1211": (104.924, 11.667),
    "1212": (104.800, 11.640),
    "1213": (104.916, 11.549),
    "1214": (104.774, 11.523),
}


@pytest.mark.parametrize(("khan", "middle"), KHAN_MIDDLES.items())
def test_middle_of_each_khan(shipped: Configuration, khan: str, middle: tuple[float, float]) -> None:
    """The shapes kept their places while gaps were closed and borders simplified: 300 m at most."""
    features = shipped.cities["kh-pnh"].districts["features"]
    outline = next(shape(f["geometry"]) for f in features if f["properties"]["code"] == khan)

    assert outline.centroid.distance(Point(middle)) < 0.003


# Cities of which some districts have no outline: how many have, and how many there are.
NOT_ALL_DRAWN = {"bn-bsb": (17, 18), "vn-dad": (7, 94), "vn-han": (30, 126), "vn-sgn": (22, 168)}


def test_every_city_says_how_many_districts_it_has(shipped: Configuration) -> None:
    """Kota Kinabalu has no official list of districts; in Viet Nam wards took the districts' place in 2025."""
    for city in shipped.cities.values():
        drawn = len(city.district_names)
        unknown = city.id == "my-bki"
        expected = (drawn, None if unknown else drawn)
        assert (drawn, city.districts_expected) == NOT_ALL_DRAWN.get(city.id, expected), city.id


def test_bangkok_names_its_hotline(shipped: Configuration) -> None:
    (line,) = shipped.cities["th-bkk"].contact_lines
    assert (line.kind, line.phone, line.confirmed, line.shown) == ("municipal", "1555", False, True)


PLACES = [
    ("kh-pnh", "Wat Phnom", 11.5763, 104.9231, "Doun Penh"),
    ("kh-pnh", "Royal Palace", 11.5637, 104.9311, "Doun Penh"),
    ("kh-pnh", "Olympic Stadium", 11.5583, 104.9119, "Prampir Meakkakra"),
    ("kh-pnh", "Russian Market", 11.5405, 104.9159, "Chamkar Mon"),
    ("kh-pnh", "Tuol Sleng", 11.5494, 104.9176, "Boeng Keng Kang"),
    ("kh-pnh", "former airport at Pochentong", 11.5466, 104.8441, "Pou Saen Chey"),
    ("kh-pnh", "Choeung Ek", 11.4844, 104.9020, "Dangkao"),
    ("kh-rep", "Angkor Wat", 13.4125, 103.8670, "Nokor Thum"),
    ("kh-rep", "Ta Prohm", 13.4350, 103.8893, "Nokor Thum"),
    ("kh-bat", "Psar Nath", 13.1029, 103.1987, "Svay Por"),
    ("th-bkk", "Grand Palace", 13.7500, 100.4915, "Phra Nakhon"),
    ("th-bkk", "Lumphini Park", 13.7307, 100.5418, "Pathum Wan"),
    ("th-bkk", "Victory Monument", 13.7649, 100.5383, "Ratchathewi"),
    ("th-bkk", "Don Mueang Airport", 13.9126, 100.6068, "Don Mueang"),
    ("th-bkk", "Chatuchak Market", 13.7999, 100.5500, "Chatuchak"),
    ("th-bkk", "Yaowarat Road", 13.7410, 100.5089, "Samphanthawong"),
    ("th-bkk", "Wat Arun", 13.7437, 100.4889, "Bangkok Yai"),
    ("th-bkk", "Suan Luang Rama IX", 13.6870, 100.6630, "Prawet"),
    ("th-bkk", "King Mongkut's Institute, Lat Krabang", 13.7299, 100.7783, "Lat Krabang"),
]


@pytest.mark.parametrize(("city", "place", "lat", "lon", "district"), PLACES, ids=[p[1] for p in PLACES])
def test_known_place(
    shipped: Configuration, city: str, place: str, lat: float, lon: float, district: str
) -> None:
    code = district_at(shipped.cities[city], lat, lon)

    assert code is not None, place
    assert shipped.cities[city].district_names[code]["en"] == district


@pytest.mark.parametrize(
    ("lat", "lon", "within"),
    [
        (13.4125, 103.8670, True),  # Angkor Wat
        (13.4413, 103.8589, True),  # Bayon
        (13.4350, 103.8893, True),  # Ta Prohm
        (13.4340, 103.8000, True),  # West Baray
        (13.3547, 103.8546, False),  # the old market
        (13.4107, 103.8130, False),  # the former airport
        (13.2857, 103.8119, False),  # Phnom Krom
    ],
)
def test_sketch_of_angkor(shipped: Configuration, lat: float, lon: float, within: bool) -> None:
    areas = shipped.cities["kh-rep"].areas
    assert areas is not None
    (angkor,) = areas["features"]

    assert angkor["properties"]["sketch"] is True
    assert shape(angkor["geometry"]).contains(Point(lon, lat)) is within


@pytest.mark.parametrize("city", CITIES)
def test_districts_fit_together(shipped: Configuration, city: str) -> None:
    """No overlap, and gaps of less than a thousandth of the city between them."""
    shapes = [shape(f["geometry"]) for f in shipped.cities[city].districts["features"]]
    together = shapes[0]
    for polygon in shapes[1:]:
        together = together.union(polygon)

    assert sum(polygon.area for polygon in shapes) == pytest.approx(together.area, rel=1e-6)
    holes = [ring for part in getattr(together, "geoms", [together]) for ring in part.interiors]
    assert sum(shape({"type": "Polygon", "coordinates": [ring.coords]}).area for ring in holes) <= (
        together.area / 1000
    )


@pytest.mark.parametrize("city", CITIES)
def test_shapes_carry_licence_attribution_and_origin(shipped: Configuration, city: str) -> None:
    for collection in (shipped.cities[city].districts, shipped.cities[city].areas):
        if collection:
            assert collection["licence"]
            assert collection["attribution"]
            assert collection["confirmed"] is False
    for feature in shipped.cities[city].districts["features"]:
        assert feature["properties"]["boundary_id"]
        assert feature["properties"]["shape_ids"]


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda p: str(p.relative_to(SHIPPED)))
def test_text_is_composed(path: Path) -> None:
    """Names compare equal only in one Unicode form: NFC."""
    text = path.read_text(encoding="utf-8")

    assert text == unicodedata.normalize("NFC", text)


def test_network_has_31_members_and_labels_in_12_languages(shipped: Configuration) -> None:
    statuses = [member.status for member in shipped.network.members]

    assert (statuses.count("pilot"), statuses.count("member")) == (26, 5)
    for code in shipped.network.codes:
        assert len(code.names) == 12, code.code
        assert code.review == "pending"


def test_same_files_same_fingerprint_and_one_for_each_city(shipped: Configuration) -> None:
    fingerprints = {city.fingerprint for city in shipped.cities.values()}

    assert len(fingerprints) == len(shipped.cities)
    assert all(len(fingerprint) == 64 for fingerprint in fingerprints)
