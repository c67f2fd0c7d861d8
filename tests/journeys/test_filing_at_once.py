"""The same report sent many times at once, over real connections to the served application: one row, equal answers."""

from __future__ import annotations

import http.client
import json
import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from tests.conftest import Live
from tests.waiting import PATIENCE_SECONDS

FILE = "/api/v1/cities/kh-pnh/requests"
PHONES = 16
"""At once; the server has fewer processes than that."""


@pytest.fixture
def http_client(live_server: Live) -> Iterator[httpx.Client]:
    """Connections of their own for each that sends."""
    limits = httpx.Limits(max_connections=PHONES)
    with httpx.Client(base_url=str(live_server), timeout=PATIENCE_SECONDS, limits=limits) as client:
        yield client


def somewhere() -> dict[str, Any]:
    """A report at a place of its own, so that runs do not meet."""
    chance = random.Random()
    return {
        "service_code": "waste_overflow",
        "lat": round(11.56 + chance.random() / 100, 6),
        "lon": round(104.91 + chance.random() / 100, 6),
        "description": f"ធុងពេញ {uuid.uuid4()}",
        "contact": {"email": "resident@example.org"},
    }


def picture(http_client: httpx.Client, colour: str) -> str:
    """Send a picture ahead; returns its id."""
    written = BytesIO()
    Image.new("RGB", (64, 48), colour).save(written, "JPEG")
    answer = http_client.post("/api/v1/cities/kh-pnh/media", files={"file": ("a.jpg", written.getvalue())})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def sent_at_once(http_client: httpx.Client, body: dict[str, Any], times: int = 50) -> list[httpx.Response]:
    """The same body under one key, so many times."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with ThreadPoolExecutor(PHONES) as pool:
        return list(pool.map(lambda _: http_client.post(FILE, json=body, headers=key), range(times)))


@pytest.mark.parametrize("kind", ["words", "pictures", "me too", "me too with pictures"])
def test_fifty_at_once_under_one_key_are_one_request(http_client: httpx.Client, kind: str) -> None:
    body = somewhere()
    first = None
    if "pictures" in kind:
        body["media"] = [picture(http_client, "red"), picture(http_client, "green")]
    if "me too" in kind:
        first = http_client.post(FILE, json={**body, "media": []}).json()["reference"]
        body["same_as"] = first
    answers = sent_at_once(http_client, body)
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert [answer.status_code for answer in answers].count(201) == 1
    assert len({answer.text for answer in answers}) == 1
    filed = answers[0].json()
    assert filed["joined"] == first
    own = http_client.get(filed["status_url"], params={"token": filed["token"]}).json()
    kinds = [event["kind"] for event in own["timeline"]]
    assert kinds == (["filed", "duplicate_linked"] if first else ["filed"])
    assert len(own["photos"]) == len(body.get("media", []))
    place = {name: body[name] for name in ("service_code", "lat", "lon")}
    near = http_client.post(f"{FILE}/check", json=place).json()["nearby"]
    here = [report for report in near if report["metres"] == 0]
    assert [report["reference"] for report in here] == [first or filed["reference"]]
    assert here[0]["others"] == (1 if first else 0)


def test_a_body_in_pieces_that_grows_too_large_is_told_so(live_server: Live) -> None:
    """Nothing says beforehand how long a body in pieces will be; it is refused where it passes the limit."""
    where = urlsplit(str(live_server))
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_SECONDS)

    def pieces() -> Iterator[bytes]:
        yield json.dumps(somewhere())[:-1].encode() + b', "address": "'
        for _ in range(40):
            yield b"x" * 50_000

    connection.putrequest("POST", FILE)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    try:
        for piece in pieces():
            connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass  # the answer came before the end of the body
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    assert (answer.status, error["code"]) == (413, "too_large")
    assert error["allowed"] == "at most 1048576 bytes"
