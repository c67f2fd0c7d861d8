"""Officials see cities side by side; the public sees aggregates only; a report is built once and stays."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.indicators.build import build_all
from nagara.review.releases import release_simulated
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH


def build() -> None:
    """Compute every city's figures."""
    with clock_connection() as connection:
        build_all(connection, configuration(), time_told(connection))
        connection.commit()


def this_month(owner: psycopg.Connection[Any]) -> str:
    """The present month in Phnom Penh as a period."""
    row = owner.execute("select to_char(now() at time zone 'Asia/Phnom_Penh', 'YYYY-MM')").fetchone()
    assert row is not None
    return str(row[0])


def test_a_filed_request_is_counted(client: TestClient, owner: psycopg.Connection[Any], agent: Staff) -> None:
    for _ in range(3):
        client.post(FILE, json=RUBBISH)
    build()
    period = this_month(owner)
    shown = client.get("/api/v1/network/indicators", params={"period": period, "city": "kh-pnh"}).json()
    (city,) = shown["cities"]
    few = city["figures"]["N1"]
    assert (few["value"], few["n"], few["withheld"], few["flags"]) == (
        None,
        None,
        "fewer than 10",
        ["suppressed"],
    )
    assert city["figures"]["N3a.median"]["withheld"]
    assert not any(word in str(shown) for word in (RUBBISH["description"], "email", "phone", "address"))


def test_cities_stand_in_order_of_name_and_none_is_left_out(
    client: TestClient, owner: psycopg.Connection[Any]
) -> None:
    shown = client.get("/api/v1/network/indicators", params={"period": "2026-01"}).json()
    assert shown["cities"] == []
    assert len(shown["without_figures"]) == len(configuration().cities)
    build()
    shown = client.get("/api/v1/network/indicators", params={"period": "2026-01"}).json()
    names = [city["names"]["en"] for city in shown["cities"]]
    assert names == sorted(names)
    assert len(names) == len(configuration().cities)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"period": "yesterday"}, 422),
        ({"period": "2026-10..2026-09"}, 422),
        ({"period": "2026-13"}, 422),
        ({"period": "2026-01", "city": "xx-yyy"}, 404),
        ({"period": "2026-01", "code": "nonsense"}, 422),
    ],
)
def test_wrong_questions_are_refused(client: TestClient, query: dict[str, str], status: int) -> None:
    answer = client.get("/api/v1/network/indicators", params=query)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_every_figure_shown_is_defined(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    client.post(FILE, json=RUBBISH)
    build()
    defined = {d["id"] for d in client.get("/api/v1/network/definitions").json()["definitions"]}
    shown = client.get("/api/v1/network/indicators", params={"period": this_month(owner)}).json()
    for city in shown["cities"]:
        assert set(city["figures"]) <= defined


def test_only_officials_build_a_report_and_it_stays(
    client: TestClient, owner: psycopg.Connection[Any], agent: Staff
) -> None:
    client.post(FILE, json=RUBBISH)
    build()
    body = {"period": this_month(owner)}
    url = "/api/v1/network/reports"
    assert client.post(url, json=body).status_code == 401
    assert client.post(url, json=body, headers=agent.headers).status_code == 403
    official = Staff(client, "official@network", "official")
    built = client.post(url, json=body, headers=official.headers)
    assert built.status_code == 201, built.text
    again = client.post(url, json=body, headers=official.headers)
    assert again.json()["id"] == built.json()["id"]
    assert client.get(url).json()["reports"] == [], "a draft is not published"
    assert client.get(built.json()["url"]).status_code == 404
    with network_connection() as connection:
        release_simulated(connection, uuid.UUID(built.json()["id"]), "demo", time_told(connection))
    (listed,) = client.get(url).json()["reports"]
    page = client.get(listed["url"])
    assert page.headers["content-type"].startswith("text/html")
    assert "Phnom Penh" in page.text
    content = client.get(f"{listed['url']}.json").json()
    assert content["content_digest"] == listed["content_digest"]
    assert "resident@example.org" not in page.text + str(content)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner.execute("update network_report set html = 'better'")


def test_officials_have_no_queue(client: TestClient) -> None:
    official = Staff(client, "official@network", "official")
    assert official.get("/queue").status_code in (403, 404)


def test_unknown_reports_are_unknown(client: TestClient) -> None:
    missing = client.get("/api/v1/network/reports/00000000-0000-7000-8000-000000000000")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "unknown_report")
    assert client.get("/api/v1/network/reports/nonsense").status_code == 404
    assert client.get("/api/v1/network/reports/nonsense.pdf").status_code == 404
