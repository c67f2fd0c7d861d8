"""Administrators make, change and reset their city's accounts and keys; nobody is left without an administrator."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.api.test_sign_in import code_of, set_up, sign_in

Owner = psycopg.Connection[Any]
ACCOUNTS, KEYS = "/api/v1/staff/accounts", "/api/v1/staff/keys"


@pytest.fixture
def admin(client: TestClient) -> Staff:
    """The administrator of Phnom Penh."""
    return Staff(client, "admin@kh-pnh", "city_admin")


def send(staff: Staff, method: str, path: str, body: Any = None) -> Response:
    """Call as somebody."""
    answer: Response = staff.client.request(method, path, json=body, headers=staff.headers)
    return answer


def make(admin: Staff, username: str = "sophea", role: str = "agent", **more: Any) -> dict[str, Any]:
    """Make an account."""
    answer = send(admin, "POST", ACCOUNTS, {"username": username, "role": role} | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_account_begins_with_a_password_that_has_to_be_changed(admin: Staff) -> None:
    client = admin.client
    made = make(admin, departments=["dpwt", "khan"], display_name="Sophea", email="sophea@example.org")
    assert made["account"]["departments"] == ["dpwt", "khan"]
    temporary = made["temporary_password"]
    signed = sign_in(client, "sophea@kh-pnh", temporary).json()
    assert signed["account"]["lacks"] == "password"
    headers = {"Authorization": f"Bearer {signed['token']}"}
    refused = client.get("/api/v1/staff/queue", headers=headers)
    assert code_of(refused) == "sign_in_incomplete"
    change = {"old": temporary, "new": "four uncommon herons wading"}
    assert client.put("/api/v1/staff/password", json=change, headers=headers).status_code == 204
    assert client.get("/api/v1/staff/queue", headers=headers).status_code == 200
    shown = client.get("/api/v1/staff/session", headers=headers).json()["account"]
    assert shown["departments"] == ["dpwt", "khan"]
    assert shown["department"] is None


def test_who_belongs_to_several_departments_works_for_each(admin: Staff) -> None:
    reference = admin.client.post(FILE, json=RUBBISH).json()["reference"]
    department = admin.get(f"/requests/{reference}").json()["department"]["code"]
    both = Staff(admin.client, "both@kh-pnh", "agent")
    for departments, status in ((["dpwt", department], 200), (["dpwt", "khan"], 403)):
        send(admin, "PATCH", f"{ACCOUNTS}/both", {"departments": departments})
        token = sign_in(admin.client, "both@kh-pnh").json()["token"]
        both.headers = {"Authorization": f"Bearer {token}"}
        assert both.move(reference, "note", note="A note.").status_code == status


def test_what_cannot_be_an_account_is_refused_with_what_could(admin: Staff) -> None:
    make(admin)
    for body, status, field in (
        ({"username": "sophea", "role": "agent"}, 409, "username"),
        ({"username": "Not A Name", "role": "agent"}, 422, "username"),
        ({"username": "new", "role": "king"}, 422, "role"),
        ({"username": "new", "role": "official"}, 422, "role"),
        ({"username": "new", "role": "agent", "departments": ["nowhere"]}, 422, "departments"),
        ({"username": "new", "role": "agent", "password": "password123456"}, 422, "password"),
    ):
        answer = send(admin, "POST", ACCOUNTS, body)
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]["field"] == field
    assert send(admin, "PATCH", f"{ACCOUNTS}/sophea", {"role": None}).status_code == 422
    assert send(admin, "PATCH", f"{ACCOUNTS}/sophea", {"role": "service"}).status_code == 422
    assert code_of(send(admin, "PATCH", f"{ACCOUNTS}/nobody", {"active": False})) == "unknown_account"


def test_who_may_do_less_is_signed_out_and_who_is_off_stays_out(admin: Staff, agent: Staff) -> None:
    assert send(admin, "PATCH", f"{ACCOUNTS}/agent", {"display_name": "Another name"}).status_code == 200
    assert agent.get("/session").json()["account"]["display_name"] == "Another name"
    assert send(admin, "PATCH", f"{ACCOUNTS}/agent", {"role": "auditor"}).status_code == 200
    assert agent.get("/session").status_code == 401
    assert sign_in(agent.client).json()["account"]["role"] == "auditor"
    assert send(admin, "PATCH", f"{ACCOUNTS}/agent", {"active": False}).status_code == 200
    assert code_of(sign_in(agent.client)) == "wrong_credentials"
    listed = {account["username"]: account for account in admin.get("/accounts").json()["accounts"]}
    assert listed["agent"]["active"] is False
    assert [person["username"] for person in admin.get("/people").json()["people"]] == ["admin"]


def test_the_contractors_that_work_can_be_given_to_are_named_with_whose_work_they_do(agent: Staff) -> None:
    listed = {one["code"]: one for one in agent.get("/people").json()["contractors"]}
    assert listed.keys() >= {"800super-gaea"}
    assert listed["800super-gaea"]["for_department"] == "waste-division"
    assert listed["800super-gaea"]["names"]["en"] == "800 Super and GAEA"


def test_the_last_administrator_stays(admin: Staff) -> None:
    for change in ({"active": False}, {"role": "agent"}):
        assert code_of(send(admin, "PATCH", f"{ACCOUNTS}/admin", change)) == "last_administrator"
    make(admin, "second", "city_admin")
    assert send(admin, "PATCH", f"{ACCOUNTS}/admin", {"role": "agent"}).status_code == 200
    assert admin.get("/accounts").status_code == 401


def test_who_is_locked_out_is_let_in_again(admin: Staff, agent: Staff) -> None:
    set_up(agent)
    reset = send(admin, "POST", f"{ACCOUNTS}/agent/reset", {"password": True, "second_factor": True})
    temporary = reset.json()["temporary_password"]
    assert agent.get("/session").status_code == 401
    assert sign_in(agent.client).status_code == 401
    again = sign_in(agent.client, password=temporary)
    assert again.json()["account"]["lacks"] == "password"
    auditor = Staff(agent.client, "auditor@kh-pnh", "auditor")
    entry = auditor.get("/audit", action="account_reset").json()["entries"][0]
    assert (entry["actor"], entry["subject"]) == ("admin", "agent")
    assert temporary not in auditor.get("/audit", limit=200).text


def test_a_key_does_what_its_scopes_say_until_it_ends(admin: Staff, owner: Owner) -> None:
    client = admin.client
    reference = client.post(FILE, json=RUBBISH).json()["reference"]
    body = {"label": "City app", "scopes": ["read_queue"], "account": "city-app"}
    made = send(admin, "POST", KEYS, body)
    assert made.status_code == 201, made.text
    key, id_ = made.json()["key"], made.json()["details"]["id"]
    assert key not in str(owner.execute("select * from api_key").fetchall())
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/staff/queue", headers=headers).json()["requests"][0]["reference"] == reference
    shown = client.get("/api/v1/staff/session", headers=headers).json()["account"]
    assert (shown["role"], shown["scopes"], shown["username"]) == (
        "service",
        ["read_queue"],
        "city-app@kh-pnh",
    )
    refused = client.post(f"/api/v1/staff/requests/{reference}/note", json={"note": "n"}, headers=headers)
    assert refused.json()["error"]["allowed"] == ["work"]
    assert code_of(client.get("/api/v1/staff/sessions", headers=headers)) == "for_people_only"
    assert (
        "resident@example.org" not in client.get(f"/api/v1/staff/requests/{reference}", headers=headers).text
    )
    listed = admin.get("/keys").json()["keys"][0]
    assert (listed["created_by"], listed["label"]) == ("admin", "City app")
    assert listed["last_used_at"] is not None
    assert send(admin, "DELETE", f"{KEYS}/{id_}").status_code == 204
    assert client.get("/api/v1/staff/queue", headers=headers).status_code == 401


def test_a_worker_key_acts_as_its_service_account(admin: Staff) -> None:
    client = admin.client
    reference = client.post(FILE, json=RUBBISH).json()["reference"]
    key = send(admin, "POST", KEYS, {"label": "ERP", "scopes": ["work"], "account": "erp"}).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    url = f"/api/v1/staff/requests/{reference}/acknowledge"
    assert client.post(url, json={}, headers=headers).status_code == 200
    timeline = admin.get(f"/requests/{reference}").json()["timeline"]
    assert timeline[-1]["actor"] == "erp@kh-pnh"
    assert send(admin, "PATCH", f"{ACCOUNTS}/erp", {"active": False}).status_code == 200
    assert client.get("/api/v1/staff/queue", headers=headers).status_code == 401


def test_a_key_ends_by_itself_and_wrong_ones_are_not_made(admin: Staff, owner: Owner) -> None:
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    body = {"label": "a", "scopes": ["read_queue"], "expires_at": later}
    key = send(admin, "POST", KEYS, body).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert admin.client.get("/api/v1/staff/queue", headers=headers).status_code == 200
    owner.execute("update api_key set expires_at = now()")
    assert admin.client.get("/api/v1/staff/queue", headers=headers).status_code == 401
    for wrong, field in (
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": (dt.datetime.now(dt.UTC) + dt.timedelta(days=731)).isoformat()}, "expires_at"),
        ({"account": "admin"}, "account"),
    ):
        answer = send(admin, "POST", KEYS, {"label": "a", "scopes": ["work"]} | wrong)
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["field"] == field


def test_a_key_lasts_a_year_unless_said_and_at_most_two(admin: Staff) -> None:
    body = {"label": "a", "scopes": ["work"]}
    usual = send(admin, "POST", KEYS, body).json()["details"]
    life = dt.datetime.fromisoformat(usual["expires_at"]) - dt.datetime.fromisoformat(usual["created_at"])
    assert life == dt.timedelta(days=365)
    longest = (dt.datetime.now(dt.UTC) + dt.timedelta(days=729)).isoformat()
    assert send(admin, "POST", KEYS, body | {"expires_at": longest}).status_code == 201
    listed = admin.get("/keys").json()
    assert (listed["usual_days"], listed["longest_days"]) == (365, 730)
    assert all(key["expires_at"] for key in listed["keys"])


def test_a_service_account_signs_in_nowhere(admin: Staff) -> None:
    assert make(admin, "robot", "service")["temporary_password"] is None
    assert sign_in(admin.client, "robot@kh-pnh", "").status_code == 401
    assert send(admin, "POST", f"{ACCOUNTS}/robot/reset", {"password": True}).status_code == 422
