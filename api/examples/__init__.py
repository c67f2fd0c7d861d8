"""Examples of the API document: a body of each operation that takes one, and what the main ones answer.

They stand beside the code, not in it, by operation id: ``bodies.yaml`` is written by hand, ``answers.json`` recorded
of a city with simulated requests, its lists cut short. A test holds each against the schema it stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml

HERE = Path(__file__).resolve().parent
METHODS = ("get", "post", "put", "patch", "delete")

Operation = dict[str, Any]


@cache
def bodies() -> Mapping[str, Any]:
    """A body by operation id."""
    found: dict[str, Any] = yaml.safe_load((HERE / "bodies.yaml").read_text(encoding="utf-8"))
    return found


@cache
def answers() -> Mapping[str, Any]:
    """An answer by operation id."""
    found: dict[str, Any] = orjson.loads((HERE / "answers.json").read_bytes())
    return found


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of an OpenAPI document."""
    for methods in document["paths"].values():
        yield from (methods[name] for name in METHODS if name in methods)


def add_examples(document: Mapping[str, Any]) -> None:
    """Put the examples into a document, and name each operation as its id does: functions' names say less."""
    for operation in operations(document):
        name = operation["operationId"]
        operation["summary"] = name.replace("_", " ").capitalize()
        if name in bodies():
            for content in operation["requestBody"]["content"].values():
                content["example"] = bodies()[name]
        if name in answers():
            success = min(status for status in operation["responses"] if status.startswith("2"))
            for status in {success, "200", "201"} & operation["responses"].keys():
                operation["responses"][status]["content"]["application/json"]["example"] = answers()[name]
