"""A contractor's phone: the page behind a job's link, without an account and without a line."""

from __future__ import annotations

import json
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from nagara.demo.accounts import PASSWORD
from tests.browser.accessibility import faults
from tests.browser.conftest import OpenPhone, worker_ready
from tests.waiting import PAGE_PATIENCE_SECONDS


def ask(address: str, token: str | None = None, body: dict[str, Any] | None = None) -> Any:
    """The JSON at an address of the API."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(
        urllib.request.Request(address, data, headers), timeout=PAGE_PATIENCE_SECONDS
    ) as answer:
        return json.load(answer)


@pytest.fixture
def staff(live_server: str) -> str:
    """The token of a supervisor of Phnom Penh."""
    body = {"username": "supervisor@kh-pnh", "password": PASSWORD}
    token: str = ask(f"{live_server}/api/v1/staff/session", body=body)["token"]
    return token


def handed_out(live_server: str, staff: str) -> tuple[str, str]:
    """A report of a lamp, and the link to it."""
    report = {
        "service_code": "street_light",
        "lat": 11.5696,
        "lon": 104.921,
        "description": "Dark since Sunday",
        "contact": {"name": "Somebody", "email": "somebody@example.org"},
    }
    reference: str = ask(f"{live_server}/api/v1/cities/kh-pnh/requests", body=report)["reference"]
    address = f"{live_server}/api/v1/staff/requests/{reference}"
    ask(f"{address}/jobs", staff, {"title": "Change the lamp"})
    link = {"contractor": "Lamps and Sons", "job": 1, "instructions": "Bring the long ladder"}
    url: str = ask(f"{address}/job-links", staff, link)["url"]
    return reference, f"{live_server}/job/{url[url.index('#') :]}"


def test_a_job_is_done_without_a_line_and_told_once_there_is_one(
    phone: OpenPhone, live_server: str, staff: str, tmp_path: Path
) -> None:
    reference, link = handed_out(live_server, staff)
    proof = tmp_path / "lamp.jpg"
    Image.linear_gradient("L").resize((1600, 1200)).save(proof)

    first = phone()
    page = first.pages[0]
    page.goto(link)
    expect(page.get_by_role("heading", name="Change the lamp")).to_be_visible()
    expect(page.get_by_text("Bring the long ladder")).to_be_visible()
    expect(page.get_by_text("Dark since Sunday")).to_be_visible()
    assert "somebody@example.org" not in page.content()
    assert faults(page) == []
    page.get_by_role("button", name="I have begun").click()
    expect(page.get_by_role("button", name="I have begun")).to_have_count(0)
    worker_ready(page)

    first.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Change the lamp")).to_be_visible()
    page.get_by_label("Pictures of what was done").set_input_files(proof)
    expect(page.get_by_role("img", name="Picture 1 you took")).to_be_visible()
    page.get_by_label("What was done, or why not").fill("New lamp, lit")
    assert faults(page) == []
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_text("Kept on this phone")).to_be_visible()
    first.close()

    work = ask(f"{live_server}/api/v1/staff/requests/{reference}/jobs", staff)
    assert work["links"][0]["outcome"] is None

    second = phone()
    page = second.pages[0]
    page.goto(link)
    expect(page.get_by_text("now looks at what you did")).to_be_visible()
    assert faults(page) == []
    work = ask(f"{live_server}/api/v1/staff/requests/{reference}/jobs", staff)
    assert (work["links"][0]["outcome"], work["links"][0]["note"]) == ("done", "New lamp, lit")
    assert work["jobs"][0]["state"] == "done"
    shown = ask(f"{live_server}/api/v1/staff/requests/{reference}", staff)
    assert [photo["kind"] for photo in shown["photos"]] == ["after"]


def test_giving_a_job_back_needs_a_reason_and_a_link_that_is_over_says_so(
    phone: OpenPhone, live_server: str, staff: str
) -> None:
    _, link = handed_out(live_server, staff)
    context = phone()
    page = context.pages[0]
    page.goto(link)
    page.get_by_role("button", name="Give the job back").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    expect(page.get_by_label("What was done, or why not")).to_be_focused()
    page.get_by_label("What was done, or why not").fill("No ladder is long enough")
    page.get_by_role("button", name="Give the job back").click()
    expect(page.get_by_text("finds somebody else")).to_be_visible()
    page.goto("about:blank")
    page.goto(f"{live_server}/job/#kh-pnh.never")
    expect(page.get_by_text("This link is over")).to_be_visible()
    assert faults(page) == []
