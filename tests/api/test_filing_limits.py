"""Filing counts by address, device and contact; whoever is refused is told the whole time to wait."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from nagara.rate_limits import LIMITS, RateLimiter
from tests.api.test_requests import FILE, RUBBISH


@pytest.fixture
def limited(client: TestClient) -> Iterator[TestClient]:
    """A client whose calls are counted, from nothing on."""
    limiter: RateLimiter = client.app.state.resources.limiter  # type: ignore[attr-defined]
    secret = limiter._secret
    limiter._enabled, limiter._secret = True, uuid.uuid4().bytes
    yield client
    limiter._enabled, limiter._secret = False, secret


def several(client: TestClient, times: int, device: str | None = None, **fields: Any) -> list[Response]:
    """Reports filed one after the other."""
    headers = {"Nagara-Device": device} if device else {}
    return [client.post(FILE, json=RUBBISH | fields, headers=headers) for _ in range(times)]


def refused(answer: Response, seconds: int) -> int:
    """The seconds a refusal tells to wait, which are within the window."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests"), answer.text
    wait = int(answer.headers["Retry-After"])
    assert 0 < wait <= seconds
    return wait


def test_a_contact_is_held_and_told_the_hour_and_others_file_on(limited: TestClient) -> None:
    hourly = LIMITS["file by contact"][0]
    contact = {"email": "tireless@example.org"}
    answers = several(limited, hourly.times + 1, contact=contact)
    # The hour may have ended in between; then the contact has begun anew and one more is let through.
    if answers[-1].status_code == 201:
        answers = several(limited, hourly.times, contact=contact)
    refused(answers[-1], hourly.seconds)
    [same] = several(limited, 1, contact={"email": "Tireless@Example.ORG"})
    refused(same, hourly.seconds)
    [other] = several(limited, 1, contact={"email": "somebody.else@example.org"})
    assert other.status_code == 201


def test_a_device_is_held_though_its_address_may_file_on(limited: TestClient) -> None:
    minutely = LIMITS["file by device"][0]
    answers = several(limited, minutely.times + 1, device="one-phone-of-many", contact=None)
    if answers[-1].status_code == 201:
        answers = several(limited, minutely.times, device="one-phone-of-many", contact=None)
    refused(answers[-1], minutely.seconds)
    [other] = several(limited, 1, device="another-phone-here", contact=None)
    assert other.status_code == 201
