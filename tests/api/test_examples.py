"""The API document shows by example: each body, the main answers; and each example is what its schema says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

from api.examples import METHODS, answers, bodies
from tests.api.open311 import V2, key

OPEN = re.compile(r"/(api/v1/(cities|network|requests|about)|open311/v2|ogc|tiles|open-data)")
"""What integrators read first: every one of their successful JSON answers has an example."""

WITHOUT = re.compile(
    r"/reviews|/appointments|/federation|/review-notices|/internal|/counts|/notices|/telegram|/confirm|/link"
    r"|/reports/\{report\}|/announcements|/questions|/proof|requests\.geojson|/ogc/conformance|/v2/discovery"
)
"""But those that only few of them meet."""


@pytest.fixture
def document(application: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = application.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method} {path}", path, methods[method]


def faults(document: dict[str, Any], where: str, content: dict[str, Any]) -> list[str]:
    """What is wrong with the examples beside a schema, and of the schema itself."""
    schema = content.get("schema", {})
    named = schema
    while "$ref" in named:
        named = document["components"]["schemas"][named["$ref"].rpartition("/")[2]]
    examples = [content["example"]] if "example" in content else []
    checked = jsonschema_rs.Draft202012Validator(
        schema | {"components": document["components"]}, validate_formats=True
    )
    return [
        f"{where}: {'.'.join(map(str, error.instance_path))}: {error.message[:200]}"
        for example in [*examples, *named.get("examples", ())]
        for error in checked.iter_errors(example)
    ]


def test_every_operation_has_a_name_and_every_body_an_example_that_is_right(document: dict[str, Any]) -> None:
    wrong: list[str] = []
    named: list[str] = []
    seen = 0
    for where, _, operation in operations(document):
        named.append(operation.get("operationId", where))
        if not re.fullmatch(r"[a-z][a-z0-9_]+", named[-1]) or not operation.get("summary"):
            wrong.append(f"{where} has no stable name or no summary")
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            seen += 1
            if "example" not in content:
                wrong.append(f"{where} has no example of a body as {kind}")
            wrong += faults(document, where, content)
    assert wrong == []
    assert len(named) == len(set(named)), "an operation id is given twice"
    assert seen > 70
    assert [name for name in document["components"]["schemas"] if "__" in name] == [], "two of one name"
    assert set(bodies()) <= set(named), "an example of an operation that is gone"


def test_the_main_answers_have_examples_that_are_right(document: dict[str, Any]) -> None:
    wrong: list[str] = []
    shown = set()
    for where, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json", {})
            if "example" in content:
                shown.add(operation["operationId"])
                wrong += faults(document, where, content)
            elif status[0] == "2" and content.get("schema") and OPEN.match(path) and not WITHOUT.search(path):
                wrong.append(f"{where} has no example of its answer")
    assert wrong == []
    assert shown == set(answers()), "an example of an operation that is gone"
    assert len(shown) > 40


def test_examples_are_taken_as_they_stand(client: TestClient) -> None:
    """Sent to a city, what a resident and another system would send is taken."""
    city = "/api/v1/cities/kh-pnh"
    for path, name in (
        (f"{city}/requests/check", "check_request"),
        (f"{city}/requests", "file_request"),
        (f"{city}/services/suggestions", "suggest_services"),
    ):
        answer = client.post(path, json=bodies()[name])
        assert answer.status_code in (200, 201), (name, answer.text)
    filing = bodies()["open311_file_request"] | {"api_key": key()}
    answer = client.post(f"{V2}/requests.json", data={name: str(value) for name, value in filing.items()})
    assert answer.status_code == 200, answer.text
