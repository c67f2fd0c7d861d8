"""The private link opens its report alone; without it, or with what is wrong, nothing happens."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from nagara.rate_limits import RateLimiter
from tests.api.conftest import Staff
from tests.api.residents.holding import WORDS, Connection, Holder, kinds, refused
from tests.api.test_media import count, filed, sent

ADDRESSES: list[tuple[str, dict[str, Any]]] = [
    ("additions", {"text": "x"}),
    ("answer", {"text": "x"}),
    ("withdraw", {}),
    ("feedback", {"fixed": False}),
    ("link", {}),
    ("erase", {"what": "everything"}),
]


@pytest.mark.parametrize(("what", "body"), ADDRESSES)
def test_without_the_link_the_report_is_unknown(
    resolved: Holder, owner: Connection, what: str, body: dict[str, Any]
) -> None:
    other = Holder(resolved.client)
    before = count(owner, "event")
    for token in ("wrong", other.token, "ünïcode"):
        refused(resolved.do(what, token=token, **body), 404, "unknown_request")
    unknown = resolved.client.post(f"/api/v1/requests/PNH-2222222-2/{what}", json=body, params={"token": "x"})
    foreign = resolved.reference.replace("PNH", "BKK")
    elsewhere = resolved.client.post(
        f"/api/v1/requests/{foreign}/{what}", json=body, params={"token": resolved.token}
    )
    assert unknown.status_code == elsewhere.status_code == 404
    assert resolved.client.post(f"/api/v1/requests/{resolved.reference}/{what}", json=body).status_code == 422
    assert count(owner, "event") == before


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("additions", {}, "invalid_input"),
    ("additions", {"text": "  "}, "invalid_input"),
    ("additions", {"text": "x" * 4001}, "invalid_input"),
    ("additions", {"text": "nul \x00"}, "not_text"),
    ("additions", {"text": "x", "media": ["00000000-0000-7000-8000-000000000000"]}, "photo_not_usable"),
    ("additions", {"text": "x", "colour": "red"}, "invalid_input"),
    ("feedback", {}, "invalid_input"),
    ("feedback", {"fixed": True, "rating": 6}, "invalid_input"),
    ("erase", {"what": "some"}, "invalid_input"),
]


@pytest.mark.parametrize(("what", "body", "code"), WRONG)
def test_what_is_wrong_is_refused_and_leaves_nothing(
    holder: Holder, owner: Connection, what: str, body: dict[str, Any], code: str
) -> None:
    refused(holder.do(what, **body), 422, code)
    assert count(owner, "event") == 1 and count(owner, "resident_entry") == 0


def test_a_renewed_link_kills_the_one_before(holder: Holder) -> None:
    picture_id = sent(holder.client)
    holder.done("additions", media=[picture_id])
    image = f"/media/kh-pnh/{picture_id}"
    signed = holder.status()["photos"][0]["url"]
    assert holder.client.get(signed).status_code == 200
    renewed = holder.done("link")
    assert renewed["token"] != holder.token and renewed["token"] in renewed["page_url"]
    assert holder.status()["own"] is False
    assert holder.client.get(signed).status_code == 404
    assert holder.client.get(image, headers={"Nagara-Link": holder.token}).status_code == 404
    assert holder.client.get(image, headers={"Nagara-Link": renewed["token"]}).status_code == 200
    refused(holder.do("withdraw"), 404, "unknown_request")
    assert holder.status(renewed["token"])["own"] is True
    assert "link_renewed" not in kinds(holder)


def test_a_confidential_report_is_hidden_from_the_old_link(client: TestClient) -> None:
    holder = Holder(client, confidential=True)
    holder.done("link")
    assert "error" in holder.status()


def test_supervisors_revoke_a_link_and_agents_do_not(holder: Holder, supervisor: Staff, agent: Staff) -> None:
    url = f"/api/v1/staff/requests/{holder.reference}/link"
    refused(holder.client.delete(url, headers=agent.headers), 403, "not_permitted")
    assert holder.status()["own"] is True
    assert holder.client.delete(url, headers=supervisor.headers).status_code == 200
    assert holder.status()["own"] is False
    stranger = Staff(holder.client, "supervisor@th-bkk", "supervisor")
    refused(holder.client.delete(url, headers=stranger.headers), 404, "unknown_request")


def test_a_late_retry_gets_the_link_that_opens(client: TestClient) -> None:
    fields = {"key": "k10", "description": WORDS}
    report = filed(client, **fields)
    url = f"/api/v1/requests/{report['reference']}/link"
    renewed = client.post(url, params={"token": report["token"]}).json()
    again = filed(client, **fields)
    assert again["token"] == renewed["token"] != report["token"]
    assert again["page_url"] == renewed["page_url"]
    assert again | {"token": "", "page_url": ""} == report | {"token": "", "page_url": ""}


def test_each_address_counts_what_it_is_asked(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    resources = holder.client.app.state.resources  # type: ignore[attr-defined]
    limiter: RateLimiter = resources.limiter
    monkeypatch.setattr(limiter, "_enabled", True)
    asked = [holder.do("link", token="guess") for _ in range(14)]
    assert [answer.status_code for answer in asked[:12]] == [404] * 12
    refused(asked[-1], 429, "too_many_requests")
    assert int(asked[-1].headers["Retry-After"]) > 0
