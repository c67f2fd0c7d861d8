"""Bulk moves and their undoing, files taken out, hand-over, supervision, suggested duplicates."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.accounts.keys import NewKey, create_key
from nagara.database import city_session
from nagara.ids import new_reference
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.helpers import file


def post(staff: Staff, path: str, body: Any = None) -> Any:
    return staff.client.post(f"/api/v1/staff{path}", json=body, headers=staff.headers)


def work(name: str = "bulk.move") -> None:
    """One tick of a worker."""
    from workers.app import app

    app.loader.import_default_modules()
    app.tasks[name].apply(throw=True)


@pytest.fixture
def filed(client: TestClient) -> list[str]:
    """Six requests."""
    return [str(client.post(FILE, json=RUBBISH).json()["reference"]) for _ in range(6)]


def results(job: dict[str, Any]) -> dict[str, str | None]:
    """The code of each result; None where it was moved."""
    return {row["reference"]: row["code"] for row in job["results"]}


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


def exported(staff: Staff, form: str, asked: dict[str, Any] | None = None) -> Any:
    job = post(staff, "/exports", {"filter": asked or {}, "format": form})
    assert job.status_code == 202, job.text
    id_ = job.json()["id"]
    assert staff.get(f"/exports/{id_}/file").status_code == 404, "not written yet"
    work("batches.export")
    done = staff.get(f"/exports/{id_}").json()
    assert done["state"] == "done", done
    answer = staff.get(f"/exports/{id_}/file")
    assert answer.status_code == 200
    return done, answer


FORMULAS = ["=1+1", "+855 12", "-2", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "＝1+1"]


def test_a_list_is_taken_out_as_csv_that_no_spreadsheet_runs(
    supervisor: Staff, client: TestClient, phnom_penh: City
) -> None:
    for text in FORMULAS:
        file(phnom_penh, description=text, contact={"email": "secret@example.org", "name": "Secret"})
    client.post(FILE, json=RUBBISH | {"description": "សំរាម, ច្រើន"})
    done, answer = exported(supervisor, "csv")
    assert done["total"] == done["done"] == len(FORMULAS) + 1
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    assert "ecret" not in answer.text
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    texts = {row["description"] for row in rows}
    assert texts == {"'" + text.replace("\t=", "\t'=") for text in FORMULAS} | {"សំរាម, ច្រើន"}
    assert all(float(row["lat"]) for row in rows)


def test_a_list_is_taken_out_as_sheet_and_as_features(supervisor: Staff, filed: list[str]) -> None:
    _, sheet = exported(supervisor, "xlsx", {"q": filed[0]})
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as book:
        content = book.read("xl/worksheets/sheet1.xml").decode()
    assert filed[0] in content
    assert filed[1] not in content
    assert "<f>" not in content
    _, features = exported(supervisor, "geojson", {"view": "open"})
    collection = json.loads(features.content)
    assert {feature["id"] for feature in collection["features"]} == set(filed)
    assert collection["features"][0]["geometry"]["type"] == "Point"
    assert "contact" not in features.text


def test_files_expire_and_are_their_owners_alone(
    client: TestClient, supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    done, _ = exported(supervisor, "csv")
    path = f"/exports/{done['id']}"
    for name, role in (("second@kh-pnh", "supervisor"), ("supervisor@kh-rep", "supervisor")):
        staff = Staff(client, name, role)
        assert staff.get(path).status_code == staff.get(path + "/file").status_code == 404
    _, nothing = exported(Staff(client, "supervisor@kh-rep", "supervisor"), "csv")
    assert len(nothing.text.splitlines()) == 1, "another city's list is empty"
    assert Staff(client, "crew@kh-pnh", "crew").get(path).status_code == 403
    work("batches.forget")
    assert supervisor.get(path + "/file").status_code == 200
    owner.execute("update staff_job set expires_at = now() - interval '1 minute'")
    work("batches.forget")
    assert supervisor.get(path).json()["state"] == "expired"
    assert supervisor.get(path + "/file").status_code == 404


def test_whoever_lost_the_permission_gets_no_file(
    supervisor: Staff, owner: psycopg.Connection[Any], filed: list[str]
) -> None:
    id_ = post(supervisor, "/exports", {"format": "csv"}).json()["id"]
    owner.execute("update staff_account set active = false where username = 'supervisor'")
    work("batches.export")
    row = owner.execute("select state, failure from staff_job where id = %s", (id_,)).fetchone()
    assert row is not None
    assert row[0] == "failed"


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


def test_a_formula_is_text_wherever_a_spreadsheet_parts_cells(tmp_path: Path) -> None:
    from nagara.batches.tables import write_csv

    told = {
        "a;=cmd()": "a;'=cmd()",
        'a; "=cmd()': "a; \"'=cmd()",
        "a\t+1": "a\t'+1",
        "a\r\n @x": "a\r\n '@x",
        "=a;-1": "'=a;'-1",
        "a = b; c - d": "a = b; c - d",
    }
    write_csv(tmp_path / "out.csv", list("abcdef"), [list(told)])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as out:
        [_, written] = csv.reader(out)
    assert written == list(told.values())


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
