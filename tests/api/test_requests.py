"""A resident files, and learns what became of it; what is wrong is refused clearly and leaves nothing."""

from __future__ import annotations

import concurrent.futures
import json
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from tests.nagara.test_filing_together import waiting_at_the_table, writing_held_up

FILE = "/api/v1/cities/kh-pnh/requests"
CENTRAL_MARKET = {"lat": 11.5696, "lon": 104.9210}
RUBBISH: dict[str, Any] = {
    "service_code": "waste_missed",
    **CENTRAL_MARKET,
    "description": "រថយន្តមិនបានមកប្រមូលសំរាម",
    "contact": {"name": "ស្រីមុំ", "email": "resident@example.org"},
    "language": "km",
}


def counts(owner: psycopg.Connection[Any]) -> tuple[int, ...]:
    """Rows of request, event, outbox and contact."""
    row = owner.execute(
        "select (select count(*) from request), (select count(*) from event), "
        "(select count(*) from event_outbox), (select count(*) from contact)"
    ).fetchone()
    assert row is not None
    return tuple(row)


def test_filing_answers_with_reference_department_reason_and_promise(
    client: TestClient, owner: psycopg.Connection[Any]
) -> None:
    answer = client.post(FILE, json=RUBBISH)
    assert answer.status_code == 201, answer.text
    filed = answer.json()
    assert filed["reference"].startswith("PNH-")
    assert filed["district"]["code"] == "1202"
    assert filed["department"]["names"]["en"]
    assert filed["assignee"]["code"]
    assert filed["route"]["reason"]
    assert filed["promise"]["resolve_by"].endswith("Z")
    assert filed["promise"]["standard"] == "reference"
    assert counts(owner) == (1, 1, 1, 1)


def test_status_shows_the_timeline_and_nobody(client: TestClient) -> None:
    filed = client.post(FILE, json=RUBBISH).json()
    shown = client.get(filed["status_url"])
    assert shown.status_code == 200
    assert [event["kind"] for event in shown.json()["timeline"]] == ["filed"]
    for secret in ("resident@example.org", "ស្រីមុំ", RUBBISH["description"]):
        assert secret not in shown.text
    spoken = filed["reference"].lower().replace("-", " ")
    assert client.get(f"/api/v1/requests/{spoken}").json()["reference"] == filed["reference"]


def test_own_link_shows_the_words(client: TestClient) -> None:
    filed = client.post(FILE, json=RUBBISH | {"confidential": True}).json()
    assert client.get(filed["status_url"]).status_code == 404
    own = client.get(filed["status_url"], params={"token": filed["token"]})
    assert own.json()["description"] == RUBBISH["description"]


def test_contact_is_not_readable_in_the_database(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    client.post(FILE, json=RUBBISH)
    row = owner.execute("select sealed from contact").fetchone()
    assert row is not None
    assert b"resident" not in bytes(row[0])


def test_same_key_same_body_is_the_same_request(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    first = client.post(FILE, json=RUBBISH, headers={"Idempotency-Key": "k1"})
    again = client.post(FILE, json=RUBBISH, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert counts(owner) == (1, 1, 1, 1)


def test_same_key_other_body_is_refused(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    client.post(FILE, json=RUBBISH, headers={"Idempotency-Key": "k1"})
    other = client.post(FILE, json=RUBBISH | {"description": "other"}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "replayed_with_other_body"
    assert counts(owner) == (1, 1, 1, 1)


def test_fifty_at_once_with_one_key_are_one_request(
    client: TestClient, owner: psycopg.Connection[Any]
) -> None:
    def send(_: int) -> tuple[int, str]:
        answer = client.post(FILE, json=RUBBISH, headers={"Idempotency-Key": "k50"})
        return answer.status_code, answer.text

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(50)))
    assert sorted({status for status, _ in answers}) == [200, 201]
    assert len({text for _, text in answers}) == 1
    assert counts(owner) == (1, 1, 1, 1)


BAD: list[tuple[dict[str, Any], int, str, str | None]] = [
    ({"lat": 48.85, "lon": 2.35}, 422, "outside_city", "lat,lon"),
    ({"lat": 104.92, "lon": 11.56}, 422, "invalid_coordinates", None),
    ({"lat": None}, 422, "place_missing", "lat,lon"),
    ({"lat": None, "lon": None}, 422, "place_missing", "lat,lon"),
    ({"lat": None, "lon": None, "district": "9999"}, 404, "unknown_district", "district"),
    ({"service_code": "no-such-service"}, 404, "unknown_service", "service_code"),
    ({"description": "x" * 4001}, 422, "invalid_input", "description"),
    ({"description": "x" * 100_000}, 422, "invalid_input", "description"),
    ({"description": "nul \x00 byte"}, 422, "not_text", "description"),
    ({"observed_at": "2026-13-45T00:00:00Z"}, 422, "invalid_input", "observed_at"),
    ({"observed_at": "2026-11-21T08:00:00"}, 422, "wrong_device_time", "observed_at"),
    ({"observed_at": "2099-01-01T00:00:00Z"}, 422, "wrong_device_time", "observed_at"),
    ({"contact": {"email": "not an address"}}, 422, "invalid_input", "contact.email"),
    ({"contact": {"email": "a@b\r\nBcc: c@d"}}, 422, "invalid_input", "contact.email"),
    ({"answers": {"no-such-question": "x"}}, 422, "unknown_question", "answers.no-such-question"),
    ({"unknown": 1}, 422, "invalid_input", "unknown"),
    ({"lat": None, "lon": None, "address": " \u200b\u2060\ufeff\u3164 "}, 422, "place_missing", "lat,lon"),
    ({"contact": {"email": "a@b"}}, 422, "invalid_input", "contact.email"),
    ({"contact": {"email": "a@b."}}, 422, "invalid_input", "contact.email"),
    ({"contact": {"phone": "+1 (2) 34"}}, 422, "invalid_input", "contact.phone"),
    ({"contact": {"phone": "(--)"}}, 422, "invalid_input", "contact.phone"),
    ({"language": "the Khmer one"}, 422, "invalid_input", "language"),
    ({"language": "km_KH"}, 422, "invalid_input", "language"),
    ({"language": "\u200b"}, 422, "invalid_input", "language"),
]


@pytest.mark.parametrize(("change", "status", "code", "field"), BAD, ids=lambda value: str(value)[:40])
def test_bad_input_is_refused_clearly_and_leaves_nothing(
    client: TestClient,
    owner: psycopg.Connection[Any],
    change: dict[str, Any],
    status: int,
    code: str,
    field: str | None,
) -> None:
    answer = client.post(FILE, json=RUBBISH | change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code), answer.text
    assert field is None or error["field"] == field
    assert error["message"]
    assert error["allowed"], "what would have been right"
    assert error["reference"]
    assert "Traceback" not in answer.text
    assert counts(owner) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "language", ["km", "zh-Hans", "zh-Hant-TW", "es-419", "sl-rozaj", "de-x-plain", "fil"]
)
def test_language_tags_of_every_form_are_taken(client: TestClient, language: str) -> None:
    assert client.post(FILE, json=RUBBISH | {"language": language}).status_code == 201


def test_an_address_of_which_nothing_is_seen_is_not_kept(
    client: TestClient, owner: psycopg.Connection[Any]
) -> None:
    assert client.post(FILE, json=RUBBISH | {"address": "\u200b \u3164"}).status_code == 201
    assert owner.execute("select address from request").fetchone() == (None,)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{not json", 400),
        (b'{"description": "\xff\xfe"}', 400),
        (json.dumps(RUBBISH | {"description": "\ud800"}).encode(), 422),
        (json.dumps(RUBBISH | {"lat": float("nan")}).encode(), 422),
        (json.dumps(RUBBISH | {"answers": {"x": 10**30}}).encode(), 422),
        (b"[]", 422),
        (b"", 422),
        (b"x" * (1024 * 1024 + 1), 413),
    ],
    ids=[
        "not json",
        "not utf-8",
        "half a surrogate",
        "NaN",
        "a huge number",
        "a list",
        "nothing",
        "a megabyte",
    ],
)
def test_broken_bodies_get_the_one_shape(
    client: TestClient, owner: psycopg.Connection[Any], body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = client.post(FILE, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert counts(owner) == (0, 0, 0, 0)


@pytest.mark.parametrize("reference", ["PNH-2345678-2", "nonsense", "XXX-2345678-9", "%00", "' or 1=1 --"])
def test_unknown_references_are_unknown(client: TestClient, reference: str) -> None:
    answer = client.get(f"/api/v1/requests/{reference}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] in ("unknown_request", "not_found")


def test_unknown_city_lists_the_cities(client: TestClient) -> None:
    answer = client.post("/api/v1/cities/xx-yyy/requests", json=RUBBISH)
    assert answer.status_code == 404
    assert "kh-pnh" in answer.json()["error"]["allowed"]


def test_a_place_in_words_is_enough(client: TestClient) -> None:
    body = {"service_code": "waste_missed", "district": "1202", "description": "behind the market"}
    filed = client.post(FILE, json=body)
    assert filed.status_code == 201, filed.text
    assert filed.json()["district"]["code"] == "1202"
    assert (
        client.post(FILE, json={"service_code": "waste_missed", "address": "Street 130"}).status_code == 201
    )


def test_place_tells_district_or_nearest_city(client: TestClient) -> None:
    inside = client.get("/api/v1/cities/kh-pnh/place", params=CENTRAL_MARKET).json()
    assert inside["inside"] is True
    assert inside["district"]["code"] == "1202"
    outside = client.get("/api/v1/cities/kh-pnh/place", params={"lat": 13.75, "lon": 100.5}).json()
    assert outside["inside"] is False
    assert outside["nearest_city"]["id"] == "th-bkk"


def test_an_empty_key_is_no_key(client: TestClient, owner: psycopg.Connection[Any]) -> None:
    for key in ("", " ", ""):
        assert client.post(FILE, json=RUBBISH, headers={"Idempotency-Key": key}).status_code == 201
    assert counts(owner)[0] == 3


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/network/indicators?period=2026-11&district=%00",
        "/api/v1/requests/PNH-2345678-2?token=%C3%A9",
        "/api/v1/cities/kh-pnh/place?lat=1e400&lon=0",
        "/api/v1/cities/%00/services",
    ],
)
def test_odd_characters_are_refused_not_stumbled_over(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422), answer.text
    assert set(answer.json()) == {"error"}


def test_a_sign_in_name_with_odd_characters_is_refused(client: TestClient) -> None:
    body = {"username": "agent@kh-pnh\u0000", "password": "x", "totp": "123456"}
    assert client.post("/api/v1/staff/session", json=body).status_code in (401, 422)


def test_only_a_trusted_proxy_may_say_where_a_call_comes_from() -> None:
    """The address that limits count is the peer's, unless the peer is a proxy the operator named."""
    import asyncio

    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    wrapped: Any = ProxyHeadersMiddleware(application, trusted_hosts=["10.0.0.1"])
    for peer in ("10.0.0.1", "203.0.113.9"):
        headers = [(b"x-forwarded-for", b"198.51.100.7")]
        scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
        asyncio.run(wrapped(scope, None, None))
    assert seen == ["198.51.100.7", "203.0.113.9"]


@pytest.mark.parametrize("key", [None, "mine"])
def test_who_files_as_the_connection_breaks_is_told_the_truth(
    client: TestClient, owner: psycopg.Connection[Any], key: str | None
) -> None:
    """With a key it is filed over another connection; without one nobody knows whether it is, so it is said."""
    headers = {} if key is None else {"Idempotency-Key": key}
    broken: set[int] = set()
    with concurrent.futures.ThreadPoolExecutor(1) as resident:
        with writing_held_up(owner):
            filing = resident.submit(client.post, FILE, json=RUBBISH, headers=headers)
            while not (broken and (key or filing.done())):
                for pid in waiting_at_the_table(owner):
                    owner.execute("select pg_terminate_backend(%s)", (pid,))
                    broken.add(pid)
        answer = filing.result()
    if key is None:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        error = answer.json()["error"]
        assert error["code"] == "database_unavailable"
        assert "not known whether this is filed" in error["message"]
    assert (answer.status_code, counts(owner)[0]) == ((503, 0) if key is None else (201, 1))
