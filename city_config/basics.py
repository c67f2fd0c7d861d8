"""The small parts every configuration file is made of: codes, names, times, spans, working calendars."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A code that may stand in a URL: letters, digits, hyphen, underscore; at most 64 characters."""

CityId = Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z0-9]{2,8}$")]
LANGUAGE_TAG = r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"
"""Language, script and region of BCP-47, in the letters it recommends: ``km``, ``zh-Hans``, ``ms-BN``."""


def _language_tag(text: str) -> str:
    if not is_language_tag(text):
        raise ValueError(
            f"{text!r} is not a language; allowed: a BCP-47 tag, like 'km', 'zh-Hans' or 'ms-BN'"
        )
    return text


def is_language_tag(text: str) -> bool:
    """Whether a text looks like a language tag."""
    return re.fullmatch(LANGUAGE_TAG, text) is not None


LanguageTag = Annotated[
    str, AfterValidator(_language_tag), Field(json_schema_extra={"pattern": f"^{LANGUAGE_TAG}$"})
]
Names = Annotated[Mapping[LanguageTag, str], Field(min_length=1)]
"""Names by BCP-47 language tag, for example ``{"km": "ភ្នំពេញ", "en": "Phnom Penh"}``."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Priority = Literal["low", "normal", "high", "urgent"]
Waste = Literal["household", "recycling", "organic", "bulky", "street"]


def _time_window(text: str) -> str:
    try:
        start, end = (clock_minutes(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a window like '07:30-11:30'") from error
    if not start < end:
        raise ValueError(f"{text!r} ends before it begins; a night shift is written as two windows")
    return text


def clock_minutes(text: str) -> int:
    """Minutes after midnight of ``"07:30"``; up to ``"24:00"``, else ``ValueError``."""
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
    return clock_minutes(start), clock_minutes(end)


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; allowed: a sentence people can read")
    return text


Sentence = Annotated[str, AfterValidator(_says_something), Field(json_schema_extra={"minLength": 1})]
"""Words somebody will read: not empty, and not blanks alone."""


class Part(BaseModel):
    """A piece of configuration: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ignored_types=(cached_property,)
    )


class Fact(Part):
    """Something stated about the world, with where it was found and whether the city confirmed it."""

    source: str | None = Field(default=None, description="Where this was found")
    confirmed: bool = Field(default=False, description="True once an officer of the city confirmed it")


class Dated(Part):
    """Something that holds between two local days, both included; a day that is not given sets no limit."""

    valid_from: dt.date | None = Field(default=None, description="First local day on which it holds")
    valid_to: dt.date | None = Field(default=None, description="Last local day on which it holds")

    def holds_on(self, day: dt.date) -> bool:
        """Whether it holds on this local day; both ends belong to it."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


def common_period(one: Dated, other: Dated) -> Dated:
    """The days on which both hold; of two that share none, one that ends before it begins."""
    starts = [part.valid_from for part in (one, other) if part.valid_from]
    ends = [part.valid_to for part in (one, other) if part.valid_to]
    return Dated(valid_from=max(starts, default=None), valid_to=min(ends, default=None))


Answers = Mapping[Code, tuple[str, ...]]
"""Answers that are waited for: by question, the keys of which one must have been chosen; all must hold."""


def answers_hold(wanted: Answers, given: Mapping[str, object]) -> bool:
    """Whether every question of ``wanted`` was answered with one of its keys. Nothing wanted holds always."""
    return all(any(answer in keys for answer in chosen(given.get(code))) for code, keys in wanted.items())


def chosen(answer: object) -> tuple[str, ...]:
    """The answer or answers given to one question, as text."""
    if answer is None:
        return ()
    if isinstance(answer, list | tuple | set | frozenset):
        return tuple(str(part) for part in answer)
    return (str(answer),)


class Position(Part):
    """A WGS 84 position in decimal degrees."""

    lat: float = Field(ge=-90, le=90, description="Degrees north")
    lon: float = Field(ge=-180, le=180, description="Degrees east")


class Population(Fact):
    """Residents, for rates per 1,000."""

    value: int = Field(gt=0, description="Residents")
    year: int | None = Field(default=None, description="Year they were counted")


def population_in(properties: Mapping[str, Any]) -> Population | None:
    """Residents in the properties of a district: as a part, or a number beside ``population_year``."""
    read = properties.get("population")
    if read is None:
        return None
    if isinstance(read, int) and not isinstance(read, bool):
        read = {key: properties.get(f"population_{key}") for key in ("year", "source")} | {"value": read}
    return Population.model_validate(read)


class DistrictPopulation(Fact):
    """Residents of the districts, all from one source and year."""

    year: int | None = Field(default=None, description="Year they were counted")
    values: Mapping[Code, Annotated[int, Field(gt=0)]] = Field(
        min_length=1, description="Residents by code of districts.geojson"
    )


class DatedName(Part):
    """A day with a name: a municipal holiday, or a day worked in its stead."""

    date: dt.date = Field(description="Local day")
    name: str = Field(description="What the day is")


class HoursOverride(Part):
    """Other working hours between two dates, both included: Ramadan, a flood, a festival."""

    from_date: dt.date = Field(description="First local day")
    to_date: dt.date = Field(description="Last local day")
    hours: WeeklyHours = Field(description="Instead of the usual ones; a weekday not named is closed")
    reason: str = Field(description="Why")

    @model_validator(mode="after")
    def _in_order(self) -> HoursOverride:
        if self.to_date < self.from_date:
            raise ValueError(f"to_date {self.to_date} is before from_date {self.from_date}")
        return self


class Holidays(Part):
    """Which public holidays hold: the country, subdivision and categories of the `holidays` package."""

    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1")
    subdivision: str | None = Field(default=None, description="State or province, as the package writes it")
    categories: tuple[str, ...] = Field(
        default=("public",), description="public, government, bank, ...; as the package names them"
    )


class Calendar(Fact):
    """When a department works. Departments without one of their own use the city's."""

    hours: WeeklyHours = Field(description="By weekday; one that is not named is closed")
    holidays: Holidays | None = Field(default=None, description="None: works on public holidays too")
    extra_holidays: tuple[DatedName, ...] = Field(default=(), description="Closed too: municipal holidays")
    extra_working_days: tuple[DatedName, ...] = Field(default=(), description="Open though usually closed")
    hours_overrides: tuple[HoursOverride, ...] = Field(
        default=(), description="Other hours between two dates: Ramadan, a festival"
    )


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
