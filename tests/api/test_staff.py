"""Staff sign in, see their queue and work a request to its end; what is not theirs does not exist."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.cities import city_of
from nagara.lifecycle import STAFF_MOVES, TRANSITIONS, Status, allowed_moves
from nagara.permissions import CITY_ROLES, may, permission_for
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH


@pytest.fixture
def reference(client: TestClient) -> str:
    """A request just filed in Phnom Penh."""
    filed: str = client.post(FILE, json=RUBBISH).json()["reference"]
    return filed


def status_of(owner: psycopg.Connection[Any], reference: str) -> str:
    """The status as stored."""
    row = owner.execute("select status from request where reference = %s", (reference,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_request_is_worked_to_its_end(agent: Staff, client: TestClient, reference: str) -> None:
    queue = agent.get("/queue", city="kh-pnh", counts=True).json()
    assert [row["reference"] for row in queue["requests"]] == [reference]
    assert queue["counts"]["open"] == 1
    for move, details, status in (
        ("acknowledge", {}, "acknowledged"),
        ("assign", {"assignee": "crew 7"}, "assigned"),
        ("start", {}, "in_progress"),
        ("pause", {"note": "The lane is flooded."}, "on_hold"),
        ("resume", {}, "in_progress"),
        ("resolve", {"reason": "cleaned", "note": "Collected this morning."}, "resolved"),
    ):
        answer = agent.move(reference, move, **details)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == status
    public = client.get(f"/api/v1/requests/{reference}").json()
    assert public["open"] is False
    assert public["closing_reason"] == "cleaned"
    kinds = [event["kind"] for event in public["timeline"]]
    assert kinds == ["filed", "acknowledged", "assigned", "started", "paused", "resumed", "resolved"]
    assert agent.get("/queue").json()["requests"] == []
    closed = agent.get("/queue", status="resolved").json()["requests"]
    assert [row["reference"] for row in closed] == [reference]


def test_reopening_keeps_the_first_closing(agent: Staff, client: TestClient, reference: str) -> None:
    agent.move(reference, "resolve")
    assert agent.move(reference, "reopen").status_code == 422
    assert agent.move(reference, "reopen", note="The bags are still there.").json()["status"] == "in_progress"
    kinds = [event["kind"] for event in client.get(f"/api/v1/requests/{reference}").json()["timeline"]]
    assert kinds == ["filed", "resolved", "reopened"]


def test_a_duplicate_follows_its_parent(agent: Staff, client: TestClient, reference: str) -> None:
    parent = client.post(FILE, json=RUBBISH).json()["reference"]
    linked = agent.move(reference, "link_duplicate", parent=parent)
    assert linked.json()["status"] == "duplicate"
    assert linked.json()["duplicate_of"] == parent
    shown = agent.get(f"/requests/{parent}").json()
    [follows] = shown["duplicates"]
    assert (follows["reference"], follows["status"]) == (reference, "duplicate")
    assert follows["linked_at"] == linked.json()["closed_at"]
    assert (shown["more_duplicates"], linked.json()["duplicates"]) == (False, [])
    unknown = agent.move(parent, "link_duplicate", parent="PNH-7K3M9QX-C")
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (404, "parent")
    assert agent.move(parent, "link_duplicate", parent=parent).status_code == 422
    assert agent.move(parent, "link_duplicate", parent=reference).status_code == 422


def test_recategorising_routes_anew_and_keeps_the_promise(agent: Staff, reference: str) -> None:
    before = agent.get(f"/requests/{reference}").json()
    same = agent.move(reference, "recategorise", service_code=before["service"]["code"])
    assert (same.status_code, same.json()["error"]["field"]) == (422, "service_code")
    assert before["service"]["code"] not in same.json()["error"]["allowed"]
    after = agent.move(reference, "recategorise", service_code="street_light").json()
    assert after["service"]["code"] == "street_light"
    assert after["department"] != before["department"]
    assert after["promise"] == before["promise"]


def test_a_pause_moves_the_due_time_and_says_so(
    agent: Staff, owner: psycopg.Connection[Any], reference: str
) -> None:
    before = agent.get(f"/requests/{reference}").json()["promise"]["resolve_by"]
    agent.move(reference, "pause", note="Waiting for a part.")
    assert agent.get("/queue").json()["requests"][0]["next_due_at"] is None
    owner.execute(
        "update request set paused_at = paused_at - interval '30 minutes' where reference = %s", (reference,)
    )
    resumed = agent.move(reference, "resume").json()
    assert resumed["promise"]["resolve_by"] > before
    data = resumed["timeline"][-1]["data"]
    assert data["resolve_by_before"] < data["resolve_by"]


def test_short_words_are_found_side_by_side(agent: Staff, client: TestClient, reference: str) -> None:
    told = RUBBISH | {"description": "Có ổ gà và hố ga bị rò rỉ, xe ô tô không qua được"}
    filed = client.post(FILE, json=told).json()["reference"]
    for words in ("ổ gà", "hố ga", "rò rỉ", "xe ô tô", "o ga"):
        rows = agent.get("/queue", q=words).json()["requests"]
        assert [row["reference"] for row in rows] == [filed], words


def test_who_had_it_before_a_referral_has_it_again_after(agent: Staff, reference: str) -> None:
    shown = agent.move(reference, "assign", assignee="crew 7").json()
    own = agent.move(reference, "refer", department=shown["department"]["code"])
    assert (own.status_code, own.json()["error"]["field"]) == (422, "department")
    other = next(d.code for d in city_of("kh-pnh").departments if d.kind == "external")
    assert agent.move(reference, "refer", department=other).json()["assignee"] == other
    back = agent.move(reference, "resume").json()
    assert (back["status"], back["assignee"]) == ("in_progress", "crew 7")
    agent.move(reference, "refer", department=other)
    service = next(code for code in city_of("kh-pnh").services_by_code if code != shown["service"]["code"])
    assert agent.move(reference, "recategorise", service_code=service).status_code == 200
    rerouted = agent.get(f"/requests/{reference}").json()["assignee"]
    assert agent.move(reference, "resume").json()["assignee"] == rerouted, "given away meanwhile"


def test_who_resumes_what_nobody_acknowledged_has_it_in_hand(agent: Staff, reference: str) -> None:
    agent.move(reference, "pause", note="The lane is flooded.")
    assert agent.move(reference, "resume").status_code == 200
    [row] = agent.get("/queue").json()["requests"]
    promise = row["promise"]
    later = [due for due in (promise["respond_by"], promise["resolve_by"]) if due]
    assert promise["acknowledge_by"] < row["next_due_at"] == min(later)


def test_what_was_escalated_by_hand_is_among_the_escalated(
    agent: Staff, supervisor: Staff, reference: str
) -> None:
    assert agent.get("/queue", view="escalated").json()["requests"] == []
    escalated = supervisor.move(reference, "escalate", note="Children play there.")
    assert escalated.status_code == 200, escalated.text
    assert escalated.json()["escalation_level"] == 1
    [row] = agent.get("/queue", view="escalated").json()["requests"]
    assert (row["reference"], row["escalation_level"]) == (reference, 1)
    assert agent.get("/queue/counts").json()["escalated"] == 1


def test_a_change_seen_too_late_is_refused(agent: Staff, reference: str) -> None:
    version = agent.get(f"/requests/{reference}").json()["version"]
    assert agent.move(reference, "acknowledge", version=version).status_code == 200
    late = agent.move(reference, "start", version=version)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "changed_meanwhile")


def test_another_city_does_not_exist(client: TestClient, reference: str) -> None:
    stranger = Staff(client, "agent@kh-rep", "agent")
    assert stranger.get("/queue").json()["requests"] == []
    assert stranger.get("/queue", city="kh-pnh").status_code == 404
    assert stranger.get(f"/requests/{reference}").status_code == 404
    assert stranger.move(reference, "acknowledge").status_code == 404


def test_without_a_session_nothing_is_shown(client: TestClient, reference: str) -> None:
    for path in ("/queue", f"/requests/{reference}", "/session"):
        assert client.get(f"/api/v1/staff{path}").status_code == 401
    forged = {"Authorization": "Bearer kh-pnh.forged"}
    assert client.get("/api/v1/staff/queue", headers=forged).status_code == 401


def test_wrong_passwords_and_unknown_names_look_the_same(agent: Staff) -> None:
    bodies = []
    for name in ("agent@kh-pnh", "nobody@kh-pnh", "agent@xx-yyy", "agent"):
        answer = agent.client.post("/api/v1/staff/session", json={"username": name, "password": "wrong"})
        assert answer.status_code == 401
        bodies.append(answer.json()["error"]["code"])
    assert set(bodies) == {"wrong_credentials"}


def test_signing_out_ends_the_session(agent: Staff) -> None:
    assert agent.get("/session").json()["account"]["role"] == "agent"
    assert agent.client.delete("/api/v1/staff/session", headers=agent.headers).status_code == 204
    assert agent.get("/queue").status_code == 401


@pytest.mark.parametrize("role", CITY_ROLES)
def test_each_role_may_do_what_the_table_says(client: TestClient, role: str, reference: str) -> None:
    staff = Staff(client, "somebody@kh-pnh", role)
    shown = {move["move"]: move["allowed"] for move in staff.get(f"/requests/{reference}").json()["moves"]}
    for move in allowed_moves(Status.RECEIVED):
        permitted = may(role, permission_for(move))  # type: ignore[arg-type]
        assert shown[move.value] is permitted
        if not permitted:
            assert staff.move(reference, move.value, note="n").status_code == 403


def test_a_department_works_on_its_own(client: TestClient, reference: str, agent: Staff) -> None:
    department = agent.get(f"/requests/{reference}").json()["department"]["code"]
    other = next(
        d["code"]
        for d in client.get("/api/v1/cities/kh-pnh/departments").json()["departments"]
        if d["code"] != department
    )
    assert Staff(client, "own@kh-pnh", "agent", department).move(reference, "acknowledge").status_code == 200
    assert Staff(client, "other@kh-pnh", "agent", other).move(reference, "start").status_code == 403


NEEDED: dict[str, Any] = {
    "note": "a note",
    "department": "edc",
    "service_code": "street_light",
    "priority": "high",
}


def test_the_lifecycle_table_is_what_the_api_allows(
    supervisor: Staff, owner: psycopg.Connection[Any], reference: str
) -> None:
    """Every status against every move: what the table lacks is refused with a sentence, and changes nothing."""
    refused = 0
    for status in Status:
        owner.execute("update request set status = %s where reference = %s", (status.value, reference))
        for move in STAFF_MOVES:
            if status in TRANSITIONS[move].start:
                continue
            answer = supervisor.move(reference, move.value, **NEEDED)
            assert answer.status_code == 409, answer.text
            assert len(answer.json()["error"]["message"]) > 20
            assert status_of(owner, reference) == status.value
            refused += 1
    assert refused > 60


def test_unknown_moves_and_missing_details_are_named(agent: Staff, reference: str) -> None:
    unknown = agent.move(reference, "teleport")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_move")
    assert "acknowledge" in unknown.json()["error"]["allowed"]
    missing = agent.move(reference, "decline")
    assert missing.json()["error"]["field"] == "reason"
    assert "not_found" in missing.json()["error"]["allowed"]
    assert agent.move(reference, "decline", reason="because").status_code == 422
    assert agent.move(reference, "assign").status_code == 422
    assert agent.move(reference, "refer", department="nobody").status_code == 422


def test_pages_of_the_queue_hold_every_request_once(agent: Staff, client: TestClient) -> None:
    filed = {client.post(FILE, json=RUBBISH).json()["reference"] for _ in range(7)}
    seen: list[str] = []
    cursor = None
    while True:
        page = agent.get("/queue", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["reference"] for row in page["requests"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(filed)
    assert set(seen) == filed


def test_queue_filters(agent: Staff, client: TestClient, reference: str) -> None:
    light = client.post(
        FILE, json=RUBBISH | {"service_code": "street_light", "description": "100% dark"}
    ).json()
    department = light["department"]["code"]
    for query, expected in (
        ({"service": "street_light"}, {light["reference"]}),
        ({"department": department}, {light["reference"]}),
        ({"q": "100%"}, {light["reference"]}),
        ({"q": "សំរាម"}, {reference}),
        ({"district": "1202"}, {reference, light["reference"]}),
        ({"district": "1201"}, set()),
        ({"bbox": "104.9,11.5,105,11.6"}, {reference, light["reference"]}),
        ({"bbox": "100,10,101,11"}, set()),
        ({"overdue": "true"}, set()),
        ({"escalated": "true"}, set()),
        ({"due_before": "2000-01-01T00:00:00Z"}, set()),
        ({"status": "received,acknowledged"}, {reference, light["reference"]}),
    ):
        rows = agent.get("/queue", **query).json()["requests"]
        assert {row["reference"] for row in rows} == expected, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "nonsense"}, "status"),
        ({"limit": 0}, "limit"),
        ({"limit": 100000}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"due_before": "yesterday"}, "due_before"),
        ({"q": "\x00"}, "q"),
    ],
)
def test_wrong_filters_are_named(agent: Staff, query: dict[str, Any], field: str) -> None:
    answer = agent.get("/queue", **query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field


def test_links_crosswise_at_once_do_not_deadlock(agent: Staff, client: TestClient, reference: str) -> None:
    other = client.post(FILE, json=RUBBISH).json()["reference"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda pair: agent.move(pair[0], "link_duplicate", parent=pair[1]).status_code,
                [(reference, other), (other, reference)],
            )
        )
    assert sorted(answers)[0] == 200
    assert sorted(answers)[1] in (409, 422)


def test_a_duplicate_follows_only_what_goes_on(agent: Staff, client: TestClient, reference: str) -> None:
    closed = client.post(FILE, json=RUBBISH).json()["reference"]
    agent.move(closed, "decline", reason="abuse")
    refused = agent.move(reference, "link_duplicate", parent=closed)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "parent")


def test_a_confidential_parent_is_not_named_to_the_public(
    agent: Staff, client: TestClient, reference: str
) -> None:
    parent = client.post(FILE, json=RUBBISH | {"confidential": True}).json()["reference"]
    agent.move(reference, "link_duplicate", parent=parent)
    assert parent not in client.get(f"/api/v1/requests/{reference}").text
