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

from pydantic import AfterValidator, Field

from city_config.basics import (
    WEEKDAYS,
    Answers,
    Calendar,
    CityId,
    Code,
    Dated,
    DatedName,
    DistrictPopulation,
    Fact,
    Holidays,
    HoursOverride,
    LanguageTag,
    Names,
    Part,
    Population,
    Position,
    Priority,
    Sentence,
    Span,
    TimeWindow,
    Weekday,
    WeeklyHours,
    common_period,
    population_in,
    window_minutes,
)
from city_config.external_owners import ExternalOwner
from city_config.ladder import Ladder, LadderStep, Pauses, Post, QuietHours, RoleTold, Stage
from city_config.landmarks import Landmark
from city_config.look import Look
from city_config.network import Emergency, Member, Network, NetworkCode, PeerBand, Role
from city_config.organisation import CollectionRound, Contractor, Department, RoundWindow, Zone
from city_config.policy import (
    AfterClosing,
    ContactLine,
    Display,
    IdentityProvider,
    Nearby,
    OpenData,
    Privacy,
    Publication,
    Retention,
    StaffAccess,
)
from city_config.services import Choice, Promise, Question, Redirect, Service, Stages, StopNotice
from city_config.texts import CityTexts

__all__ = [
    "WEEKDAYS",
    "Answers",
    "Calendar",
    "Choice",
    "City",
    "CityId",
    "Code",
    "CollectionRound",
    "Condition",
    "ContactLine",
    "Contractor",
    "Dated",
    "DatedName",
    "Department",
    "DistrictPopulation",
    "Emergency",
    "ExternalOwner",
    "Fact",
    "Holidays",
    "HoursOverride",
    "IdentityProvider",
    "Ladder",
    "LadderStep",
    "Landmark",
    "Look",
    "MapView",
    "Member",
    "Names",
    "Nearby",
    "Network",
    "NetworkCode",
    "OpenData",
    "Part",
    "Pauses",
    "PeerBand",
    "Population",
    "Position",
    "Post",
    "Priority",
    "Privacy",
    "Promise",
    "Publication",
    "Question",
    "QuietHours",
    "Redirect",
    "Retention",
    "Role",
    "RoundWindow",
    "Rule",
    "Service",
    "Span",
    "StaffAccess",
    "Stage",
    "Stages",
    "StopNotice",
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

    centre: Position = Field(description="Where it opens")
    zoom: int = Field(default=12, ge=1, le=20, description="How near it opens")
    tile_url: str | None = Field(
        default=None, description="{z}/{x}/{y} raster tiles of the city's own choice"
    )
    attribution: str = Field(default="", description="Whom the tiles are owed to; shown on the map")


class Condition(Part):
    """What must hold for a rule: each named field, all of them. Nothing named holds always."""

    services: tuple[Code, ...] = Field(default=(), description="Codes of services")
    network_codes: tuple[Code, ...] = Field(default=(), description="Common codes of the services")
    districts: tuple[Code, ...] = Field(default=(), description="Codes of districts.geojson")
    areas: tuple[Code, ...] = Field(default=(), description="Codes of polygons in areas.geojson")
    priorities: tuple[Priority, ...] = Field(default=(), description="Priority at receipt")
    weekdays: tuple[Weekday, ...] = Field(default=(), description="Local weekday of receipt")
    between: TimeWindow | None = Field(default=None, description="Local time of receipt")
    holiday: bool | None = Field(
        default=None, description="true: received on a holiday of the city's calendar; false: on another day"
    )
    answers: Answers = Field(default_factory=dict, description="Answers, by question")


class Rule(Fact, Dated):
    """One line of the routing table; the first whose condition holds decides."""

    id: Code = Field(description="Unique among the rules; stored with every request it decided")
    when: Condition = Field(default=Condition(), description="Nothing: always")
    owner: Code = Field(description="Department that is accountable")
    assign: Literal["contractor"] | None = Field(
        default=None, description="contractor: the owner's contractor whose zone holds the district that day"
    )
    because: Sentence = Field(description="A sentence staff and residents can read")


class City(Part):
    """One city: everything Nagara knows about it, from its folder under ``cities/``."""

    id: CityId = Field(description="Country and city, kh-pnh; the folder's name")
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1")
    reference_prefix: str = Field(pattern=r"^[A-Z]{3}$", description="First letters of a reference; unique")
    names: Names = Field(description="The city's name, by language")
    timezone: Annotated[str, AfterValidator(_known_timezone)] = Field(description="IANA name")
    languages: tuple[LanguageTag, ...] = Field(min_length=1, description="BCP-47; the first is the default")
    population: Population | None = Field(default=None, description="Of the whole city")
    district_population: DistrictPopulation | None = Field(
        default=None,
        description="Residents of the districts; a district's own in districts.geojson goes first",
    )
    districts_expected: int | None = Field(
        default=None, gt=0, description="How many districts the city has, where not all could be drawn"
    )
    map: MapView = Field(description="How its map opens")
    look: Look | None = Field(default=None, description="Its colour and crest; without: Nagara's own")
    near_metres: int = Field(default=200, ge=0, le=5000, description="A point this near counts as inside")
    calendar: Calendar = Field(description="Working time of departments that have none of their own")
    departments: tuple[Department, ...] = Field(min_length=1, description="Who owns requests")
    contractors: tuple[Contractor, ...] = Field(default=(), description="Who works for departments")
    external_owners: tuple[ExternalOwner, ...] = Field(
        default=(), description="Back-ends of other bodies to which requests are sent on"
    )
    rounds: tuple[CollectionRound, ...] = Field(default=(), description="When rubbish is collected where")
    landmarks: tuple[Landmark, ...] = Field(default=(), description="Places people find their way by")
    groups: Mapping[Code, Names] = Field(default_factory=dict, description="Groups services are shown in")
    services: tuple[Service, ...] = Field(min_length=1, description="What residents may report")
    rules: tuple[Rule, ...] = Field(min_length=1, description="The routing table, read from the top")
    ladder: tuple[LadderStep, ...] = Field(
        default=(),
        description="What happens when nobody resolves a request; for services without a ladder of their own",
    )
    ladders: tuple[Ladder, ...] = Field(
        default=(), description="Ladders of some services, or of other promises; the first that fits holds"
    )
    posts: tuple[Post, ...] = Field(default=(), description="Whom ladders tell besides roles")
    quiet_hours: Mapping[RoleTold, QuietHours] = Field(
        default_factory=dict, description="When roles are not told, by role"
    )
    pauses: Pauses = Field(default=Pauses(), description="How long a promise may pause")
    nearby: Nearby = Field(default=Nearby(), description="What is shown as reported already")
    publication: Publication = Field(default=Publication(), description="What the public sees")
    open_data: OpenData = Field(default=OpenData(), description="What is published as files every night")
    after_closing: AfterClosing = Field(
        default=AfterClosing(), description="What residents may do once a request was closed"
    )
    display: Display = Field(default=Display(), description="How times are written for residents")
    retention: Retention | None = Field(default=None, description="How long personal data are kept")
    privacy: Privacy | None = Field(default=None, description="What residents are told about their data")
    contact_lines: tuple[ContactLine, ...] = Field(default=(), description="Numbers shown beside the form")
    texts: Mapping[LanguageTag, CityTexts] = Field(
        default_factory=dict,
        description="Notices in the city's own words, by language; the rest is the network's",
    )
    contact_confirmation: Literal["none", "email", "sms", "either"] = Field(
        default="none",
        description="Whether notices wait until a code sent to the resident's contact was entered",
    )
    identity_providers: tuple[IdentityProvider, ...] = Field(
        default=(), description="Who vouches for residents or staff by OpenID Connect"
    )
    staff_access: StaffAccess = Field(default=StaffAccess(), description="How staff sign in")
    districts: Mapping[str, Any] = Field(description="GeoJSON FeatureCollection from districts.geojson")
    areas: Mapping[str, Any] | None = Field(default=None, description="GeoJSON from areas.geojson")
    boundary: Mapping[str, Any] | None = Field(
        default=None, description="GeoJSON of the whole city from boundary.geojson, where it has one"
    )
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
    def external_owners_by_code(self) -> Mapping[str, ExternalOwner]:
        """External owners by code."""
        return {owner.code: owner for owner in self.external_owners}

    @cached_property
    def external_owners_by_department(self) -> Mapping[str, ExternalOwner]:
        """External owners by the department or body whose requests they get."""
        return {owner.department: owner for owner in self.external_owners}

    @cached_property
    def posts_by_code(self) -> Mapping[str, Post]:
        """Posts by code."""
        return {post.code: post for post in self.posts}

    @cached_property
    def rule_periods(self) -> Mapping[str, Dated]:
        """From when to when each rule counts, by id: inside its own dates and its department's."""
        periods = {}
        for rule in self.rules:
            owner = self.departments_by_code.get(rule.owner, rule)
            periods[rule.id] = common_period(rule, owner)
        return periods

    @cached_property
    def district_names(self) -> Mapping[str, Mapping[str, str]]:
        """Names of each district by its code, in the order of the file."""
        return {f["properties"]["code"]: f["properties"]["names"] for f in self.districts["features"]}

    @cached_property
    def district_dates(self) -> Mapping[str, Dated]:
        """From when to when each district existed, by code; without dates: always."""
        return _dates_of(self.districts)

    @cached_property
    def area_dates(self) -> Mapping[str, Dated]:
        """From when to when each area existed, by code; without dates: always."""
        return _dates_of(self.areas) if self.areas else {}

    def districts_on(self, day: dt.date) -> tuple[str, ...]:
        """Codes of the districts that existed on a local day, in the order of the file."""
        return tuple(code for code, dates in self.district_dates.items() if dates.holds_on(day))

    @cached_property
    def population_by_district(self) -> Mapping[str, Population]:
        """Residents of each district of which they are known, by code, with year and source."""
        stated = self.district_population
        found = {}
        if stated:
            shared = {"year": stated.year, "source": stated.source, "confirmed": stated.confirmed}
            found = {code: Population(value=value, **shared) for code, value in stated.values.items()}
        for feature in self.districts["features"]:
            own = population_in(feature["properties"])
            if own is not None:
                found[feature["properties"]["code"]] = own
        return found

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


def _dates_of(shapes: Mapping[str, Any]) -> dict[str, Dated]:
    """The validity of each shape by its code."""
    dates = {}
    for feature in shapes["features"]:
        given = feature["properties"]
        wanted = {key: given[key] for key in ("valid_from", "valid_to") if given.get(key)}
        dates[given["code"]] = Dated.model_validate(wanted)
    return dates
