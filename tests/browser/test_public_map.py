"""The public page of a city: the list says what the map shows, and both say nothing of what nobody may see."""

from __future__ import annotations

import httpx
import pytest

from tests.browser.accessibility import LOOKS, faults, looks
from tests.browser.conftest import OpenPage
from tests.waiting import wait_until

BODY = {"service_code": "waste_dumping", "lat": 11.5564, "lon": 104.9282, "language": "en"}
MARKUP = "<img src=x onerror=document.title='run'> & more"


def file(live: str, **fields: object) -> str:
    answer = httpx.post(f"{live}/api/v1/cities/kh-pnh/requests", json=BODY | fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def test_the_list_and_the_map_say_the_same(live_server: str, open_page: OpenPage) -> None:
    seen = file(live_server, description=MARKUP)
    hidden = file(live_server, confidential=True)
    page = open_page("/#/map/kh-pnh")
    page.get_by_label("What", exact=True).select_option("waste_dumping")
    first = page.locator(f"li a[href='#/track/{seen}']")
    first.wait_for()
    assert page.locator(f"a[href='#/track/{hidden}']").count() == 0
    page.locator("path.point").first.wait_for()

    def placed() -> int:
        return page.locator("main li").count() - page.get_by_text("no place on the map").count()

    wait_until(
        lambda: page.locator("path.point").count() == placed() > 0, "as many points as lines with a place"
    )
    assert page.title() != "run"

    page.get_by_label("State").select_option("closed")
    page.wait_for_function("ref => !document.querySelector(`a[href='#/track/${ref}']`)", arg=seen)
    page.get_by_label("State").select_option("open")
    first.wait_for()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/#/track/{seen}")
    page.get_by_role("heading", level=1).first.wait_for()


@pytest.mark.parametrize("width", [360, 1280])
def test_it_can_be_read_by_everybody(live_server: str, open_page: OpenPage, width: int) -> None:
    file(live_server)
    page = open_page("/#/map/kh-pnh", width=width)
    page.locator("main li").first.wait_for()
    for look in looks(page, LOOKS if width == 360 else LOOKS[:1]):
        assert faults(page) == [], look
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs out at the side"
