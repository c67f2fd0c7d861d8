"""A report as it is sent, and what answers it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Input, Named, Promise, Route


class ContactBody(Input):
    """How to reach the resident; kept apart and encrypted, never public."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(default=None, max_length=32, pattern=r"^[+0-9 ()./-]*$")


class FilingBody(Input):
    """A report. Where it is: ``lat`` and ``lon``, or a ``district``, or an ``address`` in words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "service_code": "waste_missed",
                    "lat": 11.5564,
                    "lon": 104.9282,
                    "description": "The truck has not come since Monday.",
                    "contact": {"email": "resident@example.org"},
                    "language": "km",
                }
            ]
        },
    )

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
        default=None, max_length=35, description="BCP-47, for messages to the resident"
    )
    confidential: bool = Field(default=False, description="Shown to nobody but staff and the private link")
    media: tuple[uuid.UUID, ...] = Field(
        default=(), max_length=5, description="Pictures sent before, by the ids they were given"
    )


class Filed(BaseModel):
    """A request that stands: what the resident needs to find it again."""

    reference: str
    token: str
    city: str
    status: str
    status_url: str
    page_url: str
    received_at: dt.datetime
    service: Named
    department: Named
    assignee: Named | None
    district: Named | None
    route: Route
    promise: Promise
