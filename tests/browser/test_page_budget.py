"""What the report flow weighs on the line before the map opens, as Chromium counts it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.report_flow import PHONE, choose, onward, pass_nearby

MOST_BYTES = 120 * 1024
FONT_TYPES = ("Font",)


class Weighed:
    """Counts the bytes that come over the line for a page, headers included, as they are compressed there."""

    def __init__(self, page: Page) -> None:
        self.addresses: dict[str, tuple[str, str]] = {}
        self.bytes: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _answered(self, event: dict[str, Any]) -> None:
        self.addresses[event["requestId"]] = (event["response"]["url"], event["type"])

    def _finished(self, event: dict[str, Any]) -> None:
        url, _ = self.addresses.get(event["requestId"], ("", ""))
        self.bytes[url] = self.bytes.get(url, 0) + int(event["encodedDataLength"])

    @property
    def total(self) -> int:
        return sum(self.bytes.values())


def test_the_whole_flow_without_a_map_weighs_at_most_120_kilobytes(open_page: OpenPage) -> None:
    page = open_page("/network/", **PHONE, worker=False)
    page.goto("about:blank")
    page.context.add_init_script(
        "Object.defineProperty(navigator, 'connection', {value: {saveData: true, effectiveType: '2g'}})"
    )
    weighed = Weighed(page)
    page.goto("/?city=kh-pnh&lang=km")
    page.locator("main section ul button").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("main section ul button").nth(10).click()
    page.locator("button.plain.start").wait_for()
    page.wait_for_load_state("networkidle")
    shown = "\n".join(
        f"{size:>8,} {url}" for url, size in sorted(weighed.bytes.items(), key=lambda one: -one[1])
    )
    assert weighed.total <= MOST_BYTES, shown
    assert weighed.total > 0
    assert not any("PinMap" in url for url in weighed.bytes), shown
    assert not any(kind in FONT_TYPES for _, kind in weighed.addresses.values()), shown
    print(f"before the map: {weighed.total:,} bytes\n{shown}")


def test_the_map_comes_only_when_it_is_opened(open_page: OpenPage) -> None:
    page = open_page("/?city=kh-pnh&lang=en", **PHONE, worker=False)
    page.evaluate("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    choose(page)
    page.get_by_role("button", name="Open the map").click()
    page.locator(".leaflet-container .district").first.wait_for()
    page.locator(".leaflet-container").click()
    assert any("PinMap" in url for url in asked)
    onward(page)
    onward(page)
    pass_nearby(page)
