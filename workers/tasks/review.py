"""Reports under review: drafts that come by themselves, and telling those whose step it is."""

from __future__ import annotations

import logging

from nagara.cities import configuration
from nagara.database import network_connection, time_told
from nagara.review.drafts import build_due
from nagara.review.notices import tell as tell_reviewers
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

LIMITS = {"soft_time_limit": 600.0, "time_limit": 660.0}
log = logging.getLogger(__name__)


@task("review.draft", **LIMITS)
def draft() -> None:
    """Nightly: build the drafts that are due. Safe to repeat: each stands once, by its kind and period."""
    with network_connection() as connection:
        built = build_due(connection, configuration(), time_told(connection))
    for one in built:
        say(log, "drafted a report", kind=one.kind, period=str(one.period))


@task("review.tell")
def tell() -> None:
    """Every ten seconds: tell reviewers what happened and what is due, once each, and send digests. Safe to repeat."""
    with kept_connection() as connection:
        told = tell_reviewers(connection, configuration(), time_told(connection))
        connection.commit()
    if told.notices or told.mails:
        say(log, "told reviewers", notices=told.notices, mails=told.mails)
