"""The network's page in a real browser: every view is readable, reachable, and honest about what it does not know."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import expect_accessible, fits_at_twice_the_text, focus_is_visible
from tests.browser.conftest import OpenPage, picture

PHONE = {"width": 360, "height": 740}
INTERVAL = re.compile(r"\d.*\(\S.*–.*\)")
MEMBERS = 31


def plots_are_told(page: Page) -> None:
    """Every drawing says in words what it shows, and has the same as a table in its own frame."""
    drawings = page.locator("main figure svg[role=img]")
    for drawing in drawings.all():
        label = drawing.get_attribute("aria-label") or ""
        assert len(label) > 30, label
        assert drawing.locator("xpath=ancestor::figure").locator("table").count() > 0, label


def test_the_overview_shows_every_member_on_the_map_and_in_the_list(open_page: OpenPage) -> None:
    page = open_page("/network/", height=1000)
    expect(page.get_by_role("heading", name="The network at a glance")).to_be_visible()
    expect(page.get_by_role("link", name="Phnom Penh")).to_be_visible()
    expect(page.get_by_text("simulated data").first).to_be_visible()
    drawing = page.locator("main svg[role=img]")
    expect(drawing).to_have_attribute("aria-label", re.compile("3 with simulated figures"))
    assert page.locator("main svg .mark title").count() == MEMBERS
    told = page.locator("main table").inner_text()
    assert all(name in told for name in ("Bangkok", "Singapore", "Yangon", "Ha Noi", "Davao City"))
    names = page.locator("main tbody th[scope=row]").all_inner_texts()
    assert [name.split("\n")[0].strip() for name in names] == ["Battambang", "Phnom Penh", "Siem Reap"]
    expect_accessible(page, "overview", wanted=("light", "dark"))
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect_accessible(page, "overview on a phone", wanted=("light",))
    page.goto("/network/?lang=km")
    expect(page.locator("html")).to_have_attribute("lang", "km")
    page.locator("main table").wait_for()
    expect_accessible(page, "overview in Khmer", wanted=("light",))
    assert "The network at a glance" not in page.inner_text("main")
    page.goto("/network/?lang=km#/city/kh-pnh")
    expect(page.get_by_text("មិនទាន់បានធ្វើសវនកម្ម"), "why there is no audit to speak of").to_be_visible()


def test_a_city_stands_beside_cities_of_its_size_and_every_figure_opens_what_it_means(
    open_page: OpenPage,
) -> None:
    page = open_page("/network/", height=1500)
    page.get_by_role("link", name="Phnom Penh").click()
    expect(page.get_by_role("heading", name="Phnom Penh", level=1)).to_be_visible()
    headline = page.get_by_role("table", name="Five figures first")
    expect(headline.locator("tbody tr")).to_have_count(5)
    answered = headline.get_by_role("row").filter(has_text="Answered by a person within 24 hours")
    expect(answered).to_contain_text(INTERVAL)
    expect(page.get_by_text("of 100 were still open after")).to_be_visible()
    for heading in ("Do all districts wait alike?", "What is still lying there?", "Month by month"):
        expect(
            page.get_by_role("heading", name=heading).locator("xpath=..").locator("figure")
        ).to_be_visible()
    picture(page, "network")
    plots_are_told(page)
    expect_accessible(page, "city", wanted=("light", "dark"))
    answered.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    for told in ("What it estimates", "95 % interval", "n = ", "Snapshot", "Method version"):
        expect(dialog).to_contain_text(told)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert focus_is_visible(page)
    for control in page.locator("main summary").all():
        control.press("Enter")
    assert not re.search(r"\brank(ed|ing)?\b|best|worst", page.inner_text("main"), re.IGNORECASE)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect_accessible(page, "city on a phone", wanted=("dark",))
    assert fits_at_twice_the_text(page)
    page.emulate_media(media="print")
    assert page.locator("header").is_hidden()
    assert page.locator("main figure svg[role=img]").first.is_visible()


def test_side_by_side_and_differences_stand_by_name_and_without_a_rank(open_page: OpenPage) -> None:
    page = open_page("/network/#/compare", height=1500)
    table = page.get_by_role("table").filter(has_text="Answered by a person within 24 hours")
    expect(table.get_by_role("rowheader").first).to_be_visible()
    names = [text.split("\n")[0] for text in table.get_by_role("rowheader").all_inner_texts()]
    assert names == sorted(names)
    assert {"Battambang", "Phnom Penh", "Siem Reap"} <= set(names)
    row = table.get_by_role("row").filter(has_text="Phnom Penh")
    expect(row).to_contain_text("simulated data")
    expect(row).to_contain_text("n = ")
    plots_are_told(page)
    expect_accessible(page, "side by side", wanted=("dark",))
    page.get_by_role("link", name="Differences").click()
    expect(page.get_by_role("heading", name="Which differences are more than chance?")).to_be_visible()
    expect(page.get_by_role("heading", name="Within the monitoring reference")).to_be_visible()
    expect(page.get_by_text("99.8 % limits").first).to_be_visible()
    plots_are_told(page)
    expect_accessible(page, "differences", wanted=("light",))
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.get_by_role("heading", name="Network reports")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "main"
    expect_accessible(page, "reports", wanted=("light",))


def test_an_answer_that_takes_long_is_said_to_be_waited_for(open_page: OpenPage) -> None:
    """Where figures of another period stand meanwhile, and where none came yet; never beside a second notice."""
    page = open_page("/network/")
    waiting = page.get_by_role("status").filter(has_text="Loading")
    held: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        if holding:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/network/indicators*", hold)
    for month, nothing_stands_yet in ((4, True), (5, False)):
        holding = True
        if nothing_stands_yet:
            page.reload()
        expect(page.get_by_role("link", name="Phnom Penh")).to_be_visible()
        page.get_by_label("From").select_option(index=month)
        expect(waiting).to_be_visible()
        holding = False
        while held:
            held.pop().continue_()
        expect(waiting).to_have_count(0)
