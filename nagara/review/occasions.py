"""What of a review somebody is told, and who: one table from what happened to whom it concerns. Pure but for the reads.

The trail, the comments and the review's own times are the outbox: whatever of them stands nowhere in ``review_told``
was told to nobody yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from nagara.notifications.quiet import Quiet
from nagara.permissions import NETWORK
from nagara.review.path import Office

CITY = "city"
"""Beside the offices: whoever answers for a city's figures."""


class Kind(StrEnum):
    """What is told of a review; the words stand in ``for_reviewers`` of the message files."""

    DRAFT = "draft"
    OPENED = "opened"
    REMINDER = "reminder"
    COMMENTED = "commented"
    ANSWERED = "answered"
    ANSWERS_OVER = "answers_over"
    ENDORSED = "endorsed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    REVISED = "revised"
    EMBARGO_OVER = "embargo_over"
    PUBLISHED = "published"


O, K = Office, Kind  # noqa: E741 - as the table reads
SECRETARIAT = frozenset({O.OFFICIAL, O.CHAIR, O.SHEPHERD})
INSTITUTIONS = frozenset({O.REPRESENTATIVE, CITY})

TELLS: Mapping[Kind, frozenset[str]] = {
    K.DRAFT: frozenset({O.OFFICIAL}),
    K.OPENED: INSTITUTIONS | {O.CHAIR, O.SHEPHERD},
    K.REMINDER: INSTITUTIONS,
    K.COMMENTED: frozenset({O.OFFICIAL}),
    K.ANSWERED: INSTITUTIONS,
    K.ANSWERS_OVER: frozenset({O.OFFICIAL, O.CHAIR}),
    K.ENDORSED: SECRETARIAT,
    K.SUBMITTED: frozenset({O.APPROVER}),
    K.APPROVED: SECRETARIAT,
    K.RETURNED: SECRETARIAT,
    K.REVISED: frozenset({O.OFFICIAL}),
    K.EMBARGO_OVER: frozenset({O.OFFICIAL}),
    K.PUBLISHED: SECRETARIAT | INSTITUTIONS | {O.APPROVER},
}
"""Whose step it is, or was. Nobody is told what they did themselves."""

ONLY_INBOX = frozenset({K.COMMENTED})
"""There can be hundreds of them; whoever answers them looks anyway."""

TELLS_REMARKS = frozenset({K.RETURNED, K.REVISED, K.PUBLISHED})

OF_MOVE: Mapping[str, Kind] = {
    "build": K.DRAFT,
    "correct": K.DRAFT,
    "open": K.OPENED,
    "endorse": K.ENDORSED,
    "submit": K.SUBMITTED,
    "approve": K.APPROVED,
    "return": K.RETURNED,
    "send_back": K.RETURNED,
    "revise": K.REVISED,
    "publish": K.PUBLISHED,
}
"""A move that is not here, as building a draft anew, is told to nobody."""

STEPS: LiteralString = """
select s.review_id, s.number, s.move, s.actor, s.remarks, r.period, r.edition, r.comments_until, r.changes
  from report_review_step s join report_review r on r.city_id = s.city_id and r.id = s.review_id
 where s.city_id = 'network'
   and not exists (select from review_told t where t.city_id = s.city_id and t.review_id = s.review_id
                                               and t.occasion = 'step.' || s.number)
 order by s.at, s.number limit 500
"""
COMMENTS: LiteralString = """
select c.review_id, c.id, c.author, c.speaks_for, said.speaks_for, r.period, r.edition
  from report_comment c join report_review r on r.city_id = c.city_id and r.id = c.review_id
  left join report_comment said on said.city_id = c.city_id and said.id = c.answers
 where c.city_id = 'network'
   and not exists (select from review_told t where t.city_id = c.city_id and t.review_id = c.review_id
                                               and t.occasion = 'comment.' || c.id)
   and (c.figure not like 'asked.%%' or r.status not in ('draft', 'institution_review') or r.comments_until <= %(now)s)
 order by c.at, c.id limit 500
"""
TIMES: LiteralString = """
select r.id, r.status, r.period, r.edition, r.comments_until, r.embargo_until,
       array(select distinct c.speaks_for from report_comment c
              where c.city_id = r.city_id and c.review_id = r.id and c.report_id = r.report_id)
  from report_review r
 where r.city_id = 'network' and (
       r.status = 'institution_review' and r.comments_until <= %(now)s + %(ahead)s
    or r.status = 'approved' and r.embargo_until <= %(now)s)
"""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that happened to a review, or a time of it that came. ``name`` is unique within the review."""

    review_id: UUID
    name: str
    kind: Kind
    period: str
    edition: int
    actor: str | None = None
    remarks: str | None = None
    until: dt.datetime | None = None
    to: str | None = None
    """Only those who speak for this city, country, or for the network."""
    but: frozenset[str] = frozenset()
    """Not those who speak for these."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """An account that has a part in reviews, its offices of now, and how it wants to be told."""

    city_id: str
    username: str
    email: str | None
    digest: str
    quiet: Quiet | None
    audiences: frozenset[str]
    speaks_for: frozenset[str]

    @property
    def sign_in_name(self) -> str:
        """As it stands in the trail."""
        return f"{self.username}@{self.city_id}"


def concerns(occasion: Occasion, reviewer: Reviewer) -> bool:
    """Whether somebody is told of an occasion."""
    if reviewer.sign_in_name == occasion.actor:
        return False
    if occasion.to is not None and occasion.to not in reviewer.speaks_for:
        return False
    if occasion.but & reviewer.speaks_for:
        return False
    wanted = frozenset({O.OFFICIAL}) if occasion.to == NETWORK else TELLS[occasion.kind]
    return bool(wanted & reviewer.audiences)


def untold(
    connection: psycopg.Connection[Any], now: dt.datetime, remind_before: dt.timedelta
) -> list[Occasion]:
    """What nobody was told of yet, as far as the tables say; moves first, then comments, then times."""
    return [*_moves(connection), *_comments(connection, now), *_times(connection, now, remind_before)]


def _moves(connection: psycopg.Connection[Any]) -> Iterator[Occasion]:
    for row in connection.execute(STEPS).fetchall():
        review_id, number, move, actor, remarks, period, edition, until, changes = row
        kind = OF_MOVE.get(move)
        if kind is None:
            continue
        said = (changes if kind is K.PUBLISHED else remarks) if kind in TELLS_REMARKS else None
        yield Occasion(review_id, f"step.{number}", kind, period, edition, actor, said, until)


def _comments(connection: psycopg.Connection[Any], now: dt.datetime) -> Iterator[Occasion]:
    """What a city says to a question is told when reviewers see the question."""
    rows = connection.execute(COMMENTS, {"now": now}).fetchall()
    for review_id, id_, author, speaks_for, asked, period, edition in rows:
        name = f"comment.{id_}"
        if asked is not None:
            yield Occasion(review_id, name, K.ANSWERED, period, edition, author, to=asked)
        elif speaks_for != NETWORK:
            yield Occasion(review_id, name, K.COMMENTED, period, edition, author)


def _times(
    connection: psycopg.Connection[Any], now: dt.datetime, remind_before: dt.timedelta
) -> Iterator[Occasion]:
    """Deadlines carry their time in their name: one that was set anew is another occasion."""
    rows = connection.execute(TIMES, {"now": now, "ahead": remind_before}).fetchall()
    for review_id, status, period, edition, comments_until, embargo_until, spoke in rows:
        if status == "approved":
            name = f"embargo_over.{embargo_until.isoformat()}"
            yield Occasion(review_id, name, K.EMBARGO_OVER, period, edition)
        elif comments_until <= now:
            yield Occasion(
                review_id, f"answers_over.{comments_until.isoformat()}", K.ANSWERS_OVER, period, edition
            )
        else:
            name = f"reminder.{comments_until.isoformat()}"
            but = frozenset(spoke)
            yield Occasion(review_id, name, K.REMINDER, period, edition, until=comments_until, but=but)
