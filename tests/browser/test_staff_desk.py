"""A desk's other work in a browser: filing for callers, job links, the public's view, blocks, handing over."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import Locator, Page, expect

from nagara.demo.accounts import PASSWORD
from tests.browser.accessibility import expect_accessible, fits
from tests.browser.conftest import ENDS_WITHIN_MS, OpenPage
from tests.browser.staff_desk import (
    CITY,
    ask,
    enrol,
    open_request,
    report,
    send_picture,
    sign_in,
    token_of,
)

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}


def dialog_of(page: Page, name: str) -> Locator:
    dialog = page.get_by_role("dialog", name=name)
    dialog.wait_for()
    return dialog


def test_a_caller_is_helped_and_told_the_reference(open_page: OpenPage, live_server: str) -> None:
    words = f"A caller says the lamp is dark {uuid.uuid4().hex[:6]}"
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "agent")
    page.locator("[data-view=open]").focus()
    page.keyboard.press("N")
    dialog = dialog_of(page, "Report for somebody else")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_test_id("on-behalf-open").click()
    dialog.get_by_role("button", name="File the report").press("Enter")
    expect(dialog.get_by_role("alert").first).to_have_text("Please answer this.")
    expect(dialog.get_by_label("Service", exact=True)).to_be_focused()
    expect_accessible(page, "filing with faults")

    dialog.get_by_label("How it reached you").select_option("counter")
    dialog.get_by_label("Service", exact=True).select_option("street_light")
    dialog.get_by_label("What they tell you").fill(words)
    page.keyboard.press("Escape")
    page.get_by_test_id("on-behalf-open").click()
    expect(dialog.get_by_label("What they tell you")).to_have_value(words)
    dialog.get_by_label("District").select_option(index=1)
    dialog.get_by_label("Telephone").fill("not a number")
    expect(dialog.get_by_text("Goes to:")).to_be_visible()
    dialog.get_by_role("button", name="File the report").press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("telephone number")
    expect(dialog.get_by_label("Telephone")).to_be_focused()
    dialog.get_by_label("Telephone").fill("+855 12 345 678")
    dialog.get_by_role("button", name="Put the pin in the middle of the map").press("Enter")
    dialog.get_by_role("button", name="File the report").press("Enter")
    answer = dialog_of(page, "The report is filed")
    reference = answer.get_by_test_id("on-behalf-reference").inner_text()
    expect(answer.get_by_role("heading", name="When will they answer?")).to_be_visible()
    expect_accessible(page, "what the caller is told")
    answer.get_by_role("button", name="Open the request").press("Enter")
    expect(page.get_by_test_id("detail-reference")).to_have_text(reference)
    expect(page.locator("article")).to_contain_text("counter")
    expect(page.locator("article").get_by_text(words)).to_be_visible()
    shown = ask(f"{live_server}/api/v1/staff/requests/{reference}", token_of(live_server, "agent"))
    assert (shown["channel"], shown["contact_known"], shown["lat"] is not None) == ("counter", True, True)

    phone = open_page("/staff/?lang=en", **PHONE)
    sign_in(phone, "agent")
    phone.get_by_test_id("on-behalf-open").click()
    dialog_of(phone, "Report for somebody else")
    assert fits(phone)


def test_ready_sentences_and_a_job_link_that_opens_without_an_account(
    open_page: OpenPage, live_server: str
) -> None:
    title = f"Lamp {uuid.uuid4().hex[:6]}"
    template = {"name": title, "move": "acknowledge", "language": "en", "body": "We look at it this week."}
    ask(f"{live_server}/api/v1/staff/templates", token_of(live_server, "supervisor"), template)
    reference = report(live_server, "A lamp for somebody with a ladder.")
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "supervisor")
    open_request(page, reference)
    page.locator("#moves").wait_for()
    page.keyboard.press("c")
    form = page.get_by_test_id("move-form")
    form.get_by_label("Ready sentences …").select_option(title)
    expect(form.get_by_label(re.compile("^Note"))).to_have_value("We look at it this week.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("detail-status")).to_have_text("Acknowledged")
    expect(page.locator("article").get_by_text("We look at it this week.").first).to_be_visible()

    page.get_by_role("button", name="Hand to a contractor").click()
    dialog = page.get_by_role("dialog")
    offered = dialog.locator("datalist option").evaluate_all("all => all.map((one) => one.value)")
    assert "800super-gaea" in offered, "the city's contractors are offered"
    dialog.get_by_label("Who does it").fill("Lamps and Sons")
    dialog.get_by_label(re.compile("^Instructions")).fill("Bring the long ladder")
    expect_accessible(page, "handing a job out")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_text("shown only this once")).to_be_visible()
    url = dialog.get_by_test_id("job-url").inner_text()
    expect_accessible(page, "the link of a job", wanted=("light",))
    job = open_page(f"/job/{url[url.index('#') :]}", **PHONE)
    expect(job.get_by_text("Bring the long ladder")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("opened").first).to_be_attached()


def test_what_the_public_sees_is_decided_and_the_first_wording_is_behind_a_reason(
    open_page: OpenPage, live_server: str
) -> None:
    words = f"The neighbour of house 12 did it {uuid.uuid4().hex[:6]}"
    reference = report(live_server, words, media=[send_picture(live_server)])
    page = open_page("/staff/?lang=en#/moderation", **DESK)
    page.get_by_label("User name").fill(f"supervisor@{CITY}")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Public view").wait_for()
    waiting = page.locator(f"[data-waiting='{reference}']")
    page.locator("[data-waiting]").first.wait_for()
    while waiting.count() == 0 and page.get_by_role("button", name="Show more").count():
        with page.expect_response(re.compile("/staff/moderation")):
            page.get_by_role("button", name="Show more").click()
    waiting.get_by_role("button", name=re.compile("^Release to the public")).click()
    expect(waiting.get_by_role("button", name=re.compile("^Take back"))).to_be_visible()

    publication = f"{live_server}/api/v1/staff/requests/{reference}/publication"
    decision = {"description": "Somebody did it.", "reason": "personal_data"}
    ask(publication, token_of(live_server, "supervisor"), decision)
    open_request(page, reference)
    expect(page.get_by_text("Somebody did it.")).to_be_visible()
    page.get_by_role("button", name="Show the first wording").click()
    dialog = dialog_of(page, "Show the first wording")
    dialog.get_by_label("What do you need it for?").fill("To see what was taken out")
    expect_accessible(page, "why the first wording", wanted=("light",))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("original")).to_contain_text(words)


def test_a_contact_is_blocked_and_let_in_again(open_page: OpenPage, live_server: str) -> None:
    address = f"{uuid.uuid4().hex[:8]}@example.org"
    reference = report(live_server, "Abuse, the fifth today.", contact={"email": address})
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "city_admin")
    open_request(page, reference)
    page.get_by_role("button", name="Block this contact").click()
    dialog = dialog_of(page, "Block this contact")
    dialog.get_by_label("For how many days").fill("3")
    expect_accessible(page, "blocking a contact")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Blocked.", exact=True)).to_be_visible()
    page.evaluate("location.hash = '#/blocks'")
    row = page.locator(f"[data-block='{reference}']")
    expect(row).to_contain_text("in force")
    expect_accessible(page, "blocked contacts")
    row.get_by_role("button", name=re.compile("^Lift the block")).click()
    expect(row).to_contain_text("lifted by")


def test_a_desk_is_handed_over_and_a_person_added(open_page: OpenPage, live_server: str) -> None:
    token = token_of(live_server, "supervisor")
    giver, taker = (enrol(live_server, "agent").username.split("@")[0] for _ in range(2))
    reference = report(live_server, "Whose desk is this on?")
    assign = f"{live_server}/api/v1/staff/requests/{reference}/assign"
    ask(assign, token, {"assignee": giver})
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "supervisor")
    page.evaluate("location.hash = '#/supervision'")
    page.get_by_role("button", name="Hand over a desk", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("#giver").select_option(giver)
    dialog.locator("#taker").select_option(taker)
    expect_accessible(page, "handing a desk over")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("button", name="Undo")).to_be_visible(timeout=ENDS_WITHIN_MS)
    shown = ask(f"{live_server}/api/v1/staff/requests/{reference}", token)
    assert shown["assignee"] == taker

    name = f"n{uuid.uuid4().hex[:8]}"
    people = open_page("/staff/?lang=en", **DESK)
    sign_in(people, "city_admin")
    people.evaluate("location.hash = '#/people'")
    people.get_by_role("button", name="Add a person").click()
    dialog = dialog_of(people, "Add a person")
    dialog.get_by_label("User name").fill(name)
    expect_accessible(people, "adding a person")
    dialog.get_by_role("button", name="Save").click()
    password = dialog.get_by_test_id("new-password").inner_text()
    people.keyboard.press("Escape")
    expect(people.get_by_role("row").filter(has_text=name)).to_be_visible()
    account = {"username": f"{name}@{CITY}", "password": password}
    assert ask(f"{live_server}/api/v1/staff/session", body=account)["token"]
