"""A shift at the staff console in a real browser: sign in, work, move many, link, close with a picture, not alone."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import ENDS_WITHIN_MS, OpenPage, picture
from tests.browser.staff_desk import (
    OWN_PASSWORD,
    ask,
    enrol,
    move_by_key,
    open_request,
    report,
    sign_in,
    token_of,
)
from tests.waiting import wait_until

TEN = 10
MANY = 200


def test_ten_requests_are_worked_without_touching_the_mouse(open_page: OpenPage, live_server: str) -> None:
    word = f"shift{uuid.uuid4().hex[:8]}"
    for number in range(TEN):
        report(live_server, f"{word} lamp {number} is dark")
    person = enrol(live_server, "supervisor")

    page = open_page("/staff/?lang=en", width=1440, height=900)
    page.get_by_label("User name").focus()
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(OWN_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code from the authenticator").wait_for()
    page.keyboard.type(person.code())
    page.keyboard.press("Enter")
    page.locator("[data-reference]").first.wait_for()

    page.keyboard.press("/")
    page.keyboard.type(word)
    expect(page.locator("[data-reference]")).to_have_count(TEN)
    page.keyboard.press("Escape")
    for number in range(TEN):
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator("article").get_by_text(re.compile(f"{word} lamp")).first).to_be_visible()
        move_by_key(page, "c")
        expect(page.get_by_test_id("detail-status")).to_have_text("Acknowledged")
        if number == 0:
            move_by_key(page, "a", *"crew")
            move_by_key(page, "s")
            expect(page.get_by_test_id("detail-status")).to_have_text("Being worked on")
        move_by_key(page, "e", "ArrowDown")
        expect(page.get_by_test_id("detail-status")).to_have_text("Resolved")
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("detail-reference")).to_have_count(0)
    token = token_of(live_server, "supervisor")
    left = ask(f"{live_server}/api/v1/staff/queue?q={word}", token)["requests"]
    closed = ask(f"{live_server}/api/v1/staff/queue?q={word}&status=resolved", token)["requests"]
    assert (len(left), len(closed)) == (0, TEN)


def test_two_hundred_are_assigned_at_once_and_given_back(open_page: OpenPage, live_server: str) -> None:
    word = f"many{uuid.uuid4().hex[:8]}"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: report(live_server, f"{word} lamp {number}"), range(MANY)))
    page = open_page("/staff/?lang=en", width=1440, height=900)
    sign_in(page, "supervisor")
    page.get_by_label("Search text or reference").fill(word)
    page.get_by_label("Order", exact=True).select_option("received")
    rows = page.locator("[data-reference]")
    expect(rows.filter(has_text=word)).to_have_count(50)
    more = page.locator("button:enabled").filter(has_text="Show more")

    def all_shown() -> bool:
        """News of a row read the list anew, and a step that was under way is then asked for again."""
        if rows.count() < MANY:
            more.evaluate_all("all => all[0]?.click()")
        return rows.count() == MANY

    wait_until(all_shown, "all of them are shown")
    page.locator(".tick input").first.click()
    page.locator(".tick input").nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Select all shown").click()
    expect(page.get_by_text(f"{MANY} selected")).to_be_visible()
    page.get_by_test_id("bulk-open").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Person, crew or contractor").fill("crew")
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(dialog.get_by_text(f"{MANY} done.")).to_be_visible(timeout=ENDS_WITHIN_MS)
    picture(page, "staff-bulk")
    dialog.get_by_test_id("bulk-undo").click()
    expect(dialog.get_by_text("Undone.")).to_be_visible(timeout=ENDS_WITHIN_MS)
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_label("Assigned to").fill("crew")
    page.keyboard.press("Tab")
    expect(rows).to_have_count(0)


def test_a_report_is_linked_to_the_one_it_repeats(open_page: OpenPage, live_server: str) -> None:
    words = f"The lamp beside kiosk {uuid.uuid4().hex[:8]} is dark since Monday"
    place = {"lat": 11.5412, "lon": 104.9133}
    first = report(live_server, words, **place)
    second = report(live_server, words, **place)
    page = open_page("/staff/?lang=en", width=1440, height=900)
    sign_in(page, "supervisor")
    open_request(page, second)
    alike = page.locator(f"[data-similar='{first}']")
    alike.get_by_role("button", name="It is the same problem").click()
    page.get_by_test_id("confirm-link").click()
    expect(page.get_by_test_id("detail-status")).to_have_text("Already reported")
    page.get_by_role("link", name=f"Same problem as {first}").click()
    expect(page.get_by_test_id("detail-reference")).to_have_text(first)
    expect(page.get_by_test_id("duplicates").get_by_role("link", name=second)).to_be_visible()


def test_a_request_is_closed_with_a_picture_of_what_was_done(
    open_page: OpenPage, live_server: str, tmp_path: Path
) -> None:
    lamp = tmp_path / "lamp.png"
    Image.linear_gradient("L").resize((900, 600)).save(lamp)
    page = open_page("/staff/?lang=en", width=1440, height=900)
    sign_in(page, "supervisor")
    open_request(page, report(live_server, "One lamp, to be closed with a picture."))
    page.keyboard.press("e")
    form = page.get_by_test_id("move-form")
    form.get_by_label("Reason").select_option("fixed")
    form.locator("#move-photos").set_input_files(lamp)
    form.get_by_role("img", name="Photo 1").wait_for()
    form.get_by_role("button", name="Resolve").click()
    expect(page.get_by_test_id("detail-status")).to_have_text("Resolved")
    page.locator("[data-photo]").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="Photo 1")).to_be_visible()
    dialog.get_by_role("button", name="Hide parts").click()
    dialog.get_by_role("button", name="Add a box").click()
    box = dialog.get_by_role("button", name="Hidden part 1")
    box.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    dialog.get_by_role("button", name=re.compile("^Hide 1 part")).click()
    expect(dialog.get_by_role("button", name="Hide parts")).to_be_visible()
    expect(dialog.get_by_role("button", name="Show as it came")).to_be_visible()


def test_two_at_one_request_see_each_other_and_the_second_keeps_what_was_typed(
    open_page: OpenPage, live_server: str
) -> None:
    reference = report(live_server, "Two people open this at once.")
    first = open_page("/staff/?lang=en", width=1440, height=900)
    second = open_page("/staff/?lang=en", width=1440, height=900)
    for page, role in ((first, "supervisor"), (second, "agent")):
        sign_in(page, role)
        open_request(page, reference)
    expect(first.get_by_test_id("presence")).to_contain_text("Demo agent")
    expect(second.get_by_test_id("presence")).to_contain_text("Demo supervisor")

    second.keyboard.press("a")
    form = second.get_by_test_id("move-form")
    form.get_by_label("Person, crew or contractor").fill("crew")
    form.get_by_label("Note").fill("Take the long ladder.")
    first.keyboard.press("y")
    first.get_by_test_id("move-form").get_by_label("Priority").select_option("urgent")
    first.keyboard.press("Control+Enter")
    expect(first.locator("#moves [role=status]")).to_contain_text("Done")
    # What came in while a form was open may not have been seen: saving says it, whatever the page shows by now.
    form.get_by_label("Note").press("Control+Enter")

    conflict = second.get_by_role("dialog")
    expect(conflict.get_by_test_id("changes")).to_contain_text("Urgent")
    expect(conflict).to_contain_text("Take the long ladder.")
    conflict.get_by_role("button", name="Assign all the same").click()
    expect(second.get_by_test_id("detail-status")).to_have_text("Given to a team")
    expect(second.get_by_text("Take the long ladder.")).to_be_visible()
    expect(first.get_by_test_id("detail-status")).to_have_text("Given to a team")
