"""The life of a request: its statuses, and one table of the moves allowed from each, with the reason beside.

Pure. A move that is not in the table is refused with a sentence that says what is possible instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nagara.errors import MoveNotAllowed, UnknownMove


class Status(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"  # filed, routed, nobody has looked at it yet
    ACKNOWLEDGED = "acknowledged"  # a person of the department has accepted it
    ASSIGNED = "assigned"  # a person, crew or contractor has it
    IN_PROGRESS = "in_progress"  # work has begun
    WAITING_REPORTER = "waiting_reporter"  # a question to the resident is open; the promise pauses
    ON_HOLD = "on_hold"  # work waits for something named; the promise pauses
    REFERRED = "referred"  # another body must act; the department's promise pauses, the resident's clock runs
    RESOLVED = "resolved"  # the problem is gone, or was answered
    DECLINED = "declined"  # closed without work, with a reason from the list
    WITHDRAWN = "withdrawn"  # taken back by the resident
    DUPLICATE = "duplicate"  # the same problem as another request, which goes on


class Move(StrEnum):
    """What can be done to a request."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    START = "start"
    ASK = "ask"
    PAUSE = "pause"
    RESUME = "resume"
    REFER = "refer"
    RESOLVE = "resolve"
    DECLINE = "decline"
    REOPEN = "reopen"
    RECATEGORISE = "recategorise"
    LINK_DUPLICATE = "link_duplicate"
    PRIORITISE = "prioritise"
    NOTE = "note"
    ESCALATE = "escalate"
    DE_ESCALATE = "de_escalate"
    ACKNOWLEDGE_ESCALATION = "acknowledge_escalation"
    WITHDRAW = "withdraw"
    ADD = "add"
    ANSWER = "answer"
    GIVE_FEEDBACK = "give_feedback"
    RENEW_LINK = "renew_link"
    ERASE = "erase"


S, M = Status, Move
CLOSED = frozenset({S.RESOLVED, S.DECLINED, S.WITHDRAWN, S.DUPLICATE})
OPEN = frozenset(Status) - CLOSED
PAUSED = frozenset({S.WAITING_REPORTER, S.ON_HOLD, S.REFERRED})
"""Statuses in which the department's promise stands still; the resident's clock never does."""

NOTHING_DUE = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
"""``next_due_at`` of a request that is closed, paused or without a promise: it sorts behind all others."""

HOLDERS = OPEN | {S.DUPLICATE}
"""Where whoever filed may still say more or take it back; of a duplicate only while the other one is open."""

AT_WORK = (S.RECEIVED, S.ACKNOWLEDGED, S.ASSIGNED, S.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Transition:
    """Where a move may start, where it leads (None: stays), what it must be given, and why it exists."""

    start: frozenset[Status]
    end: Status | None
    event: str
    needs: tuple[str, ...]
    why: str
    may_have: tuple[str, ...] = ()
    acknowledges: bool = False
    """True where the move meets the stage "acknowledge": a person has taken the request in hand."""
    responds: bool = False
    """True where the move meets the stage "respond": work has begun, or the resident has an answer."""


def _from(*statuses: Status) -> frozenset[Status]:
    return frozenset(statuses)


TRANSITIONS: Mapping[Move, Transition] = {
    M.ACKNOWLEDGE: Transition(
        _from(S.RECEIVED),
        S.ACKNOWLEDGED,
        "acknowledged",
        (),
        "A person has read it and the department takes it on.",
        ("note",),
        acknowledges=True,
    ),
    M.ASSIGN: Transition(
        _from(*AT_WORK),
        S.ASSIGNED,
        "assigned",
        (),
        "It is given to a department, person, crew or contractor; the owner stays accountable.",
        ("assignee", "department", "note"),
        acknowledges=True,
    ),
    M.START: Transition(
        _from(S.RECEIVED, S.ACKNOWLEDGED, S.ASSIGNED),
        S.IN_PROGRESS,
        "started",
        (),
        "Work on the ground has begun.",
        ("note",),
        acknowledges=True,
        responds=True,
    ),
    M.ASK: Transition(
        _from(*AT_WORK),
        S.WAITING_REPORTER,
        "asked",
        ("note",),
        "Something only the resident knows is missing; the promise pauses meanwhile.",
        acknowledges=True,
        responds=True,
    ),
    M.PAUSE: Transition(
        _from(*AT_WORK),
        S.ON_HOLD,
        "paused",
        ("note",),
        "Work waits for a part, the weather or a permit; the reason is told to the resident.",
    ),
    M.RESUME: Transition(
        _from(*PAUSED),
        S.IN_PROGRESS,
        "resumed",
        (),
        "The wait is over; the due times move by exactly the working time it took.",
        ("note",),
        acknowledges=True,
    ),
    M.REFER: Transition(
        _from(*AT_WORK, S.WAITING_REPORTER, S.ON_HOLD),
        S.REFERRED,
        "referred",
        ("department",),
        "Another body must act. Being forwarded is not being solved, so the request stays open.",
        ("note",),
        acknowledges=True,
        responds=True,
    ),
    M.RESOLVE: Transition(
        _from(*OPEN),
        S.RESOLVED,
        "resolved",
        (),
        "The problem is gone. From a pause too: an external body or the resident may say so.",
        ("reason", "note"),
        acknowledges=True,
        responds=True,
    ),
    M.DECLINE: Transition(
        _from(*OPEN),
        S.DECLINED,
        "declined",
        ("reason",),
        "Nothing will be done, for a reason from the list that the resident is told.",
        ("note",),
        acknowledges=True,
        responds=True,
    ),
    M.REOPEN: Transition(
        _from(S.RESOLVED, S.DECLINED, S.DUPLICATE),
        S.IN_PROGRESS,
        "reopened",
        ("note",),
        "It was not fixed after all. The first closing stays in the history and in the figures.",
    ),
    M.RECATEGORISE: Transition(
        _from(*OPEN),
        None,
        "recategorised",
        ("service_code",),
        "The wrong service was chosen. It is routed anew; no clock starts again, no lateness is washed.",
        ("note",),
    ),
    M.LINK_DUPLICATE: Transition(
        _from(*OPEN),
        S.DUPLICATE,
        "duplicate_linked",
        ("parent",),
        "It is the same problem as another request, which goes on; both keep their own times.",
        ("note",),
        acknowledges=True,
        responds=True,
    ),
    M.PRIORITISE: Transition(
        _from(*OPEN),
        None,
        "prioritised",
        ("priority",),
        "It is more or less urgent than it looked.",
        ("note",),
    ),
    M.NOTE: Transition(
        frozenset(Status), None, "noted", ("note",), "Something staff should know; residents do not see it."
    ),
    M.ESCALATE: Transition(
        _from(*OPEN), None, "escalated", ("note",), "Somebody higher must look, before the ladder says so."
    ),
    M.DE_ESCALATE: Transition(
        _from(*OPEN),
        None,
        "de_escalated",
        ("note",),
        "Nobody higher need look any more. Rungs that are still to come come in their time.",
    ),
    M.ACKNOWLEDGE_ESCALATION: Transition(
        _from(*OPEN),
        None,
        "escalation_acknowledged",
        ("until",),
        "Whoever was told answers for it. Until the time they name nothing climbs; then it climbs on.",
        ("note",),
    ),
    M.WITHDRAW: Transition(
        _from(*HOLDERS),
        S.WITHDRAWN,
        "withdrawn",
        (),
        "The resident takes it back. A duplicate leaves the request it follows, while that one is open.",
        ("note",),
    ),
    M.ADD: Transition(
        _from(*HOLDERS),
        None,
        "added",
        (),
        "The resident says or shows more; to a duplicate while the request it follows is open.",
        ("text", "media"),
    ),
    M.ANSWER: Transition(
        _from(S.WAITING_REPORTER),
        S.IN_PROGRESS,
        "answered",
        (),
        "The resident answers the question; the due times move by exactly the working time it took.",
        ("text", "media"),
    ),
    M.GIVE_FEEDBACK: Transition(
        _from(S.RESOLVED, S.DECLINED, S.DUPLICATE),
        None,
        "feedback_given",
        ("fixed",),
        "The resident says whether it is fixed. Said in time, 'not fixed' opens it again by an event of its own.",
        ("rating", "text", "media"),
    ),
    M.RENEW_LINK: Transition(
        frozenset(Status),
        None,
        "link_renewed",
        (),
        "The private link was lost or passed on; the old one dies.",
    ),
    M.ERASE: Transition(
        frozenset(Status),
        None,
        "data_removed",
        ("what",),
        "The resident withdraws consent: what is personal goes, what is counted stays.",
    ),
}

RESIDENT_MOVES = frozenset({M.WITHDRAW, M.ADD, M.ANSWER, M.GIVE_FEEDBACK, M.RENEW_LINK, M.ERASE})
"""What only the holder of the private link does; staff may revoke the link, by an address of its own."""

STAFF_MOVES = tuple(move for move in Move if move not in RESIDENT_MOVES)


def transition(status: Status, move: Move) -> Transition:
    """The transition of a move from a status; raise ``MoveNotAllowed`` saying what is possible."""
    found = TRANSITIONS[move]
    if status not in found.start:
        possible = [m.value for m in allowed_moves(status)]
        raise MoveNotAllowed(why_not(status, move), field="move", allowed=possible)
    return found


def allowed_moves(status: Status) -> tuple[Move, ...]:
    """Moves staff may make from a status, in the order of the table."""
    return tuple(move for move in STAFF_MOVES if status in TRANSITIONS[move].start)


def transitions_from(status: Status) -> frozenset[Move]:
    """Every move the table allows from a status, whoever makes it."""
    return frozenset(move for move, step in TRANSITIONS.items() if status in step.start)


STATUS_WORDS: Mapping[Status, str] = {
    S.RECEIVED: "new",
    S.ACKNOWLEDGED: "acknowledged",
    S.ASSIGNED: "assigned",
    S.IN_PROGRESS: "in progress",
    S.WAITING_REPORTER: "waiting for the resident",
    S.ON_HOLD: "on hold",
    S.REFERRED: "with another body",
    S.RESOLVED: "resolved",
    S.DECLINED: "declined",
    S.WITHDRAWN: "withdrawn by the resident",
    S.DUPLICATE: "linked as a duplicate",
}
"""What a request is, within a sentence."""

MOVE_WORDS: Mapping[Move, str] = {
    M.ASK: "ask the resident",
    M.REFER: "refer it to another body",
    M.RECATEGORISE: "give it another service",
    M.LINK_DUPLICATE: "link it as a duplicate",
    M.PRIORITISE: "change its priority",
    M.NOTE: "note something",
    M.DE_ESCALATE: "take the escalation back",
    M.ACKNOWLEDGE_ESCALATION: "acknowledge the escalation",
    M.WITHDRAW: "withdraw it",
}
"""What a move does, within a sentence; the others are their own word with "it"."""


def why_not(status: Status, move: Move) -> str:
    """A sentence saying why a move is not possible now, and what would have to come first."""
    done, wish = STATUS_WORDS[status], MOVE_WORDS.get(move, f"{move.value.replace('_', ' ')} it")
    start = TRANSITIONS[move].start
    if status is Status.WITHDRAWN and move in STAFF_MOVES:
        return f"The request was {done}, which ends it: nobody can {wish} any more."
    if status in CLOSED and move in STAFF_MOVES:
        return f"The request is closed ({done}); reopen it before you {wish}."
    if status in PAUSED and Status.IN_PROGRESS in start:
        return f"The request is {done}. Resume it before you {wish}."
    needed = [STATUS_WORDS[one] for one in Status if one in start]
    words = " or ".join((", ".join(needed[:-1]), needed[-1])) if len(needed) > 1 else "".join(needed)
    return f"The request is {done}. You can {wish} only while it is {words}."


def read_move(name: str) -> Move:
    """The staff move of this name; raise ``UnknownMove`` listing the names there are."""
    if name not in {m.value for m in STAFF_MOVES}:
        allowed = [m.value for m in STAFF_MOVES]
        raise UnknownMove(f"There is no move {name[:40]!r}.", field="move", allowed=allowed)
    return Move(name)


def next_due(
    status: Status,
    *,
    acknowledge_by: dt.datetime | None,
    respond_by: dt.datetime | None,
    resolve_by: dt.datetime | None,
    acknowledged: bool,
    responded: bool,
    ran_on: bool = False,
) -> dt.datetime:
    """The nearest due time of a stage that is not yet met; ``NOTHING_DUE`` while paused or closed.

    ``ran_on``: the request still waits, but its pause reached the cap and the clock runs again.
    """
    if status in CLOSED or (status in PAUSED and not ran_on):
        return NOTHING_DUE
    stages = (
        None if acknowledged else acknowledge_by,
        None if responded else respond_by,
        resolve_by,
    )
    return min((due for due in stages if due is not None), default=NOTHING_DUE)


def due_or_none(next_due_at: dt.datetime) -> dt.datetime | None:
    """The due time for people: nothing, where nothing is due."""
    return None if next_due_at >= NOTHING_DUE else next_due_at


def is_late(resolve_by: dt.datetime | None, until: dt.datetime) -> bool:
    """Whether the promise to resolve was missed by ``until``: the closing, the pause, or now."""
    return resolve_by is not None and resolve_by < until
