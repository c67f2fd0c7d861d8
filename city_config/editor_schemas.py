"""JSON Schemas of the YAML files, from the models, so that editors complete, explain and underline."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from city_config.loader import GEOJSON_FILES
from city_config.schema import City, Network

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def city_schema() -> dict[str, Any]:
    """For every YAML file of a city's folder: together they are the city, so none needs all keys."""
    schema = _schema(
        City,
        "A YAML file of a city's folder: city.yaml, services.yaml, routing.yaml, rounds.yaml, landmarks.yaml, "
        "ladder.yaml",
    )
    for field in (*GEOJSON_FILES, "fingerprint"):
        del schema["properties"][field]
    del schema["required"]
    return schema


def network_schema() -> dict[str, Any]:
    """For network.yaml."""
    return _schema(Network, "network.yaml: what all cities share")


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"$schema": DRAFT} | schema | {"title": title}
