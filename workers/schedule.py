"""Every timer, and why it comes when it does.

A tick that waited longer than ``expires`` is dropped unread: after an outage one tick does the work of all
the missed ones. It is much longer than the interval, because beat and worker may run on machines whose
clocks differ by some seconds. All times are UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from celery.schedules import crontab

DROPPED_AFTER = 30.0
"""Seconds after which a tick of the frequent timers means nothing any more."""

NOT_ONCE_IN_AN_HOUR = 3000.0
"""Seconds after which an hourly or nightly tick is dropped: long enough for a worker that was restarted."""


def _every(seconds: float) -> dt.timedelta:
    return dt.timedelta(seconds=seconds)


SCHEDULE: Mapping[str, Mapping[str, Any]] = {
    # Silence must climb within two seconds of its time; a sweep that finds nothing is one index look-up.
    "climb what is due": {
        "task": "escalation.sweep",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # How late everything is, one line for whoever reads the log; the same numbers stand at /metrics at any time.
    "tell how time stands": {
        "task": "standing.tell",
        "schedule": _every(30),
        "options": {"expires": DROPPED_AFTER},
    },
    # Whoever files a report looks into the mailbox at once. Separate from delivery, so that events become
    # notices even while the mail server is away.
    "compose notices": {
        "task": "notifications.compose",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # The same, and a probe of a mail server that was away: one notice is tried each time until it answers.
    "deliver notices": {
        "task": "notifications.deliver",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # Each channel for itself: one that is slow or away delays no other.
    "deliver text messages": {
        "task": "notifications.deliver_sms",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    "deliver to browsers": {
        "task": "notifications.deliver_push",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    "call other systems": {
        "task": "notifications.deliver_webhooks",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    "deliver to Telegram": {
        "task": "notifications.deliver_telegram",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # Whoever reported it waits for another body's back-end as for our own; without such owners a tick reads nothing.
    "send on": {
        "task": "external.send",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # How often each system is asked stands in the city's file; this only looks whose turn it is.
    "ask other systems": {
        "task": "external.pull",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    "tell other systems": {
        "task": "external.tell",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # A request becomes public when the city's delay has passed or staff release it; nobody waits for seconds.
    "tell watchers of areas": {
        "task": "notifications.watchers",
        "schedule": _every(10),
        "options": {"expires": DROPPED_AFTER},
    },
    # Seven in the morning comes at another hour in each zone, and half past in one of them.
    "tell the day": {
        "task": "notifications.day",
        "schedule": crontab(minute="5,35"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Codes end after minutes and messages with them; an hour more or less harms nobody.
    "forget codes and messages": {
        "task": "notifications.forget",
        "schedule": crontab(minute="50"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Whoever started a bulk move watches its progress.
    "move many": {
        "task": "bulk.move",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # The same of a file that is asked for.
    "export lists": {
        "task": "batches.export",
        "schedule": _every(2),
        "options": {"expires": DROPPED_AFTER},
    },
    # Files are kept for a day; an hour more or less matters to nobody.
    "forget exports": {
        "task": "batches.forget",
        "schedule": crontab(minute="20"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # A search fills what waits in its own city; this is for what nobody looks for, and for whole imports.
    "fill words": {
        "task": "words.fill",
        "schedule": _every(5),
        "options": {"expires": DROPPED_AFTER},
    },
    # Whoever closes a request looks at the figures next. A city without new events keeps the snapshot it has,
    # and one with very many is passed over until a pass is worth its cost.
    "refresh indicators": {
        "task": "indicators.refresh",
        "schedule": _every(30),
        "options": {"expires": DROPPED_AFTER},
    },
    # Whoever opens the map sees a city as it stands now. A tick in which nothing has changed is two look-ups a city.
    "draw maps": {
        "task": "map.refresh",
        "schedule": _every(5),
        "options": {"expires": DROPPED_AFTER},
    },
    # Whoever reads counts adds what is not added up yet, so nobody waits for a tick; it only keeps that short.
    "add up counts": {
        "task": "counts.fold",
        "schedule": _every(5),
        "options": {"expires": DROPPED_AFTER},
    },
    # Triggers count every request; this is for what came past them, as a restored table does, and for a city that
    # moved to another time zone.
    "prove counts": {
        "task": "counts.prove",
        "schedule": crontab(hour="19", minute="35"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Whoever works with a city's data wants a state of each day. At 18:30 UTC it is night from Yangon to Jayapura;
    # later ticks make what an earlier one could not.
    "publish open data": {
        "task": "open_data.publish",
        "schedule": crontab(hour="18-21", minute="30"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # A picture is sent before its report. One whose report has not come within a day is nobody's, and its sender
    # was told that it goes; an hour more or less matters to nobody.
    "forget pictures without a report": {
        "task": "photos.forget",
        "schedule": crontab(minute="35"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Who files a report looks at its page at once, and pictures with hidden parts are shown only once they are
    # hidden. A tick without new pictures is one look-up for each city that hides anything.
    "hide faces and plates": {
        "task": "photos.hide",
        "schedule": _every(5),
        "options": {"expires": DROPPED_AFTER},
    },
    # A day more or less is within what cities promise. Several ticks a night, because one removes only so much.
    "remove personal data whose time is over": {
        "task": "retention.sweep",
        "schedule": crontab(hour="17-20", minute="10,25,40,55"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Requests that wait grow older even where nothing happens, so once a night every city is computed as of
    # the same full hour. At 18:05 UTC it is night from Yangon to Jayapura, and the refresh before was earlier
    # than that hour, so that no figure goes back in time.
    "compute indicators anew": {
        "task": "indicators.rebuild",
        "schedule": crontab(hour="18", minute="5"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Cities without Nagara: before the figures of the night are computed, so that they are in them.
    "read cities without Nagara": {
        "task": "open311.pull",
        "schedule": crontab(hour="16", minute="30"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # A root is worth the more the sooner it is out of the city's hands: it is made at night and handed over at
    # once. Several ticks, because a day without one is a day on which the past could be changed unseen.
    "seal the day": {
        "task": "trust.seal",
        "schedule": crontab(hour="18-23", minute="45"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # After the sealing, so that the day's root goes along. Once is enough: the next night brings what this one
    # missed.
    "exchange bundles": {
        "task": "trust.exchange",
        "schedule": crontab(hour="19", minute="15"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Its time is counted in hundreds of days; a night more or less matters to nobody.
    "forget contents of bundles": {
        "task": "trust.forget_bundles",
        "schedule": crontab(hour="19", minute="50"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # After the figures were computed anew. Several ticks, because what stands once is not built again.
    "draft reports": {
        "task": "review.draft",
        "schedule": crontab(hour="20-22", minute="40"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Officials wait for days; whoever makes a move wants to see that the others were told.
    "tell reviewers": {
        "task": "review.tell",
        "schedule": _every(10),
        "options": {"expires": DROPPED_AFTER},
    },
    # Those imported, or filed before digests were kept: whoever filed them waits a night to find them.
    "find old contacts": {
        "task": "contacts.fill_digests",
        "schedule": crontab(hour="20", minute="10"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
    # Which service words mean is learnt from thousands of reports; a day's more change little.
    "learn which services words mean": {
        "task": "suggestions.learn",
        "schedule": crontab(hour="19", minute="20"),
        "options": {"expires": NOT_ONCE_IN_AN_HOUR},
    },
}
