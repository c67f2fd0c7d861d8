"""Days and weeks of digests, on the clocks of who is told. Pure."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

TOLD_AT = 7
"""The hour from which the day or week before is told."""

MONDAY = 0


def period_began(digest: str, zone: str, now: dt.datetime) -> dt.datetime | None:
    """When the present day or week of a digest began; None while the first hours of its day have not passed."""
    local = now.astimezone(ZoneInfo(zone))
    began = local.replace(hour=TOLD_AT, minute=0, second=0, microsecond=0)
    if digest == "weekly":
        began -= dt.timedelta(days=(local.weekday() - MONDAY) % 7)
    return began if began <= local else None
