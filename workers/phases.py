"""Timers of one interval ring one after the other: each has a moment of its own within it, by every clock the same.

Rung all at once, a dozen tasks want every process, the processor and the database at the same moment, and whoever files
a report just then waits for all of them, however little each has to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from celery.schedules import schedstate, schedule

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Phased(schedule):  # type: ignore[misc]
    """Rings once in every interval, ``phase`` after its beginning; intervals are counted from 1970 on.

    A ring that was missed is made up for at once, once; the next comes at its own moment again.
    """

    def __init__(self, run_every: dt.timedelta, phase: dt.timedelta, **more: Any) -> None:
        self.phase = phase
        super().__init__(run_every, **more)

    def remaining_estimate(self, last_run_at: dt.datetime) -> dt.timedelta:
        """How long until the first of its moments after it last rang; none or less: it is due."""
        last = self.maybe_make_aware(last_run_at)
        into = (last - EPOCH - self.phase) % self.run_every
        left: dt.timedelta = last - into + self.run_every - self.maybe_make_aware(self.now())
        return left

    def is_due(self, last_run_at: dt.datetime) -> schedstate:
        """Whether it rings now, and in how many seconds to look again."""
        left = self.remaining_estimate(last_run_at).total_seconds()
        if left > 0:
            return schedstate(is_due=False, next=left)
        return schedstate(is_due=True, next=self.remaining_estimate(self.now()).total_seconds())

    def __eq__(self, other: object) -> bool:
        """Whether both ring at the same moments."""
        return isinstance(other, Phased) and (self.run_every, self.phase) == (other.run_every, other.phase)

    def __hash__(self) -> int:
        return hash((self.run_every, self.phase))

    def __reduce__(self) -> tuple[type, tuple[dt.timedelta, dt.timedelta]]:
        return type(self), (self.run_every, self.phase)


def in_turn(timers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same timers; those of one interval share it evenly, in their order, and those by the calendar stay."""
    by_interval: dict[dt.timedelta, list[str]] = {}
    for name, timer in timers.items():
        if isinstance(timer["schedule"], dt.timedelta):
            by_interval.setdefault(timer["schedule"], []).append(name)
    phased = {
        name: Phased(interval, interval * place / len(names))
        for interval, names in by_interval.items()
        for place, name in enumerate(names)
    }
    return {
        name: {**timer, "schedule": phased.get(name, timer["schedule"])} for name, timer in timers.items()
    }
