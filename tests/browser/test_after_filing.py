"""After filing, in a real browser: what a resident sees of a report, and what they do about it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from nagara.demo.accounts import PASSWORD
from tests.api.test_media import picture as jpeg
from tests.browser.accessibility import faults
from tests.browser.conftest import OpenPage, wait_for_page, worker_ready
from tests.browser.test_pages import fits, sign_in
from tests.waiting import PAGE_PATIENCE_SECONDS

PHONE = {"width": 360, "height": 740}


class Desk:
    """Staff of Phnom Penh, over the API."""

    def __init__(self, server: str) -> None:
        self.client = httpx.Client(base_url=server, timeout=PAGE_PATIENCE_SECONDS)
        signed_in = self.client.post(
            "/api/v1/staff/session", json={"username": "supervisor@kh-pnh", "password": PASSWORD}
        )
        self.client.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"

    def filed(self, **fields: Any) -> dict[str, Any]:
        """A report of a resident's."""
        body = {"service_code": "waste_missed", "lat": 11.5696, "lon": 104.9210, "language": "en"}
        answer = self.client.post("/api/v1/cities/kh-pnh/requests", json=body | fields)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def move(self, filed: dict[str, Any], move: str, **details: Any) -> None:
        """Make a move."""
        answer = self.client.post(f"/api/v1/staff/requests/{filed['reference']}/{move}", json=details)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def desk(live_server: str) -> Desk:
    """Somebody at work."""
    return Desk(live_server)


def private(filed: dict[str, Any], language: str = "en") -> str:
    """The address of the private link."""
    return f"/?lang={language}#/track/{filed['reference']}?token={filed['token']}"


def outcome(page: Page, words: str) -> None:
    """Wait until the page says what came of it."""
    expect(page.get_by_test_id("outcome")).to_contain_text(words)


def test_not_fixed_opens_a_report_again_and_staff_have_it_in_their_queue(
    open_page: OpenPage, desk: Desk
) -> None:
    filed = desk.filed(description="Two bags on the corner.", contact={"email": "resident@example.org"})
    desk.move(filed, "acknowledge")
    desk.move(filed, "resolve", reason="cleaned", note="Collected this morning.")
    page = open_page(private(filed), **PHONE, scale=2)
    expect(page.get_by_test_id("tracked-status")).to_have_text("Resolved")
    expect(page.get_by_text("The place has been cleaned.").first).to_be_visible()
    expect(page.get_by_test_id("spoken-reference")).to_contain_text(filed["reference"][4:8])
    form = page.get_by_test_id("feedback")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("alert")).to_contain_text("choose one")
    page.keyboard.press("ArrowDown")  # the keyboard alone is enough
    expect(form.get_by_label("No, not fixed")).to_be_checked()
    form.get_by_text("Very badly", exact=True).first.locator("xpath=..").click()
    form.get_by_label("What is still wrong?").fill("The bags are still there.")
    form.locator("input[type=file]").set_input_files(
        files={"name": "still.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    expect(form.get_by_alt_text("Photo 1")).to_be_visible()
    assert fits(page)
    assert faults(page) == []
    form.get_by_role("button", name="Send").click()
    outcome(page, "open again")
    expect(page.get_by_test_id("tracked-status")).to_have_text("Being worked on")
    expect(page.get_by_test_id("timeline").get_by_role("listitem").first).to_contain_text("Opened again")
    expect(page.get_by_test_id("timeline")).to_contain_text("The bags are still there.")
    expect(page.get_by_alt_text("How it looks now: Photo 1")).to_be_visible()

    console = open_page("/staff/")
    sign_in(console, "supervisor@kh-pnh")
    console.get_by_role("searchbox").first.fill(filed["reference"])
    expect(console.locator(f"[data-reference={filed['reference']}]").first).to_be_visible()


def test_a_question_is_answered_from_a_phone(open_page: OpenPage, desk: Desk) -> None:
    filed = desk.filed()
    desk.move(filed, "ask", note="Which side of the road?")
    page = open_page(private(filed), **PHONE)
    expect(page.get_by_text("Which side of the road?").first).to_be_visible()
    answer = page.get_by_test_id("say-answer")
    answer.get_by_role("button", name="Send the answer").click()
    expect(answer.get_by_role("alert")).to_be_visible()
    answer.get_by_label("Your answer").fill("The northern one.")
    assert faults(page) == []
    answer.get_by_role("button", name="Send the answer").click()
    outcome(page, "passed on")
    expect(page.get_by_test_id("timeline")).to_contain_text("The northern one.")
    expect(page.get_by_test_id("say-answer")).to_have_count(0)


def test_without_a_line_the_page_shows_what_it_saw_last(open_page: OpenPage, desk: Desk) -> None:
    filed = desk.filed(description="Nobody came.")
    page = open_page(private(filed), **PHONE)
    worker_ready(page)
    expect(page.get_by_test_id("timeline")).to_contain_text("Report received")
    wait_for_page(
        page,
        "async () => new Promise(done => { const asked = indexedDB.open('nagara');"
        " asked.onsuccess = () => { const all = asked.result.transaction('tracked').objectStore('tracked').count();"
        " all.onsuccess = () => { asked.result.close(); done(all.result > 0); }; }; })",
        "the phone keeps what it saw",
    )
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_test_id("seen-before")).to_contain_text("what this phone saw")
    expect(page.get_by_text("Nobody came.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_test_id("seen-before")).to_have_count(0)


def test_a_new_link_replaces_the_old_and_data_are_deleted(open_page: OpenPage, desk: Desk) -> None:
    filed = desk.filed(description="My own words.", contact={"email": "resident@example.org"})
    page = open_page(private(filed), **PHONE)
    page.get_by_text("My link and my data").click()
    page.get_by_role("button", name="Make a new link").click()
    page.get_by_role("button", name="Yes, make a new link").click()
    expect(page.get_by_text("The old one is dead.")).to_be_visible()
    assert filed["token"] not in page.url
    old = open_page(private(filed), **PHONE)
    expect(old.get_by_test_id("timeline")).to_be_visible()
    expect(old.get_by_text("My own words.")).to_have_count(0)

    page.locator("[data-erase=everything]").click()
    assert faults(page) == []
    page.get_by_role("button", name="Yes, delete").click()
    outcome(page, "Your data were deleted")
    expect(page.get_by_text("My own words.")).to_have_count(0)
    expect(page.get_by_test_id("tracked-status")).to_have_text("Withdrawn")


def test_times_stand_in_the_citys_calendar_and_digits(open_page: OpenPage, desk: Desk) -> None:
    filed = desk.filed()
    desk.move(filed, "resolve")
    for language, digits in (("km", "[០-៩]"), ("th", "[0-9]")):
        page = open_page(private(filed, language), **PHONE, dark=language == "km")
        expect(page.get_by_test_id("timeline").locator("time").first).to_have_text(re.compile(digits))
        assert fits(page)
        page.locator("input[name=fixed]").first.check()
        assert faults(page) == []
