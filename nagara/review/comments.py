"""What cities and countries say of single figures before the release, and what the network answers. Never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg

from nagara.errors import InvalidInput
from nagara.ids import uuid7
from nagara.network.errors import ReviewMoveNotAllowed, ReviewNotReady, UnknownComment
from nagara.permissions import NETWORK
from nagara.review.path import ReviewStatus
from nagara.review.questions import names_of
from nagara.review.reviews import Review
from nagara.review.seeing import Viewer

LONGEST_TEXT = 4000
MOST_COMMENTS = 2000
OF_A_CITY = ("coverage", "standardised", "by_code", "curve", "backlog", "all")
"""What can be spoken of besides a city's single figures and the questions to it."""

ADD = """
insert into report_comment (city_id, id, review_id, report_id, city, figure, speaks_for, author, text, answers)
values ('network', %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
OF_REVIEW = """
select id, report_id, city, figure, speaks_for, author, text, answers, at from report_comment
 where city_id = 'network' and review_id = %s order by at, id
"""
NAMES = ("id", "report_id", "city", "figure", "speaks_for", "author", "text", "answers", "at")
UNANSWERED = """
select count(*) from report_comment said
 where city_id = 'network' and review_id = %(review)s and report_id = %(report)s
   and answers is null and speaks_for <> 'network'
   and not exists (select from report_comment answer
                    where answer.city_id = said.city_id and answer.review_id = said.review_id
                      and answer.answers = said.id)
"""
COUNT = "select count(*) from report_comment where city_id = 'network' and review_id = %s"


def add(
    connection: psycopg.Connection[Any],
    review: Review,
    viewer: Viewer,
    content: Mapping[str, Any],
    said: Mapping[str, Any],
    now: dt.datetime,
) -> UUID:
    """Comment on a figure, or answer a comment; returns the comment's id.

    Cities and countries speak while the institutions have it and their time runs, of their own figures alone.
    ``content`` is what of the report is theirs to see. The network answers until it is endorsed. Raises
    ``ReviewMoveNotAllowed``, ``ReviewNotReady``, ``InvalidInput`` or ``UnknownComment``.
    """
    if review.status is not ReviewStatus.INSTITUTION_REVIEW:
        raise ReviewMoveNotAllowed(
            "Comments belong to the review by the institutions.",
            field="status",
            allowed=["institution_review"],
        )
    late = review.comments_until is not None and now >= review.comments_until
    if not viewer.is_network and late:
        raise ReviewNotReady("The time to comment is over.", field="comments_until")
    text = str(said["text"]).strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise InvalidInput("Say something.", field="text", allowed=f"1 to {LONGEST_TEXT} characters")
    row = connection.execute(COUNT, (review.id,)).fetchone()
    if row is not None and row[0] >= MOST_COMMENTS:
        raise ReviewNotReady("This review has more comments than anybody will read.", field="text")
    answers = said.get("answers")
    if answers is not None:
        city, figure = _answered(connection, review, viewer, answers, now)
    else:
        city, figure = said.get("city"), str(said["figure"])
        _refuse_unknown(content, city, figure, viewer, review)
    id_ = uuid7()
    country = next((part["country"] for part in content["cities"] if part["id"] == city), None)
    speaks_for = viewer.speaks_for(country)
    values = (id_, review.id, review.report_id, city, figure, speaks_for, viewer.account.sign_in_name)
    connection.execute(ADD, (*values, text, answers))
    return id_


def may_comment(review: Review, viewer: Viewer, now: dt.datetime) -> bool:
    """Whether somebody who sees a review may say something of it now."""
    late = review.comments_until is not None and now >= review.comments_until
    return review.status is ReviewStatus.INSTITUTION_REVIEW and (viewer.is_network or not late)


def visible(
    connection: psycopg.Connection[Any], review: Review, viewer: Viewer, now: dt.datetime
) -> list[dict[str, Any]]:
    """The comments somebody may read: all, or those about their own cities; of questions as those may be seen."""
    rows = [dict(zip(NAMES, row, strict=True)) for row in connection.execute(OF_REVIEW, (review.id,))]
    return [row for row in rows if viewer.hears(row["city"], row["figure"], review, now)]


def unanswered(connection: psycopg.Connection[Any], review: Review) -> int:
    """Comments of cities and countries on the present report that nobody answered."""
    row = connection.execute(UNANSWERED, {"review": review.id, "report": review.report_id}).fetchone()
    return int(row[0]) if row else 0


def unanswered_of(said: list[dict[str, Any]], review: Review) -> int:
    """Of these comments, those of cities and countries on the present report that nobody answered."""
    answered = {one["answers"] for one in said}
    return sum(
        one["report_id"] == review.report_id
        and one["answers"] is None
        and one["speaks_for"] != NETWORK
        and one["id"] not in answered
        for one in said
    )


def _answered(
    connection: psycopg.Connection[Any], review: Review, viewer: Viewer, answers: UUID, now: dt.datetime
) -> tuple[str | None, str]:
    """City and figure of the comment that is answered."""
    for comment in visible(connection, review, viewer, now):
        if comment["id"] == answers:
            if not viewer.is_network:
                raise InvalidInput(
                    "The network answers; say more in a comment.", field="answers", allowed="none"
                )
            return comment["city"], comment["figure"]
    raise UnknownComment(f"The review has no comment {answers}.", field="answers")


def _refuse_unknown(
    content: Mapping[str, Any], city: str | None, figure: str, viewer: Viewer, review: Review
) -> None:
    if city is None:
        if not viewer.sees_whole(review):
            raise InvalidInput("Say which city's figure.", field="city", allowed=sorted(viewer.cities))
        names = {definition["id"] for definition in content["definitions"]} | {"all"}
    else:
        parts = {part["id"]: part for part in content["cities"]}
        own = parts.keys() if viewer.sees_whole(review) else parts.keys() & viewer.cities
        if city not in own:
            raise InvalidInput(f"{city[:40]!r} is not yours to speak of.", field="city", allowed=sorted(own))
        names = {*parts[city]["figures"], *OF_A_CITY, *names_of(parts[city])}
    if figure not in names:
        raise InvalidInput(f"There is no figure {figure[:60]!r}.", field="figure", allowed=sorted(names))
