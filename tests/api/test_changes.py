"""The second of two people on one request is told what the first one did, and overwrites nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from city_config import City
from nagara.changing import finish
from nagara.cities import city_of
from nagara.database import city_session, clock_connection
from nagara.escalation.climbing import sweep
from nagara.event_log import Actor
from nagara.lifecycle import Move, Status, transition
from nagara.staff import live
from nagara.tables import Request
from tests.api.conftest import Staff
from tests.api.test_field_work import JOB, hand_out, post
from tests.api.test_requests import FILE, RUBBISH
from tests.helpers import file
from tests.workers.test_tasks import make_due


@pytest.fixture
def reference(client: TestClient) -> str:
    """A request just filed."""
    filed: str = client.post(FILE, json=RUBBISH).json()["reference"]
    return filed


def refused(staff: Staff, reference: str, version: int, **details: Any) -> dict[str, Any]:
    """The refusal of a note on an old version."""
    answer = staff.move(reference, "note", note="mine", version=version, **details)
    assert answer.status_code == 409, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == "changed_meanwhile"
    return error


def test_the_difference_is_told_field_by_field(agent: Staff, supervisor: Staff, reference: str) -> None:
    seen = agent.get(f"/requests/{reference}").json()
    supervisor.move(reference, "assign", assignee="crew 7", note="They are close by.")
    supervisor.move(reference, "prioritise", priority="urgent")
    supervisor.move(reference, "assign", assignee="crew 8")
    error = refused(agent, reference, seen["version"])
    assert error["by"] == "supervisor@kh-pnh"
    changes = {change["field"]: (change["from"], change["to"]) for change in error["changes"]}
    assert changes == {
        "status": ("received", "assigned"),
        "assignee": (seen["assignee"], "crew 8"),
        "priority": (seen["priority"], "urgent"),
        "note": (None, "They are close by."),
    }
    now = agent.get(f"/requests/{reference}").json()
    assert now["assignee"] == "crew 8"
    assert agent.move(reference, "note", note="mine", version=now["version"]).status_code == 200


def test_only_what_came_after_the_version_is_told(agent: Staff, supervisor: Staff, reference: str) -> None:
    supervisor.move(reference, "acknowledge")
    seen = agent.get(f"/requests/{reference}").json()["version"]
    supervisor.move(reference, "recategorise", service_code="street_light")
    changes = {change["field"] for change in refused(agent, reference, seen)["changes"]}
    assert {"service_code", "network_code", "department"} <= changes
    assert "status" not in changes


def test_what_went_and_came_back_is_no_difference(agent: Staff, supervisor: Staff, reference: str) -> None:
    seen = agent.get(f"/requests/{reference}").json()
    supervisor.move(reference, "prioritise", priority="high")
    supervisor.move(reference, "prioritise", priority=seen["priority"])
    assert refused(agent, reference, seen["version"])["changes"] == []


def test_jobs_and_reports_of_contractors_are_told_without_ids(
    client: TestClient, agent: Staff, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[live.News] = []
    monkeypatch.setattr(live, "tell", lambda _, news: told.extend(news))
    seen = agent.get(f"/requests/{reference}").json()["version"]
    post(agent, f"/requests/{reference}/jobs", title="Sweep")
    _, header = hand_out(agent, reference, job=1)
    after_agent = refused(agent, reference, seen)
    assert after_agent["by"] == "agent@kh-pnh"
    changes = [(change["field"], change["from"], change["to"]) for change in after_agent["changes"]]
    assert changes == [("jobs", None, "1 open"), ("job_link", None, "waiting")]

    seen = agent.get(f"/requests/{reference}").json()["version"]
    assert client.post(JOB, json={"report": "done"}, headers=header).status_code == 200
    after_report = refused(agent, reference, seen)
    assert after_report["by"] == "contractor"
    changes = [(change["field"], change["from"], change["to"]) for change in after_report["changes"]]
    assert changes == [("job_link", None, "done"), ("jobs", "1 open", "1 done")]

    assert [news["by"] for news in told] == ["agent@kh-pnh"] * 2 + ["contractor"] * 2
    assert {news["reference"] for news in told} == {reference}
    assert told[-1]["version"] == agent.get(f"/requests/{reference}").json()["version"]


def test_a_rung_of_the_ladder_is_told_too(
    agent: Staff, owner: psycopg.Connection[Any], phnom_penh: City
) -> None:
    request = file(phnom_penh)
    make_due(owner, request)
    seen = agent.get(f"/requests/{request.reference}").json()["version"]
    with clock_connection() as connection:
        assert sweep(connection).escalated == 1
    error = refused(agent, request.reference, seen)
    assert error["by"] is None
    assert {change["field"] for change in error["changes"]} <= {"priority"}


def test_no_words_of_a_residents_stand_in_what_can_never_be_changed(
    client: TestClient, agent: Staff, db: psycopg.Connection[Any]
) -> None:
    where = "behind the blue gate of house 12"
    filed = client.post(FILE, json=RUBBISH | {"address": where, "description": "Bags beside my door."}).json()
    with city_session("kh-pnh") as session:
        row = session.exec(select(Request).where(col(Request.reference) == filed["reference"])).one()
        row.address, row.description, row.assignee = "before house 14", "Two bags.", "crew 7"
        step = transition(Status(row.status), Move.NOTE)
        finish(session, city_of("kh-pnh"), row, step, Actor("system"), dt.datetime.now(dt.UTC), {})
    agent.move(filed["reference"], "acknowledge")
    written = db.execute("select data from event order by seq").fetchall()
    assert "crew 7" in str(written), "what staff decided is kept"
    for words in ("house 12", "house 14", "bags", "my door"):
        assert words not in str(written)
