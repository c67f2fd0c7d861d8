"""Every screen of the resident page: axe finds nothing, in any look; the keyboard is enough; large text fits."""

from __future__ import annotations

import uuid
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, expect

from tests.browser.accessibility import expect_accessible, fits_at_twice_the_text, walk_to
from tests.browser.conftest import OpenPage
from tests.browser.report_flow import (
    PHONE,
    begin,
    choose,
    onward,
    pass_nearby,
    photo_with_position,
    send,
    tell_place,
)
from tests.browser.test_report_flow import filed_lamp


def seen(page: Page, screen: str) -> None:
    """The screen as it is, held against everything that must be true of every screen."""
    expect_accessible(page, screen)
    assert fits_at_twice_the_text(page), f"{screen}: text of 200 % sticks out"


def test_the_beginning_and_every_way_to_the_place(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/", **PHONE)
    page.get_by_role("heading", name="Choose your city").wait_for()
    seen(page, "choice of city")
    begin(page)
    seen(page, "beginning")
    page.get_by_label("Add a photo").set_input_files(photo_with_position(tmp_path))
    page.get_by_text("The photo says where it was taken").wait_for()
    page.get_by_label("Say it in your own words").fill("the lamp is dark")
    page.get_by_test_id("suggestions").wait_for()
    seen(page, "photo, its place and suggestions")
    page.get_by_role("button", name="No", exact=True).click()
    choose(page)
    page.locator(".leaflet-container .district").first.wait_for()
    seen(page, "map")
    onward(page)
    expect(page.get_by_role("alert")).to_be_visible()
    seen(page, "place missing")
    page.locator(".leaflet-container").click(position={"x": 12, "y": 200})
    page.get_by_text("This place is outside Phnom Penh.", exact=False).wait_for()
    seen(page, "outside the city")
    page.get_by_role("button", name="Describe the place in words instead").click()
    page.get_by_role("button", name="Take this point away").click()
    page.get_by_label("Address or landmark").fill("Doun")
    page.get_by_test_id("places").wait_for()
    seen(page, "place in words")


def test_each_step_from_the_place_to_the_status(open_page: OpenPage, live_server: str) -> None:
    first = filed_lamp(live_server, 11.5691, 104.9305)
    page = open_page("/?city=kh-pnh&lang=en", **PHONE)
    choose(page)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 11.56912, "longitude": 104.93052})
    page.get_by_role("button", name="Where I stand").click()
    page.get_by_role("button", name="Take this point away").wait_for()
    onward(page)
    page.get_by_label("What do you see?").wait_for()
    seen(page, "details")
    onward(page)
    page.get_by_test_id("nearby").get_by_text(first, exact=True).wait_for()
    seen(page, "reported near by")
    page.locator("[data-answer=another]").click()
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_test_id("promised").get_by_text("monitoring reference").wait_for()
    onward(page)
    expect(page.locator("#email-problem")).to_be_visible()
    seen(page, "last step with an error")
    page.get_by_label("E-mail").fill("")
    send(page)
    seen(page, "done")
    page.get_by_role("link", name="See what happens to it").click()
    page.get_by_test_id("timeline").wait_for()
    seen(page, "status")
    page.get_by_role("link", name="Track", exact=True).click()
    page.get_by_role("button", name="Show").wait_for()
    seen(page, "tracking")


def test_what_must_be_answered_and_what_waits_on_the_phone(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh&lang=en", **PHONE, worker=False)
    choose(page, "Other")
    tell_place(page)
    onward(page)
    expect(page.locator("#description-problem")).to_be_visible()
    seen(page, "an answer missing")
    page.get_by_label("What do you see?").fill(f"waits{uuid.uuid4().hex}")
    page.context.set_offline(True)
    onward(page)
    page.get_by_text("No signal: you are told who answers", exact=False).wait_for()
    seen(page, "last step without a line")
    onward(page)
    page.locator("[data-state=waiting]").wait_for()
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_label("Say it in your own words").fill("put aside")
    page.get_by_role("button", name="Put this aside and begin another").click()
    page.get_by_role("link", name="On this phone").click()
    page.get_by_test_id("drafts").wait_for()
    seen(page, "on this phone")


def test_the_keyboard_alone_files_a_report(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh&lang=en", **PHONE)
    page.get_by_role("button", name="Street light not working").wait_for()
    walk_to(page, "Say it in your own words")
    page.keyboard.type("dark lamp")
    page.get_by_test_id("suggestions").wait_for()
    walk_to(page, "Street light not working")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Where is it?").wait_for()
    walk_to(page, "Describe the place in words instead")
    page.keyboard.press("Space")
    walk_to(page, "Address or landmark")
    page.keyboard.type("Opposite the old market")
    walk_to(page, "Continue")
    page.keyboard.press("Enter")
    page.get_by_label("What do you see?").wait_for()
    walk_to(page, "Continue")
    page.keyboard.press("Enter")
    page.locator("#email").wait_for()
    walk_to(page, "Send the report")
    page.keyboard.press("Enter")
    page.get_by_test_id("reference").wait_for()
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_more_contrast_is_a_switch_that_is_remembered(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh&lang=en", **PHONE)
    switch = page.get_by_role("button", name="High contrast")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-contrast", "more")
    expect(page.locator("header")).to_have_css("background-color", "rgb(0, 0, 0)")


def test_the_whole_flow_calls_nobody_but_the_city(open_page: OpenPage, live_server: str) -> None:
    page = open_page("/?city=kh-pnh&lang=en", **PHONE)
    hosts: set[str] = set()

    def note(request: Request) -> None:
        if request.url.startswith("http"):
            hosts.add(urlsplit(request.url).netloc)

    page.context.on("request", note)
    page.reload()
    choose(page)
    page.locator(".leaflet-container .district").first.wait_for()
    page.locator(".leaflet-container").click()
    onward(page)
    onward(page)
    pass_nearby(page)
    send(page)
    assert hosts == {urlsplit(live_server).netloc}
