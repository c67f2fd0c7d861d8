"""A crew's phone: today's jobs without a line, moves made once however often they are sent, and what is refused."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.accessibility import expect_accessible, fits_at_twice_the_text
from tests.browser.conftest import OpenPage, OpenPhone, picture, wait_for_page, worker_ready
from tests.browser.staff_desk import CITY, OWN_PASSWORD, ask, hire, report, send_picture, token_of

FAR_LAT = 11.5702
KEPT = """() => new Promise((resolve, reject) => {
    const asked = indexedDB.open('nagara-field');
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
        const stores = [...asked.result.objectStoreNames];
        const reading = asked.result.transaction(stores);
        const counts = stores.map((name) => [name, reading.objectStore(name).count()]);
        reading.oncomplete = () => {
            asked.result.close();
            resolve(Object.fromEntries(counts.map(([name, one]) => [name, one.result])));
        };
    };
})"""
"""How much lies on the phone, by kind."""


def given_to(server: str, crew: str, words: str, **more: Any) -> str:
    """A report that is given to a crew; returns its reference."""
    reference = report(server, words, **more)
    body = {"assignee": crew.split("@", maxsplit=1)[0]}
    ask(f"{server}/api/v1/staff/requests/{reference}/assign", token_of(server, "supervisor"), body)
    return reference


def sign_in_as(page: Page, username: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(OWN_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Today’s jobs").wait_for()


def done(server: str, reference: str) -> tuple[list[str], list[str]]:
    """What happened to a request, and the kinds of its pictures."""
    shown = ask(f"{server}/api/v1/staff/requests/{reference}", token_of(server, "supervisor"))
    return [event["kind"] for event in shown["timeline"]], [photo["kind"] for photo in shown["photos"]]


def move(page: Page, reference: str, name: str) -> None:
    """Open the form of a move of a job."""
    page.locator(f"[data-job='{reference}']").get_by_role("button", name=re.compile(rf"^{name}\b")).click()
    page.get_by_test_id("field-form").wait_for()


def make(page: Page, name: str) -> None:
    page.get_by_test_id("field-form").get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_test_id("field-form")).to_have_count(0)


def test_two_jobs_are_done_without_a_line_and_told_once_after_the_browser_was_closed(
    phone: OpenPhone, live_server: str, tmp_path: Path
) -> None:
    crew = hire(live_server, "crew")
    first_words = f"Lamp beside the school {uuid.uuid4().hex[:6]}"
    near = given_to(live_server, crew, first_words, media=[send_picture(live_server)])
    far = given_to(live_server, crew, "Lamp at the bridge", lat=FAR_LAT)
    proof = tmp_path / "lamp.jpg"
    Image.linear_gradient("L").resize((1600, 1200)).save(proof)

    morning = phone()
    page = morning.pages[0]
    page.goto(f"{live_server}/staff/?lang=en")
    sign_in_as(page, crew)
    expect(page.locator("[data-job]")).to_have_count(2)
    expect(page.locator(f"[data-job='{near}']").get_by_role("img", name="Photo 1")).to_be_visible()
    expect_accessible(page, "today with a line")
    worker_ready(page)
    morning.close()

    street = phone(offline=True)
    page = street.pages[0]
    page.goto(f"{live_server}/staff/?lang=en#/today")
    expect(page.get_by_test_id("field-offline")).to_contain_text("No line.")
    job = page.locator(f"[data-job='{near}']")
    expect(job).to_contain_text(first_words)
    expect(job.get_by_role("img", name="Photo 1")).to_be_visible()
    move(page, near, "Start work")
    make(page, "Start work")
    expect(job.get_by_test_id("job-status")).to_have_text("Being worked on")
    for reference, note in ((near, "New lamp, lit"), (far, "Wire mended")):
        move(page, reference, "Resolve")
        form = page.get_by_test_id("field-form")
        form.get_by_label("Reason").select_option("fixed")
        form.get_by_label(re.compile("^Note")).fill(note)
        form.get_by_label(re.compile("^Photos")).set_input_files(proof)
        expect(form.get_by_role("img", name="Photo 1")).to_be_visible()
        if reference == near:
            expect_accessible(page, "a form without a line", wanted=("light", "dark"))
            picture(page, "crew-offline")
        make(page, "Resolve")
    expect(page.get_by_test_id("field-waiting")).to_contain_text("3 steps wait to be sent")
    expect_accessible(page, "what waits", wanted=("light",))
    assert fits_at_twice_the_text(page)
    street.close()
    assert done(live_server, far) == (["filed", "assigned"], [])

    evening = phone()
    page = evening.pages[0]
    page.goto(f"{live_server}/staff/?lang=en#/today")
    expect(page.get_by_test_id("field-sent")).to_contain_text("Sent today from this phone: 3")
    expect(page.get_by_test_id("field-waiting")).to_have_count(0)
    assert done(live_server, near) == (["filed", "assigned", "started", "resolved"], ["before", "after"])
    assert done(live_server, far) == (["filed", "assigned", "resolved"], ["after"])
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name").wait_for()
    expect_nothing_kept(page)


def test_who_signs_out_without_a_line_is_signed_out_by_the_first_line_there_is(
    phone: OpenPhone, live_server: str
) -> None:
    crew = hire(live_server, "crew")
    given_to(live_server, crew, "Lamp at the market")
    morning = phone()
    page = morning.pages[0]
    page.goto(f"{live_server}/staff/?lang=en")
    sign_in_as(page, crew)
    expect(page.locator("[data-job]")).to_have_count(1)
    worker_ready(page)
    morning.close()

    street = phone(offline=True)
    page = street.pages[0]
    page.goto(f"{live_server}/staff/?lang=en#/today")
    expect(page.locator("[data-job]")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_test_id("sign-out-owed")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("sign-out-owed")).to_be_visible()
    expect(page.get_by_label("User name")).to_be_visible()
    # Only the server can take it, which hears of it from the worker or from the page.
    assert street.cookies(live_server)
    street.close()

    evening = phone()
    page = evening.pages[0]
    page.goto(f"{live_server}/staff/?lang=en#/today")
    page.get_by_label("User name").wait_for()
    expect_nothing_kept(page)
    assert evening.cookies(live_server) == []
    assert page.evaluate("async () => (await fetch('/api/v1/staff/session')).status") == 401


def expect_nothing_kept(page: Page) -> None:
    """Wait until everything has left the phone, the sign-out that was owed too."""
    nothing = f"async () => Object.values(await ({KEPT})()).every((count) => count === 0)"
    wait_for_page(page, nothing, "nothing is kept on the phone")
    assert set(kept(page)) == {"drafts", "moves", "owed", "person", "pictures", "today"}


def kept(page: Page) -> dict[str, int]:
    """How much lies on the phone, by kind."""
    found: dict[str, int] = page.evaluate(KEPT)
    return found


def losing_the_first_answer(context: BrowserContext, address: str) -> Callable[[], int]:
    """Let the server do what is asked and lose its first answer; returns how often it was asked so far."""
    asked: list[str] = []

    def lose(route: Route) -> None:
        asked.append(route.request.headers.get("idempotency-key", ""))
        if len(asked) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    context.route(address, lose)
    return lambda: len(asked)


def test_what_changed_meanwhile_is_shown_and_nothing_typed_is_lost(
    open_page: OpenPage, live_server: str
) -> None:
    crew, desk = hire(live_server, "crew"), token_of(live_server, "supervisor")
    base = f"{live_server}/api/v1/staff"
    changed, closed = (given_to(live_server, crew, words) for words in ("Lamp one", "Lamp two"))
    page = open_page("/staff/?lang=en#/today", width=360, height=740, worker=False)
    sign_in_as(page, crew)
    expect(page.locator("[data-job]")).to_have_count(2)

    page.context.set_offline(True)
    move(page, changed, "Start work")
    make(page, "Start work")
    move(page, closed, "Resolve")
    page.get_by_test_id("field-form").get_by_label(re.compile("^Note")).fill("The fuse was out")
    make(page, "Resolve")
    move(page, changed, "Put on hold")
    page.get_by_test_id("field-form").get_by_label("Note").fill("Half a sentence")
    ask(f"{base}/requests/{changed}/prioritise", desk, {"priority": "urgent"})
    ask(f"{base}/requests/{closed}/decline", desk, {"reason": "not_an_issue"})
    page.context.set_offline(False)

    expect(page.get_by_test_id("field-refused")).to_contain_text("2 steps were not taken")
    one = page.locator(f"[data-refused='{changed}']")
    expect(one.get_by_test_id("changes")).to_contain_text("Urgent")
    other = page.locator(f"[data-refused='{closed}']")
    expect(other).to_contain_text("The fuse was out")
    expect(page.get_by_label("Note")).to_have_value("Half a sentence")
    expect_accessible(page, "what was refused", wanted=("light", "dark"))
    one.get_by_role("button", name="Start work all the same").click()
    expect(page.locator(f"[data-refused='{changed}']")).to_have_count(0)
    asked = losing_the_first_answer(page.context, f"**/requests/{closed}/note")
    other.get_by_role("button", name="Send as a note instead").click()
    expect(page.get_by_test_id("field-waiting")).to_contain_text("The fuse was out")
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_test_id("field-waiting")).to_have_count(0)
    assert asked() == 2
    assert done(live_server, changed)[0] == ["filed", "assigned", "prioritised", "started"]
    assert done(live_server, closed)[0] == ["filed", "assigned", "declined", "noted"]

    page.context.set_offline(True)
    make(page, "Put on hold")
    expect(page.get_by_test_id("field-waiting")).to_contain_text("1 step waits to be sent")
    address = f"{base}/accounts/{crew.split('@')[0]}/reset"
    ask(address, token_of(live_server, "city_admin"), {})
    page.context.set_offline(False)
    expect(page.get_by_test_id("sign-in-waits")).to_contain_text("1 step waits on this phone")
    sign_in_as(page, crew)
    expect(page.get_by_test_id("field-waiting")).to_have_count(0)
    expect(page.locator(f"[data-job='{changed}']").get_by_test_id("job-status")).to_have_text("On hold")
    assert done(live_server, changed)[0][-1] == "paused"
    assert crew.endswith(f"@{CITY}")
