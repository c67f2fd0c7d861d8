"""What the front door answers is what the usual way answers, and what is unusual is left to the usual way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest
from fastapi import APIRouter, Depends
from fastapi import Response as Answer
from fastapi.routing import APIRoute
from httpx import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from api.dependencies import Open
from api.edge import MAX_BODY
from api.front import Application, FrontDoor
from api.hot import HotRoute, OpenRoute
from tests.api.conftest import Staff
from tests.api.test_requests import FILE, RUBBISH

JSON = {"Content-Type": "application/json"}
OF_EACH_CALL = {
    "reference", "token", "received_at", "page_url", "status_url", "acknowledge_by", "respond_by", "resolve_by",
}  # fmt: skip


class Watched:
    """The application behind its front door, or without it, and how often a call went the usual way."""

    def __init__(self, client: TestClient) -> None:
        application = client.app
        assert isinstance(application, Application)
        assert application.front is not None
        self.client, self.application, self.front = client, application, application.front
        self.usual = 0

    def both(self, method: str, path: str, **call: Any) -> tuple[Response, bool]:
        """The answer at the front door, held against that of the usual way; and whether it went that way, too."""
        before = self.usual
        ours = self.client.request(method, path, **call)
        passed_on = self.usual > before
        self.application.front = None
        try:
            theirs = self.client.request(method, path, **call)
        finally:
            self.application.front = self.front
        assert ours.status_code == theirs.status_code, (ours.text, theirs.text)
        assert told(ours) == told(theirs)
        return ours, passed_on


def told(answer: Response) -> tuple[dict[str, str], Any]:
    """Headers and body, without what differs from call to call."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return headers, without_its_own(answer.json()) if answer.content else None


def without_its_own(content: Any) -> Any:
    """An answer without what each call gets anew."""
    if isinstance(content, dict):
        return {name: without_its_own(value) for name, value in content.items() if name not in OF_EACH_CALL}
    return content


@pytest.fixture
def watched(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """The application, its front door watched."""
    watched = Watched(client)
    usual = watched.front._usual

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        watched.usual += 1
        await usual(scope, receive, send)

    monkeypatch.setattr(watched.front, "_usual", counted)
    yield watched


def test_both_ways_answer_alike(watched: Watched, supervisor: Staff) -> None:
    filed, passed_on = watched.both("POST", FILE, json=RUBBISH)
    assert (filed.status_code, passed_on) == (201, False)
    reference = filed.json()["reference"]
    status = f"/api/v1/requests/{reference}"
    key = {"Idempotency-Key": "once", "Nagara-Device": "a-device-of-mine"}
    device = {"Nagara-Device": "?"}
    at_the_door: list[tuple[int, str, str, dict[str, Any]]] = [
        (200, "GET", status, {}),
        (404, "GET", "/api/v1/requests/PNH-2222222-2", {}),
        (404, "GET", status[:-1], {}),
        (200, "GET", status, {"headers": {"Nagara-Link": filed.json()["token"]}}),
        (200, "GET", "/api/v1/staff/queue?limit=5&counts=true", {"headers": supervisor.headers}),
        (422, "GET", "/api/v1/staff/queue?limit=no", {"headers": supervisor.headers}),
        (401, "GET", "/api/v1/staff/queue", {}),
        (401, "GET", "/api/v1/staff/queue", {"headers": {"Authorization": "Bearer kh-pnh.nobody"}}),
        (200, "GET", f"/api/v1/staff/requests/{reference}", {"headers": supervisor.headers}),
        (404, "POST", FILE.replace("kh-pnh", "xx-xxx"), {"json": RUBBISH}),
        (404, "POST", FILE, {"json": RUBBISH | {"service_code": "none"}}),
        (422, "POST", FILE, {"json": RUBBISH | {"lat": 48.2, "lon": 16.4}}),
        (200, "GET", "/tiles/kh-pnh.json", {}),
        (204, "GET", "/tiles/kh-pnh/15/7/7.mvt", {"headers": {"If-None-Match": "W/nothing"}}),
        (404, "GET", "/tiles/xx-xxx/15/7/7.mvt", {}),
        (422, "GET", "/tiles/kh-pnh/2/7/1.mvt", {}),
    ]
    left_to_the_usual_way: list[tuple[int, str, str, dict[str, Any]]] = [
        (200, "GET", f"{status}?token={filed.json()['token']}", {}),
        (200, "HEAD", status, {}),
        (422, "GET", "/tiles/kh-pnh/15/7/north.mvt", {}),
        (422, "GET", "/tiles/kh-pnh/15/7/-1.mvt", {}),
        (204, "GET", "/tiles/kh-pnh/15/+7/7.mvt", {}),
        (405, "DELETE", status, {}),
        (422, "GET", status, {"headers": {"Nagara-Link": "x" * 101}}),
        (422, "POST", FILE, {"json": RUBBISH | {"no_such_field": 1}}),
        (422, "POST", FILE, {"json": RUBBISH | {"lat": "north"}}),
        (422, "POST", FILE, {"json": RUBBISH, "headers": device}),
        (422, "POST", FILE, {"json": RUBBISH, "headers": {"Idempotency-Key": "x" * 201}}),
        (422, "POST", FILE, {"content": b"", "headers": JSON}),
        (422, "POST", FILE, {"content": orjson.dumps(RUBBISH), "headers": {"Content-Type": "text/plain"}}),
        (400, "POST", FILE, {"content": b'{"service_code": ', "headers": JSON}),
        (413, "POST", FILE, {"content": b" " * 1_100_000, "headers": JSON}),
        (201, "POST", FILE, {"content": orjson.dumps(RUBBISH).decode().encode("utf-16"), "headers": JSON}),
    ]
    for calls, expected in ((at_the_door, False), (left_to_the_usual_way, True)):
        for status_code, method, path, call in calls:
            answer, passed_on = watched.both(method, path, **call)
            assert (answer.status_code, passed_on) == (status_code, expected), (method, path, answer.text)
    assert watched.client.post(FILE, json=RUBBISH, headers=key).status_code == 201
    again, passed_on = watched.both("POST", FILE, json=RUBBISH, headers=key)
    assert (again.status_code, passed_on) == (200, False)


def test_what_comes_in_pieces_is_one_body(watched: Watched) -> None:
    whole = orjson.dumps(RUBBISH | {"description": "in pieces"})
    pieces = (whole[start : start + 7] for start in range(0, len(whole), 7))
    headers = JSON | {"Content-Length": str(len(whole))}
    answer = watched.client.post(FILE, content=pieces, headers=headers)
    assert answer.status_code == 201, answer.text
    unmeasured = watched.client.post(FILE, content=(piece for piece in (whole[:9], whole[9:])), headers=JSON)
    assert (unmeasured.status_code, watched.usual) == (201, 1), "how long it is was not said"


def test_of_a_body_that_broke_off_nothing_is_filed(watched: Watched, owner: psycopg.Connection[Any]) -> None:
    whole = orjson.dumps(RUBBISH) + b"  "
    came: list[Message] = [
        {"type": "http.request", "body": whole[:-1], "more_body": True},
        {"type": "http.disconnect"},
    ]
    seen: list[Message] = []

    async def receive() -> Message:
        return came.pop(0)

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([await receive(), await receive()])

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(whole)).encode())]
    scope = {"type": "http", "method": "POST", "path": FILE, "query_string": b"", "headers": headers}
    watched.front._usual = usual
    asyncio.run(watched.front(scope, receive, send))
    assert [message["type"] for message in seen] == ["http.request", "http.disconnect"]
    assert owner.execute("select count(*) from request").fetchone() == (0,)


def test_of_a_body_longer_than_was_told_no_more_is_read_than_any_route_takes(watched: Watched) -> None:
    """Told to be short and sent in chunks, it would otherwise fill the memory."""
    taken = 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b" " * 65_536, "more_body": taken < 100}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    scope = {"type": "http", "method": "POST", "path": FILE, "query_string": b"", "headers": headers}
    asyncio.run(watched.front(scope, receive, send))
    assert taken * 65_536 <= MAX_BODY + 65_536
    assert [message.get("status") for message in sent] == [413, None]


def test_of_a_body_in_crumbs_nothing_but_the_body_is_kept(watched: Watched) -> None:
    crumbs = [b"{", *[b" "] * 50, b"}", b""]
    seen: list[Message] = []

    async def receive() -> Message:
        body = crumbs.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(crumbs)}

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(await receive())

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"52")]
    scope = {"type": "http", "method": "POST", "path": FILE, "query_string": b"", "headers": headers}
    watched.front._usual = usual
    asyncio.run(watched.front(scope, receive, send))
    assert seen == [{"type": "http.request", "body": b"{" + b" " * 50 + b"}", "more_body": False}]


@pytest.mark.parametrize("kind", [OpenRoute, HotRoute])
def test_a_dependency_that_the_front_door_would_not_ask_for_stops_the_start(kind: type[APIRoute]) -> None:
    async def only_on_sundays() -> None:
        raise PermissionError

    async def answer() -> Answer:
        return Answer()

    rooms = APIRouter(route_class=kind, dependencies=[Open])
    with pytest.raises(TypeError, match="no dependencies beside its parameters"):
        rooms.get("/rooms", dependencies=[Depends(only_on_sundays)])(answer)


def test_every_route_of_the_front_door_is_in_the_document(watched: Watched) -> None:
    paths = watched.application.openapi()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    short = {
        (method, route.path)
        for router in watched.application.routes
        for route in getattr(getattr(router, "original_router", None), "routes", ())
        if hasattr(route, "short")
        for method in route.methods
    }
    assert {("POST", "/api/v1/cities/{city}/requests"), ("GET", "/api/v1/requests/{reference}")} <= short
    assert ("GET", "/api/v1/staff/queue") in short
    assert short <= described
    assert isinstance(watched.front, FrontDoor)
