"""Residents sign in with a code or through an identity provider, and see what was filed with their contact."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from city_config import City
from city_config.policy import IdentityProvider
from nagara import cities
from nagara.notifications import compose, deliver, forget
from nagara.notifications.claiming import message_key
from nagara.residents.contact_digests import contact_digest, normal_phone
from nagara.settings import settings
from tests.helpers import Connection, file
from tests.messages import messages, newest_code, newest_key, other_side
from tests.openid import identity_provider, know, sign_in_there

MINE = "sok.dara@example.org"
ASK, SESSION = "/api/v1/residents/code", "/api/v1/residents/session"


@pytest.fixture(autouse=True)
def _mail_is_set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NAGARA_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def sign_in(client: TestClient, db: Connection, **contact: str) -> Response:
    contact = {"email": MINE} | contact if "phone" not in contact else contact
    assert client.post(ASK, json={"city": "kh-pnh", **contact}).status_code == 202
    answer: Response = client.post(SESSION, json={"city": "kh-pnh", **contact, "code": newest_code(db)})
    return answer


def test_a_code_opens_a_session_and_shows_what_was_filed_with_the_contact(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    mine = [file(phnom_penh, contact={"email": address}) for address in (MINE, f" {MINE.upper()} ")]
    file(phnom_penh, contact={"email": "somebody@example.org"})
    file(phnom_penh)
    opened = sign_in(client, db)
    assert opened.status_code == 200
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert MINE not in cookie
    shown = client.get(SESSION).json()
    assert shown == {"city": "kh-pnh", "kind": "email", "hint": "s…a@example.org"}
    listed = client.get("/api/v1/residents/requests").json()["requests"]
    assert {one["reference"] for one in listed} == {known.reference for known in mine}
    private = client.get(f"/api/v1/requests/{listed[0]['reference']}", params={"token": listed[0]["token"]})
    assert private.json()["description"] is not None, "the link is the right one"
    assert client.delete(SESSION).status_code == 204
    assert client.get("/api/v1/residents/requests").status_code == 401


def test_known_and_unknown_contacts_get_the_same_answer(
    client: TestClient, db: Connection, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": MINE})
    known = client.post(ASK, json={"city": "kh-pnh", "email": MINE})
    unknown = client.post(ASK, json={"city": "kh-pnh", "email": "nobody@example.org"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert len(messages(db)) == 1, "only a contact that is known is written to"
    for email in (MINE, "nobody@example.org"):
        wrong = client.post(SESSION, json={"city": "kh-pnh", "email": email, "code": "12" * 3})
        assert wrong.status_code == 401
        assert wrong.json()["error"]["message"] == (
            "This code is wrong, was used already, or is too old. Ask for a new one."
        )


def test_a_code_is_for_one_city_one_purpose_and_ten_minutes(
    client: TestClient, db: Connection, owner: Connection, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": MINE})
    client.post(ASK, json={"city": "kh-pnh", "email": MINE})
    first = newest_code(db)
    assert client.post(SESSION, json={"city": "th-bkk", "email": MINE, "code": first}).status_code == 401
    client.post(ASK, json={"city": "kh-pnh", "email": MINE})
    second = newest_code(db)
    body = {"city": "kh-pnh", "email": MINE}
    if first != second:
        assert client.post(SESSION, json=body | {"code": first}).status_code == 401, "the newer one counts"
    owner.execute("update one_time_code set expires_at = now() - interval '1 second'")
    assert client.post(SESSION, json=body | {"code": second}).status_code == 401
    with db.transaction():
        assert forget(db, dt.datetime.now(dt.UTC)) == 1
        assert forget(db, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == 2


def test_digits_of_any_script_are_a_code(client: TestClient, db: Connection, phnom_penh: City) -> None:
    file(phnom_penh, contact={"email": MINE})
    client.post(ASK, json={"city": "kh-pnh", "email": MINE})
    khmer = newest_code(db).translate({ord("0") + n: 0x17E0 + n for n in range(10)})
    answer = client.post(SESSION, json={"city": "kh-pnh", "email": MINE, "code": f"{khmer[:3]} {khmer[3:]}"})
    assert answer.status_code == 200


def test_a_telephone_number_is_one_however_it_is_written(
    client: TestClient, db: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other_side() as gateway:
        monkeypatch.setenv("NAGARA_SMS_URL", gateway.url)
        settings.cache_clear()
        filed = file(phnom_penh, contact={"phone": "012 345 678"})
        assert sign_in(client, db, phone="+855 (12) 345-678").status_code == 200
        [one] = client.get("/api/v1/residents/requests").json()["requests"]
        assert one["reference"] == filed.reference
        assert deliver(db, "sms").sent == 1
        assert "+85512345678" in gateway.calls[0].body.decode()


@pytest.mark.parametrize(
    ("written", "country", "normal"),
    [
        ("012 345 678", "KH", "+85512345678"), ("+855 12 345 678", "KH", "+85512345678"),
        ("0085512345678", "KH", "+85512345678"), ("855 12 345 678", "KH", "+85512345678"),
        ("6123 4567", "SG", "+6561234567"), ("081-234-5678", "TH", "+66812345678"),
        ("0812345678", "XX", "+0812345678"), ("12", "KH", None), ("call me", "KH", None),
        ("+1 202 555 0100", "KH", "+12025550100"), ("1" * 20, "KH", None),
    ],
)  # fmt: skip
def test_normal_numbers(written: str, country: str, normal: str | None) -> None:
    assert normal_phone(written, country) == normal


def test_digests_fit_within_a_city_and_not_across(phnom_penh: City) -> None:
    secret, bangkok = settings().secret, cities.city_of("th-bkk")
    assert contact_digest(secret, phnom_penh, "email", MINE) == contact_digest(
        secret, phnom_penh, "email", MINE.upper()
    )
    assert contact_digest(secret, phnom_penh, "email", MINE) != contact_digest(secret, bangkok, "email", MINE)
    assert contact_digest(b"x" * 40, phnom_penh, "email", MINE) != contact_digest(
        secret, phnom_penh, "email", MINE
    )
    assert len({message_key("kh-pnh", 1), message_key("kh-pnh", 2), message_key("kh-pn", "h1")}) == 3


def test_every_device_can_be_signed_out_at_once(client: TestClient, db: Connection, phnom_penh: City) -> None:
    file(phnom_penh, contact={"email": MINE})
    tokens = [sign_in(client, db).json()["token"] for _ in range(2)]
    client.cookies.clear()
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    assert [client.get(SESSION, headers=h).status_code for h in headers] == [200, 200]
    assert client.delete(SESSION, params={"everywhere": True}, headers=headers[0]).status_code == 204
    assert [client.get(SESSION, headers=h).status_code for h in headers] == [401, 401]
    for odd in ("kh-pnh.", "kh-pnh.wrong", "nowhere.x", "'; drop table x.--"):
        assert client.get(SESSION, headers={"Authorization": f"Bearer {odd}"}).status_code == 401


@pytest.fixture
def changed_city(phnom_penh: City, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serves Phnom Penh with some fields changed."""

    def change(**fields: Any) -> City:
        known = cities.configuration()
        changed = phnom_penh.model_copy(update=fields)
        served = dataclasses.replace(known, cities={**known.cities, "kh-pnh": changed})
        kept = cities._following.served
        assert kept is not None
        monkeypatch.setattr(cities._following, "served", cities._Served(served, kept.stamps))
        return changed

    return change


def test_where_the_city_wants_it_notices_wait_for_the_code(
    client: TestClient, db: Connection, changed_city: Any
) -> None:
    city = changed_city(contact_confirmation="either")
    filed = client.post(
        "/api/v1/cities/kh-pnh/requests",
        json={"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282, "contact": {"email": MINE}},
    ).json()
    own = {"token": filed["token"]}
    with db.transaction():
        assert compose(db).notices == 1
    waits = "select next_attempt_at = 'infinity' from notification"
    assert db.execute(waits).fetchone() == (True,)
    db.rollback()
    [(audience, channel, recipient, _)] = messages(db)
    assert (audience, channel, recipient) == ("contact:confirm", "email", {"email": MINE})
    url = f"/api/v1/requests/{filed['reference']}"
    assert client.get(f"{url}/notices", params=own).json()["confirm_over"] == "email"
    assert client.post(f"{url}/confirm-code", params=own).json() == {"sent": True}
    code = newest_code(db)
    assert client.post(f"{url}/confirm", params={"token": "x"}, json={"code": code}).status_code == 404
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert client.post(f"{url}/confirm", params=own, json={"code": wrong}).status_code == 401
    right = client.post(f"{url}/confirm", params=own, json={"code": code}).json()
    assert (right["confirmed"], right["confirm_over"]) == (True, None)
    assert db.execute(waits).fetchone() == (False,)
    db.rollback()
    assert client.post(f"{url}/confirm-code", params=own).json() == {"sent": False}
    db.execute("update contact set confirmed_at = null")
    db.commit()
    by_link = client.post(f"/api/v1/subscriptions/{newest_key(db)}/confirm").json()
    assert (by_link["kind"], by_link["confirmed"]) == ("own", True)
    assert city.contact_confirmation == "either"


def test_an_identity_provider_signs_residents_in(
    client: TestClient,
    db: Connection,
    phnom_penh: City,
    changed_city: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NAGARA_OIDC_SECRETS", '{"kh-pnh/national-id": "our secret there"}')
    settings.cache_clear()
    filed = file(phnom_penh, contact={"email": MINE})
    with identity_provider() as issuer:
        provider = IdentityProvider(
            code="national-id",
            signs_in="residents",
            names={"en": "National identity"},
            issuer=issuer,
            client_id="nagara",
            scopes=("openid", "email"),
            source="a test",
            confirmed=False,
        )
        changed_city(identity_providers=(provider,))
        offered = client.get("/api/v1/residents/sign-in-options", params={"city": "kh-pnh"}).json()
        [one] = offered["providers"]
        know(issuer, "1", email=MINE, email_verified=True)
        know(issuer, "2", email=MINE, email_verified=False)

        def go(subject: str) -> Response:
            begun = client.get(one["start_url"], follow_redirects=False)
            assert begun.status_code == 303
            back, _ = sign_in_there(begun.headers["location"], subject)
            answer: Response = client.get(back.replace(settings().public_url, ""), follow_redirects=False)
            return answer

        refused = go("2")
        assert refused.headers["location"] == "/#/mine/sign_in_failed"
        assert client.get(SESSION).status_code == 401
        done = go("1")
        assert done.headers["location"] == "/#/mine"
        [mine] = client.get("/api/v1/residents/requests").json()["requests"]
        assert mine["reference"] == filed.reference
        stranger = client.get("/api/v1/residents/oidc/kh-pnh/callback?code=x&state=y", follow_redirects=False)
        assert stranger.headers["location"] == "/#/mine/sign_in_failed"
