"""A report as it is sent, what is said of it before, and what answers it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.cities import NearestCity, Place
from api.schemas.common import Input, Named, Names, Position, Promise, Route

CHECK_EXAMPLE: JsonDict = {"service_code": "waste_missed", "lat": 11.5564, "lon": 104.9282}
FILING_EXAMPLE: JsonDict = CHECK_EXAMPLE | {
    "description": "The truck has not come since Monday.",
    "contact": {"email": "resident@example.org"},
    "language": "km",
}

EMAIL = r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"
PHONE = r"^([+ ()./-]*([0-9][+ ()./-]*){5,})?$"
LANGUAGE = (
    r"^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
    r"(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
    r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-[0-9A-WYZa-wyz](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$"
)
"""What RFC 5646 calls a language tag: language, script, region, variants, extensions, private use."""


class ContactBody(Input):
    """How to reach the resident; kept apart and encrypted, never public."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=254, pattern=EMAIL)
    phone: str | None = Field(default=None, max_length=32, pattern=PHONE)


class CheckBody(Input):
    """A report as far as it is known; only the service must be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CHECK_EXAMPLE]})

    service_code: str = Field(max_length=64)
    lat: float | None = Field(default=None, description="WGS 84 degrees north")
    lon: float | None = Field(default=None, description="WGS 84 degrees east")
    address: str | None = Field(default=None, max_length=500)
    district: str | None = Field(default=None, max_length=64)
    description: str = Field(default="", max_length=4000, description="At most 4,000 characters")
    answers: dict[str, Any] = Field(default_factory=dict, description="To the service's questions, by code")
    contact: ContactBody | None = None
    observed_at: dt.datetime | None = Field(default=None, description="The device's clock, with zone")
    language: str | None = Field(
        default=None, max_length=35, pattern=LANGUAGE, description="BCP-47, for messages to the resident"
    )
    confidential: bool = Field(default=False, description="Shown to nobody but staff and the private link")
    media: tuple[uuid.UUID, ...] = Field(
        default=(), max_length=5, description="Pictures sent before, by the ids they were given"
    )
    same_as: str | None = Field(
        default=None,
        max_length=40,
        description="Reference of an open report of the same problem, which this one joins: me too",
    )


class FilingBody(CheckBody):
    """A report. Where it is: ``lat`` and ``lon``, or a ``district``, or an ``address`` in words."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [FILING_EXAMPLE]})


class FiledOnBehalf(BaseModel):
    """A request that stands, as whoever typed it may know it: the private page is the resident's alone."""

    reference: str
    city: str
    status: str
    status_url: str
    received_at: dt.datetime
    service: Named
    department: Named
    assignee: Named | None
    district: Named | None
    route: Route
    promise: Promise
    joined: str | None = Field(
        description="The report it was linked to; null where none was named, or that one had ended meanwhile"
    )


class Filed(FiledOnBehalf):
    """A request that stands: what the resident needs to find it again."""

    token: str
    page_url: str


class FilingRefusal(BaseModel):
    """Why the report would not be taken, and what to do instead."""

    kind: Literal["stop", "redirect", "outside", "not_offered"]
    notice: Names
    url: str | None
    phone: str | None
    nearest_city: NearestCity | None = None


class ShownNotice(BaseModel):
    """Words to read before sending; they do not stop the report."""

    notice: Names
    phone: str | None


class Coming(BaseModel):
    """One coming of the collecting crew."""

    round: Named
    from_: dt.datetime = Field(alias="from")
    to: dt.datetime


class CollectionShown(BaseModel):
    """Whether a collection was due at the place. ``unknown``: the city told of no round there."""

    state: Literal["was_due", "running", "not_due", "unknown"]
    last: Coming | None
    running: Coming | None
    next: Coming | None


class NearbyReport(BaseModel):
    """An open report near the place. Place and distance are those the public is shown."""

    reference: str
    service: Named
    status: str
    open: bool
    metres: int
    received_at: dt.datetime
    alike: bool = Field(description="A picture of it looks like one of those sent")
    others: int = Field(description="How many have joined it")
    thumbnail_url: str | None
    position: Position | None


class Checked(BaseModel):
    """What would become of a report, and what is known about the same problem already."""

    taken: bool
    refusal: FilingRefusal | None
    notices: list[ShownNotice]
    questions: list[str] = Field(description="Codes of those to be asked after the answers given")
    place: Place | None
    department: Named | None
    promise: Promise | None
    collection: CollectionShown | None
    nearby: list[NearbyReport]
