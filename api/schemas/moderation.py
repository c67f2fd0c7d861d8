"""What the public may see, decided by staff; who filed a request, and the log of who read that."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input, Named
from api.schemas.media import StaffPhoto
from nagara.photos.redaction import MOST_BOXES
from nagara.residents.contacts import BLOCK_REASONS, LONGEST_BLOCK_DAYS, LONGEST_REASON, SHORTEST_REASON
from nagara.staff.moderation import REASONS

Why = Annotated[
    str,
    Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON, description="Read by whoever audits"),
]
Fraction = Annotated[float, Field(allow_inf_nan=False)]


class WhyBody(Input):
    """Why something personal is read."""

    why: Why


class ContactShown(BaseModel):
    """Who filed a request, as far as they said."""

    name: str | None
    email: str | None
    phone: str | None


class OriginalWords(BaseModel):
    """The resident's words before staff reworded them; null where nothing was, or its time is over."""

    description: str | None
    redacted_at: dt.datetime | None
    redacted_by: str | None


class ContactRead(BaseModel):
    """One read; ``found``: whether there was anything. Of a picture as it came, ``why`` says only ``picture``."""

    id: uuid.UUID
    reference: str
    what: Literal["contact", "words", "picture"]
    username: str
    why: str
    found: bool
    read_at: dt.datetime


class ContactReads(BaseModel):
    """A page of the log, newest first."""

    reads: list[ContactRead]
    next_cursor: str | None


class PublicationBody(Input):
    """What staff decide. Leave out what is not decided; at least one of ``public`` and ``description``."""

    public: bool | None = Field(
        default=None, description="true: release; false: hide; null: as the city's rule says"
    )
    description: str | None = Field(
        default=None, max_length=4000, description="The wording everybody reads from now on; null: as it is"
    )
    reason: str = Field(max_length=64, description="One of: " + ", ".join(REASONS))


class WaitingRequest(BaseModel):
    """A request, or one of its pictures, of which staff have yet to decide."""

    reference: str
    status: str
    service: Named
    district: Named | None
    description: str
    received_at: dt.datetime
    waits: bool = Field(description="True where the request waits; else only a picture of it does")
    photos: list[StaffPhoto]


class ModerationQueue(BaseModel):
    """What waits for a release, longest first."""

    requests: list[WaitingRequest]
    next_cursor: str | None
    reasons: list[str]


class RedactionBody(Input):
    """Parts of a picture to hide; they take the place of those drawn before."""

    boxes: list[Annotated[list[Fraction], Field(min_length=4, max_length=4)]] = Field(
        max_length=MOST_BOXES,
        description="x, y, width, height as fractions of the picture, from its upper left",
    )
    keep_found: bool = Field(default=True, description="false: what the detector found is shown again")


class BlockBody(Input):
    """For how long nothing is taken with the contact of a request."""

    days: int = Field(ge=1, le=LONGEST_BLOCK_DAYS)
    reason: str = Field(max_length=64, description="One of: " + ", ".join(BLOCK_REASONS))


class Block(BaseModel):
    """A contact with which nothing is taken; the contact itself is kept nowhere."""

    id: uuid.UUID
    reference: str
    reason: str
    blocked_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    lifted_by: str | None
    lifted_at: dt.datetime | None


class Blocks(BaseModel):
    """All blocks, newest first, those that ended among them."""

    blocks: list[Block]
