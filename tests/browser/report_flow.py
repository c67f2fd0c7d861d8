"""Steps through the report flow that several browser tests take."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

PHONE = {"width": 360, "height": 740}
IN_DOUN_PENH = {1: "N", 2: (11.0, 34.0, 10.2), 3: "E", 4: (104.0, 55.0, 15.6)}
"""GPS tags of a photo: 11.569500, 104.921000, the middle of Phnom Penh."""
GPS_IFD = 0x8825


def photo_with_position(folder: Path) -> Path:
    """A JPEG as a phone writes it, with where it was taken."""
    path = folder / "lamp.jpg"
    picture = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    exif = picture.getexif()
    exif[GPS_IFD] = IN_DOUN_PENH
    picture.save(path, exif=exif)
    return path


def begin(page: Page, city: str = "kh-pnh", language: str = "en") -> None:
    """Open the beginning of a report once its services are there."""
    page.goto(f"/?city={city}&lang={language}")
    page.locator("main section ul button").first.wait_for()


def choose(page: Page, service: str = "Street light not working") -> None:
    """Choose a service from the list."""
    page.locator("main section ul").get_by_role("button", name=service, exact=True).first.click()


def tell_place(page: Page, words: str = "Opposite the old market") -> None:
    """Say in words where it is, and go on."""
    page.get_by_role("button", name="Describe the place in words instead").click()
    page.get_by_label("Address or landmark").fill(words)
    page.get_by_role("button", name="Continue").click()


def onward(page: Page) -> None:
    """The main button of the step."""
    page.locator(".buttons .primary").click()


def pass_nearby(page: Page) -> None:
    """On to the last step, by way of what is reported near by where anything is."""
    another = page.locator("[data-answer=another]")
    expect(another.or_(page.locator("#email"))).to_be_visible()
    if another.is_visible():
        another.click()
    expect(page.locator("#email")).to_be_visible()


def send(page: Page) -> str:
    """Send the report; returns the reference the page shows."""
    onward(page)
    return page.get_by_test_id("reference").inner_text()
