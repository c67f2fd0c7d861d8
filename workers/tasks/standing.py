"""How time stands, for the log."""

from __future__ import annotations

import logging

from nagara.escalation.time_standing import read_standing
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

log = logging.getLogger(__name__)


@task("standing.tell")
def tell() -> None:
    """Say how late everything is. Every 30 s; safe to repeat: it changes nothing. What stands still is a warning."""
    with kept_connection() as connection, connection.transaction():
        standing = read_standing(connection)
    say(
        log,
        "time",
        oldest_due_step_s=round(standing.waited(standing.oldest_step), 1),
        oldest_untold_event_s=round(standing.waited(standing.oldest_event), 1),
        oldest_unsent_notice_s=round(standing.waited(standing.oldest_unsent), 1),
        dead_letters=standing.given_up,
        slowest=max(
            ((run.ended_at - run.begun_at, run.task) for run in standing.runs), default=("", "no task")
        )[1],
    )
    for trouble in standing.troubles:
        log.warning("time stands still: %s", trouble)
