"""Which hours a calendar works on one day: weekly hours, holidays, extra days and hours between two dates.

Windows are written in local time, half-open, and evaluated as instants. A public holiday closes a day, an
extra working day opens it, hours between two dates replace the weekly ones.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from city_config.schema import WEEKDAYS, Calendar, City, TimeWindow, WeeklyHours, window_minutes

Window = tuple[dt.datetime, dt.datetime]
"""Opening and closing instant, in UTC; the closing one no longer belongs to it."""


def working_windows(city: City, calendar: Calendar, day: dt.date) -> list[Window]:
    """The windows worked on a local day as instants in UTC, in order, without overlap; empty when closed."""
    windows: list[Window] = []
    for opens, closes in map(window_minutes, _hours_on(calendar, day)):
        start, end = instant(day, opens, city.zone), instant(day, closes, city.zone)
        if windows and start <= windows[-1][1]:
            windows[-1] = windows[-1][0], max(end, windows[-1][1])
        elif start < end:
            windows.append((start, end))
    return windows


def _hours_on(calendar: Calendar, day: dt.date) -> tuple[TimeWindow, ...]:
    """The day's hours. Of overrides that overlap, the one written last holds."""
    covering = [o.hours for o in calendar.hours_overrides if o.from_date <= day <= o.to_date]
    weekly = covering[-1] if covering else calendar.hours
    windows = weekly.get(WEEKDAYS[day.weekday()], ())
    if any(extra.date == day for extra in calendar.extra_working_days):
        return windows or _usual_hours(weekly) or _usual_hours(calendar.hours)
    return () if _is_holiday(calendar, day) else windows


def _usual_hours(weekly: WeeklyHours) -> tuple[TimeWindow, ...]:
    """What a normally closed day is worked like: the first open day of the week, counted from Monday."""
    return next((weekly[name] for name in WEEKDAYS if weekly.get(name)), ())


def is_holiday(calendar: Calendar, day: dt.date) -> bool:
    """Whether a local day is a public or municipal holiday of a calendar that it does not work through."""
    return _is_holiday(calendar, day) and all(extra.date != day for extra in calendar.extra_working_days)


def _is_holiday(calendar: Calendar, day: dt.date) -> bool:
    if any(extra.date == day for extra in calendar.extra_holidays):
        return True
    public = calendar.holidays
    return public is not None and day in _public_holidays(
        public.country, public.subdivision, public.categories, day.year
    )


@lru_cache(maxsize=4096)
def _public_holidays(
    country: str, subdivision: str | None, categories: tuple[str, ...], year: int
) -> frozenset[dt.date]:
    """One year's holidays. Only dates are taken: the package's weekend may be that of another year."""
    return frozenset(
        holidays.country_holidays(country, subdiv=subdivision, years=year, categories=categories)
    )


def instant(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """The instant, in UTC, so many minutes after a local midnight by the clock on the wall."""
    midnight = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
    return (midnight + dt.timedelta(minutes=minutes)).astimezone(dt.UTC)
