"""What the public, and whoever filed it, see of a request."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel

from api.schemas.common import Named, Position, Promise
from api.schemas.media import PhotoShown


class PublicEvent(BaseModel):
    """Something that happened, for the public."""

    kind: str
    at: dt.datetime
    status: str | None
    note: str | None
    reason: str | None


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
