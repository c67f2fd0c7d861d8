"""A real Chromium for tests of the pages: found by NAGARA_CHROMIUM or on the PATH, else the tests say why they skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed (the 'dev' dependencies bring it)"
)

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.waiting import PAGE_PATIENCE_SECONDS, PATIENCE_SECONDS, wait_until

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PICTURES = REPOSITORY / "docs" / "pictures"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_LINE = ("--host-resolver-rules=MAP * ~NOTFOUND",)
"""No address is found: for pages and for workers alike, which playwright's own ``offline`` leaves their line."""
ANSWERS_WITHIN_MS = PAGE_PATIENCE_SECONDS * 1000
ENDS_WITHIN_MS = PATIENCE_SECONDS * 1000
expect.set_options(timeout=ANSWERS_WITHIN_MS)
REFUSALS = ("401", "404", "405", "409", "422", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED", "incognito")
"""What a browser reports for answers that a test provokes on purpose."""

OpenPage = Callable[..., Page]
OpenPhone = Callable[..., BrowserContext]


def chromium_path() -> str | None:
    """The browser to drive: the setting, else the first known name on the PATH."""
    given = os.environ.get("NAGARA_CHROMIUM")
    return given or next((path for name in NAMES if (path := shutil.which(name))), None)


def sandbox() -> tuple[str, ...]:
    """Chromium refuses to run its sandbox for root."""
    return ("--no-sandbox",) if os.geteuid() == 0 else ()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module: while it is open, this process has a running event loop, which others need."""
    path = chromium_path()
    if path is None:
        pytest.skip(f"no Chromium: set NAGARA_CHROMIUM or install one of {', '.join(NAMES)}")
    if not (REPOSITORY / "web" / "dist" / "resident" / "index.html").is_file():
        pytest.skip("the pages are not built: npm ci && npm run build in web/")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=[*QUIET, *sandbox()], timeout=ENDS_WITHIN_MS
        )
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Iterator[OpenPage]:
    """Opens an address of the live server in a fresh profile; script errors and calls to others fail the test.

    Without its service worker (``worker=False``) nobody but the page itself sends what it failed to send.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def strangers(request: Request) -> None:
        if not request.url.startswith((live_server, "data:", "blob:")):
            troubles.append(f"a call to somebody else: {request.url}")

    def open_(
        address: str,
        *,
        width: int = 1280,
        height: int = 860,
        dark: bool = False,
        scale: float = 1,
        worker: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=scale,
            locale="en-GB",
            reduced_motion="reduce",
            service_workers="allow" if worker else "block",
        )
        context.set_default_timeout(ANSWERS_WITHIN_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", strangers)
        page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
        page.on(
            "console",
            lambda line: (
                troubles.append(f"console: {line.text}")
                if line.type == "error" and not any(code in line.text for code in REFUSALS)
                else None
            ),
        )
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def phone(browser: Browser, live_server: str, tmp_path: Path) -> Iterator[OpenPhone]:
    """Opens the one profile of a phone, as often as somebody takes it out of the pocket, with or without a line."""
    opened: list[BrowserContext] = []

    def open_(*, offline: bool = False) -> BrowserContext:
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "phone",
            executable_path=chromium_path(),
            args=[*QUIET, *sandbox(), *(NO_LINE if offline else ())],
            timeout=ENDS_WITHIN_MS,
            base_url=live_server,
            viewport={"width": 360, "height": 740},
            locale="en-GB",
            reduced_motion="reduce",
            offline=offline,
        )
        context.set_default_timeout(ANSWERS_WITHIN_MS)
        opened.append(context)
        return context

    yield open_
    for context in opened:
        context.close()


def wait_for_page(page: Page, script: str, what: str, argument: object = None) -> None:
    """Return once a script of the page, or what it promises, is true.

    Playwright's own ``wait_for_function`` takes a promise itself for true, whatever comes of it.
    """
    wait_until(lambda: page.evaluate(script, argument), what, PAGE_PATIENCE_SECONDS)


def worker_ready(page: Page) -> None:
    """Return once the page's worker keeps all that the page is made of, and the profile on the disk knows it.

    Chromium writes down that a worker is active after it says so. A browser closed in between takes the next page
    from the line. It writes and reads in turn, so that its list of what is written comes when that is done.
    """
    wait_for_page(
        page,
        "async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'",
        "the page's worker is active",
    )
    page.evaluate("() => navigator.serviceWorker.getRegistrations().then((all) => all.length)")


def picture(page: Page, name: str) -> None:
    """Keep what is on the screen as a picture of the documentation, when NAGARA_PICTURES=1 asks for it."""
    if os.environ.get("NAGARA_PICTURES") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")
