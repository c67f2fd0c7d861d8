"""Reviews as they are kept: begun with a draft, moved along the path, and closed for good by the release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from nagara.errors import AlreadyThere, InvalidInput, UnknownReport
from nagara.ids import uuid7
from nagara.network.errors import UnknownReview
from nagara.review.path import Office, ReviewStatus

COLUMNS = (
    "id, report_id, period, edition, corrects, changes, status, comments_until, embargo_until, version, "
    "created_at, updated_at"
)
ONE = f"select {COLUMNS} from report_review where city_id = 'network' and id = %s"  # noqa: S608
LOCKED = f"{ONE} for update"
ALL = f"select {COLUMNS} from report_review where city_id = 'network' order by created_at desc, id desc limit %s"  # noqa: S608
OF_PERIOD = f"select {COLUMNS} from report_review where city_id = 'network' and period = %s order by edition desc limit 1"  # noqa: S608, E501
ADD = """
insert into report_review (city_id, id, report_id, period, edition, corrects, changes, status, version,
                           created_at, updated_at)
values ('network', %s, %s, %s, %s, %s, %s, 'draft', 1, %s, %s)
"""
CHANGE = """
update report_review
   set status = %(status)s, report_id = %(report)s, comments_until = %(comments)s, embargo_until = %(embargo)s,
       version = version + 1, updated_at = %(now)s
 where city_id = 'network' and id = %(id)s
"""
ADD_STEP = """
insert into report_review_step (city_id, review_id, number, actor, office, move, from_status, to_status, report_id,
                                remarks, details)
select 'network', %(review)s, coalesce(max(number), 0) + 1, %(actor)s, %(office)s, %(move)s, %(from)s, %(to)s,
       %(report)s, %(remarks)s, %(details)s
  from report_review_step where city_id = 'network' and review_id = %(review)s
"""
STEPS = """
select number, at, actor, office, move, from_status, to_status, report_id, remarks, details from report_review_step
 where city_id = 'network' and review_id = %s order by number
"""
PERIOD_OF = "select period from network_report where city_id = 'network' and id = %s"
LOCK = "select pg_advisory_xact_lock(hashtextextended('report of ' || %s, 0))"
LONGEST_CHANGES = 4000


@dataclass(frozen=True, slots=True)
class Review:
    """An edition of a report on its path."""

    id: UUID
    report_id: UUID
    period: str
    edition: int
    corrects: UUID | None
    changes: str | None
    status: ReviewStatus
    comments_until: dt.datetime | None
    embargo_until: dt.datetime | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime


def begin(
    connection: psycopg.Connection[Any],
    report_id: UUID,
    actor: str,
    now: dt.datetime,
    office: Office = Office.OFFICIAL,
    details: Mapping[str, Any] | None = None,
) -> Review | None:
    """Put a report that was built on its path as a draft; returns its review.

    While an earlier draft of the period is still a draft, this one takes its place. Where an edition is further
    on its way, or published, nothing begins by itself: it can be worked on (``revise``) or corrected
    (``correct``), and None is returned.
    """
    period = period_of(connection, report_id)
    connection.execute(LOCK, (period,))
    last = _last(connection, period)
    if last is None:
        return _add(connection, report_id, period, 1, actor, now, office=office, details=details)
    if last.report_id == report_id:
        return last
    if last.status is ReviewStatus.DRAFT:
        add_step(
            connection,
            last,
            "rebuild",
            actor,
            office,
            ReviewStatus.DRAFT,
            report_id=report_id,
            details=details,
        )
        change(connection, last, ReviewStatus.DRAFT, now, report_id=report_id)
        return find(connection, last.id)
    return None


def correct(
    connection: psycopg.Connection[Any], report_id: UUID, changes: str, actor: str, now: dt.datetime
) -> Review:
    """Begin a new edition of a published report that says what it changes; what was published stays as it is."""
    period = period_of(connection, report_id)
    connection.execute(LOCK, (period,))
    last = _last(connection, period)
    if last is None or last.status is not ReviewStatus.PUBLISHED:
        raise InvalidInput(
            f"No edition of {period} is published, or another one is on its way.",
            field="report_id",
            allowed="a report of a period whose newest edition is published",
        )
    if last.report_id == report_id:
        raise AlreadyThere("This very report is published; build it anew first.", field="report_id")
    if not 0 < len(changes.strip()) <= LONGEST_CHANGES:
        raise InvalidInput(
            "Say what the new edition changes.", field="changes", allowed="1 to 4000 characters"
        )
    return _add(connection, report_id, period, last.edition + 1, actor, now, last.id, changes.strip())


def period_of(connection: psycopg.Connection[Any], report_id: UUID) -> str:
    """The period of a report that was built; raise ``UnknownReport``."""
    row = connection.execute(PERIOD_OF, (report_id,)).fetchone()
    if row is None:
        raise UnknownReport(f"There is no network report {report_id}.", field="report_id")
    return str(row[0])


def find(connection: psycopg.Connection[Any], id_: UUID, *, lock: bool = False) -> Review:
    """A review; raise ``UnknownReview``."""
    row = connection.execute(LOCKED if lock else ONE, (id_,)).fetchone()
    if row is None:
        raise UnknownReview(f"There is no review {id_}.", field="id")
    return _review(row)


def reviews(connection: psycopg.Connection[Any], limit: int = 200) -> list[Review]:
    """Reviews, newest first."""
    return [_review(row) for row in connection.execute(ALL, (limit,))]


def steps(connection: psycopg.Connection[Any], id_: UUID) -> list[dict[str, Any]]:
    """The trail of a review: every move, who made it in which office, and what they remarked."""
    names = (
        "number",
        "at",
        "actor",
        "office",
        "move",
        "from_status",
        "to_status",
        "report_id",
        "remarks",
        "details",
    )
    return [dict(zip(names, row, strict=True)) for row in connection.execute(STEPS, (id_,))]


def change(
    connection: psycopg.Connection[Any],
    review: Review,
    status: ReviewStatus,
    now: dt.datetime,
    **other: Any,
) -> None:
    """Set where a review stands; the database refuses it for one that is published."""
    values = {
        "id": review.id,
        "status": status.value,
        "report": other.get("report_id", review.report_id),
        "comments": other.get("comments_until", review.comments_until),
        "embargo": other.get("embargo_until", review.embargo_until),
        "now": now,
    }
    connection.execute(CHANGE, values)


def add_step(
    connection: psycopg.Connection[Any],
    review: Review,
    move: str,
    actor: str,
    office: Office,
    to: ReviewStatus,
    *,
    report_id: UUID | None = None,
    remarks: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write a move into the trail."""
    values = {
        "review": review.id,
        "actor": actor,
        "office": office.value,
        "move": move,
        "from": review.status.value,
        "to": to.value,
        "report": report_id or review.report_id,
        "remarks": remarks,
        "details": Jsonb(dict(details or {})),
    }
    connection.execute(ADD_STEP, values)


def _add(
    connection: psycopg.Connection[Any],
    report_id: UUID,
    period: str,
    edition: int,
    actor: str,
    now: dt.datetime,
    corrects: UUID | None = None,
    changes: str | None = None,
    *,
    office: Office = Office.OFFICIAL,
    details: Mapping[str, Any] | None = None,
) -> Review:
    id_ = uuid7()
    connection.execute(ADD, (id_, report_id, period, edition, corrects, changes, now, now))
    review = find(connection, id_)
    move = "correct" if corrects else "build"
    add_step(connection, review, move, actor, office, review.status, details=details)
    return review


def _last(connection: psycopg.Connection[Any], period: str) -> Review | None:
    row = connection.execute(OF_PERIOD, (period,)).fetchone()
    return _review(row) if row else None


def _review(row: tuple[Any, ...]) -> Review:
    (
        id_,
        report_id,
        period,
        edition,
        corrects,
        changes,
        status,
        comments,
        embargo,
        version,
        created,
        updated,
    ) = row
    return Review(
        id_, report_id, period, edition, corrects, changes, ReviewStatus(status), comments, embargo, version,
        created, updated,
    )  # fmt: skip
