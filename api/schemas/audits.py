"""Samples of resolved requests that somebody looks at."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.common import Input

Quarter = Annotated[str, Field(max_length=20, examples=["2026-Q3"])]


class DrawBody(Input):
    """Which quarter's sample is drawn."""

    quarter: Quarter
    size: Annotated[int, Field(ge=60, le=400, description="Issues; all where fewer were resolved")] = 60


class FindingBody(Input):
    """What was found of one request of a sample."""

    finding: Literal["fixed", "not_fixed", "no_trace"] = Field(
        description="no_trace: nobody can say that the problem had ever been there; it confirms nothing"
    )
    way: Literal["reporter", "photo", "field"] = Field(
        description="Its reporter said so, a picture taken afterwards shows it, or somebody went there"
    )
    note: Annotated[str, Field(max_length=1000, description="For staff; kept for ever")] = ""


class Audit(BaseModel):
    """The sample of a quarter, and how far it is looked at."""

    quarter: str
    snapshot_id: UUID = Field(description="The snapshot whose resolutions were drawn from")
    cut_off: dt.datetime
    known_at: dt.datetime
    seed: str = Field(
        description="The sample: the smallest SHA-256 over this (as bytes) and the id of the request"
    )
    seed_from: str = Field(
        description="network_root: the root of the day after, held by the network; or snapshot"
    )
    resolved: int = Field(description="Issues first resolved in the quarter")
    digest: str = Field(description="SHA-256 over the ids in the order of the draw")
    drawn_by: str
    drawn_at: dt.datetime
    drawn: int
    checked: int
    confirmed: int


class Audits(BaseModel):
    """A city's samples, the newest first."""

    audits: list[Audit]


class AuditItem(BaseModel):
    """One request of a sample; nothing of who filed it."""

    number: int
    reference: str
    service_code: str
    district: str | None
    resolved_at: dt.datetime
    resolved_by: str | None
    reporter_said: bool | None = Field(description="What its reporter said last of whether it is fixed")
    pictured: bool = Field(description="There is a picture of afterwards")
    finding: str | None
    way: str | None
    found_at: dt.datetime | None
    found_by: str | None


class AuditItems(BaseModel):
    """The requests of a sample in the order of the draw."""

    quarter: str
    items: list[AuditItem]
