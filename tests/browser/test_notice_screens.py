"""Pages about being told: inbox, what could not be sent, other systems, previews, the ladder, the bot, the viewer."""

from __future__ import annotations

import uuid

import httpx
import psycopg
from playwright.sync_api import Page, expect

from nagara.local.state import running_environment
from tests.browser.accessibility import expect_accessible
from tests.browser.conftest import OpenPage
from tests.browser.staff_desk import CITY, ask, open_request, report, sign_in, token_of
from tests.browser.test_after_filing import private
from tests.browser.test_following import filed, outbox
from tests.conftest import Live
from tests.waiting import wait_until

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
PRESSED = "Take the escalation back"


def go(page: Page, name: str, title: str) -> None:
    page.evaluate("name => { location.hash = `#/${name}` }", name)
    page.get_by_role("heading", level=1, name=title).wait_for()


def escalated(server: str) -> str:
    """A report that a supervisor brought to a superior's attention, who finds it in the inbox."""
    reference = report(server, "A lamp that nobody looks at.", contact={"email": "lamp@example.org"})
    url = f"{server}/api/v1/staff/requests/{reference}/escalate"
    ask(url, token_of(server, "supervisor"), {"note": "Children pass there."})
    return reference


def give_up(server: Live, reference: str) -> None:
    """Let the filer's mail and a digest have failed for good, which nobody's server does here by itself."""
    with psycopg.connect(running_environment(server.data)["DATABASE_URL"], autocommit=True) as owner:
        failed = (
            "update notification n set failed_at = now(), sent_at = null, next_attempt_at = null, attempts = 4, "
            "last_error = 'SMTPRecipientsRefused 550 5.1.1' from request r where r.id = n.request_id "
            "and r.reference = %s and n.audience = 'resident' and n.channel = 'email' and n.sent_at is not null"
        )
        wait_until(lambda: owner.execute(failed, (reference,)).rowcount > 0, "the filer was told")
        owner.execute(
            "insert into message (city_id, id, audience, channel, sealed_recipient, sealed_text, language, created_at, "
            "expires_at, attempts, failed_at, last_error) values (%s, gen_random_uuid(), "
            "'person:' || gen_random_uuid(), 'sms', 'x', 'x', 'en', now(), now() + interval '1 hour', 2, now(), "
            "'HTTP 400')", (CITY,),
        )  # fmt: skip


def test_what_staff_are_told_is_read_and_what_failed_is_sent_again(
    open_page: OpenPage, live_server: Live
) -> None:
    reference = escalated(live_server)
    admin = open_page("/staff/?lang=en", **PHONE)
    sign_in(admin, "city_admin")
    go(admin, "inbox", "My inbox")
    told = admin.get_by_role("listitem").filter(has_text=reference)
    expect(told).to_contain_text("New")
    told.get_by_text("Read it").click()
    expect(told.locator(".body")).to_contain_text("Children pass there.")
    assert told.locator("h2").get_attribute("lang") == "km"
    expect_accessible(admin, "inbox", wanted=("light",))
    told.get_by_role("button", name="Mark as read").click()
    expect(told).not_to_contain_text("New")
    shown = outbox(live_server, reference, "inbox")
    assert {"city_admin@kh-pnh"} == {one["to"] for one in shown}, (
        "the viewer shows inboxes beside what was sent"
    )
    assert [one["read"] for one in shown] == [True]

    give_up(live_server, reference)
    page = open_page("/staff/?lang=en", **PHONE, dark=True)
    sign_in(page, "supervisor")
    go(page, "notices", "Undelivered notices")
    lost = page.get_by_role("row").filter(has_text=reference)
    expect(lost).to_contain_text("SMTPRecipientsRefused 550 5.1.1")
    digest = page.get_by_role("row").filter(has_text="A digest")
    expect(digest.first).to_contain_text("A follower")
    expect_accessible(page, "undelivered notices on a phone", wanted=("dark",))
    lost.get_by_role("checkbox").check()
    digest.first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status").filter(has_text="2 are sent again.")).to_be_visible()
    expect(lost).to_have_count(0)
    wait_until(lambda: len(outbox(live_server, reference, "email")) >= 2, "the mail came again")


def test_other_systems_previews_and_ones_own_choices_are_kept_and_accessible(
    open_page: OpenPage, live_server: Live
) -> None:
    name = f"Open data {uuid.uuid4().hex[:6]}"
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "city_admin")
    go(page, "keys", "Keys of other systems")
    page.get_by_label("Whose it is").fill(name)
    page.get_by_label("Address (https)").fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("It is shown this once.")).to_be_visible()
    hook = page.get_by_role("listitem").filter(has_text=name)
    hook.get_by_role("button", name="Test").click()
    hook.get_by_role("button", name="Log").click()
    expect(hook.get_by_role("columnheader", name="Answer")).to_be_visible()
    expect_accessible(page, "systems that are called", wanted=("light",))
    hook.get_by_role("button", name="Remove").click()
    expect(hook).to_have_count(0)

    go(page, "desk", "The city’s desk")
    page.locator("section", has=page.locator("#previews-title")).locator("select").nth(1).select_option("th")
    previews = page.locator("[data-kind]")
    expect(previews.first.locator("summary")).to_have_attribute("lang", "th")
    previews.first.locator("summary").click()
    expect(previews.first).to_contain_text("As a text message")
    expect_accessible(page, "previews", wanted=("dark",))

    go(page, "account", "My account")
    page.get_by_label("Tell me nothing then").check()
    page.get_by_label("One a week with what is overdue").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("form [role=status]")).to_have_text("Saved.")
    page.get_by_role("button", name="Link Telegram").click()
    link = page.get_by_role("link", name="Open the bot and press Start")
    chat = open_page(str(link.get_attribute("href")), **PHONE)
    expect(chat.get_by_label("Message")).to_have_value(
        "/start " + str(link.get_attribute("href")).split("=")[1]
    )
    chat.get_by_role("button", name="Start").click()
    wait_until(lambda: _linked(live_server), "the chat is joined to the account")
    url = f"{live_server}/api/v1/staff"
    token = token_of(live_server, "city_admin")
    ask(f"{url}/telegram", token, method="DELETE")
    ask(f"{url}/notice-choices", token, {"digest": "none"}, method="PUT")


def _linked(server: Live) -> bool:
    url = f"{server}/api/v1/staff/notice-choices"
    return bool(ask(url, token_of(server, "city_admin"))["telegram_linked"])


def test_who_answers_for_an_escalation_is_shown_what_changed_meanwhile(
    open_page: OpenPage, live_server: Live
) -> None:
    reference = escalated(live_server)
    base = f"{live_server}/api/v1/staff/requests/{reference}"
    token = token_of(live_server, "supervisor")
    page = open_page("/staff/?lang=en", **DESK)
    page.route(
        "**/api/v1/staff/live**", lambda route: route.abort()
    )  # what is told elsewhere is not heard here
    sign_in(page, "supervisor")
    open_request(page, reference)
    card = page.get_by_test_id("escalation")
    card.get_by_role("button", name="Acknowledge the escalation").click()
    page.get_by_label("Nothing need climb for").select_option("72")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge the escalation").click()
    expect(card).to_contain_text("Acknowledged: nothing climbs until")
    expect_accessible(page, "escalation", wanted=("dark",))

    card.get_by_role("button", name=PRESSED).click()
    page.get_by_role("dialog").get_by_label("Note").fill("Settled with the contractor.")
    ask(f"{base}/note", token, {"note": "Somebody else was here."})
    page.get_by_role("dialog").get_by_role("button", name=PRESSED).click()
    conflict = page.get_by_role("dialog")
    expect(conflict).to_contain_text("Settled with the contractor.")
    expect_accessible(page, "a conflict over an escalation", wanted=("light",))
    conflict.get_by_role("button", name=f"{PRESSED} all the same").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until(lambda: not ask(base, token)["escalation"]["by_hand"], "it was taken back")


def test_a_newcomer_reports_by_the_bot_and_follows_another_report_there(
    open_page: OpenPage, live_server: Live
) -> None:
    chat = 10_000 + uuid.uuid4().int % 10**9
    page = open_page(f"/dev/telegram?chat={chat}", **PHONE)
    page.get_by_role("button", name="Send this location").click()
    expect(page.locator(".bubble.bot")).to_have_count(1)
    page.get_by_label("Message").fill("The rubbish truck has not come since Monday")
    page.get_by_role("button", name="Send", exact=True).click()
    expect_accessible(page, "chat with the bot", wanted=("light",))
    with page.expect_navigation():
        page.get_by_role("button", name="Missed rubbish collection").click()
    for _ in range(6):  # whatever its questions are, the first answer is one
        if page.get_by_role("button", name="Send", exact=True).count() == 2:
            break
        with page.expect_navigation():
            page.locator(".press button").first.click()
    page.locator(".press").get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".bubble.bot").last).to_contain_text("PNH-")

    own = filed(live_server, "bot@example.org")
    mine = open_page(private(own), **PHONE, worker=False)
    mine.get_by_text("How you are told").click()
    part = mine.get_by_test_id("told-how")
    part.get_by_label("How often").select_option("weekly")
    part.get_by_label("Send nothing at certain hours").check()
    part.get_by_label("Until").fill("07:30")
    expect_accessible(mine, "digests and quiet hours", wanted=("dark",))
    part.get_by_role("button", name="Save").click()
    expect(mine.get_by_test_id("told-news")).to_have_text("Saved.")
    answer = httpx.get(
        f"{live_server}/api/v1/requests/{own['reference']}/notices", headers={"Nagara-Link": own["token"]}
    )
    assert (answer.json()["frequency"], answer.json()["quiet"]["ends"]) == ("weekly", "07:30")
    part.get_by_role("button", name="Be told in Telegram").click()
    link = part.get_by_role("link", name="Open Telegram and press Start").get_attribute("href")
    start = open_page(f"{link}&chat={chat}", **PHONE)
    start.get_by_role("button", name="Start").click()
    expect(start.locator(".bubble.bot").last).to_contain_text(own["reference"])
