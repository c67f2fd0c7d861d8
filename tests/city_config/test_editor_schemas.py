"""The schemas for editors say what the models say: every key explained, every shipped file right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from city_config.editor_schemas import city_schema, network_schema
from city_config.loader import CITY_FILES
from city_config.yaml_source import read_yaml
from tests.city_config.conftest import SHIPPED

FILES = [
    path for path in sorted((SHIPPED / "cities").glob("*/*.yaml")) if not path.name.startswith("import_")
]


def as_json(value: Any) -> Any:
    """What an editor sees: dates are text in JSON."""
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else value.isoformat()


def objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "the file", schema
    yield from schema["$defs"].items()


@pytest.mark.parametrize("schema", [city_schema(), network_schema()], ids=["city", "network"])
def test_every_key_is_explained_and_no_other_is_allowed(schema: dict[str, Any]) -> None:
    for name, part in objects(schema):
        if "properties" not in part:
            continue
        assert part["additionalProperties"] is False, name
        for key, described in part["properties"].items():
            assert described.get("description"), f"{name}.{key} says nothing"


def test_one_schema_serves_each_file_of_a_city() -> None:
    schema = city_schema()
    assert "required" not in schema
    assert not {"districts", "areas", "boundary", "fingerprint"} & schema["properties"].keys()
    assert {"services", "rules", "rounds", "departments"} <= schema["properties"].keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_files_are_right_by_the_schema(path: Path) -> None:
    jsonschema_rs.validate(city_schema(), as_json(read_yaml(path).values))


def test_the_network_file_is_right_by_its_schema() -> None:
    jsonschema_rs.validate(network_schema(), as_json(read_yaml(SHIPPED / "network.yaml").values))


def test_a_misspelt_key_is_underlined(tmp_path: Path) -> None:
    assert "city.yaml" in CITY_FILES
    mistakes: list[dict[str, Any]] = [
        {"servces": []},
        {"near_metres": "far"},
        {"rules": [{"id": "a", "owner": "b"}]},
    ]
    for wrong in mistakes:
        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.validate(city_schema(), wrong)
