"""Whatever the API refuses, a resident's page has words for in their own language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.error_responses import STATUS
from nagara import errors

SHARED = Path(__file__).resolve().parent.parent.parent / "web" / "shared"


def kinds(root: type[errors.NagaraError]) -> Iterator[type[errors.NagaraError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def _status(kind: type[errors.NagaraError]) -> int:
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def test_every_refusal_has_words_of_its_own_or_of_its_kind() -> None:
    problem = json.loads((SHARED / "messages" / "en.json").read_text())["problem"]
    own = set(problem) | set(problem["resident"])
    table = re.search(r"const KINDS.*?= \{(.*?)\};", (SHARED / "errors.ts").read_text(), re.DOTALL)
    assert table
    by_status = {int(status): word for status, word in re.findall(r"(\d+): '(\w+)'", table[1])}
    assert set(by_status.values()) <= set(problem["resident"])
    without = {
        (kind.code, status)
        for kind in kinds(errors.NagaraError)
        if (status := _status(kind)) < 500 and status not in by_status and kind.code not in own
    }
    assert not without
    assert {"report_erased", "no_route", "too_many_requests"} <= own


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"service_code": "waste_missed"}', "text/plain", 422),
        (b'{"service_code": "waste_missed"}', "application/x-www-form-urlencoded", 422),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{", "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
    ],
)
def test_a_body_that_is_none_is_told_what_would_be_one(
    application: TestClient, content: bytes, kind: str, status: int
) -> None:
    answer = application.post(
        "/api/v1/cities/kh-pnh/requests", content=content, headers={"Content-Type": kind}
    )
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error["message"].startswith("The body ")
    assert "JSON" in error["allowed"]
