"""What a person reads when the demo is ready: addresses, accounts, and what to try first."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nagara.local.state import write_json

PLACES = (
    ("", "report a problem, follow a report"),
    ("/staff/", "the work queue of a city's departments"),
    ("/network/", "the cities side by side"),
    ("/dev/outbox", "every message the demo sent"),
    ("/dev/telegram", "a chat with its Telegram bot"),
    ("/openapi.json", "the HTTP interface"),
)
ONLY_IN_DEMO = ("/dev/outbox", "/dev/telegram")


def refresh_demo_file(file: Path, url: str) -> dict[str, Any]:
    """Put the address of this run into what `demo load` wrote, and return the whole."""
    known: dict[str, Any] = {"accounts": [], "api_keys": []}
    if file.exists():
        known = json.loads(file.read_text())
    known = {"url": url} | {name: value for name, value in known.items() if name != "url"}
    write_json(file, known)
    return known


def welcome(url: str, demo: dict[str, Any] | None) -> str:
    """The text, without the last line that says ready."""
    places = PLACES if demo is not None else [place for place in PLACES if place[0] not in ONLY_IN_DEMO]
    lines = ["", "Nagara runs.", ""]
    lines += [f"  {url + path:<36} {what}" for path, what in places]
    if demo is not None:
        lines += ["", "Accounts of the demo (its requests are simulated; second factors are off):", ""]
        lines += _accounts(demo["accounts"])
        lines += [
            "",
            f"Try: file a report at {url}, sign in at {url}/staff/ and work on it, read the mail its",
            f"resident gets at {url}/dev/outbox, and see it counted at {url}/network/.",
        ]
    return "\n".join([*lines, "", "Ctrl-C ends everything; the data stays.", ""])


def _accounts(accounts: Sequence[Mapping[str, str]]) -> list[str]:
    """The sign-in names of one city, and which other cities have the same; then those of the network."""
    cities = list(dict.fromkeys(account["city"] for account in accounts if "city" in account))
    if not cities:
        return []
    shown = [a for a in accounts if a.get("city", cities[0]) == cities[0]]
    width = max(len(account["username"]) for account in shown)
    lines = [f"  {a['username']:<{width}}  {a['password']}  {a['role']}" for a in shown]
    others = textwrap.wrap(", ".join(cities[1:]), 92, break_on_hyphens=False)
    if others:
        lines += ["", f"  The same for {len(cities) - 1} other cities, as name@city:"]
        lines += [f"    {line}" for line in others]
    return lines
