"""A report with everything personal in it: none of it stands in a log, nor anywhere once it was erased or is over."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient

from city_config.policy import Retention
from nagara import logs
from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.notifications import compose
from nagara.photos.storage import media_store
from nagara.residents import retention
from nagara.settings import settings
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


def personal_report(client: TestClient) -> dict[str, Any]:
    """Filed with contact and words, released and reworded, talked about, closed; told of by mail."""
    body: dict[str, Any] = {
        "service_code": "waste_missed",
        "lat": 11.5564,
        "lon": 104.9282,
        "description": PERSONAL["words"],
        "address": PERSONAL["address"],
        "contact": {name: PERSONAL[name] for name in ("name", "email", "phone")},
    }
    filed: dict[str, Any] = client.post("/api/v1/cities/kh-pnh/requests", json=body).json()
    supervisor = Staff(client, "supervisor@kh-pnh", "supervisor")
    reference = filed["reference"]
    said = client.post(
        f"/api/v1/requests/{reference}/additions",
        json={"text": f"Ask {PERSONAL['name']}"},
        params={"token": filed["token"]},
    )
    assert said.status_code in (200, 201), said.text
    reworded = client.post(
        f"/api/v1/staff/requests/{reference}/publication",
        json={"description": "Noise near the home of Xanthippe", "reason": "personal_data"},
        headers=supervisor.headers,
    )
    assert reworded.status_code == 200, reworded.text
    assert supervisor.move(reference, "resolve", reason="fixed").status_code == 200
    with clock_connection() as connection:
        compose(connection)
        connection.commit()
    return filed


def everything_kept(owner: Connection) -> dict[str, str]:
    """Every row of every table, as text, by table."""
    tables = owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {name: str(owner.execute(f"select t::text from {name} t").fetchall()) for (name,) in tables}


def holding(owner: Connection) -> dict[str, list[str]]:
    """What is personal and where it stands, by table."""
    found = {
        name: [fragment for fragment in FRAGMENTS if fragment in content]
        for name, content in everything_kept(owner).items()
    }
    return {name: fragments for name, fragments in found.items() if fragments}


def test_what_a_resident_erased_stands_nowhere_any_more(client: TestClient, owner: Connection) -> None:
    filed = personal_report(client)
    assert {"request", "resident_entry"} <= set(holding(owner)), "otherwise this proves nothing"
    erased = client.post(
        f"/api/v1/requests/{filed['reference']}/erase",
        json={"what": "everything"},
        params={"token": filed["token"]},
    )
    assert erased.status_code == 200, erased.text
    assert holding(owner) == {}
    for table in ("contact", "original_words", "subscription"):
        assert owner.execute(f"select count(*) from {table}").fetchone() == (0,), table


def test_what_is_over_stands_nowhere_any_more(client: TestClient, owner: Connection) -> None:
    personal_report(client)
    owner.execute("update request set closed_at = closed_at - interval '31 days'")
    city = configuration().cities["kh-pnh"]
    times = Retention(contact_days=30, photo_days=30, description_days=30, source="a test", confirmed=True)
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        keeping = city.model_copy(update={"retention": times})
        removed = retention.sweep(connection, media_store(settings()), {city.id: keeping}, now)
    assert removed == {"contact": 1, "photos": 0, "words": 1, "originals": 0}
    assert holding(owner) == {}


MARKUP = "<script>alert('x')</script><b onclick=y>bold</b> & \"quoted\""


def test_text_is_text_wherever_it_comes_out(
    client: TestClient, supervisor: Staff, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = configuration().cities["kh-pnh"]
    shown = city.publication.model_copy(update={"show_description": True})
    monkeypatch.setitem(city.__dict__, "publication", shown)
    body: dict[str, Any] = {
        "service_code": "waste_missed",
        "lat": 11.5564,
        "lon": 104.9282,
        "description": MARKUP,
        "address": MARKUP,
        "contact": {"name": MARKUP, "email": "somebody@example.org"},
    }
    filed = client.post("/api/v1/cities/kh-pnh/requests", json=body).json()
    reference = filed["reference"]
    assert supervisor.move(reference, "ask", note=MARKUP).status_code == 200
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"/api/v1/requests/{reference}", {"token": filed["token"]}),
        ("/api/v1/cities/kh-pnh/requests", {}),
        ("/api/v1/cities/kh-pnh/requests.geojson", {}),
        ("/api/v1/feeds/kh-pnh/requests.rss", {}),
        (f"/open311/v2/requests/{reference}.xml", {"jurisdiction_id": "kh-pnh", "extensions": "true"}),
        (f"/open311/v2/requests/{reference}.json", {"jurisdiction_id": "kh-pnh", "extensions": "true"}),
    ]
    for url, params in asked:
        answer = client.get(url, params=params)
        assert answer.status_code == 200, (url, answer.text[:300])
        assert answer.headers["x-content-type-options"] == "nosniff", url
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind != "text/html", url
        if "xml" in kind:
            assert "<script" not in answer.text, url
            assert "<b " not in answer.text, url
        else:
            json.loads(answer.text)
    staff = supervisor.get(f"/requests/{reference}")
    assert staff.json()["description"] == MARKUP, "as it was written, for a page that shows it as text"
    with clock_connection() as connection:
        compose(connection)
        connection.commit()
    bodies = [row[0] for row in owner.execute("select body from notification").fetchall()]
    assert any(MARKUP in text for text in bodies), (
        "a mail is plain text, and says what was asked as it was asked"
    )
