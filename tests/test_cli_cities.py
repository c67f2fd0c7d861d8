"""The commands about cities, as an officer runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from city_config import City
from nagara.local.throwaway import Throwaway
from tests.conftest import REPOSITORY
from tests.helpers import file
from tests.test_cli import nagara

SHIPPED = REPOSITORY / "city_config"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Phnom Penh with missed collections promised in twelve hours, and drains given to the City Hall."""
    folder = tmp_path / "kh-pnh"
    shutil.copytree(SHIPPED / "cities" / "kh-pnh", folder)
    for name, old, new in (
        ("services.yaml", "resolve: {calendar_hours: 24}", "resolve: {calendar_hours: 12}"),
        ("routing.yaml", "owner: drainage-unit", "owner: city-hall"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_a_diff_tells_the_meaning(changed: Path) -> None:
    told = nagara("cities", "diff", str(SHIPPED / "cities" / "kh-pnh"), str(changed)).stdout
    assert "promise of service 'waste_missed': promise.resolve 24 calendar hours -> 12 calendar hours" in told
    assert "kh-pnh: rule 'drains': owner drainage-unit -> city-hall" in told
    assert told.endswith("2 changes\n")
    same = nagara("cities", "diff", str(changed), str(changed))
    assert same.stdout == "nothing that matters changed\n"


def test_a_dry_run_tells_what_would_move(database_url: str, phnom_penh: City, changed: Path) -> None:
    file(phnom_penh, service_code="drain_blocked")
    told = nagara("cities", "dry-run", "kh-pnh", "--against", str(changed))
    assert told.returncode == 0, told.stderr
    assert "1 requests replayed: 0 as before, 1 otherwise" in told.stdout
    assert "1 drain_blocked: owner drainage-unit -> city-hall" in told.stdout
    unchanged = nagara("cities", "dry-run", "kh-pnh", "--since", "2020-01-01").stdout
    assert unchanged == "1 requests replayed: 1 as before, 0 otherwise\n"


def test_a_city_without_requests_is_tried_with_a_sample(database_url: str, changed: Path) -> None:
    told = nagara("cities", "dry-run", "kh-pnh", "--against", str(changed)).stdout
    assert told.startswith("no request of this city is stored; a sample instead\n")
    assert "flooding: owner drainage-unit -> city-hall" in told


def test_a_new_city_is_listed_and_checked(services: Throwaway, tmp_path: Path) -> None:
    root = tmp_path / "city_config"
    (root / "cities").mkdir(parents=True)
    shutil.copytree(SHIPPED / "messages", root / "messages")
    shutil.copy(SHIPPED / "network.yaml", root / "network.yaml")
    shutil.copytree(SHIPPED / "cities" / "kh-bat", root / "cities" / "kh-bat")
    ring = [[104.1, 10.5], [104.3, 10.5], [104.3, 10.7], [104.1, 10.7], [104.1, 10.5]]
    boundary = tmp_path / "kampot.geojson"
    boundary.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}), encoding="utf-8")
    words = ("cities", "new", "kh-kpt", "--name", "Kampot", "--name", "km=កំពត", "--country", "KH",
             "--boundary", str(boundary), "--timezone", "Asia/Phnom_Penh", "--folder", str(root))  # fmt: skip

    made = nagara(*words)

    assert made.returncode == 0, made.stderr
    assert "boundary.geojson, city.yaml, districts.geojson, routing.yaml, services.yaml" in made.stdout
    listed = nagara("cities", "list", "--folder", str(root)).stdout
    assert "Kampot" in listed
    assert "1/?" in listed, "nobody said how many districts there are"
    assert "10/10" in listed
    assert nagara("cities", "check", "--folder", str(root)).returncode == 0
    again = nagara(*words)
    assert again.returncode == 1
    assert "is there already" in again.stderr


def test_explain_takes_priority_and_answers_so_that_every_rule_can_be_walked(services: Throwaway) -> None:
    at = ("--at", "11.5696,104.9210")
    pothole = ("cities", "explain", "kh-pnh", "--service", "road_pothole", *at)
    usual = nagara(*pothole).stdout
    national = nagara(*pothole, "--answer", "road_kind=national")
    assert national.returncode == 0, national.stderr
    assert owner(national.stdout) != owner(usual)
    dumped = ("cities", "explain", "kh-pnh", "--service", "waste_dumping", *at, "--priority")
    assert matched(nagara(*dumped, "urgent").stdout) != matched(nagara(*dumped, "normal").stdout)


def owner(told: str) -> str:
    return next(line for line in told.splitlines() if line.startswith("owner: "))


def matched(told: str) -> str:
    return next(line for line in told.splitlines() if line.startswith("-> "))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "13.3633,103.8564"), "The position lies outside Phnom Penh; it is in Siem Reap (kh-rep)"),
        (("--at", "11.57,104.92", "--priority", "soon"), "'soon' is not a priority. Allowed: low, normal"),
        (("--at", "11.57,104.92", "--answer", "road_kind"), "'road_kind' is not an answer"),
        (("--at", "11.57,104.92", "--answer", "colour=red"), "road_pothole has no question 'colour'"),
        (("--at", "11.57,104.92", "--answer", "road_kind=moon"), "'moon' is no answer to 'road_kind'"),
    ],
)
def test_what_cannot_be_explained_is_said(services: Throwaway, words: tuple[str, ...], said: str) -> None:
    refused = nagara("cities", "explain", "kh-pnh", "--service", "road_pothole", *words)
    assert refused.returncode == 1
    assert said in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dry-run", "kh-pnh"), "Say what to replay against"),
        (("dry-run", "kh-pnh", "--since", "yesterday"), "'yesterday' is not a day"),
        (("dry-run", "xx-yyy", "--since", "2026-01-01"), "There is no city"),
        (("dry-run", "kh-pnh", "--against", str(SHIPPED / "cities" / "kh-rep")), "is kh-rep, not kh-pnh"),
        (("dry-run", "kh-pnh", "--against", "/nonexistent"), "/nonexistent"),
        (("diff", str(SHIPPED), str(SHIPPED / "cities" / "kh-pnh")), "Compare a city with a city"),
        (("diff", "/nonexistent", "/nonexistent"), "/nonexistent"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_is_refused_is_said_plainly(services: Throwaway, words: tuple[str, ...], said: str) -> None:
    refused = nagara("cities", *words)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
