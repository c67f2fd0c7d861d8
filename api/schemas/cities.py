"""Cities as a client needs them: services, departments, districts, places."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.schemas.common import Choice, Named, Names, Position


class About(BaseModel):
    """This installation."""

    name: str
    demo: bool
    network: Names


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


class Cities(BaseModel):
    """All cities."""

    cities: list[City]


class PromiseSpans(BaseModel):
    """What is promised for a service: each stage one of calendar_hours, calendar_days, working_hours, working_days."""

    acknowledge: dict[str, float] | None
    respond: dict[str, float] | None
    resolve: dict[str, float] | None
    standard: Literal["published", "internal", "reference"]


class Question(BaseModel):
    """A question asked with a service."""

    code: str
    datatype: str
    names: Names
    required: bool
    hint: Names | None
    choices: list[Choice]


class Service(BaseModel):
    """What can be reported."""

    code: str
    network_code: str
    names: Names
    description: Names | None
    group: str
    icon: str
    keywords: list[str]
    questions: list[Question]
    promise: PromiseSpans
    emergency_notice: Names | None


class Services(BaseModel):
    """A city's services."""

    city: str
    groups: dict[str, Names]
    services: list[Service]


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
