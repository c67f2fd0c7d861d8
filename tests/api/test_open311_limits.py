"""Who files through another system is held like anybody else, and holds nobody else there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from nagara.rate_limits import LIMITS, RateLimiter
from tests.api.open311 import key, post


@pytest.fixture
def limited(client: TestClient) -> Iterator[TestClient]:
    """A client whose calls are counted, from nothing on."""
    limiter: RateLimiter = client.app.state.resources.limiter  # type: ignore[attr-defined]
    secret = limiter._secret
    limiter._enabled, limiter._secret = True, uuid.uuid4().bytes
    yield client
    limiter._enabled, limiter._secret = False, secret


@pytest.mark.parametrize(
    ("what", "who", "other"),
    [
        ("file by contact", {"email": "tireless@example.org"}, {"email": "else@example.org"}),
        ("file by device", {"device_id": "one-phone"}, {"device_id": "another-phone"}),
    ],
)
def test_a_contact_and_a_device_are_held_there_too(
    limited: TestClient, what: str, who: dict[str, Any], other: dict[str, Any]
) -> None:
    most, system = LIMITS[what][0], key()
    last: httpx.Response | None = None
    for _ in range(2 * most.times + 1):  # twice, should a window end in between
        last = post(limited, system, **who)
        if last.status_code == 429:
            break
    assert last is not None and last.status_code == 429, last and last.text
    assert 0 < int(last.headers["Retry-After"]) <= most.seconds
    assert post(limited, system, **other).status_code == 200
    assert LIMITS["file by system"][0].times > LIMITS["file"][0].times
