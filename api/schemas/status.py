"""What the public, and whoever filed it, see of a request."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Named, Names, Position, Promise
from api.schemas.media import PhotoShown


class PublicEvent(BaseModel):
    """Something that happened, for the public."""

    kind: str
    at: dt.datetime
    status: str | None
    note: str | None
    reason: str | None
    reason_names: Names | None = Field(default=None, description="The closing reason's sentence, by language")


class SpanShown(BaseModel):
    """A length of promised time."""

    unit: Literal["calendar_hours", "working_hours", "calendar_days", "working_days"]
    count: float


class PromisedWithin(BaseModel):
    """How long the city gave itself for each stage."""

    acknowledge: SpanShown | None
    respond: SpanShown | None
    resolve: SpanShown | None


class CityShown(BaseModel):
    """How the request's city writes times; null follows the custom of the reader's language."""

    names: Names
    timezone: str
    calendar: str | None
    numerals: dict[str, str] = Field(description="Unicode's names of digits, by language")


class AskedQuestion(BaseModel):
    """What staff want to know from the resident."""

    text: str
    at: dt.datetime


class Said(BaseModel):
    """What the resident said after filing. Only the holder of the private link is shown it."""

    kind: Literal["addition", "answer", "withdrawal", "feedback"]
    at: dt.datetime
    text: str
    fixed: bool | None
    rating: int | None
    reopened: bool
    about: dt.datetime | None = Field(description="The closing that feedback is about")


class PublicStatus(BaseModel):
    """What became of a request."""

    reference: str
    city: str
    status: str
    open: bool
    service: Named
    district: Named | None
    department: Named
    assignee: Named | None
    position: Position | None
    description: str | None
    address: str | None
    route_reason: str
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    closing_reason: str | None
    note: str | None
    duplicate_of: str | None
    promise: Promise
    photos: list[PhotoShown]
    timeline: list[PublicEvent]
    others: int = Field(description="How many others reported the same")
    closing_reason_names: Names | None
    erased: bool = Field(description="The resident's data were deleted; what is counted stays")
    acknowledged_at: dt.datetime | None
    responded_at: dt.datetime | None
    promised_within: PromisedWithin | None
    city_shown: CityShown
    own: bool = Field(description="Asked with the private link's token; the rest is only for its holder")
    can: list[str] = Field(description="What the holder may do now")
    question: AskedQuestion | None
    said: list[Said]
    feedback: Said | None
    reopens_until: dt.datetime | None = Field(description="Until then 'not fixed' opens it again")
