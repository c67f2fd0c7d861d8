"""A diff of meaning tells what changed for residents and staff, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from city_config.diff import city_changes, configuration_changes
from tests.city_config.conftest import Folder


def changes(folder: Folder, *edits: tuple[str, str, str]) -> list[str]:
    before = folder.load()
    for name, old, new in edits:
        folder.change(name, old, new)
    return [str(change) for change in configuration_changes(before, folder.load())]


def test_comments_and_spelling_mean_nothing(folder: Folder) -> None:
    found = changes(
        folder,
        ("city.yaml", "languages: [km, en]", "languages:\n  - km\n  - en\n# a remark\n"),
        ("services.yaml", "promise:\n", "promise:  # as before\n"),
    )
    assert found == []


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "services.yaml",
            "resolve: {calendar_hours: 24}",
            "resolve: {calendar_hours: 36}",
            "kh-bat: promise of service 'waste_missed': promise.resolve 24 calendar hours -> 36 calendar hours",
        ),
        (
            "services.yaml",
            "en: Illegal dumping",
            "en: Dumping",
            "kh-bat: service 'waste_dumping': names.en Illegal dumping -> Dumping",
        ),
        (
            "routing.yaml",
            "because: The promised time has passed.",
            "because: Too late.",
            "kh-bat: ladder step '1': because The promised time has passed. -> Too late.",
        ),
        ("city.yaml", "zoom: 13", "zoom: 12", "kh-bat: city: map.zoom 13 -> (none)"),
        (
            "network.yaml",
            "reference_hours: 24\n",
            "reference_hours: 48\n",
            "network: code 'waste_missed': reference_hours 24.0 -> 48.0",
        ),
    ],
)
def test_a_changed_value_is_told_with_what_it_was(
    folder: Folder, name: str, old: str, new: str, told: str
) -> None:
    assert changes(folder, (name, old, new)) == [told]


def test_a_rule_that_was_added_and_one_that_changed(folder: Folder) -> None:
    found = changes(
        folder,
        (
            "routing.yaml",
            "rules:\n",
            "rules:\n  - id: new\n    when: {services: [noise]}\n    owner: dpwt\n    because: x\n",
        ),
        (
            "routing.yaml",
            "    when: {network_codes: [cable_pole]}",
            "    when: {network_codes: [cable_pole], holiday: false}",
        ),
    )
    assert found == [
        "kh-bat: rule 'cables': when.holiday (none) -> false",
        "kh-bat: rule 'new' added",
    ]


def test_the_order_of_rules_is_meaning(folder: Folder) -> None:
    before = folder.load().cities["kh-bat"]
    after = before.model_copy(update={"rules": (before.rules[1], before.rules[0], *before.rules[2:])})
    first, second = before.rules[0].id, before.rules[1].id
    told = [str(change) for change in city_changes(before, after)]
    assert told == [f"kh-bat: order of rules: '{second}' now stands before '{first}'"]


def test_districts_that_were_redrawn_renamed_ended_and_added(folder: Folder) -> None:
    before = folder.load()
    path: Path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    first, second, third = content["features"][:3]
    first["properties"]["names"]["en"] = "Another Name"
    second["properties"]["valid_to"] = "2030-12-31"
    ring = third["geometry"]["coordinates"][0]
    third["geometry"]["coordinates"][0] = [[x + (0.01 if n == 1 else 0), y] for n, (x, y) in enumerate(ring)]
    ends = json.loads(json.dumps(second))
    ends["properties"] |= {"code": "020399", "valid_from": "2031-01-01", "valid_to": None}
    content["features"].append(ends)
    path.write_text(json.dumps(content), encoding="utf-8")

    told = [str(change) for change in configuration_changes(before, folder.load())]

    assert told[0].startswith("kh-bat: district '020301': names.en ")
    assert told[1] == "kh-bat: district '020302': valid_to (none) -> 2030-12-31"
    assert told[2].startswith("kh-bat: district '020303': outline differs by ")
    assert told[3] == "kh-bat: district '020399' added"
    assert len(told) == 4


def test_cities_come_and_go(folder: Folder) -> None:
    before = folder.load()
    (folder.root / "cities" / "kh-bat").rename(folder.root / "cities" / "kh-new")
    path = folder.root / "cities" / "kh-new" / "city.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: kh-bat", "id: kh-new"), encoding="utf-8")
    told = [str(change) for change in configuration_changes(before, folder.load())]
    assert told == ["kh-bat: city removed", "kh-new: city added"]


def test_texts_for_residents(folder: Folder) -> None:
    before = folder.load()
    line = next(
        row
        for row in folder.path("messages/en.yaml").read_text(encoding="utf-8").splitlines()
        if "subject:" in row
    )
    folder.change("messages/en.yaml", line, line.split("subject:")[0] + "subject: About {reference}")
    (change,) = configuration_changes(before, folder.load())
    assert (change.city, change.part, change.what) == ("network", "texts", "'en'")
    assert change.detail.endswith("-> About {reference}")
