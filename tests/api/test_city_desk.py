"""What a city's own people write and declare, and what its files say, seen by those who may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH

NOW = dt.datetime.now(dt.UTC)


def at(**delta: float) -> str:
    return (NOW + dt.timedelta(**delta)).isoformat()


def post(staff: Staff, path: str, body: dict[str, Any], **headers: str) -> Any:
    return staff.client.post(f"/api/v1/staff{path}", json=body, headers=staff.headers | headers)


def error(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["error"].get("field")


# ---- reports of others


def test_a_caller_s_report_says_how_it_came_and_who_typed_it(
    agent: Staff, owner: psycopg.Connection[Any]
) -> None:
    filed = post(agent, "/requests", RUBBISH | {"channel": "phone"}, **{"Idempotency-Key": "call-1"})
    assert filed.status_code == 201
    again = post(agent, "/requests", RUBBISH | {"channel": "phone"}, **{"Idempotency-Key": "call-1"})
    assert again.status_code == 200
    assert again.json() == filed.json()
    assert not {"token", "page_url"} & filed.json().keys(), "the private page is the resident's alone"
    assert "token" not in filed.text
    shown = agent.get(f"/requests/{filed.json()['reference']}").json()
    assert shown["channel"] == "phone"
    assert shown["contact_known"] is True
    first = shown["timeline"][0]
    assert (first["kind"], first["actor_kind"], first["actor"]) == ("filed", "staff", "agent@kh-pnh")


def test_only_ways_into_the_city_are_channels_and_only_clerks_file(client: TestClient, agent: Staff) -> None:
    assert error(post(agent, "/requests", RUBBISH | {"channel": "telepathy"})) == (422, "channel")
    assert error(post(agent, "/requests", RUBBISH)) == (422, "channel")
    auditor = Staff(client, "auditor@kh-pnh", "auditor")
    assert post(auditor, "/requests", RUBBISH | {"channel": "phone"}).status_code == 403


# ---- replies


def test_a_template_is_offered_where_it_fits_and_filled_for_a_request(
    client: TestClient, agent: Staff, supervisor: Staff
) -> None:
    reference = client.post(FILE, json=RUBBISH).json()["reference"]
    for name, more in {
        "Thanks": {},
        "Collected": {"move": "resolve", "service_code": "waste_missed"},
        "Lamp": {"move": "resolve", "service_code": "street_light"},
        "No": {"move": "decline"},
    }.items():
        body = {"name": name, "language": "en", "body": "{service}, {reference}: done in {district}."} | more
        assert post(supervisor, "/templates", body).status_code == 201
    found = agent.get("/templates", move="resolve", reference=reference, language="en").json()["templates"]
    assert [one["name"] for one in found] == ["Collected", "Thanks"]
    assert found[0]["preview"].startswith(f"Missed rubbish collection, {reference}: done in ")
    assert "{" not in found[0]["preview"]
    assert agent.get("/templates", language="km").json()["templates"] == []


def test_a_new_wording_takes_the_place_of_the_old(supervisor: Staff, owner: psycopg.Connection[Any]) -> None:
    body = {"name": "Thanks", "language": "en", "body": "Thank you."}
    first = post(supervisor, "/templates", body).json()
    assert post(supervisor, "/templates", body).status_code == 409
    assert (
        post(supervisor, "/templates", body | {"replaces": first["id"], "body": "Thanks."}).status_code == 201
    )
    assert [t["body"] for t in supervisor.get("/templates").json()["templates"]] == ["Thanks."]
    assert post(supervisor, "/templates", body | {"replaces": first["id"]}).status_code == 404
    address = f"/api/v1/staff/templates/{supervisor.get('/templates').json()['templates'][0]['id']}"
    assert supervisor.client.delete(address, headers=supervisor.headers).status_code == 204
    assert supervisor.client.delete(address, headers=supervisor.headers).status_code == 404
    assert supervisor.get("/templates").json()["templates"] == []
    kept = owner.execute("select count(*) from reply_template").fetchone()
    assert kept == (2,)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": "Dear {name}"}, "body"),
        ({"body": "{reference!r}"}, "body"),
        ({"body": "{"}, "body"),
        ({"body": "  "}, "body"),
        ({"name": " "}, "name"),
        ({"language": "fr"}, "language"),
        ({"move": "explode"}, "move"),
        ({"service_code": "volcano"}, "service_code"),
    ],
)
def test_a_wrong_template_is_refused(supervisor: Staff, change: dict[str, str], field: str) -> None:
    body = {"name": "Thanks", "language": "en", "body": "Thank you."} | change
    assert error(post(supervisor, "/templates", body)) == (422, field)


# ---- announcements


def announcement(**change: Any) -> dict[str, Any]:
    return {
        "level": "warning",
        "texts": {"km": "ថ្ងៃបុណ្យអុំទូក មិនប្រមូលសំរាម", "en": "No collection during Water Festival"},
        "shown_until": at(days=3),
    } | change


def test_an_announcement_is_shown_in_its_time_the_gravest_first(
    client: TestClient, supervisor: Staff
) -> None:
    post(supervisor, "/announcements", announcement(level="info"))
    grave = post(supervisor, "/announcements", announcement(level="danger", districts=["1202"])).json()
    post(supervisor, "/announcements", announcement(shown_from=at(days=1)))
    shown = client.get("/api/v1/cities/kh-pnh/announcements").json()["announcements"]
    assert [one["level"] for one in shown] == ["danger", "info"]
    assert shown[0]["texts"]["km"]
    assert "created_by" not in shown[0]
    assert client.get("/api/v1/cities/th-bkk/announcements").json()["announcements"] == []
    for _ in range(2):
        address = f"/api/v1/staff/announcements/{grave['id']}"
        assert supervisor.client.delete(address, headers=supervisor.headers).status_code == 204
    shown = client.get("/api/v1/cities/kh-pnh/announcements").json()["announcements"]
    assert [one["level"] for one in shown] == ["info"]
    assert len(supervisor.get("/announcements").json()["announcements"]) == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"texts": {}}, "texts"),
        ({"texts": {"fr": "non"}}, "texts"),
        ({"texts": {"en": " "}}, "texts.en"),
        ({"texts": {"en": "x" * 1001}}, "texts.en"),
        ({"shown_until": at(days=-1)}, "shown_until"),
        ({"shown_until": at(days=800)}, "shown_until"),
        ({"shown_until": "2027-01-01T00:00:00"}, "shown_until"),
        ({"districts": ["9999"]}, "districts"),
        ({"services": ["volcano"]}, "services"),
        ({"level": "purple"}, "level"),
    ],
)
def test_a_wrong_announcement_is_refused(supervisor: Staff, change: dict[str, Any], field: str) -> None:
    assert error(post(supervisor, "/announcements", announcement(**change))) == (422, field)


def test_an_agent_announces_nothing(agent: Staff) -> None:
    assert post(agent, "/announcements", announcement()).status_code == 403


# ---- emergencies


def emergency(**change: Any) -> dict[str, Any]:
    return {
        "kind": "flood",
        "declared_by": "Phnom Penh Capital Administration",
        "source": "https://example.org/declaration",
        "valid_from": at(hours=-2),
    } | change


def test_an_emergency_begins_is_ended_once_and_stays_written(supervisor: Staff) -> None:
    declared = post(supervisor, "/emergencies", emergency(districts=["1202"])).json()
    assert declared["valid_to"] is None
    end = f"/emergencies/{declared['id']}/end"
    assert error(post(supervisor, end, {"valid_to": at(days=1)})) == (422, "valid_to")
    assert error(post(supervisor, end, {"valid_to": at(hours=-3)})) == (422, "valid_to")
    ended = post(supervisor, end, {"valid_to": at(hours=-1)}).json()
    assert ended["ended_by"] == "supervisor@kh-pnh"
    again = post(supervisor, end, {"valid_to": at(minutes=-5)}).json()
    assert again["valid_to"] == ended["valid_to"]
    assert len(supervisor.get("/emergencies").json()["emergencies"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "boredom"}, "kind"),
        ({"declared_by": " "}, "declared_by"),
        ({"source": " "}, "source"),
        ({"valid_from": at(days=2)}, "valid_from"),
        ({"valid_from": at(days=-400)}, "valid_from"),
        ({"districts": ["9999"]}, "districts"),
    ],
)
def test_a_wrong_emergency_is_refused(supervisor: Staff, change: dict[str, Any], field: str) -> None:
    assert error(post(supervisor, "/emergencies", emergency(**change))) == (422, field)


def test_what_another_city_wrote_is_not_there(client: TestClient, supervisor: Staff) -> None:
    mine = post(supervisor, "/announcements", announcement()).json()["id"]
    flood = post(supervisor, "/emergencies", emergency()).json()["id"]
    reply = post(supervisor, "/templates", {"name": "T", "language": "en", "body": "Hello"}).json()["id"]
    foreign = Staff(client, "supervisor@th-bkk", "supervisor")
    for kind in ("announcements", "emergencies", "templates"):
        assert foreign.get(f"/{kind}").json()[kind] == []
    for address in (f"/announcements/{mine}", f"/templates/{reply}"):
        assert client.delete(f"/api/v1/staff{address}", headers=foreign.headers).status_code == 404
    assert post(foreign, f"/emergencies/{flood}/end", {"valid_to": at(hours=-1)}).status_code == 404


# ---- configuration


def test_an_administrator_sees_what_the_files_say_and_what_changed(
    client: TestClient, owner: psycopg.Connection[Any]
) -> None:
    from nagara.cities import city_of, record_versions

    city = city_of("kh-pnh")
    before = city.model_copy(update={"timezone": "Asia/Bangkok", "fingerprint": "an earlier one"})
    with psycopg.connect(owner.info.dsn + f" password={owner.info.password}") as connection:
        record_versions(connection, {"kh-pnh": before})
        record_versions(connection, {"kh-pnh": city})
    administrator = Staff(client, "chief@kh-pnh", "city_admin")
    shown = administrator.get("/configuration", since="an earlier one").json()
    assert shown["fingerprint"] == city.fingerprint
    assert len(shown["content"]["services"]) == len(city.services)
    assert "districts" not in shown["content"]
    assert any("Asia/Bangkok" in change for change in shown["changes"])
    assert {version["fingerprint"] for version in shown["versions"]} == {"an earlier one", city.fingerprint}
    assert all(finding.startswith("cities/kh-pnh/") for finding in shown["findings"])
    assert administrator.get("/configuration", since="never").status_code == 404
    assert Staff(client, "agent@kh-pnh", "agent").get("/configuration").status_code == 403
