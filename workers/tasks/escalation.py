"""Silence climbs."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from nagara.escalation.climbing import sweep
from workers.app import app, task
from workers.connections import kept_connection
from workers.logs import say
from workers.schedule import DROPPED_AFTER

log = logging.getLogger(__name__)


@task("escalation.sweep")
def sweep_due() -> None:
    """Climb every rung that is due. Every 2 s; safe to repeat and beside itself: a rung has one event."""
    with kept_connection() as connection:
        result = sweep(connection)
    if result.escalated:
        age = round(result.oldest_due_age.total_seconds(), 1)
        say(log, "swept", escalated=result.escalated, batches=result.batches, oldest_due_seconds=age)
        _wake_notices()
    if result.faulty:
        log.error("%s requests cannot climb and are put off; the lines before say which", result.faulty)
    for city_id, rows in result.strays.items():
        log.warning("%s requests are due in %s, which is configured no longer; they wait", rows, city_id)


def _wake_notices() -> None:
    """Whoever is to be told of it is told now, not at the next tick; if the message is lost, at that."""
    if app.current_worker_task is None or app.current_worker_task.request.is_eager:
        return  # called without a worker: nobody listens
    try:
        app.send_task("notifications.compose", expires=DROPPED_AFTER, retry=False)
    except OperationalError as error:
        log.info("notices wait for their tick: %s", type(error).__name__)
