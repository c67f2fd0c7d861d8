"""A request at another body's back-end, as staff see it."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input, Names


class ExternalLink(BaseModel):
    """One system a request went to, or was to go to."""

    owner: str = Field(description="Code of the external owner")
    names: Names = Field(description="The department or body it serves")
    state: Literal["waiting", "token", "sent", "failed", "ended"] = Field(
        description="waiting: tried again by itself; token: it is there, its number is awaited; "
        "failed: waits for a person; ended: need not go any more"
    )
    their_id: str | None = Field(description="Its number there")
    sent_at: dt.datetime | None
    attempts: int
    problem: str | None = Field(
        description="Why it could not be sent: service_not_mapped, no_place, confidential, erased, came_from_them, "
        "key_missing, not_configured, pictures, refused, no_answer, unclear, no_id, same_id, closed, left"
    )
    problem_detail: str | None = Field(description="Their words, or what broke")
    next_attempt_at: dt.datetime | None
    resting_until: dt.datetime | None = Field(description="The whole system is left alone until then")
    perhaps_there: bool = Field(description="A call was begun whose end nobody knows; it is looked for first")
    their_status: str | None
    their_words: str | None
    their_updated_at: dt.datetime | None
    attention: Literal["unknown_status", "not_theirs", "jobs_open", "evidence_missing"] | None = Field(
        description="Why their last status moved nothing here"
    )
    not_told: str | None = Field(description="Why they could not be told what happened here")
    not_told_detail: str | None


class ExternalLinks(BaseModel):
    """All of a request, the earliest first; most have none or one."""

    owners: list[ExternalLink]


class SendAgain(Input):
    """What a person knows of it."""

    their_id: str | None = Field(
        default=None,
        max_length=200,
        description="Its number there, where somebody found it; nothing is sent then",
    )
