"""What an external owner says of a request, and which move leads there. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from nagara.lifecycle import CLOSED, OPEN, PAUSED, TRANSITIONS, Move, Status
from nagara.open311.client_reading import LONGEST_ID, TheirRequest, TheirUpdate

TOWARDS: dict[Status, Move] = {
    Status.ACKNOWLEDGED: Move.ACKNOWLEDGE,
    Status.ASSIGNED: Move.ASSIGN,
    Status.IN_PROGRESS: Move.START,
    Status.RESOLVED: Move.RESOLVE,
    Status.DECLINED: Move.DECLINE,
}
MAY_REOPEN = frozenset({Status.RESOLVED, Status.DECLINED})


@dataclass(frozen=True, slots=True)
class News:
    """One thing they say of one request. ``key``: the same for the same thing, however often it is said."""

    key: str
    status: str
    detailed: str | None
    words: str | None
    at: dt.datetime | None


def news_of_request(row: TheirRequest) -> News | None:
    """What a request in their list says; None where it has no status, as one that was just sent."""
    if row.status is None and row.detailed is None:
        return None
    said = (
        row.status or "",
        row.detailed or "",
        row.words or "",
        row.updated_at.isoformat() if row.updated_at else "",
    )
    key = "seen-" + hashlib.sha256("\0".join(said).encode()).hexdigest()[:40]
    return News(key, row.status or "", row.detailed, row.words, row.updated_at)


def news_of_update(row: TheirUpdate) -> News:
    """What an update of theirs says. An id longer than any is known again by its hash."""
    known = row.key if len(row.key) <= LONGEST_ID else hashlib.sha256(row.key.encode()).hexdigest()
    return News(f"told-{known}", row.status, row.code, row.words, row.at)


def move_towards(now: Status, target: Status, *, closed_by_them: bool) -> Move | None:
    """The move that leads from our status to theirs, if any.

    What runs backwards is none: nobody un-does a beginning. A pause of ours is ended by a closing only. What was
    closed here is opened by them only where they had closed it (``closed_by_them``).
    """
    if target in CLOSED:
        return TOWARDS[target] if now in OPEN else None
    if now in MAY_REOPEN:
        return Move.REOPEN if closed_by_them else None
    move = TOWARDS.get(target)
    if move is None or now in PAUSED or now in CLOSED or _rank(target) <= _rank(now):
        return None
    return move if now in TRANSITIONS[move].start else None


def _rank(status: Status) -> int:
    return list(Status).index(status)
