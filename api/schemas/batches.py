"""Bulk moves, exports, the hand-over of a desk, and the figures a supervisor looks at."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from api.schemas.common import Input, MoveDetails, Named
from nagara.queue.asked import AskedFilter


class BulkDetails(MoveDetails):
    """What comes with the move, for every request alike."""

    until: dt.datetime | None = Field(default=None, description="With its offset, for acknowledge_escalation")


class BulkBody(Input):
    """One move over the requests of a filter, or over those that are named."""

    filter: AskedFilter | None = None
    references: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=5000)
    move: str = Field(max_length=40)
    details: BulkDetails = BulkDetails()
    expected: int | None = Field(
        default=None, ge=0, description="How many were shown; 409 if it is another number when this is sent"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> BulkBody:
        if (self.filter is None) == (self.references is None):
            raise ValueError("give either a filter or references")
        return self


class HandoverBody(Input):
    """Whose requests go to whom, by username; ``filter`` narrows them."""

    from_: str = Field(alias="from", min_length=1, max_length=500)
    to: str = Field(min_length=1, max_length=63)
    filter: AskedFilter | None = None
    note: str | None = Field(default=None, max_length=4000)


class ExportBody(Input):
    """What is taken out, and as what."""

    filter: AskedFilter = AskedFilter()
    format: Literal["csv", "xlsx", "geojson"]


class Result(BaseModel):
    """What became of one request; ``code`` and ``message`` where it was not moved."""

    reference: str
    ok: bool
    code: str | None
    message: str | None


class Job(BaseModel):
    """A long job. ``total`` is null until it is known."""

    id: uuid.UUID
    state: Literal["waiting", "running", "done", "failed", "expired"]
    total: int | None
    done: int
    failure: str | None
    created_at: dt.datetime
    finished_at: dt.datetime | None
    expires_at: dt.datetime | None


class BulkJob(Job):
    """A bulk move; ``undo``: it can be undone, as far as the lifecycle allows."""

    move: str
    results: list[Result]
    undo: bool
    undo_of: uuid.UUID | None


class ExportJob(Job):
    """An export; its file is there while it is ``done``."""

    format: Literal["csv", "xlsx", "geojson"]


class Load(BaseModel):
    """What a department, or a person within it, has open."""

    department: Named
    assignee: str | None
    open: int
    overdue: int
    due_soon: int = Field(description="Due within the hours that were asked for")
    escalated: int
    waiting: int = Field(description="Paused: for the resident, a part, another body")
    oldest_received_at: dt.datetime | None
    median_age_hours: float


class Breach(BaseModel):
    """A request whose promise to resolve will be missed soon."""

    reference: str
    service: Named
    department: Named
    assignee: str | None
    status: str
    priority: str
    resolve_by: dt.datetime
    version: int


class Supervision(BaseModel):
    """Load and age, and what will be late within the next hours."""

    at: dt.datetime
    hours: int
    departments: list[Load]
    people: list[Load]
    breaches: list[Breach]
    more_breaches: bool


class Similar(BaseModel):
    """A request that may be about the same; a person decides."""

    reference: str
    status: str
    open: bool
    service: Named
    received_at: dt.datetime
    description: str
    metres: float | None
    hours_apart: float
    same_words: float = Field(description="Share of the runs of letters both have, 0 to 1")
    same_picture: bool
    score: float = Field(description="0 to 1; the likeliest come first")
    thumbnail_url: str | None


class SimilarRequests(BaseModel):
    """At most ten, the likeliest first."""

    similar: list[Similar]
