"""What is called all day is answered for who the caller is now: nothing is believed from the call before."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient as Client
from starlette.testclient import TestClient

from api.answers import json_answer
from api.hot import HotRoute, QueueReader, calling
from nagara.accounts.account import Account
from nagara.accounts.calling import Caller, Guesses
from nagara.accounts.keys import NewKey, create_key
from nagara.database import app_pool, city_session
from nagara.errors import NotSignedIn
from nagara.ids import secret_digest
from nagara.permissions import Permission, Role
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH

MINE = "update request set assignee = 'agent'"


@pytest.fixture
def reference(client: TestClient, owner: psycopg.Connection[Any]) -> str:
    """A request that is given to the agent."""
    filed = client.post(FILE, json=RUBBISH).json()["reference"]
    owner.execute(MINE)
    return str(filed)


def test_who_may_no_longer_is_refused_at_the_next_call(
    agent: Staff, owner: psycopg.Connection[Any], reference: str
) -> None:
    def answers() -> list[tuple[int, str | None]]:
        called = [
            agent.get("/queue", view="mine", limit=5),
            agent.get(f"/requests/{reference}"),
            agent.get("/queue/counts"),
        ]
        return [(a.status_code, a.json().get("error", {}).get("code")) for a in called]

    assert answers() == [(200, None)] * 3
    assert answers() == [(200, None)] * 3, "as guessed"
    owner.execute("update staff_account set role = 'service'")
    assert answers() == [(403, "not_permitted")] * 3
    owner.execute("update staff_account set role = 'agent', must_change_password = true")
    assert answers() == [(403, "sign_in_incomplete")] * 3
    owner.execute("update staff_account set must_change_password = false, active = false")
    assert answers() == [(401, "not_signed_in")] * 3
    owner.execute("update staff_account set active = true")
    assert answers() == [(200, None)] * 3
    owner.execute("update staff_session set revoked_at = now()")
    assert answers() == [(401, "not_signed_in")] * 3
    owner.execute("update staff_session set revoked_at = null, last_used_at = now() - interval '5 hours'")
    assert answers() == [(401, "not_signed_in")] * 3


def test_whose_departments_change_sees_the_new_ones_at_once(
    client: TestClient, owner: psycopg.Connection[Any], reference: str
) -> None:
    dara = Staff(client, "dara@kh-pnh", "agent", department="waste")

    def seen() -> tuple[int, list[bool]]:
        found = dara.get("/queue", view="department", counts="true").json()
        moves = dara.get(f"/requests/{reference}").json()["moves"]
        assert len(found["requests"]) == found["counts"]["department"]
        return len(found["requests"]), [one["allowed"] for one in moves if one["move"] == "acknowledge"]

    owner.execute("update request set department = 'drainage'")
    assert seen() == seen() == (0, [False])
    owner.execute("update staff_department set department = 'drainage'")
    assert seen() == (1, [True])


def test_a_key_is_held_against_its_scopes_and_its_use_is_noted(
    client: TestClient, owner: psycopg.Connection[Any], reference: str
) -> None:
    with city_session("kh-pnh") as session:
        _, key = create_key(session, "kh-pnh", None, NewKey("map", ("read_queue",)))
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(2):
        assert client.get(f"/api/v1/staff/requests/{reference}", headers=headers).status_code == 200
    assert owner.execute("select count(*) from api_key where last_used_at is not null").fetchone() == (1,)
    owner.execute("update api_key set revoked_at = now()")
    assert client.get(f"/api/v1/staff/requests/{reference}", headers=headers).status_code == 401


def test_refusals_come_in_the_order_of_any_route(
    client: TestClient, agent: Staff, owner: psycopg.Connection[Any]
) -> None:
    bad = "/api/v1/staff/queue?limit=many"
    assert client.get(bad).status_code == 401
    assert client.get(bad, headers={"Authorization": "Bearer kh-pnh.nonsense"}).status_code == 401
    error = agent.get("/queue", limit="many").json()["error"]
    assert (error["code"], error["field"]) == ("invalid_input", "limit")
    many = "/api/v1/staff/queue?" + "&".join(["status=received"] * 501)
    assert client.get(many).status_code == 401
    refused = client.get(many, headers=agent.headers)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "query")
    assert agent.get("/queue", colour="red").json()["error"]["field"] == "colour"
    owner.execute("update staff_account set role = 'service'")
    assert client.get(bad, headers=agent.headers).status_code == 403


def test_a_list_may_name_its_values_one_by_one(agent: Staff, reference: str) -> None:
    several: Any = ["acknowledged", "received"]
    for path in ("/queue", "/queue/positions"):
        found = agent.get(path, status=several).json()
        assert len(found.get("requests", found.get("positions"))) == 1
    assert agent.get("/queue", status=several[0]).json()["requests"] == []
    assert agent.get("/queue", limit=[0, 7]).status_code == 200, "of anything else the last one holds"


def test_the_one_not_seen_for_longest_makes_room(agent: Staff) -> None:
    guesses = Guesses(most=2)
    for name in ("a", "b", "a", "c"):
        guesses.keep(name.encode(), Account("kh-pnh", name, Role.AGENT, (), ""))
    assert [guesses.get(name) is not None for name in (b"a", b"b", b"c")] == [True, False, True]


def test_a_hot_route_that_is_made_wrongly_fails_loudly(agent: Staff) -> None:
    wrong = APIRouter(route_class=HotRoute)
    with pytest.raises(TypeError, match="knows no parameter like 'limit'"):

        @wrong.get("/a")
        async def unknown(caller: QueueReader, limit: int) -> None: ...

    with pytest.raises(TypeError, match="needs a caller"):

        @wrong.get("/b")
        async def nobody() -> None: ...

    app = FastAPI()
    app.state.resources = agent.client.app.state.resources  # type: ignore[attr-defined]
    careless = APIRouter(route_class=HotRoute)

    @careless.get("/c")
    async def asks_nobody(caller: Annotated[Any, Depends(calling(Permission.VIEW_QUEUE))]) -> Any:
        return json_answer({"secret": 1})

    app.include_router(careless)
    answer = Client(app, raise_server_exceptions=False).get("/c", headers=agent.headers)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_who_is_not_signed_in_hears_that_before_the_database_fails(
    agent: Staff, owner: psycopg.Connection[Any]
) -> None:
    """The guess's questions fail as a whole, with them the question whose token it is."""
    account = Account("kh-pnh", "agent", Role.AGENT, (), "")
    guesses = Guesses()

    def ask() -> None:
        async def run() -> None:
            pool = app_pool()
            await pool.open()
            try:
                guesses.keep(secret_digest(agent.token), account)
                caller = Caller(pool, agent.token, Permission.VIEW_QUEUE, guesses)
                await caller.answers(lambda _: [(("select 1 / %s::int", (0,)), False)])
            finally:
                await pool.close()

        asyncio.run(run())

    with pytest.raises(psycopg.errors.DivisionByZero):
        ask()
    owner.execute("update staff_session set revoked_at = now()")
    with pytest.raises(NotSignedIn):
        ask()
    assert guesses.get(secret_digest(agent.token)) is None
