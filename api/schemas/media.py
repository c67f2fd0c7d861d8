"""Pictures, for residents, the public and staff."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input, Position


class KeptPhoto(BaseModel):
    """A picture that waits for its report, and what the camera wrote, which is not kept."""

    id: uuid.UUID
    position: Position | None
    taken_at: dt.datetime | None
    width: int
    height: int
    bytes: int


class PhotoShown(BaseModel):
    """A picture: ``before`` shows the problem, ``after`` what was done, ``feedback`` what the resident found then."""

    id: uuid.UUID
    url: str
    thumbnail_url: str
    width: int
    height: int
    kind: Literal["before", "after", "feedback"]
    public: bool = Field(description="True where anybody may see it")


class StaffPhoto(PhotoShown):
    """A picture, for staff."""

    released: bool = Field(description="True where staff released it; the city's rule decides as well")
    waits_for_hiding: bool = Field(
        description="True until what the city hides was looked for; only the privileged see it before"
    )
    redacted: bool = Field(description="True where parts are hidden; the original opens with ?original=true")
    found: list[list[float]] = Field(description="What the detector found: x, y, width, height as fractions")
    boxes: list[list[float]] = Field(description="What staff hid, likewise")


class ReleaseBody(Input):
    """Whether the public may see a picture, as far as the city's rule leaves it to staff."""

    public: bool
