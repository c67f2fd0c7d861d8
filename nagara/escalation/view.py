"""How silence climbs for one request, as staff see it: its rungs, what is waited for, what holds the climb."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from city_config.ladder import NETWORK_POST
from city_config.schema import City
from nagara.escalation.ladder import Climb, DueStep, read_climb, steps_of
from nagara.lifecycle import CLOSED, PAUSED, Status
from nagara.promises import clocks


def escalation_shown(city: City, row: Mapping[str, Any]) -> dict[str, Any]:
    """The ladders of a request. While it is paused or closed nothing is to come; the rungs reached are told.

    ``clock_runs_on_at``: when the clock of a paused promise runs on by itself. ``resident_waits_since``: the
    resident's clock, which never pauses.
    """
    status, climb = Status(row["status"]), read_climb(row["climb"])
    timed = SimpleNamespace(**row)
    rungs = steps_of(city, clocks.watched(timed))
    paused = status in PAUSED and row["paused_at"] is not None
    stands = paused or status in CLOSED
    coming = None if stands else _coming(climb, rungs)
    return {
        "level": row["escalation_step"],
        "by_hand": row["escalated_by_hand"],
        "held_until": climb.held_until,
        "awaited": [
            {"promise": promise, "step": one.step, "by": one.by, "told_again": one.told}
            for promise, one in climb.awaited.items()
        ],
        "next": _rung(city, coming, climb) if coming else None,
        "next_at": None if stands else clocks.ticking(city, timed, climb).next_step_at,
        "rungs": [_rung(city, rung, climb) for rung in rungs],
        "clock_runs_on_at": clocks.ticking(city, timed, climb).next_step_at if paused else None,
        "resident_waits_since": row["received_at"],
    }


def _coming(climb: Climb, rungs: tuple[DueStep, ...]) -> DueStep | None:
    """The rung that comes next by time."""
    return next((rung for rung in rungs if rung.step > climb.reached.get(rung.key, 0)), None)


def _rung(city: City, rung: DueStep, climb: Climb) -> dict[str, Any]:
    return {
        "promise": rung.promise,
        "step": rung.step,
        "at": rung.at,
        "reached": rung.step <= climb.reached.get(rung.key, 0),
        "tell": [_told(city, name) for name in rung.rung.tell],
        "because": rung.rung.because,
    }


def _told(city: City, name: str) -> dict[str, Any]:
    """A role by its code, a post by its names."""
    post = city.posts_by_code.get(name)
    return {"code": name.removeprefix(NETWORK_POST), "names": dict(post.names) if post else None}
