"""Being told, in a real Chromium: a browser subscribes and is told, an address confirms, a code shows one's reports."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import OpenPage, worker_ready
from tests.waiting import wait_until


def outbox(server: str, wanted: str, channel: str | None = None) -> list[dict[str, Any]]:
    """Messages in the viewer that hold these words, newest first."""
    params = {"q": wanted} | ({"channel": channel} if channel else {})
    found: list[dict[str, Any]] = httpx.get(f"{server}/dev/outbox", params=params).json()["messages"]
    return found


def code_sent(server: str, address: str) -> str:
    """The six digits that came to an address."""
    wait_until(lambda: bool(outbox(server, address, "email")), f"a code came to {address}")
    found = re.search(r"(?<!\d)\d{6}(?!\d)", outbox(server, address, "email")[0]["subject"])
    assert found is not None
    return found.group()


def filed(server: str, address: str | None = None) -> dict[str, Any]:
    """A report in Phnom Penh."""
    body: dict[str, Any] = {"service_code": "waste_missed", "lat": 11.5696, "lon": 104.921, "language": "en"}
    if address:
        body["contact"] = {"email": address}
    answer = httpx.post(f"{server}/api/v1/cities/kh-pnh/requests", json=body)
    content: dict[str, Any] = answer.json()
    return content


def acknowledge(server: str, reference: str) -> None:
    """Staff have seen it."""
    credentials = {"username": "agent@kh-pnh", "password": "nagara-demo-2026"}
    token = httpx.post(f"{server}/api/v1/staff/session", json=credentials).json()["token"]
    url = f"{server}/api/v1/staff/requests/{reference}/acknowledge"
    assert httpx.post(url, json={}, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_browser_subscribes_and_is_told(open_page: OpenPage, live_server: str) -> None:
    reference = filed(live_server)["reference"]
    page = open_page(f"/#/follow/request/{reference}", width=360, height=740)
    page.context.grant_permissions(["notifications"], origin=live_server)
    worker_ready(page)
    page.get_by_label("This browser").check()
    page.get_by_role("button", name="Be told").click()
    expect(page.get_by_test_id("told")).to_be_visible()
    acknowledge(live_server, reference)
    wait_until(lambda: bool(outbox(live_server, reference, "push")), "the browser was told")
    told = outbox(live_server, reference, "push")[0]
    assert told["subject"].startswith(reference)
    assert told["url"].endswith(f"/#/track/{reference}")
    page.get_by_role("link", name="Change or stop this").click()
    page.get_by_role("button", name="Stop these messages").click()
    expect(page.get_by_test_id("stopped")).to_be_visible()


def test_an_address_confirms_by_code_and_stops(open_page: OpenPage, live_server: str) -> None:
    reference = filed(live_server)["reference"]
    address = f"fan-{reference.lower()}@example.org"
    page = open_page(f"/#/follow/request/{reference}")
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Be told").click()
    page.get_by_label("Code").fill(code_sent(live_server, address))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_test_id("told")).to_be_visible()


def test_a_code_shows_ones_own_reports(open_page: OpenPage, live_server: str) -> None:
    address = f"mine-{filed(live_server)['reference'].lower()}@example.org"
    reference = filed(live_server, address)["reference"]
    wait_until(lambda: bool(outbox(live_server, address)), "the filing was told")
    page = open_page("/#/mine", width=360, height=740)
    page.get_by_label("City").select_option("kh-pnh")
    page.get_by_label("E-mail address or telephone number").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    wait_until(lambda: len(outbox(live_server, address)) > 1, "the code came")
    page.get_by_label("Code").fill(code_sent(live_server, address))
    page.get_by_role("button", name="Show my reports").click()
    expect(page.get_by_text(reference)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_label("City")).to_be_visible()


def activated(page: Page, devtools: CDPSession) -> str:
    """The registration whose worker is active, as devtools name it once they know.

    What is delivered to one that is only installing, or was replaced, is dropped without a word.
    """
    versions: dict[str, str] = {}
    devtools.on(
        "ServiceWorker.workerVersionUpdated",
        lambda event: versions.update({one["registrationId"]: one["status"] for one in event["versions"]}),
    )
    devtools.send("ServiceWorker.enable")

    def active() -> list[str]:
        page.evaluate("1")  # lets what devtools tell come in
        return [registration for registration, status in versions.items() if status == "activated"]

    wait_until(lambda: bool(active()), "devtools know the active worker")
    return active()[0]


def test_the_worker_shows_what_comes_and_opens_the_report(open_page: OpenPage, live_server: str) -> None:
    reference = filed(live_server)["reference"]
    page = open_page("/#/follow")
    context = page.context
    context.grant_permissions(["notifications"], origin=live_server)
    worker_ready(page)
    devtools = context.new_cdp_session(page)
    message = {"origin": live_server, "registrationId": activated(page, devtools)}
    news = {"title": f"{reference}: begun", "body": "Work has begun.", "tag": reference, "lang": "en"}
    news["url"] = f"{live_server}/#/track/{reference}"
    shown = "navigator.serviceWorker.ready.then((r) => r.getNotifications())"

    def told_once() -> bool:
        """Deliver it and look: the same tag replaces what is shown, so delivering again shows nothing more."""
        devtools.send("ServiceWorker.deliverPushMessage", message | {"data": json.dumps(news)})
        return bool(page.evaluate(f"{shown}.then((all) => all.length)") == 1)

    wait_until(told_once, "it was shown")
    told = page.evaluate(f"{shown}.then((all) => all.map((one) => [one.title, one.body, one.tag]))")
    assert told == [[news["title"], news["body"], reference]]
    context.service_workers[0].evaluate(
        "async () => { const [shown] = await self.registration.getNotifications();"
        "self.dispatchEvent(new NotificationEvent('notificationclick', { notification: shown })); }"
    )
    page.wait_for_url(f"**/#/track/{reference}")
