"""Other systems are told: signed, without personal data, again when it failed, never inside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from nagara.notifications import compose, deliver
from nagara.notifications.channels.webhook import signature
from nagara.notifications.forgetting import forget
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH
from tests.api.test_staff_accounts import send
from tests.messages import Call, Other, other_side

Owner = psycopg.Connection[Any]
HOOKS = "/api/v1/staff/webhooks"


@pytest.fixture
def admin(client: TestClient) -> Staff:
    """The administrator of Phnom Penh."""
    return Staff(client, "admin@kh-pnh", "city_admin")


@pytest.fixture
def other(admin: Staff) -> Iterator[Other]:
    """The other system."""
    with other_side() as other:
        other.status = 200
        yield other


def make(admin: Staff, other: Other, **more: Any) -> tuple[str, str]:
    """A registered endpoint and its secret."""
    answer = send(admin, "POST", HOOKS, {"label": "GIS", "url": f"{other.url}/hook"} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["webhook"]["id"], answer.json()["secret"]


def signed_with(call: Call, secret: str) -> bool:
    """As a receiver checks it, by the specification alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    right = base64.b64encode(hmac.new(key, head + call.body, hashlib.sha256).digest()).decode()
    return f"v1,{right}" in call.headers["webhook-signature"].split()


def tell(db: Owner) -> Any:
    with db.transaction():
        compose(db)
    return deliver(db, "webhook")


def test_the_signature_is_that_of_the_specification() -> None:
    assert (
        signature(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_an_endpoint_is_told_the_fact_and_nothing_personal(admin: Staff, other: Other, db: Owner) -> None:
    id_, secret = make(admin, other, events=["filed", "acknowledged"])
    personal = {"name": "Sok Dara", "email": "sok.dara@example.org"}
    body = RUBBISH | {"description": "A heap of rubbish in front of my door", "contact": personal}
    filed = admin.client.post(FILE, json=body).json()
    assert tell(db).sent == 1
    admin.move(filed["reference"], "note", note="for colleagues")
    assert tell(db).sent == 0, "of notes it wanted to hear nothing"
    admin.move(filed["reference"], "acknowledge", note="a word to the resident")
    assert tell(db).sent == 1
    first, second = other.calls
    event = json.loads(first.body)
    assert first.headers["content-type"].startswith("application/cloudevents+json")
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0", "org.nagara.request.filed", filed["reference"],
    )  # fmt: skip
    assert event["source"].endswith("/api/v1/cities/kh-pnh")
    assert event["time"].endswith("Z")
    assert event["data"]["status"] == "received"
    assert set(event["data"]) == {
        "city", "reference", "number", "status", "service_code", "network_code", "department", "public", "url",
    }  # fmt: skip
    said = (first.body + second.body).decode()
    assert not any(word in said for word in ("Sok", "sok.dara", "heap", "word to", "colleagues", "11.5"))
    assert signed_with(first, secret)
    assert signed_with(second, secret)
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    log = send(admin, "GET", f"{HOOKS}/{id_}/attempts").json()["attempts"]
    assert [(one["event_type"], one["answer"], one["delivered"]) for one in log] == [
        ("org.nagara.request.acknowledged", "taken", True), ("org.nagara.request.filed", "taken", True),
    ]  # fmt: skip


def test_a_failure_is_tried_again_under_the_same_id_and_a_success_can_be_repeated(
    admin: Staff, other: Other, db: Owner, owner: Owner
) -> None:
    id_, _ = make(admin, other)
    other.status, other.headers = 302, {"Location": f"{other.url}/elsewhere"}
    admin.client.post(FILE, json=RUBBISH)
    assert tell(db).put_back == 1
    assert [call.path for call in other.calls] == ["/hook"], "redirects are not followed"
    other.status, other.headers = 204, {}
    owner.execute("update notification set next_attempt_at = now() where next_attempt_at is not null")
    assert tell(db).sent == 1
    log = send(admin, "GET", f"{HOOKS}/{id_}/attempts").json()["attempts"]
    assert [(one["answer"], one["delivered"]) for one in log] == [("taken", True), ("HTTP 302", False)]
    again = {"webhook_id": log[0]["webhook_id"]}
    assert send(admin, "POST", f"{HOOKS}/{id_}/redeliver", again).status_code == 204
    assert tell(db).sent == 1
    assert len({call.headers["webhook-id"] for call in other.calls}) == 1
    assert len(other.calls) == 3
    never = send(admin, "POST", f"{HOOKS}/{id_}/redeliver", {"webhook_id": "0" * 40})
    assert (never.status_code, never.json()["error"]["code"]) == (404, "unknown_webhook")
    owner.execute("update webhook_attempt set at = now() - interval '31 days'")
    forget(db, db.execute("select now()").fetchone()[0])  # type: ignore[index]
    db.commit()
    assert send(admin, "GET", f"{HOOKS}/{id_}/attempts").json()["attempts"] == []


def test_for_a_day_both_secrets_sign_and_a_test_says_nothing(
    admin: Staff, other: Other, db: Owner, owner: Owner
) -> None:
    id_, old = make(admin, other)
    new = send(admin, "POST", f"{HOOKS}/{id_}/secret").json()["secret"]
    assert send(admin, "POST", f"{HOOKS}/{id_}/test").status_code == 204
    assert tell(db).sent == 1
    owner.execute("update webhook_endpoint set previous_until = now()")
    send(admin, "POST", f"{HOOKS}/{id_}/test")
    assert tell(db).sent == 1
    first, second = other.calls
    assert (signed_with(first, old), signed_with(first, new)) == (True, True)
    assert (signed_with(second, old), signed_with(second, new)) == (False, True)
    assert json.loads(first.body)["type"] == "org.nagara.test"
    log = send(admin, "GET", f"{HOOKS}/{id_}/attempts").json()["attempts"]
    assert [one["can_be_sent_again"] for one in log] == [False, False]
    stored = owner.execute("select string_agg(concat(e), '') from webhook_endpoint e").fetchone()
    assert stored is not None
    assert new not in stored[0], "secrets are sealed"


def test_what_is_gone_switched_off_removed_or_confidential_is_told_nothing(
    admin: Staff, other: Other, db: Owner, owner: Owner
) -> None:
    id_, _ = make(admin, other)
    other.status = 410
    admin.client.post(FILE, json=RUBBISH)
    assert tell(db).failed == 1
    [shown] = send(admin, "GET", HOOKS).json()["webhooks"]
    assert (shown["active"], shown["ended_because"]) == (False, "HTTP 410")
    other.status = 200
    admin.client.post(FILE, json=RUBBISH)
    assert tell(db).sent == 0
    assert send(admin, "PATCH", f"{HOOKS}/{id_}", {"active": True}).json()["ended_because"] is None
    admin.client.post(FILE, json=RUBBISH)
    owner.execute("update request set confidential = true")
    assert tell(db).sent == 0
    admin.client.post(FILE, json=RUBBISH)
    with db.transaction():
        compose(db)
    assert send(admin, "DELETE", f"{HOOKS}/{id_}").status_code == 204
    assert tell(db).sent == 0
    assert len(other.calls) == 1
    assert send(admin, "GET", f"{HOOKS}/{id_}/attempts").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://reports.example.org/"}, "url"), ({"url": "https://10.0.0.8/"}, "url"),
        ({"url": "https://user:pw@example.org/"}, "url"), ({"url": "https://example.org:8443/"}, "url"),
        ({"events": ["exploded"]}, "events"), ({"events": []}, "events"),
    ],
)  # fmt: skip
def test_an_endpoint_that_leads_inside_or_wants_what_never_happens_is_refused(
    admin: Staff, body: dict[str, Any], field: str
) -> None:
    answer = send(admin, "POST", HOOKS, {"label": "x", "url": "https://reports.example.org/x"} | body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_an_address_that_leads_inside_is_never_called(
    admin: Staff, other: Other, db: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAGARA_SECRET_KEY", "a secret of more than thirty-two characters")
    settings.cache_clear()
    try:
        id_, _ = make(admin, other)
        send(admin, "POST", f"{HOOKS}/{id_}/test")
        monkeypatch.setenv("NAGARA_DEMO", "0")  # only the demo may call this machine
        settings.cache_clear()
        assert deliver(db, "webhook").put_back == 1
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert other.calls == []
    [attempt] = send(admin, "GET", f"{HOOKS}/{id_}/attempts").json()["attempts"]
    assert attempt["answer"] == "AddressNotAllowed"


def test_only_administrators_see_endpoints(admin: Staff, supervisor: Staff) -> None:
    assert supervisor.get("/webhooks").status_code == 403
    assert admin.get("/webhooks").json()["webhooks"] == []
