"""When somebody is told: at once, or when their quiet hours end. Pure."""

from __future__ import annotations

import datetime as dt

from city_config.basics import clock_minutes
from city_config.schema import City, QuietHours
from nagara.promises.working_hours import instant, working_windows

DAY = dt.timedelta(days=1)
LONGEST_SLEEP = dt.timedelta(days=31)
"""Nobody is left untold for longer, whatever a calendar says."""


def told_at(city: City, quiet: QuietHours | None, at: dt.datetime) -> dt.datetime:
    """The first instant from ``at`` on that lies in no quiet hours; ``at`` itself where none are set."""
    if quiet is None:
        return at
    awake = at
    while awake - at < LONGEST_SLEEP:
        ends = _quiet_until(city, quiet, awake)
        if ends is None:
            return awake
        awake = ends
    return at + LONGEST_SLEEP


def _quiet_until(city: City, quiet: QuietHours, at: dt.datetime) -> dt.datetime | None:
    """When the quiet span ends in which an instant lies; None outside all."""
    today = at.astimezone(city.zone).date()
    if quiet.on_days_off and not working_windows(city, city.calendar, today):
        return instant(today + DAY, 0, city.zone)
    start, end = (clock_minutes(part) for part in quiet.between.split("-"))
    for day in (today - DAY, today):
        begins = instant(day, start, city.zone)
        ends = instant(day if end > start else day + DAY, end, city.zone)
        if begins <= at < ends:
            return ends
    return None
