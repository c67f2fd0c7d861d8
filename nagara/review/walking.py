"""Making a move: who makes it in which office, what it needs, and whether the same hands did too much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from nagara.errors import InvalidInput, NagaraError
from nagara.network.errors import NotAppointed, OtherHands
from nagara.review import reviews
from nagara.review.comments import unanswered
from nagara.review.offices import Held
from nagara.review.path import (
    LONGEST_EMBARGO,
    LONGEST_REVIEW,
    STEPS,
    Office,
    ReviewMove,
    ReviewStatus,
    Step,
    refuse_unready,
    step_from,
)
from nagara.review.releases import release
from nagara.review.reviews import Review

SEPARATE = {
    ReviewMove.ENDORSE: frozenset({"build", "rebuild", "correct", "open", "revise"}),
    ReviewMove.APPROVE: frozenset({"build", "rebuild", "correct", "open", "revise", "endorse", "submit"}),
    ReviewMove.PUBLISH: frozenset({"approve"}),
}
"""Moves that need other hands than those which made one of these before."""


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a move."""

    remarks: str | None = None
    comments_until: dt.datetime | None = None
    embargo_until: dt.datetime | None = None
    report_id: UUID | None = None


def possible(review: Review, held: Held) -> list[str]:
    """The moves that somebody of these offices could make now."""
    return [
        move.value
        for move, step in STEPS.items()
        if review.status in step.start and held.offices.intersection(step.offices)
    ]


def walk(
    connection: psycopg.Connection[Any],
    review_id: UUID,
    move: ReviewMove,
    actor: str,
    held: Held,
    given: Given,
    now: dt.datetime,
    city_first: dt.timedelta,
) -> Review:
    """Move a report one step along its path; the caller's transaction holds it all.

    ``city_first``: for how long institutions may comment at least, because what a city is asked is its own so long.
    Raises ``UnknownReview``, ``ReviewMoveNotAllowed``, ``NotAppointed``, ``OtherHands``, ``ReviewNotReady``,
    ``UnderEmbargo`` or ``InvalidInput``.
    """
    review = reviews.find(connection, review_id, lock=True)
    step, office = prepared(connection, review, move, actor, held, now)
    changed = _changes(connection, review, move, step, given, now, city_first)
    details = {name: str(value) for name, value in changed.items()}
    remarks = (given.remarks or "").strip() or None
    report_id = changed.get("report_id", review.report_id)
    reviews.add_step(
        connection,
        review,
        move.value,
        actor,
        office,
        step.end,
        report_id=report_id,
        remarks=remarks,
        details=details,
    )
    if step.end is ReviewStatus.PUBLISHED:
        release(connection, review, now)
    reviews.change(connection, review, step.end, now, **changed)
    return reviews.find(connection, review.id)


def prepared(
    connection: psycopg.Connection[Any],
    review: Review,
    move: ReviewMove,
    actor: str,
    held: Held,
    now: dt.datetime,
) -> tuple[Step, Office]:
    """The step of a move and in which office it would be made now, whatever comes with it; raises as ``walk`` does."""
    step = step_from(review.status, move)
    office = _office(step, move, held)
    _refuse_same_hands(connection, review, move, actor)
    refuse_unready(
        move,
        now,
        comments_until=review.comments_until,
        embargo_until=review.embargo_until,
        unanswered=unanswered(connection, review),
    )
    return step, office


def next_moves(
    connection: psycopg.Connection[Any], review: Review, actor: str, held: Held, now: dt.datetime
) -> list[dict[str, Any]]:
    """Every move there is: where it begins, what it needs, and for this person the refusal it would meet now."""
    found = []
    for move, step in STEPS.items():
        refusal = None
        try:
            prepared(connection, review, move, actor, held, now)
        except NagaraError as error:
            allowed = None if error.allowed is None else [str(one) for one in error.allowed]
            refusal = {"code": error.code, "message": error.message, "field": error.field, "allowed": allowed}
        found.append(
            {
                "move": move.value,
                "begins": [status.value for status in ReviewStatus if status in step.start],
                "leads_to": step.end.value,
                "offices": [office.value for office in step.offices],
                "needs": list(step.needs),
                "may_have": [name for name in step.may_have if name not in step.needs],
                "refusal": refusal,
            }
        )
    return found


def _office(step: Step, move: ReviewMove, held: Held) -> Office:
    for office in step.offices:
        if office in held.offices:
            return office
    raise NotAppointed(
        f"To {move.value.replace('_', ' ')} belongs to another office.",
        field="move",
        allowed=[office.value for office in step.offices],
    )


def _refuse_same_hands(
    connection: psycopg.Connection[Any], review: Review, move: ReviewMove, actor: str
) -> None:
    before = SEPARATE.get(move, frozenset())
    for step in reviews.steps(connection, review.id):
        if step["actor"] == actor and step["move"] in before:
            raise OtherHands(
                f"You made the move {step['move']!r} of this report; another person has to {move.value} it.",
                field="move",
            )


def _changes(
    connection: psycopg.Connection[Any],
    review: Review,
    move: ReviewMove,
    step: Step,
    given: Given,
    now: dt.datetime,
    city_first: dt.timedelta,
) -> dict[str, Any]:
    """What a move changes besides the status, checked."""
    values = {
        "remarks": (given.remarks or "").strip() or None,
        "comments_until": given.comments_until,
        "embargo_until": given.embargo_until,
        "report_id": given.report_id,
    }
    for name, value in values.items():
        if value is None and name in step.needs:
            raise InvalidInput(
                f"To {move.value.replace('_', ' ')} needs {name}.", field=name, allowed="a value"
            )
        if value is not None and name not in (*step.needs, *step.may_have):
            raise InvalidInput(
                f"{name} has no place in {move.value}.", field=name, allowed=[*step.needs, *step.may_have]
            )
    if given.comments_until is not None:
        first = (now + city_first).replace(hour=0, minute=0, second=0, microsecond=0)
        _within(given.comments_until, first, now + LONGEST_REVIEW, "comments_until")
    if given.embargo_until is not None:
        earliest = max(now, review.embargo_until or now)
        _within(given.embargo_until, earliest, now + LONGEST_EMBARGO, "embargo_until")
    if given.report_id is not None and reviews.period_of(connection, given.report_id) != review.period:
        raise InvalidInput("The report is of another period.", field="report_id", allowed=review.period)
    return {name: value for name, value in values.items() if value is not None and name != "remarks"}


def _within(moment: dt.datetime, first: dt.datetime, last: dt.datetime, field: str) -> None:
    if moment.tzinfo is None or not first <= moment <= last:
        raise InvalidInput(
            f"{moment.isoformat()} is not possible.",
            field=field,
            allowed=f"from {first.isoformat()} to {last.isoformat()}",
        )
