"""Cities as a client needs them: services, departments, districts, places."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Choice, Named, Names, Position
from city_config.basics import Waste


class About(BaseModel):
    """This installation."""

    name: str
    demo: bool
    network: Names


class Look(BaseModel):
    """What makes the pages the city's own; white text on ``colour`` is readable."""

    colour: str
    crest_url: str | None


class PrivacyNotice(BaseModel):
    """What residents are told about their data before they hand any in."""

    notice: Names
    law: str | None
    url: str | None
    contact: str | None


class City(BaseModel):
    """A city."""

    id: str
    country: str
    names: Names
    languages: list[str]
    timezone: str
    centre: Position
    zoom: int
    tile_url: str | None
    attribution: str
    population: int | None
    numerals: dict[str, str] = Field(description="Unicode's names of digits, by language")
    look: Look | None
    privacy: PrivacyNotice | None


class Cities(BaseModel):
    """All cities."""

    cities: list[City]


class PromiseSpans(BaseModel):
    """What is promised for a service: each stage one of calendar_hours, calendar_days, working_hours, working_days."""

    acknowledge: dict[str, float] | None
    respond: dict[str, float] | None
    resolve: dict[str, float] | None
    standard: Literal["published", "internal", "reference"]


class ServiceQuestion(BaseModel):
    """A question asked with a service; ``shown_when``: only after one of these answers to each of these questions."""

    code: str
    datatype: str
    names: Names
    required: bool
    hint: Names | None
    choices: list[Choice]
    shown_when: dict[str, list[str]]


class Redirect(BaseModel):
    """Where residents go instead: reports of this service are not taken here."""

    notice: Names
    url: str | None
    phone: str | None


class StopNotice(BaseModel):
    """Words shown before a report is sent; ``stops``: it is not taken. Without ``shown_when``: always."""

    notice: Names
    shown_when: dict[str, list[str]]
    stops: bool
    phone: str | None = Field(description="A number the city confirmed")


class ContactLine(BaseModel):
    """A telephone line shown beside the form; emergency numbers only where the city confirmed them."""

    kind: Literal["emergency", "municipal"]
    names: Names
    phone: str


class CityService(BaseModel):
    """What can be reported."""

    code: str
    network_code: str
    names: Names
    description: Names | None
    group: str
    icon: str
    keywords: list[str]
    questions: list[ServiceQuestion]
    promise: PromiseSpans
    emergency_notice: Names | None
    redirect: Redirect | None
    stop_notices: list[StopNotice] = Field(description="Those that hold on the city's present day")
    asks_round: Waste | None = Field(
        description="A missed collection of this waste: ``collection`` of a check says when it comes"
    )
    nearby_metres: int = Field(description="How far around open reports are looked for; 0: not at all")


class Services(BaseModel):
    """A city's services, as they are offered on its present day."""

    city: str
    groups: dict[str, Names]
    contact_lines: list[ContactLine]
    services: list[CityService]


class PlaceFound(BaseModel):
    """Somewhere the city knows by name; ``position`` is a point of it, null for streets."""

    kind: Literal["district", "area", "street", "landmark"]
    code: str
    names: Names
    position: Position | None
    district: Named | None


class PlacesFound(BaseModel):
    """What fits the words, best first."""

    places: list[PlaceFound]


class Department(Named):
    """An owner of requests."""

    kind: Literal["department", "external"]


class Departments(BaseModel):
    """A city's departments."""

    city: str
    departments: list[Department]


class NearestCity(BaseModel):
    """The city to ask instead."""

    id: str
    names: Names
    kilometres: float


class Place(BaseModel):
    """Where a position lies."""

    inside: bool
    district: Named | None
    zones: list[str]
    nearest_city: NearestCity | None = None
