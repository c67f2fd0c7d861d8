"""How one is told of one's own report, in a real browser: the choice, the code, and where feeds are found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from nagara.local.ports import free_port
from nagara.local.programs import answers_ready, api_service
from nagara.local.state import running_environment
from tests.browser.accessibility import expect_accessible
from tests.browser.conftest import OpenPage
from tests.browser.test_after_filing import PHONE, private
from tests.browser.test_following import filed, outbox
from tests.conftest import REPOSITORY, Live
from tests.waiting import wait_until


def opened(open_page: OpenPage, address: str) -> Page:
    """The page of one's own report with its part about messages open."""
    page = open_page(address, **PHONE, worker=False)
    page.get_by_text("How you are told").click()
    return page


def codes(server: str, address: str) -> list[str]:
    """The codes that came to an address, among other messages."""
    subjects = [message["subject"] for message in outbox(server, address, "email")]
    return [found.group() for one in subjects if (found := re.search(r"(?<!\d)\d{6}(?!\d)", one))]


def test_channels_and_steps_are_chosen_and_kept(open_page: OpenPage, live_server: Live) -> None:
    report = filed(live_server, "told@example.org")
    page = opened(open_page, private(report))
    part = page.get_by_test_id("told-how")
    expect(part.get_by_label("E-mail")).to_be_checked()
    part.get_by_label("Every step").uncheck()
    part.get_by_label("Work has begun").uncheck()
    expect_accessible(page, "how one is told")
    part.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("told-news")).to_have_text("Saved.")
    own = {"token": report["token"]}
    url = f"{live_server}/api/v1/requests/{report['reference']}/notices"
    kept = httpx.get(url, params=own).json()
    assert "resolved" in kept["moves"]
    assert "started" not in kept["moves"]

    page.reload()
    page.get_by_text("How you are told").click()
    expect(part.get_by_label("Work has begun")).not_to_be_checked()
    part.get_by_label("E-mail").uncheck()
    expect(page.get_by_test_id("told-nothing")).to_be_visible()
    part.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("told-news")).to_be_visible()
    assert httpx.get(url, params=own).json()["channels"] == []


def test_without_a_contact_another_way_is_offered(open_page: OpenPage, live_server: Live) -> None:
    report = filed(live_server)
    page = opened(open_page, private(report))
    page.get_by_role("link", name="Be told in another way").click()
    page.wait_for_url(f"**#/follow/request/{report['reference']}**")


@pytest.fixture
def careful(live_server: Live, tmp_path: Path) -> Iterator[str]:
    """The address of a second API over the same data, in which Phnom Penh wants contacts confirmed."""
    folder = tmp_path / "cities"
    shutil.copytree(REPOSITORY / "city_config", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (folder / "cities" / "kh-pnh" / "city.yaml").open("a") as city:
        city.write("\ncontact_confirmation: either\n")
    clean = {name: value for name, value in os.environ.items() if "NAGARA_" not in name}
    environment = clean | running_environment(live_server.data) | {"NAGARA_CITY_CONFIG": str(folder)}
    port = free_port()
    service = api_service(port, 1, environment | {"NAGARA_RATE_LIMITS": "off"})
    with (tmp_path / "api.log").open("wb") as log:
        process = subprocess.Popen(
            service.command, cwd=REPOSITORY, env=service.environment, stdout=log, stderr=log
        )
        try:
            assert service.ready is not None
            wait_until(answers_ready(port), "the second API answers", within=90)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_where_the_city_wants_it_a_code_confirms_the_contact(
    open_page: OpenPage, live_server: Live, careful: str
) -> None:
    report = filed(live_server, "careful@example.org")

    def ask_the_careful(route: Route) -> None:
        address = route.request.url.replace(str(live_server), careful)
        route.fulfill(response=route.fetch(url=address))

    page = open_page("/", **PHONE, worker=False)
    page.route(f"**/requests/{report['reference']}/**", ask_the_careful)
    page.goto(private(report))
    page.get_by_text("How you are told").click()
    part = page.get_by_test_id("told-how")
    part.get_by_role("button", name="Send a new code").click()
    expect(page.get_by_test_id("told-news")).to_contain_text("on its way")
    wait_until(lambda: bool(codes(live_server, "careful@example.org")), "the code came")
    [code] = codes(live_server, "careful@example.org")
    part.get_by_role("button", name="Confirm").click()
    expect(part.get_by_role("alert")).to_have_text("Enter the six digits.")
    part.get_by_label("Code").fill(f"{(int(code) + 1) % 10**6:06d}")
    part.get_by_role("button", name="Confirm").click()
    expect(part.get_by_role("alert")).to_contain_text("wrong")
    expect(part.get_by_label("Code")).to_be_focused()
    expect_accessible(page, "the code box")
    part.get_by_label("Code").fill(f"{code[:3]} {code[3:]}")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("told-news")).to_contain_text("Confirmed.")
    expect(part.get_by_label("Code")).to_have_count(0)


def test_readers_find_the_feeds_of_the_city_on_its_pages(open_page: OpenPage, live_server: Live) -> None:
    report = filed(live_server)
    for address in (f"/#/track/{report['reference']}", "/#/map/kh-pnh", "/#/follow/kh-pnh"):
        page = open_page(address, worker=False)
        feeds = page.locator("head link[rel=alternate]")
        expect(feeds).to_have_count(2)
        for feed, kind in zip(feeds.all(), ("application/rss+xml", "text/calendar"), strict=True):
            assert feed.get_attribute("type") == kind
            assert httpx.get(f"{live_server}{feed.get_attribute('href')}").status_code == 200
