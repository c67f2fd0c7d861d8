"""The small parts every configuration file is made of: codes, names, times, spans, working calendars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A code that may stand in a URL: letters, digits, hyphen, underscore; at most 64 characters."""

CityId = Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z0-9]{2,8}$")]
Names = Annotated[Mapping[str, str], Field(min_length=1)]
"""Names by BCP-47 language tag, for example ``{"km": "ភ្នំពេញ", "en": "Phnom Penh"}``."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Priority = Literal["low", "normal", "high", "urgent"]


def _time_window(text: str) -> str:
    try:
        start, end = (_clock_minutes(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a window like '07:30-11:30'") from error
    if not start < end:
        raise ValueError(f"{text!r} ends before it begins; a night shift is written as two windows")
    return text


def _clock_minutes(text: str) -> int:
    hours, minutes = (int(part) for part in text.strip().split(":"))
    if not (0 <= minutes < 60 and 0 <= hours * 60 + minutes <= 24 * 60):
        raise ValueError(text)
    return hours * 60 + minutes


TimeWindow = Annotated[str, AfterValidator(_time_window)]
"""Local working time on one day, half-open: ``"07:30-11:30"``; ``"24:00"`` is the day's end."""


def _in_order(windows: tuple[str, ...]) -> tuple[str, ...]:
    for earlier, later in pairwise(windows):
        if window_minutes(later)[0] < window_minutes(earlier)[1]:
            raise ValueError(f"window {later!r} must begin after {earlier!r} ends")
    return windows


WeeklyHours = Mapping[Weekday, Annotated[tuple[TimeWindow, ...], AfterValidator(_in_order)]]
"""Working windows by weekday, in order of the day; a weekday that is not named is closed."""


def window_minutes(window: str) -> tuple[int, int]:
    """Minutes after local midnight at which a checked ``TimeWindow`` opens and closes."""
    start, end = window.split("-")
    return _clock_minutes(start), _clock_minutes(end)


class Part(BaseModel):
    """A piece of configuration: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ignored_types=(cached_property,)
    )


class Fact(Part):
    """Something stated about the world, with where it was found and whether the city confirmed it."""

    source: str | None = Field(default=None, description="Where this was found")
    confirmed: bool = Field(default=False, description="True once an officer of the city confirmed it")


class Position(Part):
    """A WGS 84 position in decimal degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Population(Fact):
    """Residents, for rates per 1,000."""

    value: int = Field(gt=0)
    year: int | None = None


class DatedName(Part):
    """A day with a name: a municipal holiday, or a day worked in its stead."""

    date: dt.date
    name: str


class HoursOverride(Part):
    """Other working hours between two dates, both included: Ramadan, a flood, a festival."""

    from_date: dt.date
    to_date: dt.date
    hours: WeeklyHours
    reason: str

    @model_validator(mode="after")
    def _in_order(self) -> HoursOverride:
        if self.to_date < self.from_date:
            raise ValueError(f"to_date {self.to_date} is before from_date {self.from_date}")
        return self


class Holidays(Part):
    """Which public holidays hold: the country, subdivision and categories of the `holidays` package."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    subdivision: str | None = None
    categories: tuple[str, ...] = ("public",)


class Calendar(Fact):
    """When a department works. Departments without one of their own use the city's."""

    hours: WeeklyHours
    holidays: Holidays | None = Field(default=None, description="None: works on public holidays too")
    extra_holidays: tuple[DatedName, ...] = ()
    extra_working_days: tuple[DatedName, ...] = ()
    hours_overrides: tuple[HoursOverride, ...] = ()


class Span(Part):
    """A length of promised time; exactly one of the four is given."""

    calendar_hours: float | None = Field(
        default=None, gt=0, le=5 * 8784, description="Hours that run day and night"
    )
    working_hours: float | None = Field(
        default=None, gt=0, le=8784, description="Hours of the owner's calendar"
    )
    working_days: int | None = Field(
        default=None, gt=0, le=1000, description="Whole working days; the first is not counted"
    )
    calendar_days: float | None = Field(
        default=None, gt=0, le=5 * 366, description="Days that run on holidays too"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Span:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of {', '.join(type(self).model_fields)}, not {given or 'none'}"
            )
        return self
