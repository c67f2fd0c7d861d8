"""Another city's rows do not exist for you: 404 with the same words and the same work, from every address.

Every route whose path names a row is called by staff of one city for a row of another, and for a row that was
never there. A route with a new kind of row has to be entered in ``ROWS``; the walk says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from nagara.accounts import people, sessions
from nagara.accounts.keys import NewKey, create_key
from nagara.database import city_session
from nagara.ids import ALPHABET, check_character
from nagara.permissions import CITY_ROLES, PERMISSIONS, Permission, Role
from nagara.tables import StaffAccount
from tests.api.test_requests import FILE, RUBBISH
from tests.api.walking import Call, every_call
from tests.planting import nobody, plant

Owner = psycopg.Connection[Any]
THEIRS, OURS = "kh-pnh", "th-bkk"
MARK = "zebrafinch"
"""A word that stands in every row of theirs that takes one, and nowhere else."""

ROWS: Mapping[str, tuple[str, str]] = {
    "/api/v1/staff/sessions/{id}": ("staff_session", "id"),
    "/api/v1/staff/keys/{id}": ("api_key", "id"),
    "/api/v1/staff/webhooks/{id}": ("webhook_endpoint", "id"),
    "/api/v1/staff/webhooks/{id}/secret": ("webhook_endpoint", "id"),
    "/api/v1/staff/webhooks/{id}/test": ("webhook_endpoint", "id"),
    "/api/v1/staff/webhooks/{id}/attempts": ("webhook_endpoint", "id"),
    "/api/v1/staff/webhooks/{id}/redeliver": ("webhook_endpoint", "id"),
    "/api/v1/staff/accounts/{username}": ("staff_account", "username"),
    "/api/v1/staff/accounts/{username}/reset": ("staff_account", "username"),
    "/api/v1/staff/templates/{id}": ("reply_template", "id"),
    "/api/v1/staff/announcements/{id}": ("announcement", "id"),
    "/api/v1/staff/emergencies/{id}/end": ("declared_emergency", "id"),
    "/api/v1/staff/audits/{quarter}": ("resolution_audit_item", "quarter"),
    "/api/v1/staff/audits/{quarter}/items/{number}": ("resolution_audit_item", "quarter"),
    "/api/v1/staff/blocks/{id}": ("contact_block", "id"),
    "/api/v1/staff/filters/{id}": ("saved_filter", "id"),
    "/api/v1/staff/exports/{id}": ("staff_job", "id"),
    "/api/v1/staff/exports/{id}/file": ("staff_job", "id"),
    "/api/v1/staff/bulk/{id}": ("staff_job", "id"),
    "/api/v1/staff/bulk/{id}/undo": ("staff_job", "id"),
    "/api/v1/network/reports/reviews/{id}": ("report_review", "id"),
    "/api/v1/network/reports/reviews/{id}/page": ("report_review", "id"),
    "/api/v1/network/reports/reviews/{id}/comments": ("report_review", "id"),
    "/api/v1/network/reports/reviews/{id}/{move}": ("report_review", "id"),
}
"""Which table's row a path names, where it is not a request by its reference."""


@pytest.fixture(scope="module")
def calls(application: TestClient) -> list[Call]:
    """Every route for staff of cities whose path names something; the network's own are walked with its reports."""
    app = application.app
    assert isinstance(app, FastAPI)
    return [
        call
        for call in every_call(app)
        if not call.is_open and any(call.permissions <= PERMISSIONS[role] for role in CITY_ROLES)
    ]


def staff_of(city_id: str, *roles: Role) -> list[dict[str, str]]:
    """Somebody of each role, freshly signed in; their headers."""
    found = []
    with city_session(city_id) as session:
        for role in roles:
            username = f"{role.value}-{city_id}"
            row = session.get(StaffAccount, (city_id, username))
            if row is None:
                row = people.new_account_row(session, city_id, username, role)
                session.add(row)
                session.flush()
            token = sessions.open_session(session, row, "password").token
            found.append({"Authorization": f"Bearer {token}"})
    return found


def able(call: Call) -> Role:
    """A role that may call it."""
    return next(role for role in CITY_ROLES if call.permissions <= PERMISSIONS[role])


def unknown_reference(like: str) -> str:
    """A reference of the same city that nobody was given."""
    prefix, body = like.split("-")[:2]
    other = ALPHABET[(ALPHABET.index(body[0]) + 1) % len(ALPHABET)] + body[1:]
    return f"{prefix}-{other}-{check_character(prefix + other)}"


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the application asks the database meanwhile, by either way."""
    asked: list[str] = []

    def by_session(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    original = psycopg.AsyncConnection.execute

    async def by_pool(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(str(query))
        return await original(self, query, *arguments, **named)

    event.listen(Engine, "before_cursor_execute", by_session)
    psycopg.AsyncConnection.execute = by_pool  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        psycopg.AsyncConnection.execute = original  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", by_session)


def said(answer: Response, *named: str) -> str:
    """An answer's words without what was asked for and without its own reference."""
    text = re.sub(r'"reference":"[0-9a-f]{8}"', "", answer.text)
    for name in named:
        text = text.replace(name, "…")
    return text


def ask(client: TestClient, call: Call, headers: dict[str, str], **named: str) -> tuple[Response, list[str]]:
    """Call a route for a row, with a valid body; the answer, and the work it took."""
    with statements() as asked:
        answer = client.request(
            call.asked_with, call.path(**named), headers=headers, params=call.query(), **call.body()
        )
    return answer, asked


def numbers_in(answer: Response) -> Iterator[int]:
    """What an answer counts; a limit up to which it counts is no count."""
    content = answer.json() if answer.headers.get("content-type") == "application/json" else {}
    for name, number in (content.get("counts") or {}).items():
        if isinstance(number, int) and name != "counted_up_to":
            yield number


def counted(owner: Owner, city_id: str) -> dict[str, int]:
    """How many rows a city has in each table whose rows tell what happened."""
    tables = ("request", "event", "notification", "staff_session", "api_key", "staff_account", "photo")
    return {
        table: owner.execute(f"select count(*) from {table} where city_id = %s", (city_id,)).fetchone()[0]  # type: ignore[index]
        for table in tables
    }


def test_another_citys_request_is_as_if_it_never_was(
    client: TestClient, owner: Owner, calls: list[Call]
) -> None:
    theirs = client.post(FILE, json=RUBBISH).json()["reference"]
    never = unknown_reference(theirs)
    before = counted(owner, THEIRS)
    stood = owner.execute("select version, updated_at from request").fetchall()
    tried = 0
    wrong: list[str] = []
    for call in calls:
        if "reference" not in call.parameters:
            continue
        [headers] = staff_of(OURS, able(call))
        (foreign, work), (unknown, other_work) = (
            ask(client, call, headers, reference=reference) for reference in (theirs, never)
        )
        tried += 1
        if foreign.status_code != 404:
            wrong.append(f"{call}: {foreign.status_code} {foreign.text[:300]}")
        elif said(foreign, theirs) != said(unknown, never):
            wrong.append(f"{call}: {foreign.text} but for none at all {unknown.text}")
        elif work != other_work:
            wrong.append(f"{call}: other work for a row of theirs than for none:\n{work}\n{other_work}")
    assert tried > 5
    assert not wrong, "\n".join(wrong)
    assert counted(owner, THEIRS) == before
    assert owner.execute("select version, updated_at from request").fetchall() == stood


def test_another_citys_row_is_as_if_it_never_was(client: TestClient, owner: Owner, calls: list[Call]) -> None:
    tried = 0
    wrong: list[str] = []
    for call in calls:
        named = [name for name in call.parameters if name not in ("reference", "move")]
        if not named or "reference" in call.parameters:
            continue
        assert call.route.path in ROWS, f"{call}: say in ROWS which table's row {named} names"
        table, column = ROWS[call.route.path]
        row = plant(owner, table, THEIRS)
        theirs = str(row[column])
        never = f"{MARK}-never" if isinstance(row[column], str) else nobody()
        [headers] = staff_of(OURS, able(call))
        (foreign, work), (unknown, other_work) = (
            ask(client, call, headers, **{named[0]: name}) for name in (theirs, never)
        )
        tried += 1
        if foreign.status_code != 404:
            wrong.append(f"{call}: {foreign.status_code} {foreign.text[:300]}")
        elif said(foreign, theirs) != said(unknown, never):
            wrong.append(f"{call}: {foreign.text} but for none at all {unknown.text}")
        elif work != other_work:
            wrong.append(f"{call}: other work for a row of theirs than for none")
        where = f"select * from {table} where city_id = %s and {column} = %s"
        kept = owner.execute(where, (THEIRS, row[column])).fetchone()
        if kept != tuple(row.values()):
            wrong.append(f"{call}: their row was changed")
    assert tried > 3
    assert not wrong, "\n".join(wrong)


def test_no_list_count_or_search_shows_anything_of_another_city(
    client: TestClient, owner: Owner, calls: list[Call]
) -> None:
    """Rows of theirs that carry a mark, and every address that lists: the mark is nowhere, nothing is counted."""
    [theirs_admin] = staff_of(THEIRS, Role.CITY_ADMIN)
    reference = client.post(FILE, json=RUBBISH | {"description": f"A {MARK} in the bin."}).json()["reference"]
    made = client.post(
        "/api/v1/staff/accounts",
        json={"username": MARK, "role": "agent", "display_name": MARK, "email": f"{MARK}@example.org"},
        headers=theirs_admin,
    )
    assert made.status_code == 201, made.text
    labelled = {"label": MARK, "scopes": ["work"], "account": f"{MARK}-system"}
    assert client.post("/api/v1/staff/keys", json=labelled, headers=theirs_admin).status_code == 201
    seen_by_themselves = 0
    wrong: list[str] = []
    for call in calls:
        if call.method != "GET" or call.parameters or call.asked_with == "HEAD":
            continue
        for headers, foreign in (
            (staff_of(THEIRS, able(call))[0], False),
            (staff_of(OURS, able(call))[0], True),
        ):
            for query in ({}, {"q": MARK}, {"q": reference}, {"counts": "true"}):
                answer = client.get(call.path(), headers=headers, params=call.query() | query)
                shown = MARK in answer.text or reference in answer.text
                seen_by_themselves += shown and not foreign
                if foreign and shown:
                    wrong.append(f"{call} {query}: {answer.text[:300]}")
                if foreign and any(numbers_in(answer)):
                    wrong.append(f"{call} {query}: counts {answer.text[:300]}")
    assert seen_by_themselves >= 4, "the mark is where it should be"
    assert not wrong, "\n".join(wrong)


def test_a_key_of_one_city_is_unknown_to_another(client: TestClient, calls: list[Call]) -> None:
    theirs = client.post(FILE, json=RUBBISH).json()["reference"]
    with city_session(OURS) as session:
        ours = create_key(session, OURS, None, NewKey("a system", ("read_queue", "work")))[1]
    assert ours.startswith(f"{OURS}.key.")
    foreign = ours.replace(OURS, THEIRS, 1)
    for path in ("/queue", f"/requests/{theirs}"):
        url = f"/api/v1/staff{path}"
        assert client.get(url, headers={"Authorization": f"Bearer {foreign}"}).status_code == 401
    own = client.get("/api/v1/staff/queue", headers={"Authorization": f"Bearer {ours}"})
    assert own.json()["requests"] == []
    url = f"/api/v1/staff/requests/{theirs}"
    assert client.get(url, headers={"Authorization": f"Bearer {ours}"}).status_code == 404


def test_permissions_are_walked_with_somebody_who_has_them(calls: list[Call]) -> None:
    for call in calls:
        assert call.permissions <= set(Permission), call
        assert able(call)
