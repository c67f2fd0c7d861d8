"""The resident page without a line: it opens, a report waits on the phone, and the city gets it exactly once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect

from nagara.demo.accounts import PASSWORD
from tests.browser.conftest import (
    ANSWERS_WITHIN_MS,
    ENDS_WITHIN_MS,
    NO_LINE,
    QUIET,
    chromium_path,
    sandbox,
    wait_for_page,
    worker_ready,
)
from tests.waiting import PAGE_PATIENCE_SECONDS, wait_until

PHONE: ViewportSize = {"width": 360, "height": 740}
CITY = "kh-pnh"
NEIGHBOUR = "kh-bat"
"""Another city of the same country."""
LARGEST_SIDE = 2048
NO_SIGNAL = "No signal. You can report all the same"

OpenPhone = Callable[..., BrowserContext]


@pytest.fixture
def open_phone(browser: Browser, live_server: str) -> Iterator[OpenPhone]:
    """Opens a profile that outlives its browser, as a phone's does; calls to anybody else fail the test."""
    opened: list[BrowserContext] = []
    strangers: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((live_server, "data:", "blob:", "chrome:")):
            strangers.append(request.url)

    def open_(profile: Path, *, offline: bool = False, leads_nowhere: bool = False) -> BrowserContext:
        context = browser.browser_type.launch_persistent_context(
            profile,
            executable_path=chromium_path(),
            args=[*QUIET, *sandbox(), *(NO_LINE if leads_nowhere else ())],
            timeout=ENDS_WITHIN_MS,
            base_url=live_server,
            viewport=PHONE,
            locale="en-GB",
            reduced_motion="reduce",
            offline=offline,
        )
        context.set_default_timeout(ANSWERS_WITHIN_MS)
        context.on("request", watch)
        opened.append(context)
        return context

    yield open_
    for context in opened:
        context.close()
    assert strangers == []


def visit(context: BrowserContext) -> Page:
    """The first visit with a line: afterwards the worker holds the page and the city's lists."""
    page = context.pages[0]
    page.goto(f"/?city={CITY}&lang=en")
    page.get_by_role("button", name="Street light not working").wait_for()
    active = "() => navigator.serviceWorker.controller?.state === 'activated'"
    wait_for_page(page, active, "the page's worker is active")
    lists_are_kept(page, CITY)
    return page


def lists_are_kept(page: Page, city: str) -> None:
    """Return once the phone has all that a report in this city is written with."""
    wait_for_page(
        page,
        """async (city) => {
            const lists = ['services', 'districts', 'departments'].map((list) => `/${city}/${list}`);
            const kept = ['', ...lists].map((one) => caches.match(`/api/v1/cities${one}`));
            return (await Promise.all(kept)).every(Boolean);
        }""",
        f"the lists of {city} are kept",
        city,
    )


def pictures(folder: Path) -> list[Path]:
    """Two photos larger than what is sent, one of them transparent."""
    lamp, dark = folder / "lamp.png", folder / "dark.jpg"
    Image.linear_gradient("L").resize((2400, 1200)).convert("RGBA").save(lamp)
    Image.radial_gradient("L").resize((1800, 2700)).save(dark)
    return [lamp, dark]


def write_report(page: Page, words: str, photos: list[Path]) -> None:
    """From the list of services to the last step, told in words: no map is needed."""
    page.get_by_role("button", name="Street light not working").click()
    page.get_by_role("button", name="Describe the place in words instead").click()
    page.get_by_label("Address or landmark").fill("Opposite the old market")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What do you see?").fill(words)
    if photos:
        page.get_by_label("Add a photo").set_input_files(photos)
        expect(page.get_by_role("img", name="Photo")).to_have_count(len(photos))
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name", exact=True).fill("Somebody")


def takes_photos(live_server: str) -> bool:
    """Whether this installation has an address for photos."""
    try:
        urllib.request.urlopen(f"{live_server}/api/v1/cities/{CITY}/media", timeout=PAGE_PATIENCE_SECONDS)
    except urllib.error.HTTPError as answer:
        return answer.code != 404
    return True


def ask(address: str, token: str | None = None, body: dict[str, str] | None = None) -> Any:
    """The JSON at an address of the API."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(address, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=PAGE_PATIENCE_SECONDS) as answer:
        return json.load(answer)


def filed_with(live_server: str, words: str, city: str = CITY) -> list[dict[str, Any]]:
    """What the city's staff find under these words."""
    account = {"username": f"supervisor@{city}", "password": PASSWORD}
    token = ask(f"{live_server}/api/v1/staff/session", body=account)["token"]
    rows = ask(f"{live_server}/api/v1/staff/queue?city={city}&q={words}", token)["requests"]
    return [ask(f"{live_server}/api/v1/staff/requests/{row['reference']}", token) for row in rows]


def stored(page: Page, store: str) -> list[Any]:
    """What lies in a store of the phone; of a blob, its type and size."""
    found: list[Any] = page.evaluate(
        """(store) => new Promise((resolve, reject) => {
            const opened = indexedDB.open('nagara');
            opened.onerror = () => reject(opened.error);
            opened.onsuccess = () => {
                const asked = opened.result.transaction(store).objectStore(store).getAll();
                asked.onsuccess = async () => {
                    opened.result.close();
                    resolve(await Promise.all(asked.result.map(async (one) => {
                        if (!one.blob) return one;
                        const { width, height } = await createImageBitmap(one.blob);
                        return { ...one, blob: { type: one.blob.type, width, height } };
                    })));
                };
            };
        })""",
        store,
    )
    return found


def test_a_report_written_offline_outlives_the_browser_and_arrives_once(
    open_phone: OpenPhone, live_server: str, tmp_path: Path
) -> None:
    photos = pictures(tmp_path) if takes_photos(live_server) else []
    words = f"offline{uuid.uuid4().hex}"
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    phone.set_offline(True)
    page.reload()
    expect(page.get_by_text(NO_SIGNAL, exact=False)).to_be_visible()
    write_report(page, words, photos)
    page.get_by_role("button", name="Send the report").click()
    waiting = page.locator("[data-state=waiting]")
    expect(waiting).to_contain_text(words)
    expect(page.get_by_test_id("queue-news")).to_contain_text("kept on this phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    phone.close()
    assert filed_with(live_server, words) == []

    # There is a line again: the worker wakes up and the page opens, and both would send it.
    page = open_phone(tmp_path / "profile").pages[0]
    page.goto("/#/phone")
    sent = page.locator("[data-state=sent]")
    expect(sent).to_contain_text(words)
    reference = sent.get_by_test_id("sent-reference").inner_text()
    page.reload()
    sent.get_by_role("link", name="See what happens to it").click()
    expect(page.get_by_text(words)).to_be_visible()

    found = filed_with(live_server, words)
    assert [one["reference"] for one in found] == [reference]
    if photos:
        assert len(found[0]["photos"]) == len(photos)
    assert "Somebody" not in json.dumps(stored(page, "reports"))
    wait_until(lambda: stored(page, "photos") == [], "no picture is left on the phone")


def test_a_network_that_leads_nowhere_is_told_as_no_signal(
    open_phone: OpenPhone, live_server: str, tmp_path: Path
) -> None:
    words = f"nowhere{uuid.uuid4().hex}"
    profile = tmp_path / "profile"
    phone = open_phone(profile)
    worker_ready(visit(phone))
    phone.close()

    phone = open_phone(profile, leads_nowhere=True)
    page = phone.pages[0]
    page.goto(f"/?city={CITY}&lang=en")
    expect(page.get_by_text(NO_SIGNAL, exact=False)).to_be_visible()
    assert page.evaluate("navigator.onLine"), "the browser knows nothing of it"
    write_report(page, words, [])
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("[data-state=waiting]")).to_contain_text(words)
    expect(page.get_by_test_id("queue-news")).to_contain_text("kept on this phone")
    phone.close()

    page = open_phone(profile).pages[0]
    page.goto("/#/phone")
    page.locator("[data-state=sent]").wait_for()
    assert len(filed_with(live_server, words)) == 1


def test_a_call_that_fails_is_followed_until_the_city_answers_again(
    open_phone: OpenPhone, live_server: str, tmp_path: Path
) -> None:
    words = f"again{uuid.uuid4().hex}"
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    write_report(page, words, [])
    phone.route("**/api/v1/**", lambda route: route.abort("connectionreset"))
    phone.route("**/health/live", lambda route: route.abort("connectionreset"))
    page.get_by_role("button", name="Send the report").click()
    page.locator("[data-state=waiting]").wait_for()
    assert page.evaluate("navigator.onLine")
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_text(NO_SIGNAL, exact=False)).to_be_visible()
    assert filed_with(live_server, words) == []
    # Nobody touches anything, and the browser has nothing to tell.
    phone.unroute_all()
    expect(page.get_by_text(NO_SIGNAL, exact=False)).to_have_count(0)
    page.get_by_role("link", name="On this phone").click()
    page.locator("[data-state=sent]").wait_for()
    assert len(filed_with(live_server, words)) == 1


def test_the_page_opens_without_a_line_with_the_services_of_the_visited_city(
    open_phone: OpenPhone, tmp_path: Path
) -> None:
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    phone.set_offline(True)
    page.reload()
    page.get_by_role("button", name="Street light not working").click()
    page.locator(".leaflet-container .district").first.wait_for()
    page.locator(".leaflet-container").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Tell us more")).to_be_visible()


def test_a_city_never_opened_is_there_without_a_line_and_a_far_one_says_it_is_not(
    open_phone: OpenPhone, live_server: str, tmp_path: Path
) -> None:
    words = f"elsewhere{uuid.uuid4().hex}"
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    lists_are_kept(page, NEIGHBOUR)
    phone.set_offline(True)
    page.reload()
    page.get_by_role("button", name="Change city").click()
    page.get_by_role("button", name="Vientiane Capital").click()
    expect(page.get_by_test_id("not-kept")).to_contain_text("Vientiane Capital are not on this phone yet")
    page.get_by_role("button", name="Change city").click()
    page.get_by_role("button", name="Battambang").click()
    write_report(page, words, [])
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("[data-state=waiting]")).to_contain_text(words)
    phone.set_offline(False)
    page.locator("[data-state=sent]").wait_for()
    assert len(filed_with(live_server, words, NEIGHBOUR)) == 1


def test_photos_are_made_small_and_wait_with_the_draft(open_phone: OpenPhone, tmp_path: Path) -> None:
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    page.evaluate(f"localStorage.setItem('nagara.photos', '{{\"{CITY}\": true}}')")
    phone.set_offline(True)
    write_report(page, "Three lamps.", pictures(tmp_path))
    phone.close()

    again = open_phone(tmp_path / "profile", offline=True)
    page = again.pages[0]
    page.goto("/")
    page.get_by_role("link", name="Continue your report").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("What do you see?")).to_have_value("Three lamps.")
    expect(page.get_by_role("img", name="Photo")).to_have_count(2)
    sizes = [one["blob"] for one in stored(page, "photos")]
    assert {one["type"] for one in sizes} == {"image/jpeg"}
    assert {max(one["width"], one["height"]) for one in sizes} == {LARGEST_SIDE}
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_role("img", name="Photo")).to_have_count(1)
    page.get_by_label("Add a photo").set_input_files(__file__)
    expect(page.get_by_role("alert")).to_contain_text("could not be read as a photo")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_a_refused_report_says_why_and_can_be_mended(
    open_phone: OpenPhone, live_server: str, tmp_path: Path
) -> None:
    words = f"refused{uuid.uuid4().hex}"
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    phone.set_offline(True)
    write_report(page, words, [])
    page.get_by_label("E-mail").fill("a@b.c")
    page.get_by_label("Telephone").fill("not a number at all")
    page.get_by_role("button", name="Send the report").click()
    page.locator("[data-state=waiting]").wait_for()
    phone.set_offline(False)
    refused = page.locator("[data-state=refused]")
    expect(refused.get_by_role("alert")).not_to_be_empty()
    refused.get_by_role("button", name="Change and send again").click()
    page.get_by_label("Telephone").fill("+855 12 345 678")
    page.get_by_label("E-mail").fill("")
    page.get_by_role("button", name="Send the report").click()
    reference = page.get_by_test_id("reference").inner_text()
    assert [one["reference"] for one in filed_with(live_server, words)] == [reference]
    page.get_by_role("link", name="On this phone").click()
    expect(page.locator("[data-state]")).to_have_count(1)
    item = page.locator("[data-state=sent]")
    item.get_by_role("button", name="Delete").click()
    item.get_by_role("button", name="Yes, forget it here").click()
    expect(page.get_by_text("Nothing is kept on this phone yet.")).to_be_visible()


def test_the_page_can_be_installed(open_phone: OpenPhone, live_server: str, tmp_path: Path) -> None:
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    errors = phone.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in errors if one["errorId"] != "in-incognito"] == []
    manifest = page.request.get(page.locator("link[rel=manifest]").get_attribute("href") or "")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    for icon in manifest.json()["icons"]:
        answer = page.request.get(icon["src"])
        assert answer.headers["content-type"] == "image/png"
        path = tmp_path / "icon.png"
        path.write_bytes(answer.body())
        assert "x".join(map(str, Image.open(path).size)) == icon["sizes"]
    worker = page.request.get("/service-worker.js")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")


def test_nothing_personal_is_kept_by_the_worker(open_phone: OpenPhone, tmp_path: Path) -> None:
    phone = open_phone(tmp_path / "profile")
    page = visit(phone)
    write_report(page, "Kept by nobody but the city.", [])
    page.get_by_role("button", name="Send the report").click()
    page.get_by_role("link", name="See what happens to it").click()
    page.get_by_test_id("timeline").wait_for()
    addresses: list[str] = page.evaluate(
        """async () => {
            const names = await caches.keys();
            const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
            return all.flat().map((one) => one.url);
        }"""
    )
    assert addresses
    assert [one for one in addresses if "/requests" in one or "token" in one or "/staff" in one] == []
