"""The wall of a command centre in a real browser: it hangs for days, and nobody has to touch it."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import urllib.request
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from nagara.demo.accounts import PASSWORD
from nagara.local.programs import answers_ready
from tests.browser.accessibility import expect_accessible
from tests.browser.conftest import ANSWERS_WITHIN_MS, OpenPage
from tests.conftest import Live
from tests.journeys.test_survival import PARTS, processes
from tests.waiting import PAGE_PATIENCE_SECONDS, wait_until

NUMBER = "section[aria-labelledby=received] .big"
OPEN_NOW = "section[aria-labelledby=open] .big"
SWEEPS = 40


def call(url: str, path: str, body: object, token: str = "") -> dict[str, object]:
    """POST to the running demo."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PAGE_PATIENCE_SECONDS) as answer:
        found: dict[str, object] = json.load(answer)
        return found


@pytest.fixture(scope="module")
def key(live_server: Live) -> str:
    """A key that opens the wall of Phnom Penh, as its administrator makes one."""
    signed_in = call(
        live_server, "/api/v1/staff/session", {"username": "city_admin@kh-pnh", "password": PASSWORD}
    )
    body = {"label": "the hall", "scopes": ["wall"]}
    return str(call(live_server, "/api/v1/staff/keys", body, str(signed_in["token"]))["key"])


@pytest.fixture
def hall(browser: Browser, live_server: Live, key: str) -> Iterator[Page]:
    """The screen of a hall, opened by a key, that may lose its line."""
    context = browser.new_context(
        base_url=live_server, viewport={"width": 1920, "height": 1080}, color_scheme="dark", locale="en-GB"
    )
    context.set_default_timeout(ANSWERS_WITHIN_MS)
    page = context.new_page()
    page.clock.install()
    page.goto(f"/network/wall/#key={key}")
    page.locator(".wall[data-state=live]").wait_for()
    yield page
    context.close()


def test_a_wall_is_opened_by_a_key_and_told_of_what_happens(
    open_page: OpenPage, live_server: Live, key: str
) -> None:
    page = open_page("/network/wall/", width=1920, height=1080, dark=True)
    expect(page.get_by_role("heading", name="This wall is not opened yet")).to_be_visible()
    expect_accessible(page, "wall, closed", wanted=("dark",))
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Open the wall").click()
    page.locator(".wall[data-state=live]").wait_for()
    expect(page.get_by_role("heading", name="Phnom Penh")).to_be_visible()
    number = page.locator(OPEN_NOW)
    before = int(number.inner_text())
    report = {
        "service_code": "street_light",
        "lat": 11.5696,
        "lon": 104.9210,
        "description": "Nobody reads this here.",
    }
    reference = call(live_server, "/api/v1/cities/kh-pnh/requests", report)["reference"]
    expect(number).to_have_text(str(before + 1))
    assert str(reference) not in page.content()
    assert "Nobody reads this here." not in page.content()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "a wall has no scroll bar"
    expect_accessible(page, "wall", wanted=("dark", "light"))
    page.set_viewport_size({"width": 360, "height": 740})
    expect_accessible(page, "wall on a phone", wanted=("dark",))


def test_days_of_updates_leave_the_page_as_large_as_it_was(hall: Page) -> None:
    assert "key" not in hall.url
    seen = 0

    def other_figures(route: Route) -> None:
        nonlocal seen
        seen += 1
        board = route.fetch().json() if seen == 1 else json.loads(kept[0])
        kept[:1] = [json.dumps(board)]
        board["received"]["last_24_hours"] = seen
        cells = board["grid"]["cells"]
        board["grid"]["cells"] = [one | {"lat": one["lat"] + seen * 1e-5} for one in cells]
        route.fulfill(json=board)

    kept: list[str] = []
    hall.route("**/api/v1/staff/wall", other_figures)
    nodes = []
    for _ in range(SWEEPS):
        before = seen
        hall.clock.fast_forward(61_000)
        expect(hall.locator(NUMBER)).to_have_text(re.compile(rf"^{before + 1:,}$|^{before + 2:,}$"))
        nodes.append(hall.evaluate("document.querySelectorAll('*').length"))
    assert seen >= SWEEPS
    assert len(set(nodes[1:])) == 1, "as many elements after each update"


def test_a_wall_says_that_it_is_old_and_comes_back_by_itself(hall: Page, live_server: Live) -> None:
    hall.evaluate("window.sameDocument = true")
    servers = [pid for pid, command in processes(live_server.pid).items() if PARTS["api"] in command]
    hall.context.set_offline(True)
    os.kill(min(servers), signal.SIGKILL)
    for _ in range(3):
        hall.clock.fast_forward(40_000)
    hall.locator(".wall[data-state=lost]").wait_for()
    expect(hall.get_by_role("alert")).to_contain_text("No answer since")
    hall.context.set_offline(False)
    wait_until(answers_ready(urlsplit(live_server).port or 0), "the API has read all cities again")

    def live() -> bool:
        hall.clock.fast_forward(31_000)
        return hall.locator(".wall[data-state=live]").count() > 0

    wait_until(live, "the wall is live again")
    assert hall.evaluate("window.sameDocument"), "it went on without being loaded again"


def test_a_page_that_stopped_is_seen_to_be_dead_and_a_new_version_replaces_it(hall: Page) -> None:
    dead = hall.get_by_text("THIS WALL HAS STOPPED")
    hall.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    hall.evaluate("document.querySelector('.dead').getAnimations()[0].currentTime = 61_500")
    expect(dead).to_be_visible()
    hall.clock.fast_forward(2_000)
    expect(dead).to_be_hidden()
    hall.evaluate("window.sameDocument = true")
    page = hall.request.get("/network/wall/").text()

    def newer(route: Route) -> None:
        told = (
            page.replace("/assets/wall-", "/assets/wall-next-")
            if route.request.resource_type == "fetch"
            else page
        )
        route.fulfill(body=told, content_type="text/html")

    hall.route("**/network/wall/", newer)
    with hall.expect_navigation():
        hall.clock.fast_forward(6 * 60_000)
    assert hall.evaluate("window.sameDocument") is None
