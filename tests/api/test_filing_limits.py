"""Filing counts by address, device and contact; whoever is refused is told the whole time to wait."""

from __future__ import annotations

import concurrent.futures
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from httpx import Response
from starlette.testclient import TestClient

from nagara.rate_limits import LIMITS, RateLimiter
from tests.api.test_requests import CENTRAL_MARKET, FILE, RUBBISH, counts


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


def keyed(client: TestClient, key: str, **fields: Any) -> Response:
    """A report under an idempotency key."""
    answer: Response = client.post(FILE, json=RUBBISH | fields, headers={"Idempotency-Key": key})
    return answer


def test_fifty_at_once_under_one_key_count_as_the_one_report_they_are(
    limited: TestClient, owner: psycopg.Connection[Any]
) -> None:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: keyed(limited, "once"), range(50)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(200)) == (1, 49)
    assert len({answer.text for answer in answers}) == 1
    assert counts(owner) == (1, 1, 1, 1)
    # All but one of what the contact may file in an hour is left.
    left = [keyed(limited, f"next {number}") for number in range(LIMITS["file by contact"][0].times - 1)]
    assert {answer.status_code for answer in left} == {201}


def test_whoever_is_held_is_still_told_what_stands(
    limited: TestClient, owner: psycopg.Connection[Any]
) -> None:
    first = keyed(limited, "stands")
    limiter: RateLimiter = limited.app.state.resources.limiter  # type: ignore[attr-defined]
    limiter._secret = uuid.uuid4().bytes  # as a day later: nothing is remembered of it
    most = LIMITS["file by contact"][0]
    for _ in range(2 * most.times):  # twice, should an hour end in between
        if (last := several(limited, 1)[0]).status_code == 429:
            break
    refused(last, most.seconds)
    again = keyed(limited, "stands")
    assert (again.status_code, again.json()) == (200, first.json())
    # Another body under the key, and a key under which nothing stands, are held as any report is.
    refused(keyed(limited, "stands", description="other"), most.seconds)
    refused(keyed(limited, "new"), most.seconds)
    refused(keyed(limited, "new"), most.seconds)
    assert owner.execute("select count(*) from request where idempotency_key = 'new'").fetchone() == (0,)


def call(client: TestClient, what: str) -> Response:
    """Something a device does besides filing; whether it is right does not matter to the limit."""
    sent: dict[str, dict[str, Any]] = {
        "/api/v1/cities/kh-pnh/media": {"files": {"file": ("a.jpg", b"no picture")}},
        f"{FILE}/check": {"json": {"service_code": "waste_missed", **CENTRAL_MARKET}},
        "/api/v1/requests/PNH-2345678-2/additions": {
            "json": {"text": "x"},
            "params": {"token": uuid.uuid4().hex},
        },
    }
    url = next(url for url in sent if url.endswith({"say": "additions"}.get(what, what)))
    answer: Response = client.post(url, headers={"Nagara-Device": "one-phone-of-many"}, **sent[url])
    return answer


@pytest.mark.parametrize("what", ["media", "check", "say"])
def test_a_device_is_held_in_all_it_sends(limited: TestClient, what: str) -> None:
    minutely = LIMITS[f"{what} by device"][0]
    assert minutely.times < LIMITS[what][0].times
    for _ in range(2 * minutely.times):  # twice, should a minute end in between
        if (last := call(limited, what)).status_code == 429:
            break
    refused(last, minutely.seconds)
