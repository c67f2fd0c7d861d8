"""What tests of the staff console share: people at desks, reports to work on, and the API beside the pages."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyotp
from PIL import Image
from playwright.sync_api import Page, expect

from nagara.demo.accounts import PASSWORD
from tests.waiting import PAGE_PATIENCE_SECONDS

CITY = "kh-pnh"
MIDDLE = {"lat": 11.5696, "lon": 104.9210}
OWN_PASSWORD = "the tuk-tuk sings before the rain"
STEP_SECONDS = 30


def ask(address: str, token: str | None = None, body: Any = None, method: str | None = None) -> Any:
    """The JSON an address of the API answers with; None where it answers with nothing."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, content, headers, method=method)
    with urllib.request.urlopen(request, timeout=PAGE_PATIENCE_SECONDS) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def token_of(server: str, role: str) -> str:
    """A session of one of the demo's accounts."""
    account = {"username": f"{role}@{CITY}", "password": PASSWORD}
    return str(ask(f"{server}/api/v1/staff/session", body=account)["token"])


def report(server: str, words: str, **more: Any) -> str:
    """File a dark street lamp in the middle of the city; returns its reference."""
    filing = {"service_code": "street_light", "language": "en", "description": words} | MIDDLE | more
    return str(ask(f"{server}/api/v1/cities/{CITY}/requests", body=filing)["reference"])


def send_picture(server: str) -> str:
    """Send a picture ahead of its report, as a form of one file; returns its id."""
    written = BytesIO()
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(written, "JPEG")
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    body = head.encode() + written.getvalue() + f"\r\n--{edge}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    asked = urllib.request.Request(f"{server}/api/v1/cities/{CITY}/media", body, headers)
    with urllib.request.urlopen(asked, timeout=PAGE_PATIENCE_SECONDS) as answer:
        return str(json.load(answer)["id"])


@dataclass(frozen=True)
class Enrolled:
    """An account with a second factor; ``code`` is what its authenticator shows next."""

    username: str
    secret: str

    def code(self) -> str:
        """The code of the step that begins next: the present one was used up when the factor was confirmed."""
        return pyotp.TOTP(self.secret).at(int(time.time()) + STEP_SECONDS)


def hire(server: str, role: str) -> str:
    """A new person with a password of their own, made through the API; returns the name to sign in with."""
    base, name = f"{server}/api/v1/staff", f"p{uuid.uuid4().hex[:10]}"
    new = {"username": name, "role": role, "display_name": "Sophea at the desk"}
    made = ask(f"{base}/accounts", token_of(server, "city_admin"), new)
    account = {"username": f"{name}@{CITY}", "password": made["temporary_password"]}
    token = ask(f"{base}/session", body=account)["token"]
    ask(f"{base}/password", token, {"old": made["temporary_password"], "new": OWN_PASSWORD}, method="PUT")
    return str(account["username"])


def enrol(server: str, role: str) -> Enrolled:
    """The same with an authenticator."""
    base = f"{server}/api/v1/staff"
    account = {"username": hire(server, role), "password": OWN_PASSWORD}
    token = ask(f"{base}/session", body=account)["token"]
    secret = ask(f"{base}/second-factor", token, {})["secret"]
    ask(f"{base}/second-factor/confirm", token, {"totp": pyotp.TOTP(secret).now()})
    return Enrolled(account["username"], secret)


def sign_in(page: Page, role: str) -> None:
    """Sign in as one of the demo's accounts and wait for the queue."""
    page.get_by_label("User name").fill(f"{role}@{CITY}")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("[data-reference]").first.wait_for()


def open_request(page: Page, reference: str) -> None:
    """Open a request by its address and wait until it stands there."""
    page.evaluate("reference => { location.hash = `#/${reference}` }", reference)
    expect(page.get_by_test_id("detail-reference")).to_have_text(reference)


def move_by_key(page: Page, key: str, *keys: str) -> None:
    """Make a move without the mouse: its letter, what its first field needs, and Ctrl+Enter."""
    page.locator("#moves").wait_for()
    page.keyboard.press(key)
    page.get_by_test_id("move-form").wait_for()
    for one in keys:
        page.keyboard.press(one)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#moves [role=status]")).to_contain_text("Done")
