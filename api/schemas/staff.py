"""The work queue, a request with everything staff may see, and moves."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from pydantic import BaseModel, Field

from api.schemas.common import Input, Named, Names, Promise, Route
from api.schemas.media import StaffPhoto


class MoveBody(Input):
    """What comes with a move; which fields it needs, the request's ``moves`` say."""

    note: str | None = Field(default=None, max_length=4000)
    assignee: str | None = Field(default=None, max_length=500)
    department: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=64)
    service_code: str | None = Field(default=None, max_length=64)
    parent: str | None = Field(default=None, max_length=40)
    priority: str | None = Field(default=None, max_length=16)
    media: tuple[uuid.UUID, ...] = Field(
        default=(), max_length=5, description="Pictures of what was done, by the ids they were given"
    )
    version: int | None = Field(
        default=None, ge=1, description="The version last seen; 409 if it changed since"
    )


class QueueRow(BaseModel):
    """A request in the queue."""

    reference: str
    city: str
    status: str
    service: Named
    network_code: str
    district: Named | None
    department: Named
    assignee: str | None
    assignee_names: Names | None
    priority: str
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    next_due_at: dt.datetime | None
    promise: Promise
    late: bool
    escalation_level: int
    lat: float | None
    lon: float | None
    address: str | None
    description: str
    channel: str
    version: int


class QueueCounts(BaseModel):
    """How much of what is open."""

    open: int
    overdue: int
    due_today: int
    unassigned: int
    escalated: int


class Queue(BaseModel):
    """A page of the queue; ``counts`` only where asked for."""

    requests: list[QueueRow]
    next_cursor: str | None
    counts: QueueCounts | None = None


class StaffEvent(BaseModel):
    """Something that happened, for staff."""

    seq: int
    kind: str
    at: dt.datetime
    recorded_at: dt.datetime
    actor: str | None
    actor_kind: str
    from_status: str | None
    to_status: str | None
    note: str | None
    data: dict[str, Any]


class PossibleMove(BaseModel):
    """A move, whether it is allowed now, and why not."""

    move: str
    allowed: bool
    why_not: str | None
    why: str
    fields: list[str]
    needs: list[str]
    reasons: list[str]


class StaffRequest(QueueRow):
    """A request with everything staff may see."""

    answers: dict[str, Any]
    language: str | None
    observed_at: dt.datetime | None
    confidential: bool
    route: Route
    config_fingerprint: str
    closing_reason: str | None
    duplicate_of: str | None
    contact: dict[str, str] | None
    photos: list[StaffPhoto]
    timeline: list[StaffEvent]
    moves: list[PossibleMove]
