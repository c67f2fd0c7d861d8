"""The dashboards of counts: a supervisor's city, all cities for officials, and nothing for anybody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
from starlette.testclient import TestClient

from city_config import City
from nagara.cities import city_of
from tests.api.conftest import Staff
from tests.helpers import file


def totals(answer: Any, city: str) -> dict[str, int]:
    """What an answer says of a city, over all its codes and months."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    [row] = [row for row in told["cities"] if row["city"] == city]
    for code in row["codes"]:
        assert {len(code[kind]) for kind in ("received", "open", "closed")} == {len(told["months"])}
    return {kind: sum(sum(code[kind]) for code in row["codes"]) for kind in ("received", "open", "closed")}


def test_what_is_committed_is_in_the_next_answer_of_those_who_may_ask(
    client: TestClient, owner: psycopg.Connection[Any], phnom_penh: City
) -> None:
    now = dt.datetime.now(dt.UTC)
    months = {"period": f"{now - dt.timedelta(days=40):%Y-%m}..{now + dt.timedelta(days=20):%Y-%m}"}
    supervisor = Staff(client, "supervisor@kh-pnh", "supervisor")
    official = Staff(client, "official@network", "official")
    network = "/api/v1/network/counts"
    assert totals(supervisor.get("/counts", **months), "kh-pnh")["received"] == 0
    known = [file(phnom_penh), file(phnom_penh), file(city_of("th-bkk"))]
    for asked in (
        supervisor.get("/counts", **months),
        client.get(network, params=months, headers=official.headers),
    ):
        assert totals(asked, "kh-pnh") == {"received": 2, "open": 2, "closed": 0}
    owner.execute("update request set closed_at = now() where id = %s", (known[0].id,))
    assert totals(supervisor.get("/counts", **months), "kh-pnh") == {"received": 2, "open": 1, "closed": 1}
    every = client.get(network, params=months, headers=official.headers)
    assert totals(every, "th-bkk") == {"received": 1, "open": 1, "closed": 0}
    one = client.get(network, params=months | {"city": "th-bkk"}, headers=official.headers)
    assert [row["city"] for row in one.json()["cities"]] == ["th-bkk"]
    assert [row["city"] for row in supervisor.get("/counts", **months).json()["cities"]] == ["kh-pnh"]
    assert client.get(network, params=months, headers=supervisor.headers).status_code == 403
    assert Staff(client, "agent@kh-pnh", "agent").get("/counts", **months).status_code == 403
    assert supervisor.get("/counts", period="nonsense").status_code == 422
