"""A request with everything staff may see, and moves."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.schemas.common import MoveDetails, Route
from api.schemas.media import StaffPhoto
from api.schemas.queue import QueueRow
from api.schemas.status import Said


class MoveBody(MoveDetails):
    """What comes with a move; which fields it needs, the request's ``moves`` say."""

    media: tuple[uuid.UUID, ...] = Field(
        default=(), max_length=5, description="Pictures of what was done, by the ids they were given"
    )
    version: int | None = Field(
        default=None, ge=1, description="The version last seen; 409 if it changed since"
    )
    until: dt.datetime | None = Field(
        default=None,
        description="acknowledge_escalation: until when nothing climbs; with its offset, within 30 days",
    )


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
    hindered_by: Literal["status", "role", "department"] | None = Field(
        description="What the sentence is about, for those who say it in another language"
    )
    starts: list[str] = Field(description="The statuses it may be made from")
    why: str
    fields: list[str]
    needs: list[str]
    reasons: list[str]


class SaidToStaff(Said):
    """What residents said after filing, as staff see it."""

    reference: str | None = Field(
        description="The joined report that it was added to, where it is to be read; nothing: this one"
    )


class Told(BaseModel):
    """Whom a rung tells: a role by its code, a post by its names."""

    code: str
    names: dict[str, str] | None


class Rung(BaseModel):
    """A rung of the ladder of a promise that is not kept yet."""

    promise: str = Field(description="acknowledge, respond or resolve")
    step: int
    at: dt.datetime
    reached: bool
    tell: list[Told]
    because: str


class AwaitedAnswer(BaseModel):
    """An acknowledgement of an escalation that is waited for."""

    promise: str
    step: int
    by: dt.datetime
    told_again: int


class Escalation(BaseModel):
    """How silence climbs for this request."""

    level: int = Field(description="Highest rung reached; 0: none, or taken back")
    by_hand: bool
    held_until: dt.datetime | None = Field(description="Until when an acknowledgement holds the climb")
    awaited: list[AwaitedAnswer]
    next: Rung | None = Field(description="The rung that comes next, whatever holds it")
    next_at: dt.datetime | None = Field(description="When something happens next by itself")
    rungs: list[Rung]
    clock_runs_on_at: dt.datetime | None = Field(
        description="Of a paused request: when the clock of its promise runs on by itself"
    )
    resident_waits_since: dt.datetime = Field(description="The resident's clock, which never pauses")


class Duplicate(BaseModel):
    """A report of the same problem that follows this one."""

    reference: str
    status: str
    channel: str
    received_at: dt.datetime
    linked_at: dt.datetime | None


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
    duplicates: list[Duplicate] = Field(description="The reports that follow this one, the earliest first")
    more_duplicates: bool = Field(description="More follow it than are listed")
    contact_known: bool = Field(
        description="Whether whoever filed it can be reached; who it is, is read apart"
    )
    contact_unconfirmed: bool = Field(
        description="The city wants a code from that contact, and none has come: it may be somebody else's"
    )
    public: bool | None = Field(
        description="Staff's word on whether the public sees it; null: the city's rule"
    )
    waits_for_release: bool
    photos: list[StaffPhoto]
    timeline: list[StaffEvent]
    said: list[SaidToStaff]
    erased: bool
    escalation: Escalation
    sent_on: bool = Field(description="The city has external owners: see /external for how it stands there")
    moves: list[PossibleMove]


class Made(BaseModel):
    """What a move did: the version it made, which is older than the request's own where more happened since."""

    version: int
    replayed: bool = Field(description="True where it had been made before under the same Idempotency-Key")


class MoveMade(StaffRequest):
    """The request after a move."""

    made: Made
