"""A citizen keeps a proof of their request and holds it against what the network published."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.testclient import TestClient

from nagara.ids import check_character
from nagara.trust.proof import verify_proof
from tests.api.test_requests import FILE, RUBBISH
from tests.helpers import Connection
from tests.workers.test_tasks import Run, run

__all__ = ["run"]
ROOTS = "/api/v1/network/roots"


def test_a_request_is_proved_under_the_root_that_the_network_published(
    client: TestClient, owner: Connection, run: Run
) -> None:
    filed = client.post(FILE, json=RUBBISH).json()
    url = f"/api/v1/requests/{filed['reference']}/proof"
    early = client.get(url, params={"token": filed["token"]})
    assert (early.status_code, early.json()["error"]["code"]) == (404, "unknown_proof")
    run("trust.seal")
    proof = client.get(url, params={"token": filed["token"]}).json()
    published = client.get(ROOTS, params={"city": "kh-pnh"}).json()["roots"]
    assert [root["requests"] for root in published] == [1]
    assert proof["network"]["hash"] == published[0]["hash"]
    verify_proof(proof, published[0]["hash"])
    assert "resident" not in str(proof)
    for private in ("Monday", "mizuda", "11.5"):
        assert private not in str(proof)
    everywhere = client.get(ROOTS).json()["roots"]
    assert everywhere == published, "a city without a request has nothing to seal"
    assert {root["way"] for root in everywhere} == {"hosted"}
    run("trust.seal")
    assert client.get(ROOTS).json()["roots"] == everywhere, "a day has one root"


def test_a_request_that_is_not_shown_is_not_proved_either(
    client: TestClient, owner: Connection, run: Run
) -> None:
    filed = client.post(FILE, json=RUBBISH | {"confidential": True}).json()
    run("trust.seal")
    url = f"/api/v1/requests/{filed['reference']}/proof"
    assert client.get(url).json()["error"]["code"] == "unknown_request"
    assert client.get(url, params={"token": filed["token"]}).status_code == 200
    other = f"PNH-2222222-{check_character('PNH2222222')}"
    assert client.get(f"/api/v1/requests/{other}/proof").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"city": "xx-yyy"}, 404),
        ({"before": "soon"}, 422),
        ({"limit": 0}, 422),
        ({"limit": 401}, 422),
        ({"before": "2026-01-01"}, 200),
    ],
)
def test_wrong_questions_about_roots_are_refused(
    client: TestClient, query: dict[str, str], status: int
) -> None:
    assert client.get(ROOTS, params=query).status_code == status


def test_a_city_whose_past_changed_is_named_and_hands_nothing_over(
    client: TestClient, owner: Connection, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    client.post(FILE, json=RUBBISH)
    run("trust.seal")
    owner.execute("set session_replication_role = replica")
    owner.execute(
        "update trust_root set hash = sha256(hash), as_of = as_of - interval '3 days', day = day - 3"
    )
    owner.execute("update network_root set as_of = as_of - interval '1 day', day = day - 1 ")
    owner.execute("set session_replication_role = origin")
    run("trust.seal")
    assert "the network refuses a root" in caplog.text
    assert "kh-pnh" in caplog.text
    held = client.get(ROOTS, params={"city": "kh-pnh"}).json()["roots"]
    assert [root["day"] for root in held] == [
        (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)).isoformat()
    ]
