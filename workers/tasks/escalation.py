"""Silence climbs."""

from __future__ import annotations

import logging

from nagara.database import clock_connection
from nagara.escalation import sweep
from workers.app import task
from workers.logs import say

log = logging.getLogger(__name__)


@task("escalation.sweep")
def sweep_due() -> None:
    """Climb every rung that is due. Every 5 s; safe to repeat and beside itself: a rung has one event."""
    with clock_connection() as connection:
        result = sweep(connection)
    if result.escalated:
        age = round(result.oldest_due_age.total_seconds(), 1)
        say(log, "swept", escalated=result.escalated, batches=result.batches, oldest_due_seconds=age)
    for city_id, rows in result.strays.items():
        log.warning("%s requests are due in %s, which is configured no longer; they wait", rows, city_id)
