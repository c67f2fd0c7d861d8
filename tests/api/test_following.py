"""Following a request, watching an area, choosing how one is told, and ending it - over HTTP, with real rows."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from py_vapid import Vapid02  # type: ignore[import-untyped]
from starlette.testclient import TestClient

from city_config import City
from nagara.accounts import Account
from nagara.database import city_session
from nagara.lifecycle import Move
from nagara.notifications import alerts, compose, deliver, tell_the_day, tell_watchers
from nagara.permissions import Role
from nagara.settings import settings
from nagara.staff import actions as staff_actions
from nagara.staff.actions import Details
from tests.helpers import Connection, Known, file
from tests.messages import Browser, Other, messages, newest_code, newest_key, other_side

FAN = "fan@example.org"
STAFF = Account("kh-pnh", "agent", Role.AGENT, (), "Agent")


@pytest.fixture(autouse=True)
def _mail_is_set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NAGARA_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def service() -> Iterator[Other]:
    with other_side() as other:
        yield other


def acknowledge(city: City, request: Known) -> None:
    move(city, request, Move.ACKNOWLEDGE)


def move(city: City, request: Known, what: Move, **details: Any) -> None:
    with city_session(city.id) as session:
        staff_actions.make_move(session, city, STAFF, request.reference, what, Details(**details))


def tell(db: Connection) -> int:
    with db.transaction():
        composed = compose(db)
        watched = tell_watchers(db, dt.datetime.now(dt.UTC))
    return composed.notices + watched


def notices(db: Connection) -> list[tuple[Any, ...]]:
    rows = db.execute(
        "select split_part(audience, ':', 1), channel, subject, body, next_attempt_at <= now() "
        "from notification order by created_at, audience, channel"
    ).fetchall()
    db.rollback()
    return rows


def follow(client: TestClient, request: Known, **fields: Any) -> dict[str, Any]:
    body = {"channel": "email", "email": FAN, "language": "en"} | fields
    answer = client.post(f"/api/v1/requests/{request.reference}/followers", json=body)
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_somebody_follows_confirms_hears_of_moves_and_ends_it_with_one_click(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh, language="km")
    made = follow(client, request)
    assert (made["state"], made["key"]) == ("confirm", None)
    acknowledge(phnom_penh, request)
    tell(db)
    assert notices(db) == [], "nothing before the code came back"

    [(audience, channel, recipient, text)] = messages(db)
    assert (audience, channel, recipient) == ("contact:follow", "email", {"email": FAN})
    assert "/#/follow/confirm/" in text["body"]
    url = f"/api/v1/subscriptions/kh-pnh/{made['id']}/confirm"
    wrong = client.post(url, json={"code": "000000" if newest_code(db) != "000000" else "111111"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "sign_in_failed")
    key = client.post(url, json={"code": newest_code(db)}).json()["key"]
    assert client.post(url, json={"code": newest_code(db)}).status_code == 401, "a code holds once"

    move(phnom_penh, request, Move.ASK, note="Which house is yours, Mr Sok?")
    tell(db)
    [(who, over, subject, body, due)] = notices(db)
    assert (who, over, due) == ("subscription", "email", True)
    assert subject.startswith(request.reference)
    assert "Waiting for your answer" in subject
    assert "Mr Sok" not in body, "what is written to one is not told to others"
    assert f"/#/follow/manage/{key}" in body

    assert client.get(f"/api/v1/subscriptions/{key}").json()["reference"] == request.reference
    ended = client.post(
        f"/api/v1/subscriptions/{key}/unsubscribe",
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert ended.status_code == 204
    assert client.get(f"/api/v1/subscriptions/{key}").status_code == 404
    assert client.delete(f"/api/v1/subscriptions/{key}").status_code == 204, "twice is as good as once"
    unsent = "select count(*) from notification where sent_at is null and failed_at is null"
    assert db.execute(unsent).fetchone() == (0,)
    assert FAN.encode() not in b"".join(
        bytes(row[0]) for row in db.execute("select sealed_recipient from notification")
    )


def test_the_link_in_the_message_confirms_too(client: TestClient, db: Connection, phnom_penh: City) -> None:
    request = file(phnom_penh)
    follow(client, request)
    key = newest_key(db)
    confirmed = client.post(f"/api/v1/subscriptions/{key}/confirm")
    assert confirmed.status_code == 200
    assert confirmed.json()["confirmed"] is True
    changed = client.put(f"/api/v1/subscriptions/{key}", json={"moves": ["resolved"]}).json()
    assert changed["moves"] == ["resolved"]
    acknowledge(phnom_penh, request)
    assert tell(db) == 0
    for tampered in (
        key[:-1] + ("a" if key[-1] != "a" else "b"),
        key.replace("kh-pnh", "th-bkk"),
        "x",
        "x.y.z",
    ):
        assert client.get(f"/api/v1/subscriptions/{tampered}").status_code == 404
    refused = client.put(f"/api/v1/subscriptions/{key}", json={"moves": ["noted"]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "moves")


def test_to_follow_twice_looks_the_same_and_changes_nothing(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    first = follow(client, request)
    client.post(f"/api/v1/subscriptions/{newest_key(db)}/confirm")
    second = follow(client, request, email=FAN.upper(), moves=["resolved"])
    assert second | {"id": ""} == first | {"id": ""}
    assert client.get(f"/api/v1/subscriptions/{newest_key(db)}").json()["moves"] is None
    assert db.execute("select count(*) from subscription").fetchone() == (1,)
    assert second["id"] != first["id"]
    assert len(second["id"]) == len(first["id"])
    row = db.execute("select id from subscription").fetchone()
    assert row is not None
    assert str(row[0]) not in (first["id"], second["id"]), "its own id tells when it began"
    url = "/api/v1/subscriptions/kh-pnh/{}/confirm"
    for made_up in (row[0], "x", "ក", first["id"].swapcase()):
        assert client.post(url.format(made_up), json={"code": newest_code(db)}).status_code == 401
    elsewhere = url.replace("kh-pnh", "th-bkk").format(second["id"])
    assert client.post(elsewhere, json={"code": newest_code(db)}).status_code == 401
    assert client.post(url.format(second["id"]), json={"code": newest_code(db)}).status_code == 200


def test_alerts_of_one_area_asked_for_twice_have_nothing_in_common(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    body = {"district": next(iter(phnom_penh.district_names)), "channel": "email", "email": FAN}
    first, second = (client.post("/api/v1/cities/kh-pnh/alerts", json=body).json() for _ in range(2))
    assert first["id"] != second["id"]
    assert first | {"id": ""} == second | {"id": ""}
    url = f"/api/v1/subscriptions/kh-pnh/{second['id']}/confirm"
    assert client.post(url, json={"code": newest_code(db)}).status_code == 200


def test_five_wrong_codes_use_a_code_up(client: TestClient, db: Connection, phnom_penh: City) -> None:
    made = follow(client, file(phnom_penh))
    right = newest_code(db)
    url = f"/api/v1/subscriptions/kh-pnh/{made['id']}/confirm"
    for n in range(5):
        assert client.post(url, json={"code": f"{(int(right) + n + 1) % 10**6:06d}"}).status_code == 401
    assert client.post(url, json={"code": right}).status_code == 401


def test_what_the_public_may_not_see_cannot_be_followed_and_tells_nobody(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    secret = file(phnom_penh, confidential=True, language="en")
    body = {"channel": "email", "email": FAN}
    for reference in (secret.reference, "PNH-2222222-2"):
        assert client.post(f"/api/v1/requests/{reference}/followers", json=body).status_code == 404
    watcher = Browser("http://127.0.0.1:9")
    centre = phnom_penh.map.centre
    area = {"lat": centre.lat, "lon": centre.lon, "metres": 20000, "channel": "push"}
    assert (
        client.post("/api/v1/cities/kh-pnh/alerts", json=area | {"push": watcher.subscription()}).status_code
        == 201
    )
    file(phnom_penh, confidential=True)
    tell(db)
    assert notices(db) == []
    assert db.execute("select count(*) from alert_waiting").fetchone() == (0,), "never public: not kept"
    public = file(phnom_penh)
    tell(db)
    [(_, _, subject, _, _)] = notices(db)
    assert public.reference in subject


def test_a_released_report_alerts_when_it_is_released(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    watcher = Browser("http://127.0.0.1:9")
    centre = phnom_penh.map.centre
    area = {"lat": centre.lat, "lon": centre.lon, "metres": 500, "channel": "push"}
    client.post("/api/v1/cities/kh-pnh/alerts", json=area | {"push": watcher.subscription()})
    request = file(phnom_penh)
    owner.execute("update request set public = false")
    tell(db)
    assert notices(db) == []
    owner.execute("update request set public = true")
    assert tell(db) == 1
    assert tell(db) == 0
    assert request.reference in notices(db)[0][2]


def test_an_area_is_a_district_or_a_circle_and_some_services(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    def watch(**area: Any) -> Any:
        push = Browser("http://127.0.0.1:9").subscription()
        return client.post("/api/v1/cities/kh-pnh/alerts", json=area | {"channel": "push", "push": push})

    centre = phnom_penh.map.centre
    request = file(phnom_penh)
    row = db.execute("select district, service_code from request").fetchone()
    assert row is not None
    other = next(code for code in phnom_penh.district_names if code != row[0])
    assert watch(district=row[0]).status_code == 201
    assert watch(district=row[0], services=[row[1]]).status_code == 201
    assert watch(district=other).status_code == 201
    assert watch(lat=centre.lat + 0.02, lon=centre.lon, metres=1000).status_code == 201
    file(phnom_penh)
    assert tell(db) == 2
    for wrong, field in (
        ({"district": "nowhere"}, "district"),
        ({}, "district"),
        ({"lat": 48.1, "lon": 11.5, "metres": 500}, None),
        ({"district": row[0], "services": ["nothing"]}, "service_code"),
        ({"lat": centre.lat, "lon": centre.lon, "metres": 10}, "metres"),
    ):
        answer = watch(**wrong)
        assert answer.status_code in (404, 422), answer.text
        assert field is None or answer.json()["error"]["field"] == field
    assert request.reference


def test_once_a_day_is_one_message(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    district = next(iter(phnom_penh.district_names))
    body = {"channel": "email", "email": FAN, "language": "en", "district": district, "frequency": "daily"}
    client.post("/api/v1/cities/kh-pnh/alerts", json=body)
    client.post(f"/api/v1/subscriptions/{newest_key(db)}/confirm")
    filed = [file(phnom_penh, district=district) for _ in range(3)]
    tell(db)
    assert [due for *_, due in notices(db)] == [None, None, None], "kept for the day"
    early = dt.datetime(2027, 1, 5, 6, 59, tzinfo=phnom_penh.zone)
    seven = dt.datetime(2027, 1, 5, 7, 0, tzinfo=phnom_penh.zone)
    with db.transaction():
        assert [tell_the_day(db, at) for at in (early, seven, seven)] == [0, 1, 0]
    audience, channel, _, text = messages(db)[-1]
    assert (audience.split(":")[0], channel) == ("subscription", "email")
    assert all(request.reference in text["body"] for request in filed)
    assert "3" in text["subject"]
    file(phnom_penh, district=district)
    tell(db)
    with db.transaction():
        assert tell_the_day(db, seven + dt.timedelta(hours=3)) == 0, "once a day"
        assert tell_the_day(db, seven + dt.timedelta(days=1)) == 1


def test_a_days_message_waits_for_the_morning_and_takes_only_what_it_names(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = next(iter(phnom_penh.district_names))
    body = {"channel": "email", "email": FAN, "language": "en", "district": district, "frequency": "daily"}
    client.post("/api/v1/cities/kh-pnh/alerts", json=body)
    client.post(f"/api/v1/subscriptions/{newest_key(db)}/confirm")
    owner.execute("update subscription set quiet_begins = 1320, quiet_ends = 540")
    for _ in range(3):
        file(phnom_penh, district=district)
    tell(db)
    db.commit()
    owner.execute(
        "update notification set failed_at = now() "
        "where request_id = (select max(request_id::text)::uuid from notification)"
    )
    owner.commit()
    write = alerts._one_message

    def meanwhile(*given: Any) -> bool:
        owner.execute("update notification set failed_at = null where failed_at is not null")
        owner.commit()
        return write(*given)

    monkeypatch.setattr(alerts, "_one_message", meanwhile)
    assert tell_the_day(db, dt.datetime(2027, 1, 5, 7, 5, tzinfo=phnom_penh.zone)) == 1
    due = db.execute("select max(next_attempt_at) from message").fetchone()
    assert due == (dt.datetime(2027, 1, 5, 9, 0, tzinfo=phnom_penh.zone),), (
        "who rests until nine is told at nine"
    )
    waiting = db.execute(
        "select count(*) from notification where sent_at is null and next_attempt_at is null"
    )
    assert waiting.fetchone() == (1,), "what no message named waits for the next"
    db.commit()


def test_reports_nobody_may_see_yet_hide_none_behind_them(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    district = next(iter(phnom_penh.district_names))
    push = Browser("http://127.0.0.1:9").subscription()
    body = {"district": district, "channel": "push", "push": push}
    assert client.post("/api/v1/cities/kh-pnh/alerts", json=body).status_code == 201
    for _ in range(4):
        last = file(phnom_penh, district=district)
    with db.transaction():
        compose(db)
    owner.execute("update request set public = false where id <> %s", (last.id,))
    owner.execute(
        "update alert_waiting set look_again_at = now() - interval '1 day' where request_id <> %s", (last.id,)
    )
    owner.commit()
    now = dt.datetime.now(dt.UTC)
    assert [tell_watchers(db, now + dt.timedelta(seconds=n), limit=2) for n in (0, 10, 20)] == [0, 1, 0]
    db.commit()


def test_a_browser_is_told_in_a_message_only_it_can_read(
    client: TestClient, db: Connection, service: Other, phnom_penh: City
) -> None:
    request = file(phnom_penh)
    browser = Browser(service.url)
    made = follow(client, request, channel="push", email=None, push=browser.subscription(), language="th")
    assert made["state"] == "on"
    acknowledge(phnom_penh, request)
    tell(db)
    assert deliver(db, "push").sent == 1
    [call] = service.calls
    assert call.path == browser.endpoint.removeprefix(service.url)
    assert call.headers["content-encoding"] == "aes128gcm"
    assert int(call.headers["ttl"]) > 0
    assert len(call.headers["topic"]) == 32
    assert request.reference.encode() not in call.body
    read = browser.read(call.body)
    assert request.reference in read["title"]
    assert read["url"].endswith(f"/#/track/{request.reference}")
    assert read["lang"] == "th"
    assert "://" not in read["body"]

    assert Vapid02.verify(call.headers["authorization"])
    key = client.get("/api/v1/push-key").json()["key"]
    assert f"k={key}" in call.headers["authorization"]


@pytest.mark.parametrize(("status", "left"), [(410, 0), (404, 0), (400, 1), (500, 1), (429, 1), (307, 1)])
def test_a_browser_that_is_gone_is_forgotten(
    client: TestClient, db: Connection, service: Other, phnom_penh: City, status: int, left: int
) -> None:
    request = file(phnom_penh)
    browser = Browser(service.url)
    follow(client, request, channel="push", email=None, push=browser.subscription())
    acknowledge(phnom_penh, request)
    tell(db)
    service.status, service.headers = status, {"Retry-After": "120", "Location": "http://127.0.0.1:9/"}
    delivered = deliver(db, "push")
    assert (delivered.failed, delivered.put_back) == ((0, 1) if status in (500, 429) else (1, 0))
    assert db.execute("select count(*) from subscription").fetchone() == (left,)
    if status in (500, 429):
        waits = db.execute(
            "select next_attempt_at > now() + interval '100 seconds' from notification"
        ).fetchone()
        assert waits == (True,), "as long as the other side asks"
    assert len(service.calls) == 1


def test_push_addresses_that_lead_inside_are_refused(client: TestClient, phnom_penh: City) -> None:
    request = file(phnom_penh)
    for endpoint in (
        "http://push.example.org/x", "https://10.0.0.1/x", "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/x", "https://user:pw@push.example.org/x", "https://push.example.org:8443/x",
        "file:///etc/passwd", "https://", "https://[fd00::1]/", "gopher://127.0.0.1/",
    ):  # fmt: skip
        browser = Browser("http://127.0.0.1:9")
        browser.endpoint = endpoint
        body = {"channel": "push", "push": browser.subscription()}
        answer = client.post(f"/api/v1/requests/{request.reference}/followers", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "push"), endpoint
    for part, wrong in (("p256dh", "AAAA"), ("auth", "AAAA"), ("p256dh", "%%%"), ("auth", "")):
        subscription = Browser("http://127.0.0.1:9").subscription()
        subscription["keys"][part] = wrong
        body = {"channel": "push", "push": subscription}
        answer = client.post(f"/api/v1/requests/{request.reference}/followers", json=body)
        assert answer.status_code == 422, (part, wrong)


def test_who_filed_chooses_channels_and_moves(
    client: TestClient, db: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch, service: Other
) -> None:
    monkeypatch.setenv("NAGARA_SMS_URL", f"{service.url}/sms")
    settings.cache_clear()
    filed = client.post(
        "/api/v1/cities/kh-pnh/requests",
        json={
            "service_code": "waste_missed",
            "lat": 11.5564,
            "lon": 104.9282,
            "contact": {"email": FAN, "phone": "012 345 678"},
            "language": "km",
        },
    ).json()
    url = f"/api/v1/requests/{filed['reference']}/notices"
    own = {"token": filed["token"]}
    assert client.get(url, params={"token": "wrong"}).status_code == 404
    shown = client.get(url, params=own).json()
    assert shown["possible"] == ["email", "sms"]
    assert shown["channels"] == ["email"]
    assert (shown["confirmed"], shown["confirm_over"]) == (False, None)
    body = {"channels": ["email", "sms"], "moves": ["acknowledged", "resolved"]}
    assert client.put(url, params=own, json=body).json()["channels"] == ["email", "sms"]
    known = Known("kh-pnh", uuid.uuid4(), filed["reference"])
    tell(db)
    assert notices(db) == [], "not of the filing, as chosen"
    acknowledge(phnom_penh, known)
    tell(db)
    assert [(row[0], row[1]) for row in notices(db)] == [("resident", "email"), ("resident", "sms")]
    service.status = 200
    assert deliver(db, "sms").sent == 1
    [call] = service.calls
    sent = json.loads(call.body)
    assert sent["to"] == "+85512345678"
    assert filed["reference"] in sent["text"]
    assert call.headers["idempotency-key"] == sent["id"]
    assert client.put(url, params=own, json={"channels": []}).json()["channels"] == []


def test_limits_are_told_with_the_time_to_wait(application: TestClient, database_url: str) -> None:
    from nagara.rate_limits import LIMITS

    limiter = application.app.state.resources.limiter  # type: ignore[attr-defined]
    limiter._enabled = True
    try:
        body = {"city": "kh-pnh", "email": "limited@example.org"}
        most = LIMITS["code by contact"][0].times
        answers = [application.post("/api/v1/residents/code", json=body) for _ in range(most + 1)]
        assert [answer.status_code for answer in answers] == [202] * most + [429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= LIMITS["code by contact"][0].seconds
        device = {"Nagara-Device": "a-random-number-1"}
        fresh = [
            application.post(
                "/api/v1/residents/code",
                json={"city": "kh-pnh", "email": f"limited{n}@example.org"},
                headers=device,
            )
            for n in range(LIMITS["code by device"][0].times + 1)
        ]
        assert fresh[-1].status_code == 429
    finally:
        limiter._enabled = False
