"""Who may read a report at its own address, published or not, and how much of it.

Published: everybody, all of it. Before: only who reviews it - whole, or the pages of their own cities - and marked as
a draft. To anybody else, and under embargo, it is as unknown as one that was never built.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config import Configuration
from nagara.accounts import Account
from nagara.database import time_told
from nagara.errors import UnknownReport
from nagara.network_report import StoredReport, read_report, with_content
from nagara.permissions import Permission
from nagara.review import offices, reviews
from nagara.review.path import Office
from nagara.review.questions import are_held, asks, without_questions
from nagara.review.releases import is_released
from nagara.review.reviews import Review
from nagara.review.seeing import Viewer, viewer_of

OF_REPORT = """
select id from report_review where city_id = 'network' and report_id = %s order by edition desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A report as somebody may read it. ``cities``: only the pages of these; None: everything."""

    report: StoredReport
    draft: bool
    cities: frozenset[str] | None = None


def read(
    connection: psycopg.Connection[Any],
    report_id: UUID,
    account: Account,
    configuration: Configuration,
    *,
    city_id: str | None = None,
) -> Reading:
    """The report for somebody who is signed in, or of one city's pages; raises ``UnknownReport``."""
    unknown = UnknownReport(f"There is no network report {report_id}.", field="report")
    if is_released(connection, report_id):
        return Reading(read_report(connection, report_id), draft=False)
    if not account.may(Permission.REVIEW_REPORT):
        raise unknown
    now = time_told(connection)
    held = offices.held_by(connection, account, now)
    viewer = viewer_of(account, held, configuration)
    found = connection.execute(OF_REPORT, (report_id,)).fetchone()
    if found is None:
        if Office.OFFICIAL not in held.offices:
            raise unknown
        return Reading(_draft(read_report(connection, report_id), None, viewer, now), draft=True)
    review = reviews.find(connection, found[0])
    if viewer.sees_whole(review):
        return Reading(_draft(read_report(connection, report_id), review, viewer, now), draft=True)
    if not viewer.sees(review) or city_id is None or city_id not in viewer.cities:
        raise unknown
    own = _draft(read_report(connection, report_id), review, viewer, now)
    return Reading(own, draft=True, cities=viewer.cities)


def _draft(report: StoredReport, review: Review | None, viewer: Viewer, now: dt.datetime) -> StoredReport:
    """The report without the questions that are not this viewer's yet."""
    asked = any(asks(city) and city["id"] not in viewer.answers_for for city in report.content["cities"])
    if not asked or not are_held(review, now):
        return report
    return with_content(report, without_questions(report.content, viewer.answers_for))
