"""The queue finds what is asked for, in every order and script, and page by page; of another city nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
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
from tests.helpers import file, multiply

TEXTS = {
    "th": "ถนนเป็นหลุมใหญ่ น้ำท่วมขังหน้าโรงเรียน",
    "km": "ភ្លើងបំភ្លឺផ្លូវខូច នៅមុខផ្សារ",
    "lo": "ຂີ້ເຫຍື້ອບໍ່ໄດ້ເກັບ ມາສາມມື້ແລ້ວ",
    "my": "မီးတိုင် ပျက်နေသည် လမ်းမှောင်သည်",
    "vi": "Đường ngập nước, cây đổ chắn ngang",
    "en": "A deep hole; 2 motorbikes fell at house 12B",
}
SOUGHT = [
    ("th", "หลุมใหญ่"),
    ("th", "หลุมใหญ"),  # without the tone mark
    ("th", "น้ําท่วม"),  # the vowel in its two parts
    ("th", "หน้า โรงเรียน"),  # a blank where the text has none
    ("km", "ភ្លើង"),
    ("km", "ខូចនៅមុខ"),  # no blank where the text has one
    ("lo", "ຂີເຫຍືອ"),
    ("lo", "ມາສາມ"),
    ("my", "မီးတိုင်ပျက်"),
    ("my", "လမ်းမှောင်"),
    ("vi", "duong ngap nuoc"),
    ("vi", "duongngapnuoc"),
    ("vi", "CÂY ĐỔ"),
    ("vi", "cay do"),
    ("en", "MOTORBIKES deep"),
    ("en", "12b"),
]


def references(answer: Any) -> list[str]:
    """The references of a page, in its order."""
    assert answer.status_code == 200, answer.text
    return [row["reference"] for row in answer.json()["requests"]]


def walked(staff: Staff, **query: Any) -> list[str]:
    """All references of a list, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        answer = staff.get("/queue", **query, **({"cursor": cursor} if cursor else {}))
        found += references(answer)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


@pytest.fixture
def filed(client: TestClient) -> dict[str, str]:
    """One report in each language."""
    return {
        language: client.post(FILE, json=RUBBISH | {"description": text}).json()["reference"]
        for language, text in TEXTS.items()
    }


def test_words_are_found_in_any_script_without_blanks_or_marks(agent: Staff, filed: dict[str, str]) -> None:
    for language, words in SOUGHT:
        assert references(agent.get("/queue", q=words)) == [filed[language]], words
    assert references(agent.get("/queue", q="หลุมเล็กมาก")) == []
    assert references(agent.get("/queue", q=filed["th"].lower())) == [filed["th"]]
    assert references(agent.get("/queue", q=filed["th"][4:9])) == [filed["th"]], "part of a reference"
    short = agent.get("/queue", q="a")
    assert (short.status_code, short.json()["error"]["field"]) == (422, "q")


def test_a_text_that_changed_is_found_by_its_new_words_alone(
    agent: Staff, owner: psycopg.Connection[Any], filed: dict[str, str]
) -> None:
    assert references(agent.get("/queue", q="motorbikes")) == [filed["en"]]
    owner.execute("update request set description = 'erased' where reference = %s", (filed["en"],))
    assert references(agent.get("/queue", q="motorbikes")) == []
    assert references(agent.get("/queue", q="erased")) == [filed["en"]]


def test_what_was_filed_last_is_found_however_much_waits(
    agent: Staff, filed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nagara.queue import search

    monkeypatch.setattr(search, "WAITING_AT_A_SEARCH", 1)
    assert references(agent.get("/queue", q="motorbikes")) == [filed["en"]]
    assert references(agent.get("/queue", q="CÂY ĐỔ")) == [filed["vi"]], "the one before it comes next"


def test_common_words_are_found_as_rare_ones_are(
    agent: Staff, filed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nagara.queue import search

    monkeypatch.setattr(search, "MOST_FOUND", 1)
    for language, words in SOUGHT:
        assert references(agent.get("/queue", q=words)) == [filed[language]], words


@pytest.fixture
def many(owner: psycopg.Connection[Any], phnom_penh: City) -> int:
    """Forty-one requests of all priorities, times and statuses."""
    multiply(owner, file(phnom_penh), 40)
    owner.execute(
        """with numbered as (select id, row_number() over (order by id) as n from request)
        update request r set
            priority = (array['low', 'normal', 'normal', 'high', 'urgent'])[1 + n % 5],
            next_due_at = now() + make_interval(hours => (n * 7 % 13)::int - 6),
            received_at = now() - make_interval(hours => (n * 5 % 11)::int),
            updated_at = now() - make_interval(mins => (n * 3 % 17)::int),
            assignee = case when n % 4 = 0 then null when n % 4 = 1 then 'supervisor' else 'crew ' || n end,
            escalation_step = case when n % 9 = 0 then 1 else 0 end,
            status = case when n % 10 = 3 then 'waiting_reporter' when n % 10 = 7 then 'referred' else status end,
            lat = lat + n * 0.001
        from numbered where r.id = numbered.id"""
    )
    return 41


ORDERS = [
    ("due", "next_due_at", False),
    ("due", "next_due_at", True),
    ("received", "received_at", True),
    ("received", "received_at", False),
    ("updated", "updated_at", True),
    ("priority", "array_position(array['urgent','high','normal','low'], priority), next_due_at", False),
]


@pytest.mark.parametrize(("sort", "by", "descending"), ORDERS)
@pytest.mark.parametrize("limit", [1, 4, 41])
def test_every_order_holds_every_request_once(
    supervisor: Staff,
    owner: psycopg.Connection[Any],
    many: int,
    sort: str,
    by: str,
    descending: bool,
    limit: int,
) -> None:
    way = " desc" if descending else ""
    rows = owner.execute(f"select reference from request order by {by}{way}, id{way}").fetchall()
    order = "desc" if descending or sort == "priority" else "asc"
    assert walked(supervisor, sort=sort, order=order, limit=limit) == [row[0] for row in rows]
    if sort == "priority":
        upwards = walked(supervisor, sort=sort, order="asc", limit=limit)
        assert len(set(upwards)) == many
        first = supervisor.get("/queue", sort=sort, order="asc", limit=1).json()["requests"][0]
        assert first["priority"] == "low"


def count(owner: psycopg.Connection[Any], condition: str) -> int:
    row = owner.execute(f"select count(*) from request where {condition}").fetchone()
    assert row is not None
    return int(row[0])


def test_views_hold_what_their_figures_say(
    supervisor: Staff, owner: psycopg.Connection[Any], many: int
) -> None:
    counts = supervisor.get("/queue/counts").json()
    expected = {
        "open": "true",
        "mine": "assignee = 'supervisor'",
        "unassigned": "assignee is null",
        "overdue": "next_due_at < now()",
        "escalated": "escalation_step > 0",
        "waiting": "status = 'waiting_reporter'",
        "referred": "status = 'referred'",
    }
    for view, condition in expected.items():
        assert counts[view] == count(owner, condition) > 0, view
        assert len(walked(supervisor, view=view, limit=7)) == counts[view], view
    assert len(walked(supervisor, view="due_today", limit=7)) == counts["due_today"] > 0
    assert counts["department"] is None
    assert supervisor.get("/queue", view="department").json()["error"]["field"] == "view"


def test_a_department_sees_its_own_as_its_own(client: TestClient, filed: dict[str, str]) -> None:
    rows = Staff(client, "dispatcher@kh-pnh", "dispatcher").get("/queue").json()["requests"]
    department = rows[0]["department"]["code"]
    own = Staff(client, "own@kh-pnh", "agent", department)
    expected = sum(row["department"]["code"] == department for row in rows)
    assert own.get("/queue/counts").json()["department"] == expected
    assert len(walked(own, view="department")) == expected


def test_filters_over_every_column(supervisor: Staff, owner: psycopg.Connection[Any], many: int) -> None:
    first = supervisor.get("/queue", limit=1).json()["requests"][0]
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    hours = {"received_from": "now() - interval '3 hours'", "received_to": "now() - interval '3 hours'"}
    moment = owner.execute(f"select {hours['received_from']}").fetchone()
    assert moment is not None
    middle = owner.execute("select percentile_disc(0.5) within group (order by acknowledge_by) from request")
    later = (middle.fetchone() or (soon,))[0].isoformat()
    owner.execute(
        "update request set status = 'resolved', closed_at = now(), closing_reason = 'fixed' "
        "where reference = (select max(reference) from request where status = 'received')"
    )
    owner.execute(
        "update request set acknowledged_at = received_at, responded_at = received_at + interval '1 hour', "
        "source = 'old system', source_id = reference where priority = 'urgent'"
    )
    owner.execute("update request set public = priority = 'urgent'")
    answered = moment[0].isoformat()
    rule = (owner.execute("select min(rule) from request").fetchone() or ("",))[0]
    for query, condition in (
        ({"priority": "urgent"}, "priority = 'urgent'"),
        ({"priority": "urgent,high"}, "priority in ('urgent', 'high')"),
        ({"network_code": first["network_code"]}, "true"),
        ({"network_code": "none_such"}, "false"),
        ({"channel": "web"}, "true"),
        ({"channel": "phone"}, "false"),
        ({"assignee": "crew 2"}, "assignee = 'crew 2'"),
        ({"status": "waiting_reporter,referred"}, "status in ('waiting_reporter', 'referred')"),
        ({"due_before": soon.isoformat()}, f"next_due_at < '{soon.isoformat()}'"),
        ({"received_from": moment[0].isoformat()}, f"received_at >= '{moment[0].isoformat()}'"),
        ({"received_to": moment[0].isoformat()}, f"received_at < '{moment[0].isoformat()}'"),
        ({"updated_since": moment[0].isoformat()}, f"updated_at >= '{moment[0].isoformat()}'"),
        ({"promise_late": "true"}, "resolve_by < coalesce(closed_at, paused_at, now())"),
        ({"closing_reason": "fixed"}, "closing_reason = 'fixed'"),
        ({"language": "en,km"}, "language in ('en', 'km')"),
        ({"escalation_step": "1,2"}, "escalation_step in (1, 2)"),
        ({"escalation_step": "0"}, "escalation_step = 0"),
        ({"confidential": "true"}, "confidential"),
        ({"confidential": "false"}, "not confidential"),
        ({"due_from": soon.isoformat()}, f"next_due_at >= '{soon.isoformat()}'"),
        ({"acknowledge_to": later}, f"acknowledge_by < '{later}'"),
        ({"acknowledge_from": later}, f"acknowledge_by >= '{later}'"),
        ({"respond_from": later, "respond_to": later}, "false"),
        ({"resolve_from": first["received_at"], "resolve_to": later}, f"resolve_by < '{later}'"),
        ({"acknowledged_from": answered}, f"acknowledged_at >= '{answered}'"),
        ({"acknowledged_to": answered}, f"acknowledged_at < '{answered}'"),
        ({"responded_from": answered}, f"responded_at >= '{answered}'"),
        ({"responded_to": answered}, f"responded_at < '{answered}'"),
        ({"public": "true"}, "public and not confidential"),
        ({"public": "false"}, "not public or confidential"),
        ({"rule": rule}, f"rule = '{rule}'"),
        ({"source": "old system,other"}, "source = 'old system'"),
        ({"closed_from": first["received_at"]}, "closed_at is not null"),
        ({"closed_to": first["received_at"]}, "false"),
        ({"closed_from": first["received_at"], "status": "resolved"}, "status = 'resolved'"),
        ({"view": "mine", "priority": "low", "sort": "priority"}, "assignee = 'supervisor' and priority = 'low'"),
        ({"view": "waiting", "status": "referred"}, "false"),
        ({"q": "", "department": "", "order": "", "metres": "", "view": ""}, "true"),
    ):  # fmt: skip
        among = (
            "true" if {"closed_from", "closed_to", "closing_reason"} & query.keys() else "closed_at is null"
        )
        expected = count(owner, f"({condition}) and {among}")
        assert len(walked(supervisor, limit=9, **query)) == expected, query
    ordered = [
        supervisor.get("/queue", sort="due", **more).json()["ordered"] for more in ({}, {"status": "all"})
    ]
    assert ordered == [{"sort": "due", "order": "asc"}, {"sort": "received", "order": "desc"}]


def test_areas_and_what_is_near(supervisor: Staff, owner: psycopg.Connection[Any], many: int) -> None:
    rows = sorted(supervisor.get("/queue", limit=200).json()["requests"], key=lambda row: row["lat"])
    west, east = rows[0]["lon"] - 0.01, rows[0]["lon"] + 0.01
    top = (rows[9]["lat"] + rows[10]["lat"]) / 2
    bottom = rows[0]["lat"] - 0.001
    box = f"{west},{bottom};{east},{bottom};{east},{top};{west},{top}"
    assert set(walked(supervisor, area=box)) == {row["reference"] for row in rows[:10]}
    triangle = f"{west},{bottom};{west},{top};{west + 0.001},{top}"
    assert walked(supervisor, area=triangle) == [], "inside the box around it, outside of the triangle"
    middle, reference = rows[20]["reference"], new_reference("PNH")  # a copy's own is none
    owner.execute("update request set reference = %s where reference = %s", (reference, middle))
    near = set(walked(supervisor, near=reference, metres=250))
    assert near - {reference} == {rows[n]["reference"] for n in (18, 19, 21, 22)}, (
        "112 metres lie between two"
    )
    shown = supervisor.get("/queue/positions", area=box).json()
    assert {one["reference"] for one in shown["positions"]} == {row["reference"] for row in rows[:10]}
    assert shown["complete"] is True


def test_many_positions_are_shown_as_cells(
    supervisor: Staff, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nagara.queue import positions

    monkeypatch.setattr(positions, "MOST_SINGLE", 10)
    shown = supervisor.get("/queue/positions").json()
    assert shown["positions"] == []
    assert sum(cell["count"] for cell in shown["cells"]) == many
    assert shown["complete"] is True
    monkeypatch.setattr(positions, "LOOKED_AT", 20)
    assert supervisor.get("/queue/positions").json()["complete"] is False


def test_the_same_reporter_is_found_without_being_seen(agent: Staff, client: TestClient) -> None:
    def by(**contact: str) -> str:
        return str(client.post(FILE, json=RUBBISH | {"contact": contact}).json()["reference"])

    first, again = by(email="same@example.org"), by(email="Same@Example.org ")
    other = by(email="other@example.org")
    nobody = str(client.post(FILE, json={**RUBBISH, "contact": None}).json()["reference"])
    answer = agent.get("/queue", same_reporter=first)
    assert set(references(answer)) == {first, again}
    assert "example.org" not in answer.text
    assert references(agent.get("/queue", same_reporter=other)) == [other]
    assert references(agent.get("/queue", same_reporter=nobody)) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"view": "nonsense"}, "view"),
    ({"sort": "size"}, "sort"),
    ({"order": "sideways"}, "order"),
    ({"priority": "extreme"}, "priority"),
    ({"area": "1,2;3,4"}, "area"),
    ({"area": "nan,1;2,2;3,3"}, "area"),
    ({"near": "nonsense"}, "near"),
    ({"metres": "-1"}, "metres"),
    ({"same_reporter": "x"}, "same_reporter"),
    ({"received_from": "yesterday"}, "received_from"),
    ({"typo": "1"}, "typo"),
    ({"escalation_step": "two"}, "escalation_step"),
    ({"closed_to": "soon"}, "closed_to"),
    ({"status": "received", "sort": "due", "cursor": "bm9uc2Vuc2U"}, "cursor"),
]


@pytest.mark.parametrize(("query", "field"), WRONG)
def test_what_cannot_be_asked_is_named(agent: Staff, query: dict[str, Any], field: str) -> None:
    answer = agent.get("/queue", **query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field


def test_a_cursor_serves_its_own_order_alone(supervisor: Staff, many: int) -> None:
    cursor = supervisor.get("/queue", limit=2).json()["next_cursor"]
    assert supervisor.get("/queue", sort="updated", cursor=cursor).json()["error"]["field"] == "cursor"


def every_way(reference: str) -> Iterable[dict[str, Any]]:
    """Ways of asking that would show a request."""
    yield from ({"q": "motorbikes"}, {"q": reference}, {"status": "all"}, {"bbox": "100,5,110,20"})
    yield {"area": "100,5;110,5;110,20;100,20"}
    yield {"sort": "priority"}


def test_of_another_city_nothing_is_found(client: TestClient, agent: Staff, filed: dict[str, str]) -> None:
    stranger = Staff(client, "agent@kh-rep", "agent")
    for query in every_way(filed["en"]):
        assert references(agent.get("/queue", **query)) != []
        assert references(stranger.get("/queue", **query)) == []
        query.pop("sort", None)
        assert stranger.get("/queue/positions", **query).json()["positions"] == []
    assert {n for view, n in stranger.get("/queue/counts").json().items() if view != "counted_up_to"} <= {
        0,
        None,
    }
    assert stranger.get("/queue", near=filed["en"]).status_code == 404
    assert references(stranger.get("/queue", same_reporter=filed["en"])) == []


def test_filters_are_kept_and_shared(client: TestClient, agent: Staff, supervisor: Staff) -> None:
    def call(staff: Staff, method: str, path: str, body: Any = None) -> Any:
        return client.request(method, f"/api/v1/staff{path}", json=body, headers=staff.headers)

    body = {"name": "Urgent ones", "filter": {"priority": "urgent", "view": "overdue"}, "shared": "none"}
    kept = call(agent, "POST", "/filters", body)
    assert kept.status_code == 201, kept.text
    id_ = kept.json()["id"]
    assert kept.json()["filter"] == body["filter"]
    assert supervisor.get("/filters").json()["filters"] == []
    assert call(agent, "POST", "/filters", body).json()["error"]["field"] == "name"
    assert call(supervisor, "PUT", f"/filters/{id_}", body).status_code == 404
    for method, path in (("POST", "/filters"), ("PUT", f"/filters/{id_}")):
        refused = call(agent, method, path, body | {"name": "For all", "shared": "city"})
        assert (refused.status_code, "supervisor" in refused.json()["error"]["allowed"]) == (403, True)
    assert supervisor.get("/filters").json()["filters"] == []
    wide = call(supervisor, "POST", "/filters", body | {"shared": "city"}).json()["id"]
    assert supervisor.get("/filters").json()["filters"][0]["mine"] is True
    [own, seen] = sorted(agent.get("/filters").json()["filters"], key=lambda one: one["username"])
    assert (own["mine"], seen["name"], seen["username"], seen["mine"]) == (
        True,
        "Urgent ones",
        "supervisor",
        False,
    )
    assert call(agent, "DELETE", f"/filters/{wide}").status_code == 403
    assert call(supervisor, "DELETE", f"/filters/{wide}").status_code == 204
    assert Staff(client, "agent@kh-rep", "agent").get("/filters").json()["filters"] == []
    wrong = call(agent, "POST", "/filters", body | {"name": "x", "filter": {"area": "1"}})
    assert wrong.json()["error"]["field"] == "area"
    assert call(agent, "PUT", f"/filters/{id_}", body | {"shared": "department"}).status_code == 422
    department = Staff(client, "own@kh-pnh", "agent", "waste")
    assert call(department, "PUT", f"/filters/{id_}", body).status_code == 404
    given = call(department, "POST", "/filters", body | {"name": "Ours", "shared": "department"})
    assert given.status_code == 201, "who works shares with the own department"
    beside = Staff(client, "beside@kh-pnh", "crew", "waste")
    assert [one["name"] for one in beside.get("/filters").json()["filters"]] == ["Ours"]
    assert call(beside, "POST", "/filters", body | {"shared": "department"}).status_code == 403
    assert call(beside, "POST", "/filters", body).status_code == 201
    assert call(agent, "DELETE", f"/filters/{id_}").status_code == 204
    assert agent.get("/filters").json()["filters"] == []


@pytest.mark.parametrize("scope", ["read_queue", "work", "moderate", "export"])
def test_a_key_keeps_no_filters_and_looks_at_nothing_as_people_do(
    client: TestClient, supervisor: Staff, scope: str
) -> None:
    reference = client.post(FILE, json=RUBBISH).json()["reference"]
    body = {"name": "Not yours", "filter": {}, "shared": "city"}
    with city_session("kh-pnh") as session:
        key = create_key(session, "kh-pnh", None, NewKey("a system", (scope,)))[1]
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/staff/filters", headers=headers).status_code == 200
    kept = client.post("/api/v1/staff/filters", json=body, headers=supervisor.headers).json()["id"]
    for method, path in (
        ("POST", "/filters"),
        ("PUT", f"/filters/{kept}"),
        ("DELETE", f"/filters/{kept}"),
        ("PUT", f"/requests/{reference}/presence"),
        ("DELETE", f"/requests/{reference}/presence"),
    ):
        refused = client.request(method, f"/api/v1/staff{path}", json=body, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "for_people_only")
    assert [one["id"] for one in supervisor.get("/filters").json()["filters"]] == [kept]
