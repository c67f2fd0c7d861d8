"""Finds calendars nobody can work in: closed for more than a year on end, or with two hours for one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import combinations

from city_config.basics import WEEKDAYS, Calendar, HoursOverride
from city_config.configuration import KeyPath

MOST_DAYS_CLOSED = 380
"""Days on end without any working hours. A promise is refused after 400; the rest is room for public holidays."""

ONE_DAY = dt.timedelta(days=1)


def hours_overrides_faults(calendar: Calendar) -> Iterator[tuple[KeyPath, str]]:
    """Overrides that say different things of one day, and the first after which nobody works any more.

    Public holidays are not looked at: a closure made of them is never long.
    """
    overrides = calendar.hours_overrides
    for (_, earlier), (number, later) in combinations(enumerate(overrides), 2):
        if earlier.hours != later.hours and _share_a_day(earlier, later):
            yield (
                ("hours_overrides", number),
                f"{_called(later)} overlaps {_called(earlier)} with other hours; "
                "allowed: days no other override covers, or the same hours",
            )
    for number, override in enumerate(overrides):
        if _days_closed_from(calendar, override.from_date) > MOST_DAYS_CLOSED:
            yield (
                ("hours_overrides", number),
                f"nobody works for more than {MOST_DAYS_CLOSED} days on end from {override.from_date} on, so that "
                "no time could be promised; allowed: hours on some weekday, or an earlier to_date",
            )
            return


def _share_a_day(one: HoursOverride, other: HoursOverride) -> bool:
    return max(one.from_date, other.from_date) <= min(one.to_date, other.to_date)


def _called(override: HoursOverride) -> str:
    return f"{override.reason!r} ({override.from_date} to {override.to_date})"


def _days_closed_from(calendar: Calendar, first: dt.date) -> int:
    """Days on end without hours from a day on; counted no further than one more than may be."""
    extra = {day.date for day in calendar.extra_working_days}
    closed = {day.date for day in calendar.extra_holidays} - extra
    day, count = first, 0
    while count <= MOST_DAYS_CLOSED and (day in closed or not (day in extra or _has_hours(calendar, day))):
        count += 1
        if day == dt.date.max:
            break
        day += ONE_DAY
    return count


def _has_hours(calendar: Calendar, day: dt.date) -> bool:
    covering = [o.hours for o in calendar.hours_overrides if o.from_date <= day <= o.to_date]
    return bool((covering[-1] if covering else calendar.hours).get(WEEKDAYS[day.weekday()]))
