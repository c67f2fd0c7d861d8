"""The path of a network report: its statuses, and one table of the moves, each with who may make it and why. Pure.

A move that is not in the table is refused with a sentence that says what is possible instead. What is published
has no move: a correction is a new edition with a path of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nagara.network.errors import ReviewMoveNotAllowed, ReviewNotReady, UnderEmbargo, UnknownReviewMove


class ReviewStatus(StrEnum):
    """Where an edition of a report stands."""

    DRAFT = "draft"  # built from frozen snapshots; only the network's officials see it
    INSTITUTION_REVIEW = "institution_review"  # cities and representatives see their part and may answer
    COMMITTEE_ENDORSED = "committee_endorsed"  # the chair stands behind it
    SUBMITTED = "submitted"  # it lies before the head of government
    APPROVED = "approved"  # it may be released once its embargo ends
    RETURNED = "returned"  # with remarks, to be worked on
    PUBLISHED = "published"  # everybody sees it, and nothing of it changes any more


class ReviewMove(StrEnum):
    """What can be done to a report under review."""

    OPEN = "open"
    ENDORSE = "endorse"
    SEND_BACK = "send_back"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    REVISE = "revise"
    PUBLISH = "publish"


class Office(StrEnum):
    """In whose name a move is made."""

    OFFICIAL = "official"  # the network's secretariat
    CHAIR = "chair"  # for a time
    SHEPHERD = "shepherd"  # for a time
    REPRESENTATIVE = "representative"  # of a country, for a time
    APPROVER = "approver"  # of the head of government
    TIMER = "timer"  # nobody: what the schedule built


S, M, O = ReviewStatus, ReviewMove, Office  # noqa: E741 - as the table reads


@dataclass(frozen=True, slots=True)
class Step:
    """From where a move leads where, which offices make it, what it needs, and why it exists."""

    start: frozenset[ReviewStatus]
    end: ReviewStatus
    offices: tuple[Office, ...]
    needs: tuple[str, ...]
    why: str
    may_have: tuple[str, ...] = ("remarks",)


def _from(*statuses: ReviewStatus) -> frozenset[ReviewStatus]:
    return frozenset(statuses)


STEPS: Mapping[ReviewMove, Step] = {
    M.OPEN: Step(
        _from(S.DRAFT),
        S.INSTITUTION_REVIEW,
        (O.OFFICIAL,),
        ("comments_until",),
        "Each city and country sees its own figures, and has the days to answer that the network's configuration "
        "names (questions.city_first_days), or more, before anybody else sees what it is asked.",
        ("remarks", "embargo_until"),
    ),
    M.ENDORSE: Step(
        _from(S.INSTITUTION_REVIEW),
        S.COMMITTEE_ENDORSED,
        (O.CHAIR,),
        (),
        "The time to answer is over, every comment has its answer, and the chair stands behind the report.",
    ),
    M.SEND_BACK: Step(
        _from(S.INSTITUTION_REVIEW, S.COMMITTEE_ENDORSED),
        S.RETURNED,
        (O.CHAIR, O.SHEPHERD),
        ("remarks",),
        "What the institutions said changes the report, so it has to be worked on.",
    ),
    M.SUBMIT: Step(
        _from(S.COMMITTEE_ENDORSED),
        S.SUBMITTED,
        (O.CHAIR,),
        (),
        "The chair lays it before the head of government.",
    ),
    M.APPROVE: Step(
        _from(S.SUBMITTED),
        S.APPROVED,
        (O.APPROVER,),
        (),
        "The head of government approves; an embargo may be set or put off, not lifted.",
        ("remarks", "embargo_until"),
    ),
    M.RETURN: Step(
        _from(S.SUBMITTED),
        S.RETURNED,
        (O.APPROVER,),
        ("remarks",),
        "The head of government wants something else, and says what.",
    ),
    M.REVISE: Step(
        _from(S.RETURNED),
        S.DRAFT,
        (O.OFFICIAL,),
        ("remarks",),
        "It was worked on, with another report or with an explanation; the whole path is walked again.",
        ("remarks", "report_id"),
    ),
    M.PUBLISH: Step(
        _from(S.APPROVED),
        S.PUBLISHED,
        (O.OFFICIAL,),
        (),
        "The embargo is over: everybody sees it, and from here on nothing of it changes.",
    ),
}

LONGEST_REVIEW = dt.timedelta(days=90)
LONGEST_EMBARGO = dt.timedelta(days=366)

STATUS_WORDS: Mapping[ReviewStatus, str] = {
    S.DRAFT: "a draft",
    S.INSTITUTION_REVIEW: "with the institutions",
    S.COMMITTEE_ENDORSED: "endorsed",
    S.SUBMITTED: "before the head of government",
    S.APPROVED: "approved",
    S.RETURNED: "returned with remarks",
    S.PUBLISHED: "published",
}


def read_move(name: str) -> ReviewMove:
    """The move of this name; raise ``UnknownReviewMove`` listing the names there are."""
    if name not in {move.value for move in M}:
        raise UnknownReviewMove(
            f"There is no move {name[:40]!r}.", field="move", allowed=[m.value for m in M]
        )
    return M(name)


def step_from(status: ReviewStatus, move: ReviewMove) -> Step:
    """The step of a move from a status; raise ``ReviewMoveNotAllowed`` saying what is possible instead."""
    step = STEPS[move]
    if status in step.start:
        return step
    possible = [other.value for other, found in STEPS.items() if status in found.start]
    if status is S.PUBLISHED:
        sentence = "The report is published, and stays as it is; a correction is a new edition."
    else:
        sentence = (
            f"The report is {STATUS_WORDS[status]}; {move.value.replace('_', ' ')} is not its next step."
        )
    raise ReviewMoveNotAllowed(sentence, field="move", allowed=possible)


def refuse_unready(
    move: ReviewMove,
    now: dt.datetime,
    *,
    comments_until: dt.datetime | None,
    embargo_until: dt.datetime | None,
    unanswered: int,
) -> None:
    """Raise ``ReviewNotReady`` or ``UnderEmbargo`` where something must come first."""
    if move is M.ENDORSE:
        if comments_until is None or now < comments_until:
            until = comments_until.isoformat() if comments_until else "nobody said until when"
            raise ReviewNotReady(
                f"Cities and countries may still answer, until {until}.", field="comments_until"
            )
        if unanswered:
            raise ReviewNotReady(
                f"{unanswered} comments of cities and countries have no answer yet.", field="comments"
            )
    if move is M.PUBLISH and embargo_until is not None and now < embargo_until:
        raise UnderEmbargo(
            f"The report is under embargo until {embargo_until.isoformat()}.", field="embargo_until"
        )
