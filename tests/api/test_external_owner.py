"""Staff see what stands at another body's back-end, find what could not go, and send it again."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from city_config import City
from nagara.settings import Settings
from tests.api.conftest import Staff
from tests.helpers import Known, file


def stands(owner: psycopg.Connection[Any], request: Known, code: str = "roads", **fields: Any) -> None:
    """A row of a request at a system."""
    values = {
        "state": "waiting",
        "last_error": None,
        "failed_at": None,
        "their_id": None,
        "sent_at": None,
    } | fields
    owner.execute(
        "insert into external_request (city_id, request_id, owner, created_at, tried_since, state, last_error, "
        "failed_at, their_id, sent_at, attention, begun_at) "
        "values (%s, %s, %s, now(), now(), %s, %s, %s, %s, %s, %s, %s)",
        (
            request.city_id, request.id, code, values["state"], values["last_error"], values["failed_at"],
            values["their_id"], values["sent_at"], values.get("attention"), values.get("begun_at"),
        ),
    )  # fmt: skip


def test_what_could_not_go_is_found_explained_and_sent_again(
    owner: psycopg.Connection[Any], phnom_penh: City, agent: Staff
) -> None:
    failed, there, waiting = (file(phnom_penh) for _ in range(3))
    file(phnom_penh)
    stands(owner, failed, state="failed", failed_at="now", last_error="refused: 400: Unknown street")
    stands(owner, there, state="sent", sent_at="now", their_id="7", attention="jobs_open")
    stands(owner, waiting)
    for state, request in (("failed", failed), ("waiting", waiting), ("attention", there)):
        found = agent.get("/queue", sent_on=state).json()["requests"]
        assert [row["reference"] for row in found] == [request.reference]
    assert agent.get("/queue", sent_on="lost").status_code == 422

    (link,) = agent.get(f"/requests/{failed.reference}/external").json()["owners"]
    told = (link["state"], link["problem"], link["problem_detail"], link["attention"])
    assert told == ("failed", "refused", "400: Unknown street", None)
    again = agent.client.post(
        f"/api/v1/staff/requests/{failed.reference}/external/roads", headers=agent.headers
    )
    assert again.status_code == 200, again.text
    assert again.json()["owners"][0]["state"] == "waiting"
    refused = agent.client.post(
        f"/api/v1/staff/requests/{there.reference}/external/roads", headers=agent.headers
    )
    assert refused.status_code == 409
    assert agent.get(f"/requests/{failed.reference}").json()["sent_on"] is False, "the city has no such owner"


def test_a_person_says_under_which_number_it_is_there(
    owner: psycopg.Connection[Any], phnom_penh: City, agent: Staff
) -> None:
    one, other = file(phnom_penh), file(phnom_penh)
    for request in (one, other):
        stands(owner, request, state="failed", failed_at="now", last_error="unclear", begun_at="now")

    def say(request: Known, number: str) -> Any:
        path = f"/api/v1/staff/requests/{request.reference}/external/roads"
        return agent.client.post(path, json={"their_id": number}, headers=agent.headers)

    assert say(one, " 0042 ").json()["owners"][0]["their_id"] == "0042"
    assert say(one, "43").status_code == 409
    assert say(other, "0042").status_code == 422
    event = owner.execute(
        "select actor_kind, actor, data ->> 'their_id' from event where kind = 'sent_on'"
    ).fetchall()
    assert event == [("staff", "agent@kh-pnh", "0042")]
    path = f"/api/v1/staff/requests/{other.reference}/external/roads"
    assert agent.client.post(path, headers=agent.headers).status_code == 200
    assert owner.execute("select count(*) from external_request where begun_at is null").fetchall() == [(2,)]


def test_operators_see_how_much_waits(
    owner: psycopg.Connection[Any], phnom_penh: City, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.health.settings", lambda: Settings(metrics_key=SecretStr("k" * 32)))
    stands(owner, file(phnom_penh), state="failed", failed_at="now", last_error="unclear")
    stands(owner, file(phnom_penh), begun_at="now")
    owner.execute("update external_request set next_attempt_at = now() where state = 'waiting'")
    text = client.get("/metrics", headers={"Authorization": f"Bearer {'k' * 32}"}).text
    for line in ("external_waiting 1", "external_failed 1", "external_unclear 1", "external_resting 0"):
        assert f"nagara_{line}\n" in text
