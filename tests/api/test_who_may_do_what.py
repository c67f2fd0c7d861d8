"""Each role and each key against each route and each move, by real requests: allowed and refused, as the table says."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from httpx import Response
from sqlmodel import Session
from starlette.testclient import TestClient

from nagara.accounts import keys, people, sessions
from nagara.accounts.keys import NewKey
from nagara.database import city_session
from nagara.lifecycle import STAFF_MOVES, Move, Status, allowed_moves
from nagara.permissions import (
    CITY_ROLES,
    NETWORK,
    NETWORK_ROLES,
    PERMISSIONS,
    SCOPES,
    Permission,
    Role,
    permission_for,
)
from nagara.tables import StaffAccount
from tests.api.test_requests import FILE, RUBBISH
from tests.api.walking import Call, every_call

CITY = "kh-pnh"
DETAILS: dict[Move, dict[str, object]] = {
    Move.ASSIGN: {"assignee": "crew 7"},
    Move.REFER: {"department": "edc"},
    Move.RECATEGORISE: {"service_code": "street_light"},
    Move.PRIORITISE: {"priority": "high"},
    Move.DECLINE: {"reason": "not_found"},
    Move.RESOLVE: {"reason": "cleaned"},
    Move.ACKNOWLEDGE_ESCALATION: {"until": (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()},
}
"""What a move needs besides a note."""

OF_ESCALATIONS = (Move.ACKNOWLEDGE_ESCALATION, Move.DE_ESCALATE)
"""Moves that only make sense on a request that was escalated."""


@pytest.fixture(scope="module")
def calls(application: TestClient) -> list[Call]:
    """Every route that is not open to anybody."""
    app = application.app
    assert isinstance(app, FastAPI)
    found = [call for call in every_call(app) if not call.is_open]
    assert len(found) > 30
    return found


def person(session: Session, city_id: str, role: Role) -> str:
    """Somebody of a role, freshly signed in: without a password, which would take its time."""
    row = session.get(StaffAccount, (city_id, role.value))
    if row is None:
        row = people.new_account_row(session, city_id, role.value, role)
        session.add(row)
        session.flush()
    return sessions.open_session(session, row, "password").token


def token_of(role: Role) -> str:
    """A new session of somebody of a role."""
    city_id = NETWORK if role in NETWORK_ROLES else CITY
    with city_session(city_id) as session:
        return person(session, city_id, role)


def key_with(scope: str) -> str:
    """A new key with one scope."""
    with city_session(CITY) as session:
        return keys.create_key(session, CITY, None, NewKey("a system", (scope,)))[1]


def ask(client: TestClient, call: Call, token: str | None) -> Response:
    """Call a route with nothing in the body: who may not come in is refused before it is read."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client.cookies.clear()
    answer: Response = client.request(call.asked_with, call.path(), headers=headers)
    return answer


def judge(call: Call, answer: Response, expected: bool) -> Iterator[str]:
    """What is wrong with an answer: nothing, or a sentence."""
    refused = answer.status_code == 403
    if answer.status_code in (401, 405, 500):
        yield f"{call}: {answer.status_code} {answer.text[:200]}"
    elif refused is expected:
        yield f"{call}: {'refused' if refused else 'let in'} ({answer.status_code})"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_each_role_reaches_what_the_table_says(client: TestClient, calls: list[Call], role: Role) -> None:
    wrong: list[str] = []
    for call in calls:
        allowed = call.permissions <= PERMISSIONS[role]
        wrong += judge(call, ask(client, call, token_of(role)), allowed)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_key_reaches_what_its_scope_says(client: TestClient, calls: list[Call], scope: str) -> None:
    key = key_with(scope)
    wrong: list[str] = []
    for call in calls:
        allowed = not call.for_people and call.permissions <= SCOPES[scope]
        wrong += judge(call, ask(client, call, key), allowed)
    assert not wrong, "\n".join(wrong)


def test_nobody_and_what_is_no_token_reach_nothing(client: TestClient, calls: list[Call]) -> None:
    ended = token_of(Role.CITY_ADMIN)
    with city_session(CITY) as session:
        sessions.sign_out(session, CITY, ended)
    others = itertools.cycle(
        ("x", "kh-pnh.x", "kh-pnh.key.x", "th-bkk." + ended.partition(".")[2], key_with("work")[:-1], ended)
    )
    wrong = [
        f"{call} with {token!r}: {answer.status_code}"
        for call in calls
        for token in (None, next(others))
        if (answer := ask(client, call, token)).status_code != 401
    ]
    assert not wrong, "\n".join(wrong)


def test_every_permission_is_used_and_every_role_differs(calls: list[Call]) -> None:
    declared = functools.reduce(set.union, (call.permissions for call in calls), set[Permission]())
    declared |= {permission_for(move) for move in STAFF_MOVES}
    assert set(Permission) - declared - {Permission.VIEW_NETWORK} == set(), "permissions nobody asks for"
    assert len({PERMISSIONS[role] for role in CITY_ROLES}) == len(CITY_ROLES)


@pytest.mark.parametrize("move", STAFF_MOVES)
def test_each_role_makes_the_moves_the_table_says(
    client: TestClient, owner: psycopg.Connection[Any], move: Move
) -> None:
    """Role x move: refused with 403 and nothing changed, or made, or refused by the lifecycle with a reason."""
    parent = client.post(FILE, json=RUBBISH).json()["reference"]
    details = {"note": "A note."} | DETAILS.get(move, {})
    if move is Move.LINK_DUPLICATE:
        details["parent"] = parent
    subjects = [(role.value, token_of(role), PERMISSIONS[role]) for role in CITY_ROLES]
    subjects += [(f"key {scope}", key_with(scope), opened) for scope, opened in SCOPES.items()]
    for name, token, permissions in subjects:
        headers = {"Authorization": f"Bearer {token}"}
        reference = client.post(FILE, json=RUBBISH).json()["reference"]
        if move in OF_ESCALATIONS:
            owner.execute("update request set escalated_by_hand = true where reference = %s", (reference,))
            owner.commit()
        answer = client.post(f"/api/v1/staff/requests/{reference}/{move}", json=details, headers=headers)
        public = client.get(f"/api/v1/requests/{reference}").json()
        if {permission_for(move), Permission.VIEW_QUEUE} <= permissions:
            expected = 200 if move in allowed_moves(Status.RECEIVED) else 409
            assert answer.status_code == expected, f"{name}: {answer.text}"
        else:
            assert answer.status_code == 403, f"{name}: {answer.text}"
            assert answer.json()["error"]["allowed"], "who could is said"
            assert public["status"] == "received"
            assert [event["kind"] for event in public["timeline"]] == ["filed"]
