"""``python3 run.py bench page``: how soon the resident page shows something on a slow line and an old phone.

Chromium holds the line to 400 kbit/s with 400 ms to the server and back, and the processor to a sixth: the "slow 3G"
of WebPageTest, and a telephone some six years old beside a desk computer of today. Each visit is made in a profile of
its own; *again* is the same address a second time, when the page's files are kept on the phone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from bench.servers import api_in_earnest, database_in_earnest

RESULTS = Path(__file__).with_name("RESULTS_PAGE.md")
CITY = "kh-pnh"
BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP_MS = 400
SLOWER_PROCESSOR = 6
PHONE: ViewportSize = {"width": 360, "height": 740}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHIN_MS = 90_000
STATUS_BAR_MS = 1000
"""Bar for the first render of the status page: the service and how far it is, in words."""
STATUS_IN_WORDS = "[data-testid=first-status], [data-testid=tracked-status]"

WATCH = """
(() => {
    const wanted = %s, shown = {};
    window.nagaraShown = shown;
    const painted = (name) => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => { shown[name] = performance.now(); };
        after.port2.postMessage(0);
    });
    const look = () => {
        for (const [name, selector] of Object.entries(wanted)) {
            if (name in shown || !document.querySelector(selector)) continue;
            shown[name] = null;
            painted(name);
        }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
})()
"""
"""Notes when the frame was done in which something of that kind first stood on the page."""
COMPLETE = """
async () => {
    const shown = window.nagaraShown;
    while (!(shown.words > 0 && shown.of_use > 0)) await new Promise((next) => setTimeout(next, 100));
    return shown;
}
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
KEPT = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen, and what is looked for on it, as CSS selectors."""

    name: str
    address: str
    words: str
    """What says first what the person came for."""
    of_use: str
    """What stands there once everything does."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Milliseconds from the address to each frame, and bytes over the line until the last of them."""

    painted: float
    words: float
    of_use: float
    received: int


@dataclass(frozen=True, slots=True)
class Row:
    """One screen visited for the first time, or again."""

    screen: str
    again: bool
    visits: tuple[Visit, ...]

    @property
    def painted(self) -> float:
        """The median's milliseconds."""
        return statistics.median(one.painted for one in self.visits)

    @property
    def words(self) -> float:
        """The median's milliseconds."""
        return statistics.median(one.words for one in self.visits)

    @property
    def of_use(self) -> float:
        """The median's milliseconds."""
        return statistics.median(one.of_use for one in self.visits)

    @property
    def received(self) -> int:
        """The most that came over the line, in bytes."""
        return max(one.received for one in self.visits)


def main(arguments: Sequence[str]) -> int:
    """Measure, show and keep the table; 0 also where the bar is not met, which the table says."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench page", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="visits of each kind (default 3)")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where the table goes")
    parser.add_argument("--at", metavar="ADDRESS", help="a running Nagara instead of one of the bench's own")
    wanted = parser.parse_args(arguments)
    with _server(wanted.at) as base, _browser() as browser:
        rows = list(_measured(browser, base, wanted.rounds))
    table = markdown(rows)
    print(table)
    wanted.results.write_text(table)
    return 0


@contextmanager
def _server(given: str | None) -> Iterator[str]:
    if given:
        yield given.rstrip("/")
        return
    with database_in_earnest() as services, api_in_earnest(services) as measured:
        yield f"http://127.0.0.1:{measured.port}"


@contextmanager
def _browser() -> Iterator[Browser]:
    found = (shutil.which(name) for name in BROWSERS)
    path = os.environ.get("NAGARA_CHROMIUM") or next((one for one in found if one), None)
    if path is None:
        raise SystemExit(f"no Chromium: set NAGARA_CHROMIUM or install one of {', '.join(BROWSERS)}")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", *sandbox])
        yield running
        running.close()


def _measured(browser: Browser, base: str, rounds: int) -> Iterator[Row]:
    for screen in _screens(base):
        pairs = [_first_and_again(browser, base, screen) for _ in range(rounds)]
        yield Row(screen.name, False, tuple(first for first, _ in pairs))
        yield Row(screen.name, True, tuple(again for _, again in pairs))


def _screens(base: str) -> tuple[Screen, ...]:
    body = {"service_code": "street_light", "lat": 11.5696, "lon": 104.921, "description": "Dark."}
    request = urllib.request.Request(
        f"{base}/api/v1/cities/{CITY}/requests",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        filed = json.load(answer)
    track = f"/?lang=en#/track/{filed['reference']}?token={filed['token']}"
    return (
        Screen("report flow", f"/?city={CITY}&lang=en", "main h1", "main section ul button"),
        Screen("status page", track, STATUS_IN_WORDS, "[data-testid=timeline]"),
    )


def _first_and_again(browser: Browser, base: str, screen: Screen) -> tuple[Visit, Visit]:
    context = browser.new_context(base_url=base, viewport=PHONE, locale="en-GB")
    context.set_default_timeout(WITHIN_MS)
    context.add_init_script(WATCH % json.dumps({"words": screen.words, "of_use": screen.of_use}))
    try:
        first = _visit(context, screen)
        waiting = context.new_page()
        waiting.goto(screen.address)
        waiting.evaluate(KEPT)
        waiting.wait_for_load_state("networkidle")
        waiting.close()
        return first, _visit(context, screen)
    finally:
        context.close()


def _visit(context: BrowserContext, screen: Screen) -> Visit:
    page = context.new_page()
    received = _hold_back(context, page)
    page.goto(screen.address, wait_until="commit")
    shown = page.evaluate(COMPLETE)
    visit = Visit(page.evaluate(PAINTED), shown["words"], shown["of_use"], sum(received))
    page.close()
    return visit


def _hold_back(context: BrowserContext, page: Page) -> list[int]:
    """Make line and processor slow; the list takes the bytes of what has come."""
    received: list[int] = []
    session = context.new_cdp_session(page)

    def count(event: dict[str, Any]) -> None:
        received.append(int(event["encodedDataLength"]))

    session.on("Network.loadingFinished", count)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": ROUND_TRIP_MS,
            "downloadThroughput": BYTES_A_SECOND,
            "uploadThroughput": BYTES_A_SECOND,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    return received


def markdown(rows: Sequence[Row]) -> str:
    """The table, and what its columns mean."""
    lines = [
        "# The resident page on a slow line and an old phone",
        "",
        f"400 kbit/s, {ROUND_TRIP_MS} ms to the server and back, the processor held to a sixth; medians of "
        f"{len(rows[0].visits)} visits each. Written by `python3 run.py bench page`.",
        "",
        "| screen | visit | first paint | in words | complete | over the line | bar |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        bar = ""
        if row.screen == "status page":
            met = "met" if row.words < STATUS_BAR_MS else "NOT MET"
            bar = f"in words < {STATUS_BAR_MS} ms: {met}"
        lines.append(
            f"| {row.screen} | {'again' if row.again else 'first'} | {row.painted:,.0f} ms | "
            f"{row.words:,.0f} ms | {row.of_use:,.0f} ms | {row.received / 1024:,.0f} KB | {bar} |"
        )
    lines += [
        "",
        "**first paint** is Chromium's first contentful paint: the page's header. **in words**: the frame with the "
        "question of the first step, or with the service of the report and how far it is, is done. **complete**: the "
        "services to choose from, or the whole status page with its history. **again**: the page's files are kept on "
        "the phone, what is asked of the city still comes over the line. The map is in none of them.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
