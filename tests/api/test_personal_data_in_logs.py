"""A report with everything personal in it, filed, told about and read by staff: none of it stands in a log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient

from nagara import logs
from nagara.database import clock_connection
from nagara.notifications import compose
from tests.api.conftest import Staff

Connection = psycopg.Connection[Any]
PERSONAL = {
    "name": "Quillon Featherstonehaugh",
    "email": "quillon.f@example.org",
    "phone": "+855 12 987 654",
    "words": "My neighbour Xanthippe shouts all night",
    "address": "House 4711, Lane Zyzzyva",
}
FRAGMENTS = ("Quillon", "quillon", "example.org", "987 654", "987654", "Xanthippe", "Zyzzyva")


@pytest.fixture
def log_lines() -> Iterator[StringIO]:
    """Everything any logger says from now on, down to the finest."""
    logs.configure()
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setLevel(logging.DEBUG)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def test_nothing_personal_is_logged_or_stands_in_an_address(
    client: TestClient,
    agent: Staff,
    owner: Connection,
    log_lines: StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    client.event_hooks["request"] = [lambda request: asked.append(str(request.url))]
    try:
        body: dict[str, Any] = {
            "service_code": "waste_missed",
            "lat": 11.5564,
            "lon": 104.9282,
            "description": PERSONAL["words"],
            "address": PERSONAL["address"],
            "contact": {name: PERSONAL[name] for name in ("name", "email", "phone")},
        }
        filed = client.post("/api/v1/cities/kh-pnh/requests", json=body).json()
        refused = [
            client.post("/api/v1/cities/kh-pnh/requests", json=body | {"service_code": "none"}),
            client.post("/api/v1/cities/kh-pnh/requests", json=body | {"lat": "north"}),
            client.post("/api/v1/cities/kh-pnh/requests", json=body | {"unknown": PERSONAL["words"]}),
            client.post(
                "/api/v1/cities/kh-pnh/requests", content=b'{"description": "' + b"\xff" + b"Xanthippe"
            ),
        ]
        status = client.get(filed["status_url"], params={"token": filed["token"]})
        contact = client.post(
            f"/api/v1/staff/requests/{filed['reference']}/contact",
            json={"why": "To call back"},
            headers=agent.headers,
        )
        agent.move(filed["reference"], "acknowledge")
    finally:
        client.event_hooks["request"] = []
    with clock_connection() as connection:
        composed = compose(connection)
        connection.commit()
    assert (status.status_code, contact.status_code) == (200, 200)
    assert composed.notices >= 2
    assert all(answer.status_code >= 400 for answer in refused)

    said = log_lines.getvalue() + "".join(capfd.readouterr())
    for fragment in FRAGMENTS:
        assert fragment not in said, f"a log line holds {fragment}"
        assert not any(fragment in url for url in asked)
    assert filed["token"] not in re.sub(r"HTTP Request: .*", "", said), "nor does the private link"

    for table in ("event", "event_outbox", "config_version"):
        held = str(owner.execute(f"select * from {table}").fetchall())
        assert not [fragment for fragment in FRAGMENTS if fragment in held], table
    sealed = str(owner.execute("select sealed from contact").fetchall())
    assert not [fragment for fragment in FRAGMENTS if fragment in sealed]


def test_public_answers_to_a_known_reference_hold_nothing_personal(client: TestClient) -> None:
    body: dict[str, Any] = {
        "service_code": "waste_missed",
        "lat": 11.5564,
        "lon": 104.9282,
        "description": PERSONAL["words"],
        "address": PERSONAL["address"],
        "contact": {name: PERSONAL[name] for name in ("name", "email", "phone")},
    }
    filed = client.post("/api/v1/cities/kh-pnh/requests", json=body).json()
    reference = filed["reference"]
    answers: list[httpx.Response] = [
        client.get(f"/api/v1/requests/{reference}"),
        client.get("/api/v1/cities/kh-pnh/requests"),
        client.get("/api/v1/cities/kh-pnh/requests.geojson"),
        client.get(f"/open311/v2/requests/{reference}.json", params={"jurisdiction_id": "kh-pnh"}),
        client.get("/open311/v2/requests.json", params={"jurisdiction_id": "kh-pnh"}),
        client.get("/api/v1/feeds/kh-pnh/requests.rss"),
    ]
    for answer in answers:
        assert answer.status_code == 200, (answer.url, answer.text[:300])
        assert reference in answer.text
        assert not [fragment for fragment in FRAGMENTS if fragment in answer.text], answer.url
