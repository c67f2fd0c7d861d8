"""Staff sign in with a password and a second factor, look after their sessions, and are not guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pyotp
import pytest
from httpx import Response
from redis.asyncio import Redis
from starlette.testclient import TestClient

from city_config.policy import StaffAccess
from nagara.accounts import sessions
from nagara.rate_limits import LIMITS, RateLimiter
from nagara.settings import settings
from tests.api.conftest import PASSWORD, Staff

Owner = psycopg.Connection[Any]
SESSION = "/api/v1/staff/session"
NAME = "agent@kh-pnh"


def sign_in(client: TestClient, name: str = NAME, password: str = PASSWORD, **more: Any) -> Response:
    """Try to sign in; no cookie stays behind."""
    headers = more.pop("headers", {})
    answer: Response = client.post(
        SESSION, json={"username": name, "password": password} | more, headers=headers
    )
    client.cookies.clear()
    return answer


def code_of(answer: Response) -> str:
    """What was refused."""
    return str(answer.json()["error"]["code"])


def set_up(staff: Staff) -> tuple[str, list[str]]:
    """A second factor for somebody: its secret and the recovery codes."""
    offered = staff.client.post("/api/v1/staff/second-factor", headers=staff.headers)
    assert offered.status_code == 200, offered.text
    secret = offered.json()["secret"]
    confirmed = staff.client.post(
        "/api/v1/staff/second-factor/confirm",
        json={"totp": pyotp.TOTP(secret).now()},
        headers=staff.headers,
    )
    assert confirmed.status_code == 200, confirmed.text
    return secret, confirmed.json()["recovery_codes"]


def forget_last_step(owner: Owner) -> None:
    """As if thirty seconds had gone by since the last code."""
    owner.execute(
        "update staff_account set totp_last_step = totp_last_step - 2 where totp_last_step is not null"
    )


def test_the_second_factor_is_asked_for_and_counts_once(agent: Staff, owner: Owner) -> None:
    client = agent.client
    offered = client.post("/api/v1/staff/second-factor", headers=agent.headers).json()
    assert offered["uri"].startswith("otpauth://totp/Nagara:agent%40kh-pnh?secret=")
    assert offered["qr_svg"].startswith("<svg ")
    assert sign_in(client).status_code == 200, "an offered secret does not count before it is confirmed"
    secret, recovery = set_up(agent)
    assert len(set(recovery)) == 10
    assert all(re.fullmatch(r"[2-9A-Y]{4}(-[2-9A-Y]{4}){2}", code) for code in recovery)
    assert code_of(sign_in(client)) == "second_factor_needed"
    assert code_of(sign_in(client, password="something else")) == "wrong_credentials"
    now = pyotp.TOTP(secret).now()
    assert code_of(sign_in(client, totp=now)) == "wrong_second_factor", "confirming used this code up"
    forget_last_step(owner)
    assert sign_in(client, totp=now).status_code == 200
    assert code_of(sign_in(client, totp=now)) == "wrong_second_factor", "replayed"
    forget_last_step(owner)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda _: sign_in(client, totp=pyotp.TOTP(secret).now()).status_code, range(4))
        )
    assert sorted(statuses)[0] == 200
    assert statuses.count(200) == 1, "four at once with one code"
    kept = owner.execute(
        "select totp_sealed, totp_pending from staff_account where username = 'agent'"
    ).fetchone()
    assert kept is not None
    assert secret.encode() not in bytes(kept[0])
    assert kept[1] is None


def test_a_recovery_code_works_once_and_is_kept_as_a_digest(agent: Staff, owner: Owner) -> None:
    _, recovery = set_up(agent)
    written = recovery[0].lower().replace("-", " ")
    assert sign_in(agent.client, recovery_code=written).status_code == 200
    assert code_of(sign_in(agent.client, recovery_code=recovery[0])) == "wrong_second_factor"
    assert sign_in(agent.client, recovery_code=recovery[1]).status_code == 200
    state = agent.get("/second-factor").json()
    assert state == {"active": True, "recovery_codes_left": 8}
    stored = owner.execute("select digest from staff_recovery_code").fetchall()
    assert len(stored) == 10
    assert all(len(bytes(row[0])) == 32 for row in stored)


def test_replacing_or_removing_the_factor_takes_the_password(agent: Staff) -> None:
    set_up(agent)
    url = "/api/v1/staff/second-factor"
    assert agent.client.post(url, headers=agent.headers).status_code == 401
    for password, status in (("wrong", 401), (PASSWORD, 204)):
        answer = agent.client.request("DELETE", url, json={"password": password}, headers=agent.headers)
        assert answer.status_code == status
    assert sign_in(agent.client).status_code == 200


def test_a_sealed_secret_is_bound_to_its_account(agent: Staff, owner: Owner) -> None:
    secret, _ = set_up(agent)
    Staff(agent.client, "other@kh-pnh", "agent")
    owner.execute(
        "update staff_account o set totp_sealed = a.totp_sealed from staff_account a "
        "where o.username = 'other' and a.username = 'agent'"
    )
    stolen = sign_in(agent.client, "other@kh-pnh", totp=pyotp.TOTP(secret).now())
    assert code_of(stolen) == "wrong_second_factor"


def test_where_the_city_demands_a_factor_nothing_else_opens(
    agent: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    demanding = StaffAccess(second_factor_roles=("agent",))
    monkeypatch.setattr(sessions, "access_of", lambda city_id: demanding)
    refused = agent.get("/queue")
    assert refused.status_code == 403
    assert code_of(refused) == "sign_in_incomplete"
    assert agent.get("/session").json()["account"]["lacks"] == "second_factor"
    assert agent.get("/session").json()["account"]["permissions"] == []
    set_up(agent)
    assert agent.get("/queue").status_code == 200
    assert agent.get("/session").json()["account"]["lacks"] is None


def test_sessions_are_listed_and_end_one_by_one_and_all(agent: Staff, owner: Owner) -> None:
    client = agent.client
    phone = sign_in(client, headers={"User-Agent": "A phone\x07 " + "x" * 500}).json()["token"]
    tablet = sign_in(client).json()["token"]
    listed = agent.get("/sessions").json()["sessions"]
    assert [s["current"] for s in listed].count(True) == 1
    assert len(listed) == 3
    assert max(len(s["user_agent"]) for s in listed) == 120
    on_phone = next(s for s in listed if s["user_agent"].startswith("A phone "))

    def status(token: str) -> int:
        answer: Response = client.get(SESSION, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    other = Staff(client, "other@kh-pnh", "agent")
    for who, expected in ((other, 404), (agent, 204), (agent, 404)):
        url = f"/api/v1/staff/sessions/{on_phone['id']}"
        assert client.delete(url, headers=who.headers).status_code == expected
    assert (status(phone), status(tablet), status(agent.token)) == (401, 200, 200)
    assert client.delete("/api/v1/staff/sessions", headers=agent.headers).status_code == 204
    assert (status(tablet), status(agent.token), status(other.token)) == (401, 200, 200)
    url = "/api/v1/staff/sessions?keep_current=false"
    assert client.delete(url, headers=agent.headers).status_code == 204
    assert status(agent.token) == 401
    assert owner.execute("select count(*) from staff_session where revoked_at is null").fetchone() == (1,)


def test_a_session_ends_by_itself_idle_or_old(agent: Staff, owner: Owner) -> None:
    def last_used() -> dt.datetime:
        row = owner.execute("select last_used_at from staff_session").fetchone()
        assert row is not None
        return row[0]  # type: ignore[no-any-return]

    before = last_used()
    assert agent.get("/session").status_code == 200
    assert last_used() == before, "within five minutes nothing is written"
    owner.execute("update staff_session set last_used_at = last_used_at - interval '6 minutes'")
    assert agent.get("/session").status_code == 200
    assert last_used() >= before
    owner.execute("update staff_session set last_used_at = last_used_at - interval '121 minutes'")
    assert agent.get("/session").status_code == 401
    owner.execute("update staff_session set last_used_at = now()")
    assert agent.get("/session").status_code == 200
    owner.execute("update staff_session set expires_at = now()")
    assert agent.get("/session").status_code == 401


def test_changing_the_password_ends_the_other_sessions(agent: Staff) -> None:
    client, new = agent.client, "four uncommon herons wading"
    elsewhere = sign_in(client).json()["token"]

    def change(old: str, to: str) -> Response:
        answer: Response = client.put(
            "/api/v1/staff/password", json={"old": old, "new": to}, headers=agent.headers
        )
        return answer

    assert code_of(change("not this one", new)) == "wrong_credentials"
    for weak, why in (
        ("short", "5 characters"),
        ("password123456", "breaches"),
        ("agent@kh-pnh", "your own name"),
        ("aaaaaaaaaaaaaaa", "quickly"),
        (PASSWORD, "the present one"),
    ):
        refused = change(PASSWORD, weak)
        assert code_of(refused) == "weak_password", weak
        assert why in refused.json()["error"]["message"], refused.text
    assert change(PASSWORD, new).status_code == 204
    assert client.get(SESSION, headers={"Authorization": f"Bearer {elsewhere}"}).status_code == 401
    assert agent.get("/session").status_code == 200
    assert sign_in(client).status_code == 401
    assert sign_in(client, password=new).status_code == 200


@pytest.fixture
def limited(client: TestClient) -> Iterator[TestClient]:
    """The application with its limits on, counting from nothing."""
    held = client.app.state.resources  # type: ignore[attr-defined]
    redis = Redis.from_url(settings().redis_url)

    async def emptied() -> None:
        await redis.flushdb()

    assert client.portal is not None
    client.portal.call(emptied)
    client.app.state.resources = replace(held, limiter=RateLimiter(redis, True, held.secret))  # type: ignore[attr-defined]
    yield client
    client.app.state.resources = held  # type: ignore[attr-defined]
    client.portal.call(redis.aclose)


def test_a_guesser_is_held_and_nobody_else(limited: TestClient, agent: Staff) -> None:
    Staff(limited, "other@kh-pnh", "agent")
    allowed = LIMITS["sign_in by account and address"][0]
    for _ in range(allowed.times):
        assert sign_in(limited, password="a wrong guess").status_code == 401
    held = sign_in(limited)
    assert held.status_code == 429, "even with the right password"
    wait = int(held.headers["Retry-After"])
    assert 0 < wait <= allowed.seconds
    assert str(wait) in held.json()["error"]["message"]
    assert sign_in(limited, "other@kh-pnh").status_code == 200, "another account from the same address"


def test_who_signs_in_rightly_is_never_held(limited: TestClient, agent: Staff) -> None:
    for _ in range(LIMITS["sign_in"][0].times + 2):
        assert sign_in(limited).status_code == 200


def test_wrong_passwords_of_somebody_signed_in_are_counted(limited: TestClient, agent: Staff) -> None:
    statuses = []
    for _ in range(LIMITS["sign_in by account and address"][0].times + 1):
        body = {"old": "a wrong guess", "new": "four uncommon herons wading"}
        answer = limited.put("/api/v1/staff/password", json=body, headers=agent.headers)
        statuses.append(answer.status_code)
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {401}


def test_a_cookie_changes_nothing_for_another_site(agent: Staff) -> None:
    client = agent.client
    client.cookies.set("nagara_session", agent.token)
    own, foreign = "http://testserver", "https://elsewhere.example"
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": foreign}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": own}, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({}, 204),
    ):
        answer = client.delete("/api/v1/staff/sessions", headers=headers)
        assert answer.status_code == status, (headers, answer.text)
    assert client.get(SESSION, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200, (
        "reading is no harm"
    )
    client.cookies.clear()
    bearer = agent.headers | {"Sec-Fetch-Site": "cross-site"}
    assert client.delete("/api/v1/staff/sessions", headers=bearer).status_code == 204
    assert sign_in(client, headers={"Origin": foreign}).status_code == 403


def test_what_staff_are_answered_is_kept_nowhere(agent: Staff, client: TestClient) -> None:
    for answer in (agent.get("/session"), agent.get("/queue"), agent.get("/nonsense"), client.get(SESSION)):
        assert answer.headers["Cache-Control"] == "no-store"
    cookie = client.post(SESSION, json={"username": NAME, "password": PASSWORD}).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_the_trail_tells_of_sign_ins_without_secrets(agent: Staff, owner: Owner) -> None:
    sign_in(agent.client, password="a wrong guess")
    sign_in(agent.client, "a password typed as name@kh-pnh")
    set_up(agent)
    told = owner.execute(
        "select actor, action, subject, details::text from staff_audit order by at"
    ).fetchall()
    assert [row[1] for row in told] == [
        "account_added", "signed_in", "sign_in_refused", "sign_in_refused", "second_factor_set_up",
    ]  # fmt: skip
    assert [row[2] for row in told] == ["agent", "agent", "agent", None, "agent"]
    assert "guess" not in str(told)
    for statement in ("update staff_audit set action = 'x'", "delete from staff_audit"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner.execute(statement)
    auditor = Staff(agent.client, "auditor@kh-pnh", "auditor")
    first = auditor.get("/audit", limit=2, username="agent").json()
    assert [entry["action"] for entry in first["entries"]] == ["second_factor_set_up", "sign_in_refused"]
    rest = auditor.get("/audit", limit=2, username="agent", cursor=first["next_cursor"]).json()
    assert [entry["action"] for entry in rest["entries"]] == ["signed_in", "account_added"]
    assert auditor.get("/audit", cursor="nonsense").status_code == 422
    assert auditor.get("/audit", action="nonsense").status_code == 422
