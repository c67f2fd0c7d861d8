"""Screens are told what happens while they look, by the whole installation: API, worker and clock."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.journeys.conftest import Outside
from tests.waiting import PATIENCE_SECONDS, wait_until

LIVE = "/api/v1/staff/live"
REPORT = {"service_code": "waste_missed", "lat": 11.5696, "lon": 104.9210}


class Screen:
    """A stream of events, read one by one."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def next(self) -> dict[str, Any]:
        """The next event's data; comments are passed over."""
        lines: dict[str, str] = {}
        until = time.monotonic() + PATIENCE_SECONDS
        for raw in self._answer:
            assert time.monotonic() < until, "nothing but comments"
            line = raw.decode().rstrip("\r\n")
            if not line and "data" in lines:
                data: dict[str, Any] = json.loads(lines["data"])
                assert data["kind"] == lines["event"]
                assert lines["id"]
                return data
            name, _, value = line.partition(": ")
            lines[name] = value
        raise EOFError

    def until(self, kind: str, reference: str) -> dict[str, Any]:
        """The next event of this kind about this request."""
        while True:
            event = self.next()
            if (event["kind"], event["reference"]) == (kind, reference):
                return event


@contextmanager
def screen(outside: Outside, token: str, **headers: str) -> Iterator[Screen]:
    """Somebody's screen, from its first word."""
    request = urllib.request.Request(
        str(outside.url) + LIVE, headers={"Authorization": f"Bearer {token}"} | headers
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        shown = Screen(answer)
        assert shown.next()["kind"] == "hello"
        yield shown


def test_what_happens_is_told_while_one_looks(outside: Outside) -> None:
    agent, supervisor = outside.sign_in("agent@kh-pnh"), outside.sign_in("supervisor@kh-pnh")
    with screen(outside, agent) as shown:
        _, filed = outside.call("POST", "/api/v1/cities/kh-pnh/requests", REPORT, key=uuid.uuid4().hex)
        reference = filed["reference"]
        assert shown.until("filed", reference)["status"] == "received"
        path = f"/api/v1/staff/requests/{reference}"
        assert outside.call("POST", f"{path}/acknowledge", {}, supervisor)[0] == 200
        news = shown.until("changed", reference)
        assert (news["status"], news["version"], news["by"]) == ("acknowledged", 2, "supervisor@kh-pnh")
        assert outside.call("PUT", f"{path}/presence", None, supervisor)[0] == 200
        assert [one["username"] for one in shown.until("presence", reference)["people"]] == ["supervisor"]
        body = {"references": [reference], "move": "prioritise", "details": {"priority": "high"}}
        status, job = outside.call("POST", "/api/v1/staff/bulk", body, supervisor)
        assert status == 202, job
        assert shown.until("changed", reference)["version"] == 3, "told by the worker"
        look = f"/api/v1/staff/bulk/{job['id']}"
        wait_until(lambda: outside.call("GET", look, None, supervisor)[1]["state"] == "done", "the job's end")
        assert outside.call("DELETE", f"{path}/presence", None, supervisor)[1] == {"people": []}


def test_who_comes_back_is_told_to_read_again(outside: Outside) -> None:
    token = outside.sign_in("agent@kh-pnh")
    with screen(outside, token, **{"Last-Event-ID": "2026-01-01T00:00:00+00:00"}) as shown:
        assert shown.next()["kind"] == "catch_up"


def test_another_citys_screen_hears_nothing(outside: Outside) -> None:
    stranger, agent = outside.sign_in("agent@kh-rep"), outside.sign_in("agent@kh-pnh")
    with screen(outside, stranger) as theirs, screen(outside, agent) as ours:
        here, there = (
            outside.call("POST", f"/api/v1/cities/{city}/requests", body, key=uuid.uuid4().hex)[1][
                "reference"
            ]
            for city, body in (
                ("kh-pnh", REPORT),
                ("kh-rep", REPORT | {"lat": 13.3622, "lon": 103.8597}),
            )
        )
        ours.until("filed", here)
        while (event := theirs.next())["reference"] != there:
            assert event["reference"] is None or event["reference"].startswith(there[:3]), event
        status, _ = outside.call("PUT", f"/api/v1/staff/requests/{here}/presence", None, stranger)
        assert status == 404


def test_without_a_session_there_is_no_stream(outside: Outside) -> None:
    assert outside.call("GET", LIVE)[0] == 401
