"""Every route of the application, and how to call it: parameters of the path from a table, bodies from the document.

A route whose path has a parameter that is not in ``PARAMETERS`` fails every walk, with a message saying so.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.dependencies import current_account, current_person, current_staff, public
from nagara.ids import check_character
from nagara.lifecycle import Move
from nagara.permissions import Permission, permission_for
from tests.test_architecture import dependencies, routes

PARAMETERS: Mapping[str, str] = {
    "city": "kh-pnh",
    "reference": f"PNH-2222222-{check_character('PNH2222222')}",
    "id": str(uuid.UUID(int=7)),
    "move": "note",
    "number": "1",
    "collection": "requests",
    "feature": f"PNH-2222222-{check_character('PNH2222222')}",
    "day": "latest",
    "file": "requests.csv",
    "z": "15",
    "x": "25931",
    "y": "15322",
    "username": "somebody-else",
    "owner": "roads",
    "report": "2026-01",
    "page": "summary",
    "key": "kh-pnh.nothing",
    "token": "kh-pnh.nothing",
    "quarter": "2026-Q1",
}
"""What stands for a parameter of a path where nothing else is said. Name a new parameter here, and in
``ROWS`` of the walk over cities if it names a row."""

STREAMS = frozenset({"/api/v1/staff/live", "/api/v1/staff/wall/live"})
"""Answers that never end; they are asked for their head alone."""

BODIES: Mapping[str, Any] = {
    "make_move": {"note": "A note."},
    "decide_publication": {"public": True, "reason": "nothing_against_it"},
    "block_contact": {"days": 1, "reason": "abuse"},
}
"""Bodies that the document does not describe well enough to make one up, by operation."""


@dataclass(frozen=True)
class Call:
    """One method of one route."""

    route: APIRoute
    method: str
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.route.path}"

    @property
    def operation(self) -> str:
        """Its stable name."""
        return str(self.route.operation_id)

    @property
    def asked_with(self) -> str:
        """The method to ask with: a stream is asked for its head."""
        return "HEAD" if self.route.path in STREAMS else self.method

    @cached_property
    def _calls(self) -> set[Any]:
        return dependencies(self.route)

    @property
    def is_open(self) -> bool:
        """Whether anybody may call it."""
        return public in self._calls

    @property
    def permissions(self) -> set[Permission]:
        """The permissions it declares."""
        declared = {call.permission for call in self._calls if hasattr(call, "permission")}
        if self.operation == "make_move":  # a move needs its own besides
            declared.add(permission_for(Move(PARAMETERS["move"])))
        return declared

    @property
    def for_people(self) -> bool:
        """Whether keys are refused, whatever their scopes."""
        return bool({current_account, current_person} & self._calls)

    @property
    def for_staff(self) -> bool:
        """Whether somebody has to be signed in."""
        return current_staff in self._calls or any(hasattr(call, "permission") for call in self._calls)

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return re.findall(r"{(\w+)(?::\w+)?}", self.route.path)

    def path(self, **given: str) -> str:
        """Its address with parameters filled in."""
        values = {**PARAMETERS, **given}
        for name in self.parameters:
            assert name in values, (
                f"{self}: the path parameter {name!r} is new; say in walking.PARAMETERS what stands for it, "
                f"and in ROWS of test_other_cities.py which table's row it names"
            )
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: values[found[1]], self.route.path)

    def body(self, **given: Any) -> dict[str, Any]:
        """A JSON body that the document calls valid, as arguments of a client's ``request``."""
        if self.operation in BODIES:
            return {"json": BODIES[self.operation] | given}
        operation = self.document["paths"][self.route.path][self.method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return {}
        return {"json": example(content["application/json"]["schema"], self.document) | given}

    def query(self) -> dict[str, Any]:
        """Values for the parameters of the query that it cannot do without."""
        operation = self.document["paths"][self.route.path][self.method.lower()]
        return {
            parameter["name"]: example(parameter["schema"], self.document)
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query" and parameter.get("required")
        }


def every_call(app: FastAPI) -> list[Call]:
    """All methods of all routes, in the order in which they are matched."""
    document = app.openapi()
    calls = [Call(route, method, document) for route in routes(app) for method in sorted(route.methods or ())]
    assert len(calls) > 60
    return calls


def example(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The least value that a schema takes: what is required, and of that the first that is possible."""
    if "$ref" in schema:
        named: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            named = named[part]
        return example(named, document)
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example(schema[choice][0], document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(schema, document)


def _of_type(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: example(properties[name], document) for name in schema.get("required", ())}
        case "array":
            prefix = [example(item, document) for item in schema.get("prefixItems", ())]
            return prefix or [example(schema["items"], document)] * max(schema.get("minItems", 0), 0)
        case "string":
            return _text(schema)
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case other:
            return False if other == "boolean" else None


def _text(schema: Mapping[str, Any]) -> str:
    formats = {"uuid": PARAMETERS["id"], "date-time": "2027-01-01T00:00:00Z", "date": "2027-01-01"}
    return formats.get(schema.get("format", ""), "text".ljust(int(schema.get("minLength", 0)), "x"))
