"""What stands on a report's page before the page's own code has come, and what a contact is asked."""

from __future__ import annotations

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.report_flow import PHONE, begin, choose, onward, pass_nearby, tell_place
from tests.browser.test_after_filing import Desk, desk, private

__all__ = ["desk"]

RECEIVED_IN_KHMER = "បានទទួល"


class Line:
    """Holds the page's own files back, until it is let go."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] | None = []
        page.route("**/assets/*", self.take)

    def take(self, route: Route) -> None:
        if self.held is None:
            route.continue_()
        else:
            self.held.append(route)

    def let_go(self) -> None:
        held, self.held = self.held or [], None
        for route in held:
            route.continue_()


def test_what_became_of_a_report_stands_there_before_the_code_and_the_link_in_no_address(
    open_page: OpenPage, desk: Desk
) -> None:
    filed = desk.filed()
    page = open_page("/network/", **PHONE, worker=False)
    line, calls = Line(page), list[Request]()
    page.on("request", lambda request: calls.append(request))  # noqa: PLW0108 - as above
    # What is held back holds back the end of loading, too.
    page.goto(private(filed, "km"), wait_until="commit")
    first = page.get_by_test_id("first-status")
    expect(first).to_have_text(RECEIVED_IN_KHMER)
    assert page.locator("h1").get_attribute("lang") == "km"
    expect(page.locator(".first-words .reference")).to_have_text(filed["reference"])
    assert page.locator("html").get_attribute("lang") == "km"

    line.let_go()
    page.get_by_test_id("timeline").wait_for()
    expect(first).to_have_count(0)
    asked = [one for one in calls if f"/requests/{filed['reference']}" in one.url]
    assert len(asked) == 1, "the first lines ask, and nobody asks again"
    assert asked[0].headers["nagara-link"] == filed["token"]
    assert not [one.url for one in calls if filed["token"] in one.url.partition("#")[0]]

    # The next time even the city need not answer.
    line.held = []
    page.route("**/api/v1/requests/**", lambda route: route.abort())
    page.reload(wait_until="commit")
    expect(first).to_have_text(RECEIVED_IN_KHMER)
    line.let_go()


def test_an_address_one_slip_from_a_well_known_service_is_asked_about(open_page: OpenPage) -> None:
    page = open_page("/network/", **PHONE, worker=False)
    begin(page)
    choose(page)
    tell_place(page)
    onward(page)
    pass_nearby(page)
    page.locator("#email").fill("sophea@gmial.com")
    expect(page.get_by_test_id("read-again")).to_have_text("sophea@gmial.com")
    onward(page)
    expect(page.locator("#meant")).to_be_focused()
    expect(page.locator("#meant")).to_contain_text("sophea@gmail.com")
    page.get_by_role("button", name="Yes, use this").click()
    expect(page.locator("#email")).to_have_value("sophea@gmail.com")
    expect(page.locator("#meant")).to_have_count(0)
    page.locator("#email").fill("sophea@gmaill.com")
    page.get_by_role("button", name="No, mine is right").click()
    onward(page)
    page.get_by_test_id("reference").wait_for()
