"""The shape of a city's folder: every field a municipal officer may write, and what is allowed in it.

All models are frozen and refuse unknown keys, so a misspelt field is an error with its line, never a
silent default. Facts that nobody in the city has confirmed carry ``confirmed: false`` and their source.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field, model_validator

from city_config.basics import (
    WEEKDAYS,
    Calendar,
    CityId,
    Code,
    DatedName,
    Fact,
    Holidays,
    HoursOverride,
    Names,
    Part,
    Population,
    Position,
    Priority,
    Span,
    TimeWindow,
    Weekday,
    WeeklyHours,
    window_minutes,
)
from city_config.network import Member, Network, NetworkCode

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "Choice",
    "City",
    "CityId",
    "Code",
    "Condition",
    "Contractor",
    "DatedName",
    "Department",
    "Fact",
    "Holidays",
    "HoursOverride",
    "LadderStep",
    "MapView",
    "Member",
    "Names",
    "Network",
    "NetworkCode",
    "Part",
    "Population",
    "Position",
    "Priority",
    "Promise",
    "Publication",
    "Question",
    "Rule",
    "Service",
    "Span",
    "Stages",
    "TimeWindow",
    "Weekday",
    "WeeklyHours",
    "Zone",
    "window_minutes",
]


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        close = get_close_matches(name, available_timezones(), 3, 0.5)
        near = f"; near it: {', '.join(close)}" if close else ""
        raise ValueError(
            f"{name!r} is not an IANA time zone; allowed: names like 'Asia/Bangkok'{near}"
        ) from error
    return name


class MapView(Part):
    """How the city's map opens; no tile server is contacted unless one is named here."""

    centre: Position
    zoom: int = Field(default=12, ge=1, le=20)
    tile_url: str | None = Field(
        default=None, description="{z}/{x}/{y} raster tiles of the city's own choice"
    )
    attribution: str = ""


class Department(Fact):
    """An owner of requests: a unit of the city, or an external body the city refers to."""

    code: Code
    names: Names
    kind: Literal["department", "external"] = "department"
    calendar: Calendar | None = None
    email: str | None = None
    every_district: bool = Field(
        default=False,
        description="True: a unit of this kind stands in every district; the request's district says which",
    )


class Zone(Fact):
    """The districts a contractor serves, and from when to when."""

    districts: tuple[Code, ...] = Field(min_length=1)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether the contract covers this local day; both ends belong to it."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class Contractor(Fact):
    """A firm that does the work of a department that stays accountable for it."""

    code: Code
    names: Names
    for_department: Code
    zones: tuple[Zone, ...] = ()


class Stages(Part):
    """The three stages a department commits to. A stage that is not named is not promised."""

    acknowledge: Span | None = None
    respond: Span | None = None
    resolve: Span | None = None


class Promise(Stages, Fact):
    """Times for one service.

    ``standard`` says what the times are: ``published`` by the city, ``internal`` to it, or only the
    network's monitoring ``reference``, of which a miss is never called a breach.
    """

    standard: Literal["published", "internal", "reference"] = "reference"
    by_priority: Mapping[Priority, Stages] = Field(default_factory=dict)

    def stages_for(self, priority: Priority) -> Stages:
        """The stages of a priority: its own where given, the service's for the rest."""
        own = self.by_priority.get(priority)
        if own is None:
            return self
        return Stages(
            acknowledge=own.acknowledge or self.acknowledge,
            respond=own.respond or self.respond,
            resolve=own.resolve or self.resolve,
        )


class Choice(Part):
    """One answer that may be chosen."""

    key: Code
    names: Names


class Question(Part):
    """A question asked with a service; the datatypes are those of GeoReport v2."""

    code: Code
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    names: Names
    required: bool = False
    choices: tuple[Choice, ...] = ()
    hint: Names | None = None

    @model_validator(mode="after")
    def _choices_fit(self) -> Question:
        if self.datatype.endswith("valuelist") != bool(self.choices):
            raise ValueError(f"question {self.code!r}: {self.datatype} and choices do not fit")
        return self


class Service(Part):
    """A category residents choose, in the city's own words, under one code of the network."""

    code: Code
    network_code: Code
    names: Names
    description: Names | None = None
    group: Code = "other"
    icon: str = Field(default="•", max_length=4)
    keywords: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    promise: Promise
    priority: Priority = "normal"
    emergency_notice: Names | None = Field(
        default=None, description="Shown before the form: not for emergencies"
    )


class Condition(Part):
    """What must hold for a rule: each named field, all of them. Nothing named holds always."""

    services: tuple[Code, ...] = ()
    network_codes: tuple[Code, ...] = ()
    districts: tuple[Code, ...] = ()
    areas: tuple[Code, ...] = Field(default=(), description="Codes of polygons in areas.geojson")
    priorities: tuple[Priority, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    between: TimeWindow | None = Field(default=None, description="Local time of receipt")
    answers: Mapping[Code, tuple[str, ...]] = Field(default_factory=dict)


class Rule(Fact):
    """One line of the routing table; the first whose condition holds decides."""

    id: Code
    when: Condition = Condition()
    owner: Code = Field(description="Department that is accountable")
    assign: Literal["contractor"] | None = Field(
        default=None, description="contractor: the owner's contractor whose zone holds the district that day"
    )
    because: str = Field(description="A sentence staff and residents can read")


class LadderStep(Part):
    """A rung of the escalation ladder: when it comes, whom it tells and what it changes."""

    step: int = Field(ge=1)
    at_fraction: float | None = Field(default=None, gt=0, description="Of the time from receipt to due")
    after_due: Span | None = Field(default=None, description="Calendar time after the due time")
    tell: tuple[Literal["agent", "dispatcher", "supervisor", "city_admin"], ...] = Field(min_length=1)
    raise_priority_to: Priority | None = None
    because: str

    @model_validator(mode="after")
    def _one_time(self) -> LadderStep:
        if (self.at_fraction is None) == (self.after_due is None):
            raise ValueError(f"step {self.step}: give at_fraction or after_due, one of them")
        if self.after_due and (self.after_due.working_hours or self.after_due.working_days):
            raise ValueError(f"step {self.step}: after_due counts calendar time")
        return self


class Publication(Part):
    """What the public may see of a request, and when."""

    moderated: bool = Field(
        default=False, description="True: staff release a request before the public sees it"
    )
    blur_metres: int = Field(
        default=0, ge=0, le=2000, description="Grid onto which public positions are rounded"
    )


class City(Part):
    """One city: everything Nagara knows about it, from its folder under ``cities/``."""

    id: CityId
    country: str = Field(pattern=r"^[A-Z]{2}$")
    reference_prefix: str = Field(pattern=r"^[A-Z]{3}$", description="First letters of a reference; unique")
    names: Names
    timezone: Annotated[str, AfterValidator(_known_timezone)]
    languages: tuple[str, ...] = Field(min_length=1, description="BCP-47; the first is the default")
    population: Population | None = None
    map: MapView
    near_metres: int = Field(default=200, ge=0, le=5000, description="A point this near counts as inside")
    calendar: Calendar
    departments: tuple[Department, ...] = Field(min_length=1)
    contractors: tuple[Contractor, ...] = ()
    groups: Mapping[Code, Names] = Field(default_factory=dict)
    services: tuple[Service, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1)
    ladder: tuple[LadderStep, ...] = ()
    publication: Publication = Publication()
    districts: Mapping[str, Any] = Field(description="GeoJSON FeatureCollection from districts.geojson")
    areas: Mapping[str, Any] | None = Field(default=None, description="GeoJSON from areas.geojson")
    fingerprint: str = Field(default="", description="SHA-256 over the folder's files, set by the loader")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def services_by_code(self) -> Mapping[str, Service]:
        """Services by code."""
        return {service.code: service for service in self.services}

    @cached_property
    def departments_by_code(self) -> Mapping[str, Department]:
        """Departments and external owners by code."""
        return {department.code: department for department in self.departments}

    @cached_property
    def contractors_by_code(self) -> Mapping[str, Contractor]:
        """Contractors by code."""
        return {contractor.code: contractor for contractor in self.contractors}

    @cached_property
    def district_names(self) -> Mapping[str, Mapping[str, str]]:
        """Names of each district by its code, in the order of the file."""
        return {f["properties"]["code"]: f["properties"]["names"] for f in self.districts["features"]}

    @cached_property
    def area_names(self) -> Mapping[str, Mapping[str, str]]:
        """Names of each area by its code; empty where the city has none."""
        features = self.areas["features"] if self.areas else ()
        return {f["properties"]["code"]: f["properties"]["names"] for f in features}

    def calendar_of(self, department_code: str) -> Calendar:
        """The department's own calendar, or the city's where it has none."""
        return self.departments_by_code[department_code].calendar or self.calendar

    def name_in(self, names: Mapping[str, str], language: str | None = None) -> str:
        """A name in the language asked for, else the city's first that it has, else English, else any."""
        for tag in (language, *self.languages, "en"):
            if tag and tag in names:
                return names[tag]
        return next(iter(names.values()))
