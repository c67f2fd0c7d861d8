"""A wrong GeoJSON file is refused with the feature and what is wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.city_config.conftest import Folder

Change = Callable[[dict[str, Any]], object]


def _first(content: dict[str, Any]) -> dict[str, Any]:
    feature: dict[str, Any] = content["features"][0]
    return feature


def _ring(content: dict[str, Any]) -> list[Any]:
    ring: list[Any] = _first(content)["geometry"]["coordinates"][0]
    return ring


CHANGES: list[tuple[str, Change, str]] = [
    ("not a collection", lambda c: c.update(type="Feature"), "must be a GeoJSON FeatureCollection"),
    ("no features", lambda c: c.update(features=[]), "at least one feature"),
    ("features not a list", lambda c: c.update(features={}), "must be a list"),
    ("a feature that is text", lambda c: c["features"].insert(0, "x"), "feature 1: must be an object"),
    ("a point", lambda c: _first(c)["geometry"].update(type="Point"), "allowed: Polygon, MultiPolygon"),
    ("no geometry", lambda c: _first(c).update(geometry=None), "allowed: Polygon, MultiPolygon"),
    ("no properties", lambda c: _first(c).update(properties=None), "properties.code must be text"),
    ("code as number", lambda c: _first(c)["properties"].update(code=20301), "read 20301"),
    (
        "no names",
        lambda c: _first(c)["properties"].pop("names"),
        "properties.names must be names by language",
    ),
    (
        "a language that is none",
        lambda c: _first(c)["properties"]["names"].update(Khmer="x"),
        "properties.names: 'Khmer' is not a language; allowed: a BCP-47 tag",
    ),
    ("code twice", lambda c: c["features"].append(_first(c)), "feature 11: code '020301' is given twice"),
    ("open ring", lambda c: _ring(c).pop(), "a ring must end where it begins"),
    ("short ring", lambda c: _ring(c).__delitem__(slice(2, None)), "at least 4 positions"),
    ("swapped", lambda c: _ring(c).__setitem__(1, [13.1, 103.2]), "[13.1, 103.2] is not a position"),
    ("text", lambda c: _ring(c).__setitem__(1, ["103", "13"]), "is not a position"),
    ("no rings", lambda c: _first(c)["geometry"].update(coordinates=[]), "at least one ring"),
]


@pytest.mark.parametrize(("change", "says"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_names_the_feature(folder: Folder, change: Change, says: str) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")

    assert any(fault.startswith(f"{path}:") and says in fault for fault in folder.faults())


def test_not_json_names_the_line(folder: Folder) -> None:
    path = folder.path("districts.geojson")
    path.write_text('{\n "type": "FeatureCollection",\n "features": [}\n', encoding="utf-8")

    assert folder.fault().startswith(f"{path}:3: not JSON")


def test_not_a_number_is_not_json(folder: Folder) -> None:
    path = folder.path("districts.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    _ring(content)[1] = [float("nan"), 13.1]
    path.write_text(json.dumps(content), encoding="utf-8")

    assert "NaN is not a number in JSON" in folder.fault()


def test_districts_are_not_optional(folder: Folder) -> None:
    folder.path("districts.geojson").unlink()

    assert folder.fault().endswith("districts.geojson: No such file or directory")
