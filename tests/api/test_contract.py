"""The API document is true: whatever it allows, and much it does not, gets an answer it describes and no 5xx."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from tests.api.conftest import Staff

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


STREAMS = ("/api/v1/staff/live", "/api/v1/staff/wall/live")
"""Answers without an end; the tests of live news read them."""

STANDS_STILL = "/health/time"
"""Without workers no time passes, and its 503 says so."""


@pytest.fixture(scope="session")
def document(application: TestClient) -> schemathesis.BaseSchema:
    """The document as served."""
    return schemathesis.openapi.from_dict(application.get("/openapi.json").json())


@pytest.fixture
def signed_in(client: TestClient) -> dict[str, str]:
    """Headers of a supervisor; the API reads them where it needs them."""
    return Staff(client, "supervisor@kh-pnh", "supervisor").headers


def as_bytes(content: Any) -> Any:
    """What stands where a file should, as httpx can send it: it takes bytes and text, not numbers and lists."""
    if isinstance(content, tuple):
        name, inner, *more = content
        return (name, as_bytes(inner), *more)
    return content if isinstance(content, bytes | str) else str(content).encode()


def test_the_document_is_true(
    document: schemathesis.BaseSchema, client: TestClient, signed_in: dict[str, str]
) -> None:
    untrue: list[str] = []
    operations = [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]
    operations = [one for one in operations if one.path not in STREAMS]
    for operation in operations:

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def holds(case: Case[Any]) -> None:
            if "city" in case.path_parameters:
                case.path_parameters["city"] = "kh-pnh"
            asked = case.as_transport_kwargs(base_url=str(client.base_url), headers=signed_in)
            asked.pop("cookies", None)
            if asked.get("files"):
                asked["files"] = [(name, as_bytes(content)) for name, content in asked["files"]]
            response = client.request(**asked, follow_redirects=False)
            response.request.read()  # a form is sent as a stream, and what fails is shown with what was sent
            checks = [one for one in CHECKS if case.path != STANDS_STILL or one is not not_a_server_error]
            case.validate_response(response, checks=checks)

        try:
            holds()
        except Exception as error:
            untrue.append(f"{operation.method.upper()} {operation.path}: {error}"[:2000])
    assert len(operations) > 25
    assert not untrue, "\n\n".join(untrue)
