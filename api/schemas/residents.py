"""What the holder of a private link sends after filing, and what answers it."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input
from api.schemas.status import PublicStatus

Media = Field(default=(), max_length=5, description="Pictures sent before, by the ids they were given")
Words = Field(default="", max_length=4000, description="At most 4,000 characters; never published")


class AdditionBody(Input):
    """More words, more pictures, or both."""

    text: str = Words
    media: tuple[uuid.UUID, ...] = Media


class WithdrawalBody(Input):
    """Why it is taken back, if somebody wants to say."""

    note: str = Words


class FeedbackBody(Input):
    """Whether it is fixed; how content somebody is, from one (bad) to five (good)."""

    fixed: bool
    rating: int | None = Field(default=None, ge=1, le=5)
    text: str = Words
    media: tuple[uuid.UUID, ...] = Media


class EraseBody(Input):
    """How much is to be deleted."""

    what: Literal["contact", "everything"] = Field(
        description="contact: how to reach the resident; everything: words, pictures and exact place too"
    )


class Done(BaseModel):
    """What came of it, and the request as it stands then."""

    outcome: Literal[
        "added",
        "answered",
        "withdrawn",
        "thanks",
        "reopened",
        "kept_late",
        "kept_often",
        "erased",
        "nothing_to_erase",
    ]
    message: str = Field(description="In English, for people")
    request: PublicStatus


class RenewedLink(BaseModel):
    """The new private link; the one before opens nothing any more."""

    reference: str
    token: str
    page_url: str


class RevokedLink(BaseModel):
    """The private link opens nothing any more, and nobody was given another."""

    reference: str
    version: int
