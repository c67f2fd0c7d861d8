"""What was filed can be found."""

from __future__ import annotations

import logging

from nagara.queue.search import fill_waiting
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

REQUESTS_A_TICK = 20_000

log = logging.getLogger(__name__)


@task("words.fill")
def fill() -> None:
    """Compute the words of requests that came in. Every 5 s; safe to repeat, and a search does it, too."""
    with kept_connection() as connection:
        filled = fill_waiting(connection, most=REQUESTS_A_TICK)
    if filled:
        say(log, "filled words", requests=filled)
