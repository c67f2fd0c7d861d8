"""Who works for a city: departments, contractors with their zones, and the rounds waste is collected on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from city_config.basics import Calendar, Code, Dated, Fact, Names, Waste, Weekday, clock_minutes


class Department(Fact, Dated):
    """An owner of requests: a unit of the city, or an external body the city refers to."""

    code: Code = Field(description="Unique in the city, contractors included")
    names: Names = Field(description="Its name, by language")
    kind: Literal["department", "external"] = Field(
        default="department", description="external: the city refers requests to it"
    )
    calendar: Calendar | None = Field(default=None, description="Its own working time; none: the city's")
    email: str | None = Field(default=None, description="Where it is told of requests")
    head: Code | None = Field(
        default=None, description="Post of whoever heads it, for ladders; none: its supervisors stand for it"
    )
    every_district: bool = Field(
        default=False,
        description="True: a unit of this kind stands in every district; the request's district says which",
    )


class Zone(Fact, Dated):
    """The districts a contractor serves, and from when to when."""

    districts: tuple[Code, ...] = Field(min_length=1, description="Codes of districts.geojson")


class Contractor(Fact, Dated):
    """A firm that does the work of a department that stays accountable for it."""

    code: Code = Field(description="Unique in the city, departments included")
    names: Names = Field(description="Its name, by language")
    for_department: Code = Field(description="The department whose work it does")
    desk: Code | None = Field(
        default=None, description="Post that ladders tell of its requests; none: the department's supervisors"
    )
    zones: tuple[Zone, ...] = Field(default=(), description="Where, and under which contract period")


def _round_window(text: str) -> str:
    try:
        start, end = (clock_minutes(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a window like '05:00-09:00' or '20:00-04:00'") from error
    if start in (end, 24 * 60):
        raise ValueError(f"{text!r} has no length")
    return text


RoundWindow = Annotated[str, AfterValidator(_round_window)]
"""Local times between which a crew comes; one that ends before it begins ends on the next day."""


class CollectionRound(Fact, Dated):
    """When rubbish is collected where: on these weekdays, between these times, in districts or named streets.

    Where a street is named in a round, that round holds for it and those of its whole district do not.
    """

    code: Code = Field(description="Unique among the city's rounds")
    names: Names | None = Field(default=None, description="How the city calls it, by language")
    waste: Waste = Field(default="household", description="What is collected")
    districts: tuple[Code, ...] = Field(min_length=1, description="Codes of districts.geojson")
    streets: tuple[str, ...] = Field(
        default=(), description="Only these streets of the districts; none: the whole districts"
    )
    weekdays: tuple[Weekday, ...] = Field(min_length=1, description="Days on which a window begins")
    windows: tuple[RoundWindow, ...] = Field(min_length=1, description="Local times of collection")
    on_holidays: bool = Field(default=True, description="False: not on holidays of the city's calendar")
    contractor: Code | None = Field(default=None, description="Who drives it, where that is known")

    @model_validator(mode="after")
    def _days_once(self) -> CollectionRound:
        if len(set(self.weekdays)) != len(self.weekdays):
            raise ValueError(f"round {self.code!r}: a weekday is given twice")
        return self
