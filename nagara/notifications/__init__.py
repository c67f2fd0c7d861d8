"""Telling people what happened: the event log is the outbox, notices are composed from it and delivered.

``compose`` turns events nobody was told of into notices, in the caller's transaction; ``tell_watchers`` and
``tell_the_day`` do it for those who watch an area. ``deliver`` hands what is due to one of the ``channels`` and
is an edge: it takes many for a lease, sends them and marks them. ``tell_reports`` makes one message of the reports
somebody filed or follows, ``tell_work`` of what of somebody's work is overdue. All may be killed, repeated and run
by many workers; a notice has one key, and every message made of it bears it.
"""

from nagara.notifications.alerts import THE_DAY, tell_the_day, tell_watchers
from nagara.notifications.by_city import tell_each_city
from nagara.notifications.channels import CHANNELS
from nagara.notifications.composing import Composed, compose
from nagara.notifications.delivery import Delivered, deliver
from nagara.notifications.forgetting import forget
from nagara.notifications.report_digest import REPORTS, tell_reports
from nagara.notifications.work_digest import WORK, tell_work

DIGESTS = (THE_DAY, REPORTS, WORK)
"""What is told once a day or week, city by city with ``tell_each_city``."""

__all__ = [
    "CHANNELS",
    "DIGESTS",
    "Composed",
    "Delivered",
    "compose",
    "deliver",
    "forget",
    "tell_each_city",
    "tell_reports",
    "tell_the_day",
    "tell_watchers",
    "tell_work",
]
