"""Drafts that nobody has to think of: every month, and of the year before the annual meeting.

Which are due is a pure question of the day. Each is built once, by its kind and period, and begins its path like any
other: until somebody opens it, only the network's officials see it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from city_config import Configuration
from city_config.network import ReportSchedule
from nagara.indicators.period import Period
from nagara.network_report import build_report
from nagara.review import reviews
from nagara.review.path import Office

TIMER = "timer"
"""Who stands in the trail for what the schedule did; accounts stand there with the place of their sign-in."""

LOCK: LiteralString = "select pg_advisory_xact_lock(hashtextextended('scheduled drafts', 0))"
DONE: LiteralString = "select 1 from report_draft where city_id = 'network' and kind = %s and period = %s"
ADD: LiteralString = """
insert into report_draft (city_id, kind, period, report_id, review_id) values ('network', %s, %s, %s, %s)
"""
ANY_FIGURES: LiteralString = "select exists (select from indicator_snapshot)"


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that the schedule asks for."""

    kind: str
    period: Period


def due_drafts(schedule: ReportSchedule, today: dt.date) -> list[Draft]:
    """The drafts whose day has come: of the newest month, and of the year before the meeting ahead.

    Months that were missed longer ago are not made up for: nobody reviews them any more.
    """
    found = []
    if schedule.monthly_day is not None:
        month = _months_before(today, 1 if today.day >= schedule.monthly_day else 2)
        found.append(Draft("monthly", Period(month, month)))
    meeting = schedule.annual_meeting
    if meeting is not None:
        begins = meeting.day - dt.timedelta(days=schedule.annual_days_before)
        if begins <= today < meeting.day:
            last = _months_before(begins, 1)
            found.append(Draft("annual", Period(_months_before(last, schedule.annual_months - 1), last)))
    return found


def build_due(connection: psycopg.Connection[Any], known: Configuration, now: dt.datetime) -> Sequence[Draft]:
    """Build what is due and not there yet, from the newest snapshots; returns what was built. Does not commit.

    Where no city has any figures there is nothing to review, and the next night looks again. Where an edition of the
    period is further on its way already, the draft is kept as built and begins nothing.
    """
    connection.execute(LOCK)
    row = connection.execute(ANY_FIGURES).fetchone()
    if row is None or not row[0]:
        return []
    built = []
    for draft in due_drafts(known.network.reports, now.astimezone(dt.UTC).date()):
        key = (draft.kind, str(draft.period))
        if connection.execute(DONE, key).fetchone():
            continue
        report = build_report(connection, known, draft.period, now)
        review = reviews.begin(connection, report, TIMER, now, Office.TIMER, {"scheduled": draft.kind})
        connection.execute(ADD, (*key, report, review.id if review else None))
        built.append(draft)
    return built


def _months_before(day: dt.date, count: int) -> dt.date:
    """The first day of the month so many months before that of a day."""
    months = day.year * 12 + day.month - 1 - count
    return dt.date(months // 12, months % 12 + 1, 1)
