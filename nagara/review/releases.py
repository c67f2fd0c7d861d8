"""What is published: an edition of a report, from its release on the same for ever."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import psycopg

from nagara.errors import UnknownReport
from nagara.exchange import Question, Rows
from nagara.network_report import READ_REPORT, StoredReport
from nagara.review.path import Office, ReviewStatus
from nagara.review.reviews import Review, add_step, begin, change

RELEASE = """
insert into report_release (city_id, report_id, review_id, period, edition, corrects, changes, released_at)
values ('network', %s, %s, %s, %s, (select report_id from report_review where city_id = 'network' and id = %s), %s, %s)
"""
RELEASED = """
select r.id, r.period, r.created_at, r.content_digest, l.edition, l.corrects, l.changes, l.released_at
  from report_release l join network_report r on r.city_id = l.city_id and r.id = l.report_id
 where l.city_id = 'network' order by l.released_at desc, r.id desc limit %s
"""
READ_RELEASED = f"""{READ_REPORT}
   and exists (select from report_release l where l.city_id = 'network' and l.report_id = network_report.id)
"""
IS_RELEASED = "select 1 from report_release where city_id = 'network' and report_id = %s"


def release(connection: psycopg.Connection[Any], review: Review, now: dt.datetime) -> None:
    """Publish what a review stands for."""
    values = (
        review.report_id,
        review.id,
        review.period,
        review.edition,
        review.corrects,
        review.changes,
        now,
    )
    connection.execute(RELEASE, values)


def list_question(limit: int = 100) -> Question:
    """The statement that finds published editions, newest first, and its values."""
    return RELEASED, (limit,)


def listed(rows: Rows) -> list[dict[str, Any]]:
    """Published editions, newest first; a correction names the report it corrects and says what it changes."""
    return [
        {
            "id": str(row[0]),
            "period": row[1],
            "created_at": row[2].isoformat(),
            "content_digest": row[3],
            "edition": row[4],
            "corrects": str(row[5]) if row[5] else None,
            "changes": row[6],
            "released_at": row[7].isoformat(),
        }
        for row in rows
    ]


def is_released(connection: psycopg.Connection[Any], report_id: UUID) -> bool:
    """Whether a report is published."""
    return connection.execute(IS_RELEASED, (report_id,)).fetchone() is not None


def question(report_id: UUID) -> Question:
    """The statement that finds a report if it is published, and its values."""
    return READ_RELEASED, (report_id,)


def found(report_id: UUID, rows: Rows) -> StoredReport:
    """The report that was found; one that is not published is as unknown as one that was never built."""
    if not rows:
        raise UnknownReport(f"There is no network report {report_id}.", field="report")
    return StoredReport(*rows[0])


def release_simulated(
    connection: psycopg.Connection[Any], report_id: UUID, actor: str, now: dt.datetime
) -> None:
    """Publish a report of the demo at once. Its trail says that nobody reviewed it, for nothing in it is real."""
    review = begin(connection, report_id, actor, now)
    if review is None or review.status is ReviewStatus.PUBLISHED:
        return
    remarks = "Simulated data, released with the demo: nobody reviewed or approved it."
    add_step(connection, review, "publish", actor, Office.OFFICIAL, ReviewStatus.PUBLISHED, remarks=remarks)
    release(connection, review, now)
    change(connection, review, ReviewStatus.PUBLISHED, now)
