"""Desks: handed over, given to whoever may work, their load, and duplicates suggested to them."""

from __future__ import annotations

from typing import Any

import psycopg
from starlette.testclient import TestClient

from city_config import City
from tests.api.batches.jobs import post, work
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH


def test_a_desk_is_handed_over(client: TestClient, supervisor: Staff, filed: list[str]) -> None:
    agent = Staff(client, "agent@kh-pnh", "agent")
    for name in filed[:3]:
        agent.move(name, "assign", assignee="agent")
    assert post(supervisor, "/handover", {"from": "agent", "to": "nobody"}).json()["error"]["field"] == "to"
    job = post(supervisor, "/handover", {"from": "agent@kh-pnh", "to": "supervisor"})
    assert (job.status_code, job.json()["total"]) == (202, 3), job.text
    work()
    mine = supervisor.get("/queue", view="mine").json()["requests"]
    assert {row["reference"] for row in mine} == set(filed[:3])
    assert agent.get("/queue", view="mine").json()["requests"] == []
    assert post(agent, "/handover", {"from": "supervisor", "to": "agent"}).status_code == 403


def test_work_is_given_to_whoever_may_work(client: TestClient, supervisor: Staff, filed: list[str]) -> None:
    Staff(client, "auditor@kh-pnh", "auditor")
    for path, body, field in (
        ("/handover", {"from": "agent", "to": "auditor"}, "to"),
        ("/bulk", {"references": filed, "move": "assign", "details": {"assignee": "auditor"}}, "assignee"),
        (f"/requests/{filed[0]}/assign", {"assignee": "auditor@kh-pnh"}, "assignee"),
    ):
        answer = post(supervisor, path, body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["field"] == field
        assert "supervisor" in answer.json()["error"]["allowed"]
    Staff(client, "crew@kh-pnh", "crew")
    assert post(supervisor, "/handover", {"from": "agent", "to": "crew"}).status_code == 202
    supervisor.move(filed[0], "assign", assignee="Contractor of the east bank")


def test_supervisors_see_load_and_what_will_be_late(
    client: TestClient, supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    owner.execute(
        "update request set resolve_by = now() + interval '2 hours', next_due_at = now() + interval '2 hours', "
        "assignee = 'dara', received_at = now() - interval '48 hours' where reference = any(%s)",
        (filed[:2],),
    )
    shown = supervisor.get("/supervision", hours=3).json()
    assert {one["reference"] for one in shown["breaches"]} == set(filed[:2])
    [dara] = [one for one in shown["people"] if one["assignee"] == "dara"]
    assert (dara["open"], dara["due_soon"]) == (2, 2)
    assert 47 < dara["median_age_hours"] < 49
    assert sum(one["open"] for one in shown["departments"]) == len(filed)
    stranger = Staff(client, "supervisor@kh-rep", "supervisor").get("/supervision").json()
    assert stranger["departments"] == stranger["people"] == stranger["breaches"] == []
    assert Staff(client, "agent@kh-pnh", "agent").get("/supervision").status_code == 403


def test_likely_duplicates_are_suggested(client: TestClient, agent: Staff, phnom_penh: City) -> None:
    place = {"lat": RUBBISH["lat"], "lon": RUBBISH["lon"]}
    bags = {"description": "Black bags lie beside the market since Monday, the dogs tear them open."}
    one = client.post(FILE, json=RUBBISH | bags).json()["reference"]
    same = client.post(
        FILE,
        json=RUBBISH | {"description": "Bags beside the market since Monday! Dogs tear them.",
                        "lat": place["lat"] + 0.0002},
    ).json()["reference"]  # fmt: skip
    far = client.post(FILE, json=RUBBISH | bags | {"lat": place["lat"] + 0.01}).json()["reference"]
    other = client.post(
        FILE, json=RUBBISH | {"service_code": "street_light", "description": "100% dark", "lat": place["lat"] + 0.002}
    ).json()["reference"]  # fmt: skip
    closed = client.post(FILE, json=RUBBISH | bags).json()["reference"]
    agent.move(closed, "decline", reason="abuse")
    found = agent.get(f"/requests/{one}/similar").json()["similar"]
    assert [row["reference"] for row in found] == [same], found
    assert found[0]["same_words"] > 0.3
    assert 20 < found[0]["metres"] < 25
    assert {far, other, closed}.isdisjoint(row["reference"] for row in found)
    assert Staff(client, "agent@kh-rep", "agent").get(f"/requests/{one}/similar").status_code == 404
