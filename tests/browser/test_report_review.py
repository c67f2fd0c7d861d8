"""A network report walks from a draft to the public by its roles, in their pages; what is no next step says why."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from nagara.demo.accounts import PASSWORD
from nagara.local.state import running_environment
from tests.browser.accessibility import Look, expect_accessible, fits, fits_at_twice_the_text
from tests.browser.conftest import OpenPage
from tests.browser.staff_desk import STEP_SECONDS, ask
from tests.conftest import Live
from tests.waiting import wait_until

Owner = psycopg.Connection[Any]
LIGHT_AND_DARK: tuple[Look, ...] = ("light", "dark")
LIKE_ANOTHER = """
insert into staff_account (city_id, username, password_hash, role, display_name, email, active, created_at)
select city_id, %s, password_hash, role, %s, %s, true, now() from staff_account
 where city_id = 'network' and username = %s
"""


@pytest.fixture
def owner(live_server: Live) -> Iterator[Owner]:
    """The demo's own database: only there can a fortnight pass at once."""
    url = running_environment(live_server.data)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


class Office:
    """Somebody of the network with an account of the demo's password."""

    def __init__(self, owner: Owner, role: str) -> None:
        self.username = f"{role[:4]}{uuid.uuid4().hex[:8]}"
        owner.execute(
            LIKE_ANOTHER, (self.username, f"A person in {role}", f"{self.username}@demo.invalid", role)
        )

    @property
    def name(self) -> str:
        """What they sign in with."""
        return f"{self.username}@network"


def sign_in(page: Page, name: str, factor: pyotp.TOTP | None = None) -> Page:
    """Sign in on the review's own page, with a second factor where there is one."""
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    if factor is not None:
        page.get_by_label("Code from the authenticator").wait_for()
        # The step that begins next: the present one was used up when the factor was confirmed.
        code = factor.at(int(time.time()) + STEP_SECONDS)
        page.get_by_label("Code from the authenticator").fill(code)
        page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Review of reports").wait_for()
    return page


def enrolled(server: str, name: str) -> pyotp.TOTP:
    """Give an account an authenticator."""
    base = f"{server}/api/v1/staff"
    token = ask(f"{base}/session", body={"username": name, "password": PASSWORD})["token"]
    factor = pyotp.TOTP(ask(f"{base}/second-factor", token, {})["secret"])
    ask(f"{base}/second-factor/confirm", token, {"totp": factor.now()})
    return factor


def appoint(page: Page, who: str, office: str, country: str) -> None:
    page.get_by_label("User name").fill(who)
    page.get_by_label("Office", exact=True).select_option(office)
    page.get_by_label("Country").fill(country)
    page.get_by_label("From").fill(f"{dt.datetime.now(dt.UTC):%Y-%m-%d}")
    page.get_by_label("Until").fill(f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=300):%Y-%m-%d}")
    page.get_by_role("button", name="Give it").click()
    expect(page.get_by_role("row").filter(has_text=who).filter(has_text="in office")).to_have_count(1)


def offered(page: Page, move: str) -> Locator:
    """A move of the page: a button, or why there is none."""
    return page.locator(f"[data-move={move}]")


def make(page: Page, move: str, becomes: str, remarks: str = "") -> None:
    """Make a move in its dialog."""
    offered(page, move).get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    if remarks:
        dialog.get_by_label("Remarks").fill(remarks)
    dialog.get_by_role("button", name="Yes:").click()
    expect(page.get_by_test_id("status")).to_have_text(becomes)
    expect(dialog).to_have_count(0)


def refused(page: Page, move: str, words: str) -> None:
    expect(offered(page, move)).to_contain_text(words)
    expect(offered(page, move).get_by_role("button")).to_have_count(0)


def read_anew(page: Page, status: str) -> None:
    page.reload()
    expect(page.get_by_test_id("status")).to_have_text(status)


def give_offices(owner: Owner, desk: Page, chair: Office) -> None:
    """An official signs in and gives two offices, each for a time."""
    desk.get_by_label("User name").wait_for()
    expect_accessible(desk, "sign-in", wanted=LIGHT_AND_DARK)
    sign_in(desk, "official@network")
    desk.get_by_role("link", name="Offices").click()
    owner.execute("update network_appointment set ended_by = 'test', ended_at = now() where ended_at is null")
    desk.get_by_role("heading", level=1, name="Offices").wait_for()
    appoint(desk, chair.username, "chair", "PH")
    appoint(desk, "national_representative", "representative", "KH")
    expect_accessible(desk, "offices", wanted=LIGHT_AND_DARK)


def build_and_open(desk: Page, month: str) -> str:
    """A draft is built, shows which moves are none yet, and is opened to the institutions; returns the review's id."""
    desk.get_by_role("link", name="Reports", exact=True).click()
    desk.get_by_label("From month").fill(month)
    expect_accessible(desk, "list of reports", wanted=LIGHT_AND_DARK)
    desk.get_by_role("button", name="Build a report").click()
    expect(desk.get_by_test_id("status")).to_have_text("Draft")
    review = desk.url.rsplit("/", 1)[-1]
    desk.get_by_text("Other moves, and why they are not possible now").click()
    for move, begins in (("publish", "Approved"), ("approve", "Before the head of government")):
        refused(desk, move, f"It begins where a report is: {begins}. This one is: Draft.")
    expect_accessible(desk, "a draft", wanted=LIGHT_AND_DARK)
    offered(desk, "open").get_by_role("button").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Embargo until").fill(f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=30):%Y-%m-%d}")
    expect_accessible(desk, "opening", wanted=("light",))
    dialog.get_by_role("button", name="Yes:").click()
    expect(desk.get_by_test_id("status")).to_have_text("With the institutions")
    refused(desk, "endorse", "This belongs to another office: chair.")
    return review


def comment(city: Page, review: str) -> None:
    """A city sees its part and nothing else, and says what it has to say."""
    sign_in(city, "city_admin@kh-pnh")
    city.locator(f"a[href$='{review}']").click()
    expect(city.locator("main")).to_contain_text("You see your own part: Phnom Penh.")
    expect(city.get_by_label("City").locator("option")).to_have_count(1)
    city.locator("[data-figure=coverage]").get_by_role("button").click()
    city.get_by_label("Comment on Coverage and data quality").fill("A flood closed the office for a week.")
    expect_accessible(city, "a city's part", wanted=LIGHT_AND_DARK)
    city.get_by_role("button", name="Send the comment").click()
    expect(city.locator("article")).to_contain_text("A flood closed the office for a week.")
    refused(city, "endorse", "This belongs to another office")


def endorse_and_submit(owner: Owner, at_chair: Page, chair: Office, review: str) -> None:
    """The chair is refused until the time is over and everything has its answer."""
    sign_in(at_chair, chair.name)
    at_chair.locator(f"a[href$='{review}']").click()
    refused(at_chair, "endorse", "Cities and countries may still comment, until ")
    owner.execute(
        "update report_review set comments_until = now() - interval '1 minute' where id = %s", (review,)
    )
    read_anew(at_chair, "With the institutions")
    refused(at_chair, "endorse", "1 comment has no answer yet. It needs one first.")
    at_chair.locator("article").get_by_role("button", name="Answer").click()
    at_chair.get_by_label("Answer", exact=True).fill("It is marked now.")
    at_chair.get_by_role("button", name="Send the answer").click()
    expect(at_chair.locator("article")).to_contain_text("Answer of the network")
    expect_accessible(at_chair, "comments with their answers", wanted=("light",))
    make(at_chair, "endorse", "Endorsed by the committee")
    make(at_chair, "submit", "Before the head of government", "For approval.")


def approve(heads: Page, head: Office, factor: pyotp.TOTP, review: str) -> None:
    """The head of government's office signs in with a second factor, may return or approve, and does not publish."""
    sign_in(heads, head.name, factor)
    heads.locator(f"a[href$='{review}']").click()
    expect(offered(heads, "return").get_by_role("button")).to_have_count(1)
    make(heads, "approve", "Approved")
    refused(heads, "publish", "This belongs to another office: official of the network.")


def publish(owner: Owner, desk: Page, head: Office, review: str) -> None:
    """The embargo is waited for; then the report is everybody's, with its trail for those who see the whole."""
    read_anew(desk, "Approved")
    refused(desk, "publish", "The report is under embargo until ")
    owner.execute(
        "update report_review set embargo_until = now() - interval '1 minute' where id = %s", (review,)
    )
    read_anew(desk, "Approved")
    make(desk, "publish", "Published")
    trail = desk.get_by_role("group", name="Audit trail").get_by_role("row")
    for made in ("Opened to the institutions", "Endorsed", "Submitted", "Approved", "Published"):
        expect(trail.filter(has_text=made).first).to_be_visible()
    expect(trail.filter(has_text=f"{head.username}@network, head of government’s approver")).to_have_count(1)
    expect_accessible(desk, "a published report", wanted=LIGHT_AND_DARK)
    assert "/reports/" in desk.get_by_role("link", name="See the published report").evaluate("a => a.href")


def was_told(city: Page, review: str) -> None:
    """Whoever was to be told was told, once each, in their city's own language."""
    city.get_by_role("link", name="Notices").click()
    notices = [
        city.locator(f"li[data-kind={kind}]").filter(has=city.locator(f"a[href$='{review}']"))
        for kind in ("opened", "answered", "published")
    ]

    def told() -> bool:
        """Looked at anew each time: the clock tells every ten seconds, and the page does not ask again by itself."""
        city.reload(wait_until="networkidle")
        return all(notice.count() for notice in notices)

    wait_until(told, "the city was told of each step")
    for notice in notices:
        expect(notice).to_have_count(1)
    expect_accessible(city, "notices", wanted=LIGHT_AND_DARK)
    city.set_viewport_size({"width": 360, "height": 740})
    assert fits(city)
    assert fits_at_twice_the_text(city)


def look_at_the_federation_and_end_the_office(desk: Page, chair: Office) -> None:
    """What beside the reports is an official's to see and do."""
    desk.get_by_role("link", name="Federation").click()
    expect(desk.locator("[data-city=kh-pnh]")).to_contain_text("Phnom Penh")
    expect_accessible(desk, "federation", wanted=LIGHT_AND_DARK)
    desk.set_viewport_size({"width": 360, "height": 740})
    assert fits(desk)
    desk.get_by_role("link", name="Offices").click()
    row = desk.locator("tr").filter(has_text=chair.username)
    row.get_by_role("button").click()
    desk.get_by_role("button", name="End it now").click()
    expect(row).to_contain_text("ended by official")


def test_a_report_walks_from_a_draft_to_the_public_by_its_roles(
    open_page: OpenPage, live_server: Live, owner: Owner
) -> None:
    chair, head = Office(owner, "official"), Office(owner, "approver")
    factor = enrolled(live_server, head.name)
    month = f"{dt.datetime.now(dt.UTC).replace(day=1) - dt.timedelta(days=40):%Y-%m}"
    page = "/network/review/?lang=en"
    desk, city = open_page(page), open_page(page)
    give_offices(owner, desk, chair)
    review = build_and_open(desk, month)
    comment(city, review)
    endorse_and_submit(owner, open_page(page), chair, review)
    approve(open_page(page), head, factor, review)
    publish(owner, desk, head, review)
    was_told(city, review)
    look_at_the_federation_and_end_the_office(desk, chair)
