"""Old contacts become findable for who they belong to."""

from __future__ import annotations

import logging
import time

from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.residents.contact_backfill import fill_digests
from nagara.settings import settings
from workers.app import task
from workers.logs import say

SECONDS_A_TICK = 35.0

log = logging.getLogger(__name__)


@task("contacts.fill_digests")
def fill() -> None:
    """Make the digests of contacts that have none. Nightly; safe to repeat, and the next night goes on."""
    until = time.monotonic() + SECONDS_A_TICK
    with clock_connection() as connection:
        connection.autocommit = True
        filled = fill_digests(
            connection, configuration().cities, settings().secret, lambda: time.monotonic() < until
        )
    if filled:
        say(log, "filled contact digests", contacts=filled)
