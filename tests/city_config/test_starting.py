"""A new city's folder works as it was written, and nothing is left where it could not be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from city_config import Configuration, ConfigurationError, check, load_city, load_configuration
from city_config.starting import STARTER, NewCity, Starter, read_boundary, write_new_city
from city_config.yaml_source import read_yaml
from tests.city_config.conftest import Folder

KAMPOT = NewCity("kh-kpt", "KH", {"en": "Kampot", "km": "កំពត"}, "Asia/Phnom_Penh")


def square(west: float, south: float) -> dict[str, Any]:
    ring = [[west + x, south + y] for x, y in ((0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1), (0, 0))]
    return {"type": "Polygon", "coordinates": [ring]}


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def boundary(tmp_path: Path) -> Path:
    return written(tmp_path / "boundary.geojson", square(104.1, 10.5))


def test_the_folder_loads_and_passes_the_checks(folder: Folder, boundary: Path) -> None:
    made = write_new_city(folder.load(), KAMPOT, boundary, folder.root / "cities")

    served = folder.load()
    city = served.cities["kh-kpt"]
    assert made == folder.root / "cities" / "kh-kpt"
    assert {s.network_code for s in city.services} == set(served.network.codes_by_code)
    assert [d.code for d in city.departments] == ["city-hall"]
    assert city.calendar.holidays is not None
    assert (city.calendar.holidays.country, city.calendar.confirmed) == ("KH", False)
    assert city.reference_prefix == "KPT"
    assert list(city.district_names) == ["01"]
    found = [f for f in check(served) if f.city == "kh-kpt"]
    assert {f.message for f in found if f.severity != "unconfirmed"} == {
        "'City Hall, request desk' has no km",
        "'kh-kpt' is no member in network.yaml",
    }
    assert (made / "city.yaml").read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")


@pytest.mark.parametrize(
    "wrong",
    ["../kh-x", "..", ".", "", "/tmp/kh-abs", "kh-kpt/..", "kh/kpt", "kh-kpt\n", "KH-KPT", "kh-k\\pt"],
)
def test_an_id_that_is_none_is_refused_before_any_path_is_made_of_it(
    folder: Folder, boundary: Path, wrong: str
) -> None:
    before = sorted(folder.root.parent.rglob("*"))
    with pytest.raises(ConfigurationError, match="is not a city's id; allowed: country and city"):
        write_new_city(folder.load(), replace(KAMPOT, id=wrong), boundary, folder.root / "cities")
    assert sorted(folder.root.parent.rglob("*")) == before
    folder.load()


@pytest.mark.parametrize("country", ["BN", "ID", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN"])
def test_every_country_of_the_region_has_a_calendar(
    shipped: Configuration, country: str, tmp_path: Path
) -> None:
    boundary = written(tmp_path / "b.geojson", square(100, 5))
    wanted = NewCity(f"{country.lower()}-new", country, {"en": "New"}, "Asia/Bangkok")
    city = load_city(write_new_city(shipped, wanted, boundary, tmp_path / "cities"), shipped.network)
    assert city.calendar.holidays is not None
    assert city.reference_prefix not in {other.reference_prefix for other in shipped.cities.values()}


def test_every_service_of_the_network_is_known_to_the_starter(shipped: Configuration) -> None:
    starter = Starter.model_validate(read_yaml(STARTER / "starter.yaml").values)
    assert set(starter.services) == set(shipped.network.codes_by_code)
    assert {service.group for service in starter.services.values()} <= set(starter.groups)


def test_districts_of_a_collection_keep_codes_and_names(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"code": "N", "name": "North"}, "geometry": square(104, 10.1)},
        {"type": "Feature", "properties": {"names": {"km": "x"}}, "geometry": square(104, 10)},
    ]
    path = written(tmp_path / "b.geojson", {"type": "FeatureCollection", "features": features})
    found = [d["properties"] for d in read_boundary(path, {"en": "City"})]
    assert found == [{"code": "N", "names": {"en": "North"}}, {"code": "02", "names": {"km": "x"}}]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"type": "Point", "coordinates": [104, 10]}, "no polygon in it"),
        ({"type": "FeatureCollection", "features": []}, "no polygon in it"),
        ({"type": "Feature", "properties": {}, "geometry": {"type": "Point"}}, "feature 1: geometry 'Point'"),
        (square(500, 10), "feature 1: reaches from 500"),
        ({"type": "Polygon", "coordinates": [[[1, 2]]]}, "feature 1: "),
        ([1, 2], "no polygon in it"),
    ],
)
def test_a_boundary_that_is_none_leaves_nothing_behind(
    folder: Folder, tmp_path: Path, content: object, says: str
) -> None:
    path = written(tmp_path / "b.geojson", content)
    with pytest.raises(ConfigurationError) as refused:
        write_new_city(folder.load(), KAMPOT, path, folder.root / "cities")
    assert says in refused.value.faults[0]
    assert refused.value.faults[0].startswith(str(path))
    assert [p.name for p in (folder.root / "cities").iterdir()] == ["kh-bat"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (NewCity("kampot", "KH", {"en": "Kampot"}, "Asia/Phnom_Penh"), "id: 'kampot' is not a city's id"),
        (NewCity("kh-kpt", "KH", {"en": "Kampot"}, "Phnom_Penh"), "is not an IANA time zone"),
        (NewCity("fr-par", "FR", {"en": "Paris"}, "Europe/Paris"), "no calendar for 'FR'"),
        (NewCity("kh-bat", "KH", {"en": "Battambang"}, "Asia/Phnom_Penh"), "is there already"),
    ],
)
def test_a_city_that_cannot_be_leaves_nothing_behind(
    folder: Folder, boundary: Path, wanted: NewCity, says: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        write_new_city(folder.load(), wanted, boundary, folder.root / "cities")
    assert says in refused.value.faults[0]
    assert [p.name for p in (folder.root / "cities").iterdir()] == ["kh-bat"]
    assert load_configuration(folder.root).cities.keys() == {"kh-bat"}
