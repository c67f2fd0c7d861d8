"""A city's requests as anybody may see them."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from api.schemas.common import FeatureCollection, Named, Position


class PublicRequest(BaseModel):
    """A request in the city's public list."""

    reference: str
    status: str
    open: bool
    service: Named
    department: Named
    district: Named | None
    position: Position | None = Field(description="On the grid to which the city blurs positions")
    description: str | None = Field(description="Only where the city shows what residents wrote")
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    thumbnail_url: str | None


class PublicRequests(BaseModel):
    """A page of the list, newest first."""

    city: str
    requests: list[PublicRequest]
    next_cursor: str | None


class PublicFeatures(FeatureCollection):
    """The same as GeoJSON."""

    next_cursor: str | None
