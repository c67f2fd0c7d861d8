"""The three pages in a real browser, against the whole running demo."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from nagara.demo.accounts import PASSWORD
from tests.browser.conftest import OpenPage, picture
from tests.browser.report_flow import pass_nearby

PHONE = {"width": 360, "height": 740}
REFERENCE = re.compile(r"^PNH-[0-9A-Z]{7}-[0-9A-Z]$")
IN_A_DISTRICT = re.compile(r"^In .+, Phnom Penh$")


def fill_until_contact(page: Page, words: str) -> None:
    """From the list of services to the last step: a street light, in the middle of the city."""
    page.get_by_role("button", name="Street light not working").click()
    place_pin(page)
    expect(page.get_by_text(IN_A_DISTRICT)).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What do you see?").fill(words)
    page.get_by_role("button", name="Continue").click()
    pass_nearby(page)


def place_pin(page: Page) -> None:
    """Click the middle of the map, once its districts are drawn."""
    page.locator(".leaflet-container .district").first.wait_for()
    page.locator(".leaflet-container").click()


def file_report(page: Page, words: str) -> str:
    """A whole report; returns the reference the page shows."""
    fill_until_contact(page, words)
    page.get_by_role("button", name="Send the report").click()
    return page.get_by_test_id("reference").inner_text()


def sign_in(page: Page, username: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("[data-reference]").first.wait_for()


def make_move(page: Page, move: str, **fields: str) -> None:
    """Make a move by its button and form, and wait until the page says it is done."""
    page.locator(f"[data-move={move}]").click()
    form = page.get_by_test_id("move-form")
    for name, value in fields.items():
        field = form.locator(f"#move-{name}")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button[type=submit]").click()
    expect(page.locator("#moves [role=status]")).to_contain_text("Done")


def fits(page: Page) -> bool:
    """Nothing sticks out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_report_with_a_pin_is_filed_on_a_phone_and_found_by_its_reference(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh", **PHONE, scale=2)
    fill_until_contact(page, "The lamp in front of the school has been dark for a week.")
    assert fits(page)
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Back").click()
    page.locator(".leaflet-container .pin").wait_for()
    expect(page.get_by_text(IN_A_DISTRICT)).to_be_visible()
    picture(page, "resident")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    pass_nearby(page)
    page.get_by_role("button", name="Send the report").click()
    reference = page.get_by_test_id("reference").inner_text()
    assert REFERENCE.match(reference)
    expect(page.get_by_text("No published standard; monitoring reference")).to_be_visible()
    assert "breach" not in page.inner_text("main").lower()
    assert fits(page)

    page.goto("/#/track")
    page.get_by_label("Enter the reference you were given.").fill(reference.lower())
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_test_id("timeline")).to_contain_text("Report received")
    expect(page.get_by_text("has been dark for a week")).to_have_count(0)


def test_the_private_link_shows_the_reporter_their_own_words(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh", **PHONE)
    file_report(page, "Only its reporter reads these words.")
    page.get_by_role("link", name="See what happens to it").click()
    expect(page.get_by_text("Only its reporter reads these words.")).to_be_visible()


def test_a_lost_answer_and_a_second_try_make_one_report(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh", **PHONE, worker=False)
    stored: list[str] = []

    def arrive_but_lose_the_answer(route: Route) -> None:
        if stored or route.request.method != "POST":
            route.fallback()
            return
        stored.append(route.fetch().json()["reference"])
        route.abort()

    page.route("**/api/v1/cities/*/requests", arrive_but_lose_the_answer)
    fill_until_contact(page, "Sent twice, filed once.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.get_by_role("button", name="Send again").click()
    assert page.get_by_test_id("reference").inner_text() == stored[0]


def test_a_change_after_a_lost_answer_shows_what_had_arrived(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh", **PHONE, worker=False)
    stored: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        if stored or route.request.method != "POST":
            route.fallback()
            return
        stored.append(route.fetch().json()["reference"])
        route.abort()

    page.route("**/api/v1/cities/*/requests", lose_the_first_answer)
    fill_until_contact(page, "First words.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.get_by_label("Name").fill("A later thought")
    page.get_by_role("button", name="Send again").click()
    assert page.get_by_test_id("reference").inner_text() == stored[0]
    expect(page.get_by_text("An earlier version of this report had already arrived.")).to_be_visible()


def test_a_place_outside_the_city_is_said_before_anything_is_sent(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh", **PHONE)
    page.get_by_role("button", name="Street light not working").click()
    page.locator(".leaflet-container .district").first.wait_for()
    page.locator(".leaflet-container").click(position={"x": 12, "y": 200})
    expect(page.get_by_text("This place is outside Phnom Penh.", exact=False)).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Where is it?")).to_be_visible()


def test_a_report_needs_no_map(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh", **PHONE)
    page.get_by_role("button", name="Street light not working").click()
    page.get_by_role("button", name="Describe the place in words instead").click()
    page.get_by_label("Address or landmark").fill("Opposite the old market")
    page.get_by_role("combobox", name="District").select_option(label="Doun Penh")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send the report").click()
    assert REFERENCE.match(page.get_by_test_id("reference").inner_text())


def test_the_whole_flow_speaks_khmer_and_thai_and_fits_a_small_phone(open_page: OpenPage) -> None:
    for language, city, service in (("km", "kh-pnh", "ភ្លើងបំភ្លឺផ្លូវ"), ("th", "th-bkk", "ไฟ")):
        page = open_page(f"/?city={city}&lang={language}", **PHONE, dark=language == "th")
        page.locator("main section button").filter(has_text=service).first.click()
        place_pin(page)
        page.locator(".notice.good").wait_for()
        assert fits(page)
        for _ in ("place", "words"):
            page.locator(".buttons .primary").click()
            assert fits(page)
        pass_nearby(page)
        page.locator(".buttons .primary").click()
        page.get_by_test_id("reference").wait_for()
        assert fits(page)
        assert page.locator("html").get_attribute("lang") == language


def test_staff_walk_a_report_to_resolved_and_the_resident_sees_it(open_page: OpenPage) -> None:
    phone = open_page("/?city=kh-pnh", **PHONE)
    reference = file_report(phone, "A lamp for the staff to mend.")

    desk = open_page("/staff/")
    sign_in(desk, "supervisor@kh-pnh")
    desk.get_by_role("searchbox", name="Search text or reference").fill(reference)
    expect(desk.locator("[data-reference]")).to_have_count(1)
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    expect(desk.get_by_test_id("detail-reference")).to_have_text(reference)
    status = desk.get_by_test_id("detail-status")
    expect(status).to_have_text("Received")
    expect(desk.locator("[data-move=reopen]")).to_have_count(0)

    make_move(desk, "acknowledge")
    expect(status).to_have_text("Acknowledged")
    make_move(desk, "assign", assignee="Crew 7")
    make_move(desk, "start")
    expect(status).to_have_text("Being worked on")
    desk.get_by_role("button", name="Clear filters").click()
    expect(desk.locator("[data-reference]").nth(5)).to_be_visible()
    picture(desk, "staff")
    make_move(desk, "resolve", reason="fixed", note="New lamp.")
    expect(status).to_have_text("Resolved")
    desk.get_by_text(re.compile(r"moves are not possible now")).click()
    expect(desk.locator("#moves details")).to_contain_text("Reopen it first")

    phone.get_by_role("link", name="See what happens to it").click()
    expect(phone.get_by_test_id("timeline")).to_contain_text("What you reported has been repaired.")
    expect(phone.get_by_test_id("timeline")).to_contain_text("New lamp.")


def test_the_second_of_two_hands_on_one_request_is_told(open_page: OpenPage) -> None:
    phone = open_page("/?city=kh-pnh", **PHONE)
    reference = file_report(phone, "Two people open this at once.")
    first, second = open_page(f"/staff/#/{reference}"), open_page(f"/staff/#/{reference}")
    for desk, name in ((first, "supervisor@kh-pnh"), (second, "agent@kh-pnh")):
        sign_in(desk, name)
        expect(desk.get_by_test_id("detail-status")).to_have_text("Received")
    second.locator("[data-move=acknowledge]").click()
    make_move(first, "acknowledge")
    second.get_by_test_id("move-form").locator("button[type=submit]").click()
    # By its own save, or by the news of it, whichever is there first.
    expect(second.locator("#moves [role=alert], dialog[open]").first).not_to_be_empty()
    expect(second.get_by_test_id("detail-status")).to_have_text("Acknowledged")


def test_a_wrong_password_is_said_and_nothing_is_shown(open_page: OpenPage) -> None:
    page = open_page("/staff/")
    page.get_by_label("User name").fill("agent@kh-pnh")
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[data-reference]")).to_have_count(0)
