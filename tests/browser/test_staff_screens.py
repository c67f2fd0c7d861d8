"""Every screen of the staff console: fit for assistive software in each look, and its parts beyond a plain shift."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import psycopg
from playwright.sync_api import Page, expect

from nagara.local.state import running_environment
from tests.browser.accessibility import expect_accessible, fits, fits_at_twice_the_text, walk_to
from tests.browser.conftest import ENDS_WITHIN_MS, OpenPage, picture
from tests.browser.staff_desk import CITY, ask, open_request, report, sign_in, token_of
from tests.conftest import Live
from tests.waiting import wait_until

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
DARK = "rgb(18, 21, 31)"


def go(page: Page, name: str, title: str) -> None:
    page.evaluate("name => { location.hash = `#/${name}` }", name)
    page.get_by_role("heading", level=1, name=title).wait_for()


ELSEWHERE = """
insert into external_request
  (city_id, request_id, owner, created_at, tried_since, begun_at, state, last_error, failed_at)
select city_id, id, 'roads', now(), now(), now(), 'failed', 'unclear', now() from request where reference = %s
"""
"""A request that may stand at another body's system or not: nothing tells any more but somebody who asked there."""


def says_under_which_number_it_is_there(page: Page, reference: str) -> None:
    """Staff find what could not be sent on, and say under which number the other body has it."""
    card = page.get_by_test_id("external")
    expect(card.get_by_role("button", name="Send again")).to_be_visible()
    card.get_by_label("Its number there").fill(f"R-{reference}")
    card.get_by_role("button", name="It is there under this number").click()
    expect(card).to_contain_text(f"R-{reference}")
    expect(card.get_by_role("button", name="Send again")).to_have_count(0)


def all_read(page: Page) -> None:
    """Return once nothing on the page says any more that it is still being read."""
    expect(page.get_by_text("Loading …", exact=True)).to_have_count(0)


def test_sign_in_and_every_screen_of_a_supervisor_is_accessible(
    open_page: OpenPage, live_server: Live
) -> None:
    reference = report(live_server, "For whoever looks at every screen.", contact={"email": "a@example.org"})
    with psycopg.connect(running_environment(live_server.data)["DATABASE_URL"]) as owner:
        owner.execute(ELSEWHERE, (reference,))
    page = open_page("/staff/?lang=en", **DESK)
    page.get_by_label("User name").wait_for()
    expect_accessible(page, "sign-in")
    # The demo's cities have no owner with a system of its own; the request says it has one, the rest is real.
    page.route(
        f"**/api/v1/staff/requests/{reference}",
        lambda route: route.fulfill(json=route.fetch().json() | {"sent_on": True}),
    )
    sign_in(page, "supervisor")
    expect_accessible(page, "queue")
    open_request(page, reference)
    page.keyboard.press("a")
    page.get_by_test_id("move-form").wait_for()
    expect_accessible(page, "request with a form")
    page.keyboard.press("Escape")
    says_under_which_number_it_is_there(page, reference)
    page.unroute_all(behavior="ignoreErrors")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    expect_accessible(page, "keys")
    page.keyboard.press("Escape")
    for name, title in (
        ("supervision", "Supervision"),
        ("moderation", "Public view"),
        ("account", "My account"),
        ("today", "Today’s jobs"),
    ):
        go(page, name, title)
        all_read(page)
        expect_accessible(page, name)


def test_screens_of_administrators_and_auditors_are_accessible(open_page: OpenPage) -> None:
    for role, screens in (
        (
            "city_admin",
            (("people", "People"), ("keys", "Keys of other systems"), ("desk", "The city’s desk")),
        ),
        ("auditor", (("audit", "Who read what"),)),
    ):
        page = open_page("/staff/?lang=en", **DESK)
        sign_in(page, role)
        for name, title in screens:
            go(page, name, title)
            all_read(page)
            expect_accessible(page, name)
    a_sample_is_looked_at(page)


def last_quarter() -> str:
    """The newest that has ended, as ``2026-Q3``; the demo's requests reach back into it on any day."""
    last = dt.datetime.now(dt.UTC).date().replace(day=1)
    while last.month % 3 != 1:
        last = (last - dt.timedelta(days=1)).replace(day=1)
    last -= dt.timedelta(days=1)
    return f"{last.year}-Q{last.month // 3}"


def a_sample_is_looked_at(page: Page) -> None:
    """Without a mouse: the last quarter's sample is drawn, only once, and an auditor says what they found of it."""
    card = page.get_by_role("region", name="Audit of resolutions")
    expect(card).to_contain_text("No sample was drawn yet.")
    card.get_by_label("Quarter").focus()
    page.keyboard.type(last_quarter())
    page.keyboard.press("Enter")
    rows = card.locator("tbody tr")
    rows.first.wait_for()
    expect(card).to_contain_text(re.compile(rf"\b{rows.count()} of [\d,]+ drawn, 0 looked at"))
    reference = rows.first.get_by_role("rowheader").inner_text()
    walk_to(page, f"{reference}: Not fixed")
    page.keyboard.press("Enter")
    found = card.get_by_role("button", name=f"{reference}: Not fixed")
    expect(found).to_have_attribute("aria-pressed", "true")
    expect(card).to_contain_text("1 looked at, 0 confirmed")
    expect(found).to_be_focused()
    expect_accessible(page, "audit of resolutions")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect_accessible(page, "audit of resolutions on a phone", wanted=("light",))
    card.get_by_label("Quarter").press("Enter")
    expect(card.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(card).to_contain_text("1 looked at, 0 confirmed")


def test_a_contact_is_shown_for_a_reason_that_the_auditor_reads(
    open_page: OpenPage, live_server: str
) -> None:
    why = f"To agree on a visit {uuid.uuid4().hex[:6]}"
    contact = {"name": "Chan Dara", "phone": "+855 12 345 678"}
    reference = report(live_server, "A lamp that needs a visit.", contact=contact)
    desk = open_page("/staff/?lang=en", **DESK)
    sign_in(desk, "supervisor")
    open_request(desk, reference)
    expect(desk.get_by_text("Chan Dara")).to_have_count(0)
    desk.get_by_role("button", name=re.compile("^Show contact")).click()
    desk.get_by_label("What do you need it for?").fill(why)
    desk.keyboard.press("Enter")
    expect(desk.get_by_test_id("contact")).to_contain_text("Chan Dara")

    auditor = open_page("/staff/?lang=en#/audit", **DESK)
    auditor.get_by_label("User name").fill(f"auditor@{CITY}")
    auditor.get_by_label("Password").fill("nagara-demo-2026")
    auditor.keyboard.press("Enter")
    expect(auditor.get_by_role("row").filter(has_text=why)).to_contain_text(reference)


def test_what_is_filed_and_moved_elsewhere_arrives_by_itself(open_page: OpenPage, live_server: str) -> None:
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "supervisor")
    expect(page.locator(".foot")).to_contain_text("Live")
    page.get_by_label("Order", exact=True).select_option("received")
    page.locator("[data-reference]").first.wait_for()
    reference = report(live_server, "Filed while somebody looks at the list.")
    row = page.locator(f"[data-reference='{reference}']")
    expect(row).to_contain_text("new")
    expect(row).to_contain_text("Received")
    ask(
        f"{live_server}/api/v1/staff/requests/{reference}/acknowledge",
        token_of(live_server, "agent"),
        {},
    )
    expect(row).to_contain_text("Acknowledged")


def test_an_area_is_drawn_without_a_mouse_and_kept_as_a_filter(open_page: OpenPage) -> None:
    name = f"Middle {uuid.uuid4().hex[:6]}"
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "supervisor")
    page.locator("[data-view=open]").focus()
    page.keyboard.press("v")
    page.locator(".leaflet-container .point").first.wait_for()
    expect_accessible(page, "queue with map", wanted=("light",))
    page.get_by_role("button", name="Draw an area").press("Enter")
    for keys in (("ArrowLeft", "ArrowUp"), ("ArrowRight", "ArrowRight"), ("ArrowDown", "ArrowDown")):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Space")
    expect(page.get_by_text("3 corners")).to_be_attached()
    page.get_by_role("button", name="Use this area").press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Drawn area"))).to_be_visible()
    page.get_by_role("button", name="Save this filter").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Save this filter").click()
    page.locator("[data-view=open]").click()
    expect(page.get_by_role("button", name=re.compile("^Drawn area"))).to_have_count(0)
    page.locator(f"[data-saved='{name}']").click()
    expect(page.get_by_role("button", name=re.compile("^Drawn area"))).to_be_visible()


def test_several_values_of_a_column_are_chosen_and_supervision_fits_a_phone(
    open_page: OpenPage, live_server: str
) -> None:
    lamp = report(live_server, "A lamp among chosen ones.")
    page = open_page("/staff/?lang=en", **PHONE)
    sign_in(page, "supervisor")
    page.get_by_label("Search text or reference").fill(lamp)
    page.get_by_role("button", name="Filters", exact=True).click()
    page.locator("summary").filter(has_text="Status").click()
    statuses = page.get_by_role("group", name="Status")
    statuses.get_by_label("Resolved").check()
    expect(page.locator("[data-reference]")).to_have_count(0)
    statuses.get_by_label("Received").check()
    expect(page.locator(f"[data-reference='{lamp}']")).to_be_visible()
    page.get_by_label("With nobody yet").check()
    expect(page.get_by_role("button", name=re.compile("^Status: Received, Resolved"))).to_be_visible()
    expect_accessible(page, "filters on a phone", wanted=("light",))
    go(page, "supervision", "Supervision")
    all_read(page)
    expect_accessible(page, "supervision on a phone", wanted=("light",))
    assert fits_at_twice_the_text(page)


def test_a_list_is_taken_out_as_a_file(open_page: OpenPage) -> None:
    page = open_page("/staff/?lang=en", **DESK)
    sign_in(page, "supervisor")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Table (CSV)").check()
    dialog.get_by_role("button", name="Make the file").click()
    link = dialog.get_by_role("link", name="Download")
    link.wait_for(timeout=ENDS_WITHIN_MS)
    with page.expect_download() as begun:
        link.click()
    assert begun.value.suggested_filename.endswith(".csv")


def test_a_crew_finds_its_way_on_a_small_phone(open_page: OpenPage, live_server: str) -> None:
    token = token_of(live_server, "supervisor")
    near, far = (report(live_server, f"Lamp {lat}", lat=lat, lon=104.92) for lat in (11.5601, 11.5702))
    for reference in (far, near):
        address = f"{live_server}/api/v1/staff/requests/{reference}/assign"
        ask(address, token, {"assignee": "crew"})
    page = open_page("/staff/?lang=en", **PHONE, scale=2)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 11.5600, "longitude": 104.92})
    page.get_by_label("User name").fill(f"crew@{CITY}")
    page.get_by_label("Password").fill("nagara-demo-2026")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start from where I stand").click()
    page.get_by_role("button", name="From where I stand now").wait_for()

    def walk() -> list[str]:
        shown = page.locator("[data-job]").evaluate_all("all => all.map((one) => one.dataset.job)")
        return [one for one in shown if one in (near, far)]

    wait_until(lambda: walk() == [near, far], "the nearer comes first")
    expect_accessible(page, "today on a phone")
    page.locator(f"[data-job='{near}']").get_by_role("link", name=near, exact=True).click()
    expect(page.get_by_test_id("detail-reference")).to_have_text(near)
    assert fits(page)
    expect_accessible(page, "request on a phone", wanted=("light", "dark"))
    page.get_by_role("button", name="Back to the list").click()
    page.locator("[data-reference]").first.wait_for()
    expect_accessible(page, "queue on a phone", wanted=("light",))


def test_the_console_speaks_khmer_and_thai_and_keeps_the_chosen_colours(open_page: OpenPage) -> None:
    for language, open_view in (("km", "មិនទាន់បិទ"), ("th", "ยังไม่ปิด")):
        page = open_page(f"/staff/?lang={language}", **DESK)
        page.locator("#username").fill(f"supervisor@{CITY}")
        page.locator("#password").fill("nagara-demo-2026")
        page.keyboard.press("Enter")
        expect(page.locator("[data-view=open]")).to_contain_text(open_view)
        page.evaluate("location.hash = '#/account'")
        page.locator("input[name=theme]").nth(2).check()
        expect(page.locator("body")).to_have_css("background-color", DARK)
        page.reload()
        page.locator("input[name=theme]").nth(2).wait_for()
        expect(page.locator("body")).to_have_css("background-color", DARK)
        picture(page, f"staff-{language}")
