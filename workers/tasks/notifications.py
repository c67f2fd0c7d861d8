"""People are told."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from nagara import nudging
from nagara.database import clock_connection, time_told
from nagara.locks import Lock, only_one
from nagara.notifications import (
    CHANNELS,
    DIGESTS,
    Composed,
    compose,
    deliver,
    forget,
    tell_each_city,
    tell_watchers,
)
from nagara.staff import live
from workers.app import task
from workers.connections import kept_connection, kept_transaction, nudges
from workers.following import follow
from workers.logs import say

EVENTS_A_TICK = 2000
SECONDS_A_TICK = dt.timedelta(seconds=20)
"""A channel that answers slowly holds one worker no longer than this at a time."""

DIGESTS_WITHIN = dt.timedelta(seconds=35)
"""Begun no later than this, a batch ends before the task's time does."""

UNAWAITED = "set local synchronous_commit = off"

log = logging.getLogger(__name__)


@task("notifications.compose")
def compose_notices() -> None:
    """Every 2 s: make notices of new events in one transaction. Safe to repeat: each has one key."""
    _tell([_composed()])


@task("notifications.follow")
def follow_events() -> None:
    """When nudged after a commit: make notices of new events, and go on while further ones come. Safe to repeat."""
    made: list[Composed] = []

    def look() -> int:
        made.append(_composed())
        return made[-1].events

    try:
        found = look()  # a process's first takes longest: whoever looked so far goes on meanwhile
        with nudging.followed(nudges()) as word:
            if follow(look, word, found=found):
                return
        look()  # what was committed while nobody was to be nudged; all that is left to do where another looks
    finally:
        _tell(made)


def _composed() -> Composed:
    """Make notices of what waits, some thousands at once.

    Does not wait for the disk: a crash of the server would undo pointer and notices together, so that they are made
    anew. What had gone out by then, within that fraction of a second, goes out again: a notice under the same key, as
    after a lease that was lost, a code as a new one.
    """
    with kept_transaction() as connection:
        connection.execute(UNAWAITED, prepare=True)
        composed = compose(connection, EVENTS_A_TICK)
    for city_id, username in sorted(composed.inboxes):
        live.tell(city_id, [live.inbox_changed(username)])
    return composed


def _tell(made: Sequence[Composed]) -> None:
    """One line for whoever reads the log, where anything was made."""
    events, notices = sum(one.events for one in made), sum(one.notices for one in made)
    if events:
        unusable = sum(one.unusable_contacts for one in made)
        say(log, "composed", events=events, notices=notices, unusable_contacts=unusable)


@task("notifications.deliver")
def deliver_notices() -> None:
    """Send due mails, one task at a time. Every 2 s; a repeated mail bears the same Message-ID."""
    _deliver("email", Lock.DELIVERY)


@task("notifications.deliver_sms")
def deliver_text_messages() -> None:
    """Hand due text messages to the gateway, one task at a time. Every 2 s; a repeated one bears the same key."""
    _deliver("sms", Lock.SMS)


@task("notifications.deliver_push")
def deliver_push() -> None:
    """Hand due messages to push services, one task at a time. Every 2 s; a repeated one replaces the first."""
    _deliver("push", Lock.PUSH)


@task("notifications.deliver_webhooks")
def deliver_webhooks() -> None:
    """Call other systems with what is due, one task at a time. Every 2 s; a repeated call bears the same id."""
    _deliver("webhook", Lock.WEBHOOK)


@task("notifications.deliver_telegram")
def deliver_telegram() -> None:
    """Hand the bot's messages to Telegram, one task at a time. Every 2 s; Telegram shows a repeated one twice."""
    _deliver("telegram", Lock.TELEGRAM)


@task("notifications.watchers")
def tell_area_watchers() -> None:
    """Tell those who watch an area of what became public there. Every 10 s; safe to repeat: a notice has one key."""
    with kept_connection() as connection:
        told = tell_watchers(connection, time_told(connection))
    if told:
        say(log, "told watchers", notices=told)


@task("notifications.day")
def tell_of_the_day() -> None:
    """Every half hour: one message a day or week of an area, of reports, of one's work; to repeat it says nothing.

    Each city for itself, by one task at a time; what is told is committed in batches.
    """
    with clock_connection() as connection:
        now = time_told(connection)
        connection.commit()
        told = tell_each_city(connection, DIGESTS, now, DIGESTS_WITHIN)
    if told:
        say(log, "told the day", messages=told)


@task("notifications.forget")
def forget_what_is_over() -> None:
    """Remove codes, sent messages, ended sessions and what was never confirmed. Hourly; safe to repeat."""
    with clock_connection() as connection:
        gone = forget(connection, time_told(connection))
    if gone:
        say(log, "forgot what is over", rows=gone)


def _deliver(channel: str, lock: Lock) -> None:
    if not CHANNELS[channel].ready():
        return
    with kept_connection() as connection, only_one(connection, lock) as mine:
        if not mine:
            return
        done = deliver(connection, channel, within=SECONDS_A_TICK)
    if done.sent or done.put_back or done.failed:
        say(log, "delivered", channel=channel, sent=done.sent, put_back=done.put_back, failed=done.failed)
    if done.trouble:
        log.warning("%s: the other side takes nothing (%s); messages wait", channel, done.trouble)
