"""Work on the street: today's jobs with all a phone needs, and moves that are made once however often they arrive."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from httpx import Response
from starlette.testclient import TestClient

from nagara.field_work.moving_once import KEPT, forget_keys
from tests.api.conftest import Staff
from tests.api.test_field_work import evidence  # noqa: F401 - a fixture
from tests.api.test_media import sent
from tests.api.test_requests import FILE, RUBBISH


@pytest.fixture
def reference(client: TestClient) -> str:
    """A report of rubbish that was not collected."""
    return str(client.post(FILE, json=RUBBISH).json()["reference"])


@pytest.fixture
def crew(client: TestClient) -> Staff:
    """A crew of the department that missed rubbish belongs to."""
    return Staff(client, "sweepers@kh-pnh", "crew", "waste-division")


def move(staff: Staff, reference: str, name: str, key: str, **details: object) -> Response:
    headers = staff.headers | {"Idempotency-Key": key}
    url = f"/api/v1/staff/requests/{reference}/{name}"
    answer: Response = staff.client.post(url, json=details, headers=headers)
    return answer


def kinds(staff: Staff, reference: str) -> list[str]:
    return [event["kind"] for event in staff.get(f"/requests/{reference}").json()["timeline"]]


def test_a_move_sent_again_is_made_once_and_says_which_version_it_made(
    agent: Staff,
    reference: str,
) -> None:
    first = move(agent, reference, "start", "one", version=1)
    assert (first.status_code, first.json()["made"]) == (200, {"version": 2, "replayed": False})
    agent.move(reference, "note", note="Somebody else came by.")
    again = move(agent, reference, "start", "one", version=1)
    assert (again.status_code, again.json()["made"]) == (200, {"version": 2, "replayed": True})
    assert (again.json()["version"], again.json()["status"]) == (3, "in_progress")
    assert kinds(agent, reference) == ["filed", "started", "noted"]


def test_a_key_is_for_one_move_of_one_person(
    agent: Staff,
    supervisor: Staff,
    client: TestClient,
    reference: str,
) -> None:
    other = client.post(FILE, json=RUBBISH).json()["reference"]
    assert move(agent, reference, "note", "same", note="Wet").status_code == 200
    for where, name, details in (
        (reference, "note", {"note": "Dry"}),
        (reference, "pause", {"note": "Wet"}),
        (other, "note", {"note": "Wet"}),
    ):
        refused = move(agent, where, name, "same", **details)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "replayed_with_other_body")
    assert move(supervisor, reference, "note", "same", note="Wet").json()["made"]["replayed"] is False
    assert move(agent, reference, "note", "k" * 201, note="Wet").status_code == 422
    assert kinds(agent, reference) == ["filed", "noted", "noted"]
    assert kinds(agent, other) == ["filed"]


def test_a_refused_move_leaves_its_key_unused(agent: Staff, reference: str) -> None:
    agent.move(reference, "note", note="Somebody was quicker.")
    stale = move(agent, reference, "start", "mended", version=1)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed_meanwhile")
    current = agent.get(f"/requests/{reference}").json()["version"]
    assert move(agent, reference, "start", "mended", version=current).json()["made"]["replayed"] is False


def test_of_many_sent_at_once_one_is_made(agent: Staff, reference: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: move(agent, reference, "note", "at once", note="Wet"), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted(answer.json()["made"]["replayed"] for answer in answers) == [False] + [True] * 5
    assert kinds(agent, reference) == ["filed", "noted"]


def test_keys_are_forgotten_when_no_phone_sends_them_any_more(
    agent: Staff,
    reference: str,
    database_url: str,
) -> None:
    move(agent, reference, "note", "old", note="Wet")
    now = dt.datetime.now(dt.UTC)
    with psycopg.connect(database_url, options="-c role=nagara_clock", autocommit=True) as connection:
        assert forget_keys(connection, now) == 0
        assert forget_keys(connection, now + KEPT + dt.timedelta(minutes=1)) == 1
    assert move(agent, reference, "note", "old", note="Wet").json()["made"]["replayed"] is False


@pytest.mark.usefixtures("evidence")
def test_today_brings_what_a_phone_without_a_line_needs_and_nobody_who_reported(
    client: TestClient, agent: Staff, supervisor: Staff, reference: str
) -> None:
    with_picture = client.post(FILE, json=RUBBISH | {"media": [sent(client)]}).json()["reference"]
    for one in (reference, with_picture):
        supervisor.move(one, "assign", assignee="agent")
    agent.client.post(
        f"/api/v1/staff/requests/{reference}/jobs", json={"title": "Sweep"}, headers=agent.headers
    )
    answer = agent.get("/today")
    assert RUBBISH["contact"]["email"] not in answer.text
    assert RUBBISH["contact"]["name"] not in answer.text
    seen = answer.json()
    jobs = {job["reference"]: job for job in seen["jobs"]}
    assert set(jobs) == {reference, with_picture}
    assert jobs[reference]["pieces"] == [{"number": 1, "title": "Sweep"}]
    assert jobs[reference]["mine"] and jobs[reference]["yours_to_move"] and jobs[reference]["evidence"]
    [picture] = jobs[with_picture]["photos"]
    assert client.get(picture["thumbnail_url"], headers=agent.headers).status_code == 200
    moves = {one["move"]: one for one in seen["moves"]}
    assert (moves["start"]["ends"], moves["note"]["ends"], moves["pause"]["needs"]) == (
        "in_progress",
        None,
        ["note"],
    )
    assert "assigned" in moves["start"]["starts"]
    assert "fixed" in moves["resolve"]["reasons"]


def test_today_of_a_department_is_what_is_due_there_and_a_crew_may_ask(
    client: TestClient,
    crew: Staff,
    supervisor: Staff,
    reference: str,
    database_url: str,
) -> None:
    assert crew.get("/today").json()["jobs"] == []
    for span, due in (("5 days", 0), ("-1 hour", 1)):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("update request set next_due_at = now() + %s::interval", (span,))
        assert len(crew.get("/today", whose="department").json()["jobs"]) == due
    [job] = crew.get("/today", whose="department").json()["jobs"]
    assert (job["reference"], job["mine"], job["yours_to_move"]) == (reference, False, True)
    assert move(crew, reference, "ask", "asked", note="Which gate?").json()["status"] == "waiting_reporter"
    refused = supervisor.get("/today", whose="department")
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "view")
    assert Staff(client, "auditor@kh-pnh", "auditor").get("/today").status_code == 403


def test_what_hinders_a_move_is_told_so_that_it_can_be_said_in_any_language(
    crew: Staff, client: TestClient, reference: str
) -> None:
    other = Staff(client, "painters@kh-pnh", "crew", "dpwt")
    moves = {one["move"]: one for one in crew.get(f"/requests/{reference}").json()["moves"]}
    assert (moves["start"]["hindered_by"], moves["start"]["allowed"]) == (None, True)
    assert (moves["assign"]["hindered_by"], moves["resume"]["hindered_by"]) == ("role", "status")
    assert set(moves["resume"]["starts"]) == {"waiting_reporter", "on_hold", "referred"}
    foreign = {one["move"]: one for one in other.get(f"/requests/{reference}").json()["moves"]}
    assert (foreign["start"]["hindered_by"], foreign["start"]["allowed"]) == ("department", False)


def test_a_move_a_phone_kept_is_not_made_in_the_name_of_somebody_else(
    agent: Staff, supervisor: Staff, reference: str
) -> None:
    url = f"/api/v1/staff/requests/{reference}/start"
    kept = {"Idempotency-Key": "kept", "Nagara-Account": "agent@kh-pnh"}
    other = supervisor.client.post(url, json={}, headers=supervisor.headers | kept)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "other_account")
    assert kinds(agent, reference) == ["filed"]
    own = agent.client.post(url, json={}, headers=agent.headers | kept)
    assert (own.status_code, own.json()["made"]["replayed"]) == (200, False)
