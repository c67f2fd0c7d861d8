"""How long a promise stands still while a request waits: the cap of each waiting status, and what is used of it. Pure.

At the cap the clock runs on by itself, though the request still waits: who asks a question and forgets it must not
stop a promise for ever. What pauses in one status took counts together. The resident's clock never pauses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from city_config.schema import City, Span
from nagara.lifecycle import PAUSED, Status
from nagara.promises.deadlines import WorkingClock, calendar_length

NOTHING = dt.timedelta()


def runs_on_at(
    city: City, owner: str, status: Status, paused_at: dt.datetime, used_s: Mapping[str, float]
) -> dt.datetime:
    """When the clock of a request that pauses since ``paused_at`` runs on by itself."""
    cap = _cap(city, status)
    used = dt.timedelta(seconds=used_s.get(status.value, 0.0))
    calendar = calendar_length(cap)
    if calendar is not None:
        return paused_at + max(NOTHING, calendar - used)
    clock = WorkingClock(city, owner)
    if cap.working_hours is not None:
        allowed = dt.timedelta(hours=cap.working_hours)
        left = allowed - used
    else:
        allowed_until = clock.end_of_working_day(paused_at, cap.working_days or 0)
        if not used:
            return allowed_until
        left = clock.between(paused_at, allowed_until) - used
    return clock.add(paused_at, left) if left > NOTHING else paused_at


def used_by(city: City, owner: str, status: Status, paused_at: dt.datetime, until: dt.datetime) -> float:
    """Seconds of the cap that a pause took: working time of the owner, or calendar time where the cap is so."""
    if until <= paused_at:
        return 0.0
    if calendar_length(_cap(city, status)) is not None:
        return (until - paused_at).total_seconds()
    return WorkingClock(city, owner).between(paused_at, until).total_seconds()


def _cap(city: City, status: Status) -> Span:
    if status not in PAUSED:
        raise ValueError(f"{status.value} is no status in which a promise pauses")
    cap: Span = getattr(city.pauses, status.value)
    return cap
