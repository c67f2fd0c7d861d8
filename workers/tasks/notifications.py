"""People are told."""

from __future__ import annotations

import logging

from nagara.database import clock_connection
from nagara.locks import Lock, only_one
from nagara.notifications import compose, deliver
from workers.app import task
from workers.logs import say

EVENTS_A_TICK = 2000

log = logging.getLogger(__name__)


@task("notifications.compose")
def compose_notices() -> None:
    """Make notices of new events, in one transaction. Every 2 s; safe to repeat: a notice has one key."""
    with clock_connection() as connection:
        composed = compose(connection, EVENTS_A_TICK)
    if composed.events:
        unusable = composed.unusable_contacts
        say(log, "composed", events=composed.events, notices=composed.notices, unusable_contacts=unusable)


@task("notifications.deliver")
def deliver_notices() -> None:
    """Send due notices, one task at a time. Every 2 s; a repeated mail bears the same Message-ID."""
    with clock_connection() as connection, only_one(connection, Lock.DELIVERY) as mine:
        if not mine:
            return
        done = deliver(connection)
    if done.sent or done.put_back or done.failed:
        say(log, "delivered", sent=done.sent, put_back=done.put_back, failed=done.failed)
    if done.trouble:
        log.warning("the mail server does not take mail (%s); notices wait", done.trouble)
