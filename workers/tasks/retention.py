"""Personal data go when their time is over."""

from __future__ import annotations

import logging
import time

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.field_work import moving_once
from nagara.open311 import sandbox, taking
from nagara.photos.storage import media_store
from nagara.residents import retention
from nagara.settings import settings
from workers.app import task
from workers.logs import say

SECONDS_A_TICK = 35.0

log = logging.getLogger(__name__)


@task("retention.sweep")
def remove_what_is_over() -> None:
    """Remove personal data that are older than their city keeps them. Nightly; safe to repeat: what is gone stays gone.

    A tick stops in good time before its limit; the night's next one goes on where it left off.
    """
    until = time.monotonic() + SECONDS_A_TICK
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        removed = retention.sweep(
            connection,
            media_store(settings()),
            configuration().cities,
            now,
            lambda: time.monotonic() < until,
        )
        forgotten = {
            "move_keys": moving_once.forget_keys(connection, now),
            "update_ids": taking.forget_taken(connection, now),
            "trials": sandbox.forget_trials(connection, now),
        }
    if any(removed.values()) or any(forgotten.values()):
        say(log, "removed personal data", **removed, **forgotten)
