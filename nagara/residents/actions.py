"""What the holder of a private link does after filing: say more, answer, withdraw, tell whether it is fixed.

Each is one transaction under the request's lock. Their words and pictures stand in rows that can be erased; the
event beside them holds codes and numbers alone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from nagara.changing import finish
from nagara.errors import InvalidInput, MoveNotAllowed
from nagara.filing.handed_in import MAX_DESCRIPTION, check_text, something_to_read
from nagara.lifecycle import CLOSED, Move, Status, Transition, transition
from nagara.photos import keeping
from nagara.residents.link import RESIDENT
from nagara.tables import Photo, Request, ResidentEntry

MOST_ENTRIES = 60
MOST_PHOTOS = 30
"""Of one request, over its whole life: a conversation, not a store."""


class Outcome(StrEnum):
    """What came of it, for the page to put into words."""

    ADDED = "added"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    THANKS = "thanks"  # it is fixed
    REOPENED = "reopened"
    KEPT_LATE = "kept_late"  # not fixed, said after the city's window
    KEPT_OFTEN = "kept_often"  # not fixed, said more often than the city opens a request again


EXPLANATIONS = {
    Outcome.ADDED: "It was added to your report.",
    Outcome.ANSWERED: "Your answer was passed on; the department goes on with your report.",
    Outcome.WITHDRAWN: "Your report was withdrawn. Nobody will work on it any more.",
    Outcome.THANKS: "Thank you. Your word was kept.",
    Outcome.REOPENED: "Your report is open again; the department will look at it once more.",
    Outcome.KEPT_LATE: "Your word was kept and staff can read it, but it came too late to open this report again. "
    "If the problem is still there, please file a new report.",
    Outcome.KEPT_OFTEN: "Your word was kept and staff can read it, but this report was opened again as often as the "
    "city allows. If the problem is still there, please file a new report or ask the city directly.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Words and pictures; of feedback also whether it is fixed, and one (bad) to five (good)."""

    text: str = ""
    media: tuple[uuid.UUID, ...] = ()
    fixed: bool | None = None
    rating: int | None = None


def add(session: Session, city: City, row: Request, said: Said) -> Outcome:
    """Add words or pictures to an open request; raise ``MoveNotAllowed`` or ``InvalidInput``.

    To a duplicate too, while the request it follows is open: they are kept with the duplicate.
    The caller holds the row's lock in all functions here.
    """
    step = _step(row, Move.ADD)
    _open_parent(session, row)
    _check(session, row, said, needed=True)
    _say(session, city, row, step, "addition", said, _now(session))
    return Outcome.ADDED


def answer(session: Session, city: City, row: Request, said: Said) -> Outcome:
    """Answer the staff's question: work goes on, and due times move by the working time of the wait."""
    step = _step(row, Move.ANSWER)
    _check(session, row, said, needed=True)
    _say(session, city, row, step, "answer", said, _now(session))
    return Outcome.ANSWERED


def withdraw(session: Session, city: City, row: Request, said: Said) -> Outcome:
    """Take an open request back, unless others have joined it: for them it goes on.

    A duplicate leaves the request it follows, which goes on; the history keeps that it was one. The refusal says
    nothing of those who joined, as some may be hidden from whoever reported first.
    """
    step = _step(row, Move.WITHDRAW)
    parent = _open_parent(session, row)
    if others_joined(session, row):
        raise MoveNotAllowed(
            "This report cannot be withdrawn any more. You can have your data deleted instead.",
            field="reference",
        )
    _check(session, row, said, needed=False)
    left: dict[str, Any] = {}
    if row.status == Status.DUPLICATE:
        left = {"parent": parent.reference} if parent else {}
        row.duplicate_of, row.closing_reason, row.closed_at = None, None, None
    _say(session, city, row, step, "withdrawal", said, _now(session), data=left)
    return Outcome.WITHDRAWN


def give_feedback(session: Session, city: City, row: Request, said: Said) -> Outcome:
    """Keep the resident's word about a closing, once each; 'not fixed' said in time opens the request again.

    Both are events: the feedback first, then the reopening. Raises ``MoveNotAllowed`` while the request (or the
    one it was joined to) is open, and for a second word about the same closing.
    """
    step = _step(row, Move.GIVE_FEEDBACK)
    if said.fixed is None:
        raise InvalidInput("Say whether it is fixed.", field="fixed", allowed=["true", "false"])
    about = closing_of(session, row)
    earlier = _feedback(session, row)
    if any(one.about == about for one in earlier):
        raise MoveNotAllowed("You have told us about this closing already.", field="fixed")
    _check(session, row, said, needed=False)
    now = _now(session)
    outcome = _judged(city, said.fixed, now - about, sum(one.reopened for one in earlier))
    _say(session, city, row, step, "feedback", said, now, about=about, reopened=outcome is Outcome.REOPENED)
    if outcome is Outcome.REOPENED:
        again = transition(Status(row.status), Move.REOPEN)
        row.closing_reason, row.closed_at, row.duplicate_of = None, None, None
        finish(session, city, row, again, RESIDENT, now, {"closed_at": about})
    return outcome


def _judged(city: City, fixed: bool, since_closing: dt.timedelta, reopened_before: int) -> Outcome:
    """What a word about a closing leads to by the city's rule. Pure."""
    if fixed:
        return Outcome.THANKS
    if since_closing > dt.timedelta(days=city.after_closing.reopen_days):
        return Outcome.KEPT_LATE
    if reopened_before >= city.after_closing.reopenings:
        return Outcome.KEPT_OFTEN
    return Outcome.REOPENED


def closing_of(session: Session, row: Request) -> dt.datetime:
    """When what a request is about was closed: of a joined one, when the one that went on was."""
    closed_at = row.closed_at
    if row.status == Status.DUPLICATE:
        parent = session.get(Request, (row.city_id, row.duplicate_of)) if row.duplicate_of else None
        closed_at = parent.closed_at if parent else None
        if closed_at is None:
            raise MoveNotAllowed("The report this one was joined to is still being worked on.", field="fixed")
    if closed_at is None:
        raise MoveNotAllowed("The report is still being worked on.", field="fixed")
    return closed_at


def _open_parent(session: Session, row: Request) -> Request | None:
    """The request that a duplicate follows, kept open until the transaction ends; None where it follows none.

    Raises ``MoveNotAllowed`` where it has ended: the duplicate ended with it.
    """
    if row.status != Status.DUPLICATE or row.duplicate_of is None:
        return None
    query = (
        select(Request)
        .where(col(Request.city_id) == row.city_id, col(Request.id) == row.duplicate_of)
        .with_for_update(read=True)
    )
    parent = session.exec(query).one()
    if parent.closed_at is not None:
        raise MoveNotAllowed("The report this one was joined to is closed.", field="reference")
    return parent


def others_joined(session: Session, row: Request) -> int:
    """How many other requests follow this one."""
    query = select(func.count()).where(
        col(Request.city_id) == row.city_id, col(Request.duplicate_of) == row.id
    )
    return int(session.execute(query).scalar_one())


def _step(row: Request, move: Move) -> Transition:
    """The move's transition; raise ``MoveNotAllowed`` in words for the resident, without the moves of staff."""
    try:
        return transition(Status(row.status), move)
    except MoveNotAllowed:
        raise MoveNotAllowed(_why_not(row, move), field="reference") from None


def _why_not(row: Request, move: Move) -> str:
    if move is Move.GIVE_FEEDBACK:
        return (
            "The report was withdrawn." if row.status == Status.WITHDRAWN else "It is still being worked on."
        )
    if Status(row.status) in CLOSED:
        return f"The report is closed ({row.status})."
    return "Nobody has asked you anything at present."


def _feedback(session: Session, row: Request) -> Sequence[ResidentEntry]:
    query = select(ResidentEntry).where(
        col(ResidentEntry.city_id) == row.city_id,
        col(ResidentEntry.request_id) == row.id,
        col(ResidentEntry.kind) == "feedback",
    )
    return session.exec(query).all()


def _check(session: Session, row: Request, said: Said, *, needed: bool) -> None:
    """Refuse what is empty, too long or too much."""
    if row.erased_at is not None:
        raise MoveNotAllowed("Your data were deleted; file a new report instead.", field="reference")
    check_text("text", said.text, MAX_DESCRIPTION)
    if needed and not something_to_read(said.text) and not said.media:
        raise InvalidInput("Write something or add a picture.", field="text", allowed=["text", "media"])
    entries = _count(session, ResidentEntry, row)
    if entries >= MOST_ENTRIES:
        raise InvalidInput(f"{MOST_ENTRIES} additions to one report are enough.", field="text")
    if said.media and _count(session, Photo, row) + len(said.media) > MOST_PHOTOS:
        raise InvalidInput(
            "There are too many pictures on this report.", field="media", allowed=f"{MOST_PHOTOS}"
        )


def _count(session: Session, table: type[ResidentEntry] | type[Photo], row: Request) -> int:
    query = (
        select(func.count())
        .select_from(table)
        .where(col(table.city_id) == row.city_id, col(table.request_id) == row.id)
    )
    return int(session.execute(query).scalar_one())


def _say(
    session: Session,
    city: City,
    row: Request,
    step: Transition,
    kind: str,
    said: Said,
    now: dt.datetime,
    *,
    about: dt.datetime | None = None,
    reopened: bool = False,
    data: dict[str, Any] | None = None,
) -> None:
    """Write the event without a word, and the words beside it."""
    data = dict(data or {})
    if said.media:
        keeping.attach_after(session, city, row, said.media, "feedback" if kind == "feedback" else "before")
        data["media"] = said.media
    if kind == "feedback":
        data |= {"fixed": said.fixed, "rating": said.rating, "reopens": reopened, "closed_at": about}
    seq = finish(session, city, row, step, RESIDENT, now, data)
    session.add(
        ResidentEntry(
            city_id=row.city_id,
            request_id=row.id,
            seq=seq,
            kind=kind,
            words=said.text.strip() if something_to_read(said.text) else "",
            said_at=now,
            fixed=said.fixed,
            rating=said.rating,
            reopened=reopened,
            about=about,
        )
    )
    session.flush()


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now
