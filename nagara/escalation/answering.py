"""What supervisors do about an escalation: acknowledge it until a time they name, or take it back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from nagara.errors import InvalidInput, MoveNotAllowed
from nagara.escalation.ladder import Climb, read_climb, written_climb
from nagara.tables import Request

HELD_AT_MOST = dt.timedelta(days=30)
"""For longer nobody can keep a request from climbing by a word."""


def acknowledge(row: Request, until: dt.datetime | None, now: dt.datetime) -> dict[str, Any]:
    """Hold the climb until a time; then whatever is due by it climbs. Returns what the event says.

    Raises ``MoveNotAllowed`` where nothing was escalated, ``InvalidInput`` for a time that is over or too far.
    """
    climb = _escalated(row)
    if until is None or until.tzinfo is None or not now < until <= now + HELD_AT_MOST:
        latest = (now + HELD_AT_MOST).replace(microsecond=0)
        raise InvalidInput(
            "Say until when nothing needs to climb: a time to come, with its offset, within 30 days.",
            field="until",
            allowed=f"after {now.replace(microsecond=0).isoformat()}, at most {latest.isoformat()}",
        )
    answered = [{"promise": promise, "step": one.step} for promise, one in climb.awaited.items()]
    row.climb = written_climb(replace(climb, awaited={}, held_until=until))
    return {"until": until, "step": row.escalation_step, "answered": answered}


def take_back(row: Request) -> dict[str, Any]:
    """Nobody higher need look any more; rungs that were climbed stay climbed, the others come in their time."""
    climb = _escalated(row)
    data = {"from_step": row.escalation_step, "by_hand": row.escalated_by_hand}
    row.climb = written_climb(replace(climb, awaited={}))
    row.escalation_step, row.escalated_by_hand = 0, False
    return data


def _escalated(row: Request) -> Climb:
    if row.escalation_step == 0 and not row.escalated_by_hand:
        raise MoveNotAllowed("The request is not escalated.", field="move")
    return read_climb(row.climb)
