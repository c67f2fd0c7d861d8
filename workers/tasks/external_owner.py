"""Requests that other systems own: sent on, followed, told of what happens here."""

from __future__ import annotations

import logging

from nagara.database import time_told
from nagara.external_owner import finding, owners, pulling, sending, telling
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

log = logging.getLogger(__name__)


@task("external.send")
def send() -> None:
    """Lay down what is to be sent, and send it. Every 2 s; safe to repeat: what was begun is looked for first."""
    if not owners.any_configured():
        return
    with kept_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        finding.lay_down(connection, now)
        done = sending.send_due(connection)
    if done:
        say(log, "sent on", **done)


@task("external.pull")
def pull() -> None:
    """Ask the systems whose turn it is what they did. Every 2 s; safe to repeat: each thing is taken once."""
    if not owners.any_configured():
        return
    with kept_connection() as connection:
        done = pulling.pull_due(connection)
    if done["new"] or done["in vain"]:
        say(log, "asked other systems", **{name.replace(" ", "_"): count for name, count in done.items()})


@task("external.tell")
def tell() -> None:
    """Tell them what happened here. Every 2 s; safe to repeat: they know a repetition by its key."""
    if not owners.any_configured():
        return
    with kept_connection() as connection:
        done = telling.tell_due(connection)
    if done:
        say(log, "told other systems", **{name.replace(" ", "_"): count for name, count in done.items()})
