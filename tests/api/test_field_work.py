"""Jobs of a request, links for who does them without an account, and the picture a city may want."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara import cities
from tests.api.batches.jobs import work
from tests.api.conftest import Staff
from tests.api.test_media import sent
from tests.api.test_requests import FILE, RUBBISH

JOB = "/api/v1/job"


@pytest.fixture
def request_(client: TestClient) -> dict[str, Any]:
    answer = client.post(FILE, json=RUBBISH)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Phnom Penh as if it wanted a picture before missed rubbish counts as collected."""
    served = cities._following.now()
    city = served.configuration.cities["kh-pnh"]
    services = tuple(
        service.model_copy(update={"evidence": service.code == "waste_missed"}) for service in city.services
    )
    changed = city.model_copy(update={"services": services})
    changed.__dict__.pop("services_by_code", None)
    known = dataclasses.replace(
        served.configuration, cities={**served.configuration.cities, "kh-pnh": changed}
    )
    monkeypatch.setattr(cities._following, "served", dataclasses.replace(served, configuration=known))


def post(staff: Staff, path: str, **body: object) -> Any:
    return staff.client.post(f"/api/v1/staff{path}", json=body, headers=staff.headers)


def hand_out(staff: Staff, reference: str, **more: object) -> tuple[str, dict[str, str]]:
    """A link's address, and the header its page sends."""
    answer = post(
        staff, f"/requests/{reference}/job-links", **({"contractor": "Sweepers of the market"} | more)
    )
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url, {"Authorization": f"Bearer {url.partition('#')[2]}"}


def test_a_request_with_an_open_job_is_not_resolved(agent: Staff, request_: dict[str, Any]) -> None:
    reference = request_["reference"]
    for title in ("Sweep", "Empty the container"):
        assert post(agent, f"/requests/{reference}/jobs", title=title).status_code == 201
    refused = agent.move(reference, "resolve")
    assert refused.status_code == 409
    assert "1 (Sweep), 2 (Empty the container)" in refused.json()["error"]["message"]
    for number, outcome in ((1, "done"), (2, "dropped")):
        answer = post(agent, f"/requests/{reference}/jobs/{number}", outcome=outcome, note="wet")
        assert [job["state"] for job in answer.json()["jobs"]][number - 1] == outcome
    again = post(agent, f"/requests/{reference}/jobs/1", outcome="dropped").json()["jobs"][0]
    assert again["state"] == "done"
    assert agent.move(reference, "resolve").status_code == 200


def test_a_job_is_for_who_can_do_it(client: TestClient, agent: Staff, request_: dict[str, Any]) -> None:
    Staff(client, "auditor@kh-pnh", "auditor")
    address = f"/requests/{request_['reference']}/jobs"
    refused = post(agent, address, title="Sweep", assignee="auditor@kh-pnh")
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "assignee")
    assert refused.json()["error"]["allowed"] == ["agent"]
    for number, able in enumerate(("agent@kh-pnh", "crew 7")):
        jobs = post(agent, address, title="Sweep", assignee=able).json()["jobs"]
        assert jobs[number]["assignee"] == able


def test_the_history_names_jobs_by_number_only(agent: Staff, request_: dict[str, Any]) -> None:
    reference = request_["reference"]
    post(agent, f"/requests/{reference}/jobs", title="Ring at the blue door of the aunt")
    post(agent, f"/requests/{reference}/jobs/1", outcome="done", note="She was kind")
    events = agent.get(f"/requests/{reference}").json()["timeline"]
    changed = [event["data"] for event in events if event["kind"] == "job_changed"]
    assert changed == [{"job": 1, "state": "open"}, {"job": 1, "state": "done"}]
    assert "aunt" not in str(events)


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": "   "}, {"title": "x" * 501}])
def test_a_job_needs_words(agent: Staff, request_: dict[str, Any], body: dict[str, str]) -> None:
    assert post(agent, f"/requests/{request_['reference']}/jobs", **body).status_code == 422


def test_jobs_are_for_open_requests_and_not_without_end(agent: Staff, request_: dict[str, Any]) -> None:
    reference = request_["reference"]
    for number in range(20):
        assert post(agent, f"/requests/{reference}/jobs", title=str(number)).status_code == 201
    assert post(agent, f"/requests/{reference}/jobs", title="one more").status_code == 409
    assert post(agent, f"/requests/{reference}/jobs/99", outcome="done").status_code == 404
    agent.move(reference, "decline", reason="not_an_issue")
    assert post(agent, f"/requests/{reference}/jobs", title="late").status_code == 409
    assert post(agent, f"/requests/{reference}/job-links", contractor="X").status_code == 409


def test_a_link_shows_the_work_and_nobody(client: TestClient, agent: Staff, request_: dict[str, Any]) -> None:
    url, header = hand_out(agent, request_["reference"], instructions="Use the back gate")
    assert "/job/#kh-pnh." in url
    answer = client.get(JOB, headers=header)
    page = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (page["reference"], page["instructions"]) == (request_["reference"], "Use the back gate")
    assert page["position"] == {"lat": RUBBISH["lat"], "lon": RUBBISH["lon"]}
    assert (page["open"], page["outcome"]) == (True, None)
    assert RUBBISH["contact"]["email"] not in answer.text
    assert RUBBISH["contact"]["name"] not in answer.text
    [link] = agent.get(f"/requests/{request_['reference']}/jobs").json()["links"]
    assert link["opened_at"]
    assert header["Authorization"].removeprefix("Bearer ") not in str(link)


def test_done_by_link_brings_pictures_and_leaves_closing_to_the_department(
    client: TestClient, agent: Staff, request_: dict[str, Any], evidence: None
) -> None:
    reference = request_["reference"]
    post(agent, f"/requests/{reference}/jobs", title="Sweep")
    _, header = hand_out(agent, reference, job=1)
    assert client.post(JOB, json={"report": "started"}, headers=header).json()["started_at"]
    missing = client.post(JOB, json={"report": "done"}, headers=header)
    assert (missing.status_code, missing.json()["error"]["code"]) == (422, "evidence_missing")
    assert agent.move(reference, "resolve").status_code == 409
    photo = sent(client)
    done = client.post(JOB, json={"report": "done", "note": "swept", "media": [photo]}, headers=header)
    assert done.json()["outcome"] == "done"
    again = client.post(JOB, json={"report": "returned", "note": "no"}, headers=header)
    assert again.json()["outcome"] == "done"
    shown = agent.get(f"/requests/{reference}").json()
    assert shown["status"] == "received"
    assert [picture["kind"] for picture in shown["photos"]] == ["after"]
    work = agent.get(f"/requests/{reference}/jobs").json()
    assert (work["jobs"][0]["state"], work["links"][0]["note"]) == ("done", "swept")
    assert agent.move(reference, "resolve").status_code == 200


def test_the_holder_of_a_link_sees_its_pictures_and_no_others(
    client: TestClient, agent: Staff, request_: dict[str, Any]
) -> None:
    photo, foreign = sent(client), sent(client)
    filed = client.post(FILE, json=RUBBISH | {"media": [photo]}).json()
    client.post(FILE, json=RUBBISH | {"media": [foreign]})
    _, header = hand_out(agent, filed["reference"])
    [shown] = client.get(JOB, headers=header).json()["photos"]
    assert shown["id"] == photo
    picture = client.get(shown["url"], headers=header)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert client.get(f"{JOB}/media/{foreign}", headers=header).status_code == 404
    assert client.get(shown["url"]).status_code == 404


def test_a_link_given_back_says_why(client: TestClient, agent: Staff, request_: dict[str, Any]) -> None:
    _, header = hand_out(agent, request_["reference"])
    assert client.post(JOB, json={"report": "returned"}, headers=header).status_code == 422
    said = client.post(JOB, json={"report": "returned", "note": "no lorry"}, headers=header)
    assert said.json()["outcome"] == "returned"


def test_links_end(
    client: TestClient, agent: Staff, request_: dict[str, Any], owner: psycopg.Connection[Any]
) -> None:
    reference = request_["reference"]
    _, withdrawn = hand_out(agent, reference)
    _, expired = hand_out(agent, reference)
    first, second = agent.get(f"/requests/{reference}/jobs").json()["links"]
    address = f"/api/v1/staff/requests/{reference}/job-links"
    for _ in range(2):
        assert client.delete(f"{address}/{first['id']}", headers=agent.headers).status_code == 204
    owner.execute(
        "update job_link set expires_at = clock_timestamp() - interval '1 second' where id = %s",
        (second["id"],),
    )
    bodies = set()
    for header in (withdrawn, expired, {"Authorization": "Bearer kh-pnh.guess"}, {}):
        answer = client.get(JOB, headers=header)
        assert answer.status_code == 404
        assert client.post(JOB, json={"report": "started"}, headers=header).status_code == 404
        bodies.add(answer.json()["error"]["message"])
    assert len(bodies) == 1
    assert client.delete(f"{address}/{reference}", headers=agent.headers).status_code == 422


@pytest.mark.parametrize(
    "body", [{"contractor": " "}, {"contractor": "X", "hours": 0}, {"contractor": "X", "hours": 721}, {}]
)
def test_a_link_is_for_somebody_and_for_a_time(
    agent: Staff, request_: dict[str, Any], body: dict[str, Any]
) -> None:
    assert post(agent, f"/requests/{request_['reference']}/job-links", **body).status_code == 422


def test_a_city_may_want_a_picture_before_it_counts_as_resolved(
    client: TestClient, agent: Staff, request_: dict[str, Any], evidence: None
) -> None:
    reference = request_["reference"]
    refused = agent.move(reference, "resolve")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "evidence_missing")
    assert agent.get(f"/requests/{reference}").json()["status"] == "received"
    assert agent.move(reference, "resolve", media=[sent(client)]).status_code == 200


def test_an_answer_needs_no_picture(agent: Staff, request_: dict[str, Any], evidence: None) -> None:
    assert agent.move(request_["reference"], "resolve", reason="answered").status_code == 200


def test_another_departments_request_and_another_citys_are_out_of_reach(
    client: TestClient, request_: dict[str, Any]
) -> None:
    reference = request_["reference"]
    elsewhere = Staff(client, "roads@kh-pnh", "dispatcher", department="public_works")
    foreign = Staff(client, "agent@th-bkk", "agent")
    if elsewhere.get(f"/requests/{reference}").json()["department"]["code"] != "public_works":
        assert post(elsewhere, f"/requests/{reference}/jobs", title="mine now").status_code == 403
    assert post(foreign, f"/requests/{reference}/jobs", title="mine now").status_code == 404
    assert post(foreign, f"/requests/{reference}/job-links", contractor="X").status_code == 404
    assert foreign.get(f"/requests/{reference}/jobs").status_code == 404


def test_looking_at_the_work_waits_for_nobody(
    client: TestClient, agent: Staff, request_: dict[str, Any], owner: psycopg.Connection[Any]
) -> None:
    """Somebody changes the request meanwhile; an auditor and the holder of a link read what stands."""
    reference = request_["reference"]
    assert post(agent, f"/requests/{reference}/jobs", title="Sweep").status_code == 201
    _, header = hand_out(agent, reference)
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    with owner.transaction():
        assert owner.execute("select 1 from request for update").fetchall()
        work = auditor.get(f"/requests/{reference}/jobs")
        assert client.get(JOB, headers=header).json()["reference"] == reference
    assert (work.status_code, len(work.json()["jobs"]), len(work.json()["links"])) == (200, 1, 1)


def test_an_auditor_hands_nothing_out(client: TestClient, request_: dict[str, Any]) -> None:
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    answer = post(auditor, f"/requests/{request_['reference']}/job-links", contractor="X")
    assert answer.status_code == 403


def test_a_picture_from_before_a_reopening_proves_nothing(
    client: TestClient, agent: Staff, supervisor: Staff, request_: dict[str, Any], evidence: None
) -> None:
    reference = request_["reference"]
    supervisor.move(reference, "assign", assignee="agent")

    def wanted() -> tuple[bool, str | None]:
        [job] = agent.get("/today").json()["jobs"]
        refused = agent.move(reference, "resolve").json()
        return job["evidence"], refused.get("error", {}).get("code")

    body = {"references": [reference], "move": "resolve", "details": {"reason": "answered"}}
    assert agent.move(reference, "resolve", media=[sent(client)]).status_code == 200
    assert supervisor.move(reference, "reopen", note="It is still there").status_code == 200
    assert wanted() == (True, "evidence_missing")
    _, header = hand_out(agent, reference)
    done = {"report": "done", "media": [sent(client)]}
    assert client.post(JOB, json=done, headers=header).status_code == 200
    bulk = post(supervisor, "/bulk", **body).json()["id"]
    work()
    post(supervisor, f"/bulk/{bulk}/undo")
    work()
    assert agent.get(f"/requests/{reference}").json()["status"] != "resolved"
    assert wanted() == (False, None), "what the contractor brought counts, also after a slip was undone"
