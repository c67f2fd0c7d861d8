"""One move over many requests and its undoing: a result for each, once, and nobody else's."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.accounts.keys import NewKey, create_key
from nagara.database import city_session
from nagara.ids import new_reference
from tests.api.batches.jobs import post, results, work
from tests.api.conftest import Staff


def test_one_move_over_many_has_a_result_for_each(supervisor: Staff, filed: list[str]) -> None:
    supervisor.move(filed[0], "decline", reason="abuse")
    names = [*filed[:3], "PNH-7K3M9QX-C", "nonsense"]
    seen = {"filter": {}, "move": "note", "details": {"note": "Seen."}, "expected": len(filed)}
    other = post(supervisor, "/bulk", seen)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "not_as_expected")
    assert other.json()["error"]["allowed"] == str(len(filed) - 1)
    assert post(supervisor, "/bulk", seen | {"filter": {"status": "all"}}).json()["total"] == len(filed)
    work()
    body = {"references": names, "move": "assign", "details": {"assignee": "crew 7"}}
    job = post(supervisor, "/bulk", body)
    assert job.status_code == 202, job.text
    assert (job.json()["total"], job.json()["state"]) == (5, "waiting")
    supervisor.move(filed[1], "note", note="Changed after the job was asked for.")
    work()
    done = supervisor.get(f"/bulk/{job.json()['id']}").json()
    assert (done["state"], done["done"], done["undo"]) == ("done", 5, True)
    codes = results(done)
    assert codes[filed[0]] == "move_not_allowed"
    assert codes[filed[1]] == "changed_meanwhile"
    assert codes[filed[2]] is None
    assert codes["nonsense"] == "unknown_request"
    assert supervisor.get(f"/requests/{filed[2]}").json()["assignee"] == "crew 7"
    assert supervisor.get(f"/requests/{filed[1]}").json()["assignee"] != "crew 7"


def test_a_killed_job_goes_on_and_moves_nothing_twice(
    supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nagara.batches import bulk
    from nagara.staff import actions as staff_actions

    job = post(supervisor, "/bulk", {"filter": {}, "move": "prioritise", "details": {"priority": "high"}})
    assert job.json()["total"] == len(filed)
    real, calls = staff_actions.make_move, 0

    def dies(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise SystemExit("killed")
        return real(*arguments)

    monkeypatch.setattr(bulk, "make_move", dies)
    with pytest.raises(SystemExit):
        bulk.run("kh-pnh", uuid.UUID(job.json()["id"]), time.monotonic() + 60)
    half = supervisor.get(f"/bulk/{job.json()['id']}").json()
    assert (half["state"], len(half["results"])) == ("running", 3)
    work()
    done = supervisor.get(f"/bulk/{job.json()['id']}").json()
    assert set(results(done).values()) == {None}
    events = owner.execute("select count(*) from event where kind = 'prioritised'").fetchone()
    assert events == (len(filed),)


def test_what_can_be_is_undone_once(supervisor: Staff, filed: list[str]) -> None:
    before = {name: supervisor.get(f"/requests/{name}").json()["assignee"] for name in filed}
    body = {"references": filed[:4], "move": "assign", "details": {"assignee": "crew 9"}}
    id_ = post(supervisor, "/bulk", body).json()["id"]
    assert post(supervisor, f"/bulk/{id_}/undo").status_code == 409, "it is not done yet"
    work()
    supervisor.move(filed[0], "start")
    undone = post(supervisor, f"/bulk/{id_}/undo")
    assert undone.status_code == 202, undone.text
    work()
    codes = results(supervisor.get(f"/bulk/{undone.json()['id']}").json())
    assert codes == {filed[0]: "changed_meanwhile", **dict.fromkeys(filed[1:4])}
    for name in filed[1:4]:
        assert supervisor.get(f"/requests/{name}").json()["assignee"] == before[name]
    assert post(supervisor, f"/bulk/{id_}/undo").status_code == 409
    assert supervisor.get(f"/bulk/{id_}").json()["undo"] is False


def test_what_cannot_be_undone_says_why(supervisor: Staff, filed: list[str]) -> None:
    for move, details, code in (
        ("acknowledge", {}, "not_undoable"),
        ("pause", {"note": "Flood."}, None),
        ("decline", {"reason": "not_found"}, None),
    ):
        id_ = post(supervisor, "/bulk", {"references": filed[:1], "move": move, "details": details}).json()[
            "id"
        ]
        work()
        undone = post(supervisor, f"/bulk/{id_}/undo").json()["id"]
        work()
        [result] = supervisor.get(f"/bulk/{undone}").json()["results"]
        assert (result["code"], result["ok"]) == (code, code is None), result
        assert code is None or len(result["message"]) > 20
    assert supervisor.get(f"/requests/{filed[0]}").json()["status"] == "acknowledged"


def test_an_undone_assignment_leaves_no_trace_but_the_history(
    client: TestClient, supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    owner.execute("update request set status_note = 'The last word to the resident.'")
    standing = (
        "select reference, status, status_note, assignee, department, acknowledged_at, "
        "responded_at, closed_at, next_due_at "
        "from request where reference = any(%s) order by reference"
    )
    before = owner.execute(standing, (filed,)).fetchall()
    assert {row[1] for row in before} == {"received"}
    other = Staff(client, "second@kh-pnh", "supervisor")
    for move, details in (("assign", {"assignee": "crew 9"}), ("decline", {"reason": "not_found"})):
        id_ = post(supervisor, "/bulk", {"references": filed, "move": move, "details": details}).json()["id"]
        work()
        undo = post(other, f"/bulk/{id_}/undo")
        assert undo.status_code == 202, undo.text
        work()
        codes = results(other.get(f"/bulk/{undo.json()['id']}").json())
        assert codes == dict.fromkeys(filed)
        assert owner.execute(standing, (filed,)).fetchall() == before
    said = owner.execute("select count(*) from event where data ? 'undid'").fetchone()
    assert said == (2 * len(filed),)


def test_a_failed_undoing_is_tried_again(
    supervisor: Staff, filed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nagara.batches import undoing

    real = undoing.restore

    def breaks(*arguments: Any) -> Any:
        if arguments[3].reference == filed[2]:
            raise KeyError("something")
        return real(*arguments)

    body = {"references": filed, "move": "assign", "details": {"assignee": "crew 9"}}
    id_ = post(supervisor, "/bulk", body).json()["id"]
    work()
    with monkeypatch.context() as patched:
        patched.setattr(undoing, "restore", breaks)
        undone = post(supervisor, f"/bulk/{id_}/undo").json()["id"]
        work()
    assert results(supervisor.get(f"/bulk/{undone}").json())[filed[2]] == "unexpected"
    assert supervisor.get(f"/bulk/{id_}").json()["undo"] is True
    again = post(supervisor, f"/bulk/{id_}/undo").json()
    assert (again["total"], again["undo_of"]) == (1, id_)
    work()
    assert results(supervisor.get(f"/bulk/{again['id']}").json()) == {filed[2]: None}
    assert post(supervisor, f"/bulk/{id_}/undo").status_code == 409


def test_jobs_are_their_owners_alone(client: TestClient, supervisor: Staff, filed: list[str]) -> None:
    id_ = post(supervisor, "/bulk", {"filter": {}, "move": "acknowledge"}).json()["id"]
    other = Staff(client, "second@kh-pnh", "dispatcher")
    stranger = Staff(client, "supervisor@kh-rep", "supervisor")
    for staff in (other, stranger):
        assert staff.get(f"/bulk/{id_}").status_code == 404
        assert post(staff, f"/bulk/{id_}/undo").status_code == 404
    taken = post(stranger, "/bulk", {"references": filed, "move": "acknowledge"}).json()
    assert set(results(taken).values()) == {"unknown_request"}
    assert post(stranger, "/bulk", {"filter": {}, "move": "acknowledge"}).json()["total"] == 0
    assert post(Staff(client, "agent@kh-pnh", "agent"), "/bulk", {}).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"move": "assign"}, None),
        ({"filter": {}, "references": ["a"], "move": "assign"}, None),
        ({"filter": {}, "move": "decline"}, "reason"),
        ({"filter": {"area": "x"}, "move": "acknowledge"}, "area"),
    ],
)
def test_wrong_bulk_moves_are_named(supervisor: Staff, body: dict[str, Any], field: str | None) -> None:
    answer = post(supervisor, "/bulk", body)
    assert answer.status_code == 422, answer.text
    assert field is None or answer.json()["error"]["field"] == field


def test_one_filter_that_cannot_be_read_stops_nobody(
    client: TestClient, supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    nowhere = new_reference("PNH")
    unknown = {"near": nowhere}
    for path, body in (
        ("/exports", {"format": "csv", "filter": unknown}),
        ("/filters", {"name": "near", "filter": unknown}),
        ("/bulk", {"move": "acknowledge", "filter": unknown}),
    ):
        answer = post(supervisor, path, body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (404, "near"), answer.text
    assert post(supervisor, "/exports", {"format": "csv", "filter": {"q": "a"}}).status_code == 422
    stuck = [post(supervisor, "/exports", {"format": "csv"}).json()["id"] for _ in range(12)]
    owner.execute(
        "update staff_job set wanted = wanted || %s::jsonb where id = any(%s)",
        (json.dumps({"filter": unknown}), stuck[1:]),
    )
    owner.execute("update staff_job set wanted = wanted - 'filter' where id = %s", (stuck[0],))
    moved = post(supervisor, "/bulk", {"references": filed, "move": "acknowledge"}).json()["id"]
    other = Staff(client, "supervisor@kh-rep", "supervisor")
    good = post(other, "/exports", {"format": "csv"}).json()["id"]
    work()
    work("batches.export")
    assert supervisor.get(f"/bulk/{moved}").json()["state"] == "done"
    assert other.get(f"/exports/{good}").json()["state"] == "done"
    shown = [supervisor.get(f"/exports/{id_}").json() for id_ in stuck]
    assert {one["state"] for one in shown} == {"failed"}
    assert "logged" in shown[0]["failure"]
    assert nowhere in shown[1]["failure"]


def test_an_unexpected_error_fails_its_request_alone(
    supervisor: Staff, filed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nagara.batches import bulk
    from nagara.staff import actions as staff_actions

    real = staff_actions.make_move

    def breaks(*arguments: Any) -> Any:
        if arguments[3] == filed[2]:
            raise KeyError("something")
        return real(*arguments)

    id_ = post(supervisor, "/bulk", {"references": filed, "move": "acknowledge"}).json()["id"]
    monkeypatch.setattr(bulk, "make_move", breaks)
    work()
    done = supervisor.get(f"/bulk/{id_}").json()
    assert done["state"] == "done"
    assert results(done) == {**dict.fromkeys(filed), filed[2]: "unexpected"}


def test_every_move_of_staff_can_be_undone_or_says_why_not() -> None:
    from nagara.batches import bulk
    from nagara.lifecycle import STAFF_MOVES
    from nagara.tables import StaffJobRow

    for move in STAFF_MOVES:
        row = StaffJobRow(
            city_id="kh-pnh",
            job_id=uuid.uuid4(),
            position=1,
            reference="PNH",
            move=move.value,
            details={},
            before={},
        )
        undoing = bulk._undoing(row, "dara")
        assert undoing.get("code") is None or len(undoing["message"]) > 20


def test_an_escalation_is_acknowledged_and_taken_back_in_bulk(supervisor: Staff, filed: list[str]) -> None:
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()
    for move, details in (
        ("escalate", {"note": "Again."}),
        ("acknowledge_escalation", {"until": until, "note": "Under way."}),
        ("de_escalate", {"note": "Settled."}),
    ):
        job = post(supervisor, "/bulk", {"references": filed[:2], "move": move, "details": details})
        assert job.status_code == 202, job.text
        work()
        done = supervisor.get(f"/bulk/{job.json()['id']}").json()
        assert set(results(done).values()) == {None}, done["results"]
        undone = post(supervisor, f"/bulk/{done['id']}/undo")
        assert undone.status_code == 202, undone.text
        assert set(results(undone.json()).values()) == {"not_undoable"}


@pytest.mark.parametrize("ended", ["revoked_at = now()", "expires_at = now()"])
def test_what_a_key_asked_for_is_not_done_once_it_has_ended(
    client: TestClient, owner: psycopg.Connection[Any], filed: list[str], ended: str
) -> None:
    with city_session("kh-pnh") as session:
        _, key = create_key(session, "kh-pnh", None, NewKey("map", ("export",)))
    headers = {"Authorization": f"Bearer {key}"}
    states = []
    for change in ("label = label", ended):
        asked = client.post("/api/v1/staff/exports", json={"format": "csv"}, headers=headers)
        assert asked.status_code == 202, asked.text
        owner.execute(f"update api_key set {change} where label = 'map'".encode())
        work("batches.export")
        states.append(
            owner.execute("select state from staff_job order by created_at desc limit 1").fetchone()
        )
    assert states == [("done",), ("failed",)]
