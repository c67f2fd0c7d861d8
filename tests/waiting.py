"""How tests wait: for a fact, never for a time, and long enough for a machine ten times slower than a desk's."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 300.0
"""How long anything may take before a test says that it does not happen. Only a failing test waits this long."""

PAGE_PATIENCE_SECONDS = 60.0
"""The same of a page that is open: there are many steps on each, and what they wait for is small."""

LOOK_EVERY_SECONDS = 0.05


def wait_until(fact: Callable[[], object], what: str, within: float = PATIENCE_SECONDS) -> None:
    """Return as soon as a fact holds; fail saying what was waited for. It is looked at least twice."""
    until = time.monotonic() + within
    while not fact():
        if time.monotonic() > until:
            if fact():  # the machine may have stood still since it was looked at
                return
            raise AssertionError(f"still not so after {within:.0f} s: {what}")
        time.sleep(LOOK_EVERY_SECONDS)
