"""Somebody with the private link of a report, and what holds of it whatever they do."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
from starlette.testclient import TestClient

from nagara import event_log
from tests.api.test_media import filed

Connection = psycopg.Connection[Any]
WORDS = "ស្រីមុំ lives at house 12"


class Holder:
    """Somebody with the private link of a report."""

    def __init__(self, client: TestClient, **fields: Any) -> None:
        report = {"description": WORDS, "contact": {"email": "resident@example.org"}, "language": "km"}
        self.client, self.filed = client, filed(client, **report | fields)
        self.reference, self.token = self.filed["reference"], self.filed["token"]

    def do(self, what: str, /, token: str | None = None, **body: Any) -> httpx.Response:
        """Call one of the addresses below the request."""
        url = f"/api/v1/requests/{self.reference}/{what}"
        answer: httpx.Response = self.client.post(url, json=body, params={"token": token or self.token})
        return answer

    def done(self, what: str, /, **body: Any) -> dict[str, Any]:
        """The same, where it is to succeed."""
        answer = self.do(what, **body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def status(self, token: str | None = None) -> dict[str, Any]:
        """The request as the holder sees it."""
        url = f"/api/v1/requests/{self.reference}"
        found: dict[str, Any] = self.client.get(url, params={"token": token or self.token}).json()
        return found


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """Hold a refusal against what it should be."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def offers_instead(holder: Holder, what: str) -> None:
    """An action is refused, and the refusal names what the page offers: nothing of staff, and no number."""
    answer = holder.do(what, **{"note" if what == "withdraw" else "text": "x"})
    refused(answer, 409, "move_not_allowed")
    error, can = answer.json()["error"], holder.status()["can"]
    assert error["allowed"] == can
    assert what not in can
    assert not any(sign.isdigit() for sign in error["message"])


def kinds(holder: Holder) -> list[str]:
    """The timeline in short."""
    return [event["kind"] for event in holder.status()["timeline"]]


def closed_days_ago(owner: Connection, days: float) -> None:
    """Let the one request have been closed that long ago."""
    owner.execute("update request set closed_at = closed_at - make_interval(secs => %s)", (days * 86_400,))


def events_hold(owner: Connection) -> None:
    """The chain is whole, and holds no word of a resident's."""
    found = event_log.verify(owner, "kh-pnh")
    assert found.events > 1
    assert not found.faults
    texts = owner.execute("select string_agg(data::text, ' ') from event").fetchone()
    assert texts is not None
    for word in ("house 12", "resident@example.org", "my second thought"):
        assert word not in texts[0]
