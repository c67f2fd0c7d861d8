"""The second of two people on one request is told what the first one did, and overwrites nothing."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.database import clock_connection
from nagara.escalation import sweep
from tests.api.conftest import Staff
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
