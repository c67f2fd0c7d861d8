"""What a city says for residents before they file: landmarks, rounds and services that speak of them, distances."""

from __future__ import annotations

import pytest

from city_config import check
from city_config.diff import city_changes
from tests.city_config.conftest import Folder

MARKET = "landmarks:\n  - code: market\n    names: {en: Market}\n    position: {lat: 13.1, lon: 103.2}\n"
ROUND = 'rounds:\n  - code: r\n    districts: ["020301"]\n    weekdays: [mon]\n    windows: ["05:00-09:00"]\n'


def warned(folder: Folder, says: str) -> list[str]:
    """The warnings that hold these words."""
    return [str(f) for f in check(folder.load()) if f.severity == "warning" and says in f.message]


def test_landmarks_have_a_file_of_their_own_and_are_told_as_changes(folder: Folder) -> None:
    before = folder.load().cities["kh-bat"]
    folder.path("landmarks.yaml").write_text(MARKET, encoding="utf-8")
    after = folder.load().cities["kh-bat"]
    assert after.fingerprint != before.fingerprint
    assert [str(change) for change in city_changes(before, after)] == ["kh-bat: landmark 'market' added"]
    assert warned(folder, "market") == []


def test_a_landmark_given_twice_is_refused_with_its_line(folder: Folder) -> None:
    again = MARKET.removeprefix("landmarks:\n")
    folder.path("landmarks.yaml").write_text(MARKET + again, encoding="utf-8")
    assert "landmarks.yaml:5: landmarks.1.code: 'market'" in folder.fault()


def test_a_landmark_far_away_is_doubted_with_its_line(folder: Folder) -> None:
    swapped = MARKET.replace("lat: 13.1, lon: 103.2", "lat: 3.1, lon: 101.2")
    folder.path("landmarks.yaml").write_text(swapped, encoding="utf-8")
    [warning] = warned(folder, "outside every district")
    assert "landmarks.yaml:4: warning: market" in warning


def test_rounds_nobody_is_told_of_are_doubted(folder: Folder) -> None:
    folder.path("rounds.yaml").write_text(ROUND, encoding="utf-8")
    [warning] = warned(folder, "nobody is told of these rounds")
    assert "rounds.yaml:2:" in warning
    folder.change(
        "services.yaml",
        "network_code: waste_missed\n",
        "network_code: waste_missed\n    asks_round: household\n",
    )
    assert warned(folder, "rounds") == []


def test_a_service_that_asks_for_rounds_there_are_none_of_is_doubted(folder: Folder) -> None:
    line = folder.change(
        "services.yaml", "network_code: waste_missed\n", "network_code: waste_missed\n    asks_round: bulky\n"
    )
    [warning] = warned(folder, "there are none")
    assert f"services.yaml:{line + 1}:" in warning


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("city.yaml", "near_metres:", "nearby: {metres: 5000}\nnear_metres:", "nearby.metres"),
        ("city.yaml", "near_metres:", "nearby: {alike_bits: 40}\nnear_metres:", "nearby.alike_bits"),
        (
            "services.yaml",
            "network_code: noise\n",
            "network_code: noise\n    nearby_metres: -1\n",
            "nearby_metres",
        ),
        (
            "services.yaml",
            "network_code: noise\n",
            "network_code: noise\n    asks_round: gold\n",
            "asks_round",
        ),
    ],
)
def test_distances_and_wastes_that_cannot_be_are_refused(
    folder: Folder, file: str, old: str, new: str, says: str
) -> None:
    line = folder.change(file, old, new)
    fault = folder.fault()
    assert says in fault
    assert f"{file}:{line + (file == 'services.yaml')}:" in fault
