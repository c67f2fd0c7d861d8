"""Jobs of a request, links for who does them without an account, and what that page shows."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Input, Named, Names, Position
from api.schemas.filing import FILING_EXAMPLE, FilingBody
from api.schemas.queue import QueueRow


class JobBody(Input):
    """One piece of work."""

    title: str = Field(min_length=1, max_length=500)
    assignee: str | None = Field(default=None, max_length=500)


class JobOutcomeBody(Input):
    """How a piece of work ended."""

    outcome: Literal["done", "dropped"]
    note: str | None = Field(default=None, max_length=4000)


class JobLinkBody(Input):
    """Who gets the link, to what, and for how long."""

    contractor: str = Field(min_length=1, max_length=500, description="A contractor's code, or a name")
    job: int | None = Field(default=None, ge=1, description="One job; none: the whole request")
    instructions: str | None = Field(default=None, max_length=4000)
    hours: int = Field(default=168, ge=1, le=720, description="How long it opens")


class JobShown(BaseModel):
    """A piece of work and how it stands."""

    number: int
    title: str
    assignee: str | None
    state: Literal["open", "done", "dropped"]
    note: str | None
    created_by: str
    created_at: dt.datetime
    finished_by: str | None
    finished_at: dt.datetime | None


class JobLinkShown(BaseModel):
    """A link as staff see it; its address is shown only when it is made."""

    id: uuid.UUID
    contractor: str
    contractor_names: Names | None
    job: int | None
    instructions: str | None
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    opened_at: dt.datetime | None
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    outcome: Literal["done", "returned"] | None
    note: str | None


class FieldWork(BaseModel):
    """All jobs and links of a request."""

    jobs: list[JobShown]
    links: list[JobLinkShown]


class HandedOut(BaseModel):
    """A new link: ``url`` opens the page, and is shown this once."""

    url: str
    expires_at: dt.datetime
    link: JobLinkShown


class JobPhoto(BaseModel):
    """A picture of the job; fetched with the same token."""

    id: uuid.UUID
    url: str
    width: int
    height: int
    kind: str


class JobPage(BaseModel):
    """What the holder of a link sees: where and what the work is, never who reported it."""

    city: str
    city_names: Names
    reference: str
    service: Named
    department: Named
    title: str | None
    instructions: str | None
    description: str
    position: Position | None
    address: str | None
    district: Named | None
    resolve_by: dt.datetime | None
    expires_at: dt.datetime
    open: bool = Field(description="False where the request was closed meanwhile")
    evidence: bool = Field(description="Whether a picture of what was done is needed")
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    outcome: Literal["done", "returned"] | None
    photos: list[JobPhoto]


class FieldPicture(BaseModel):
    """A small picture of a job."""

    id: uuid.UUID
    thumbnail_url: str
    kind: str


class FieldPiece(BaseModel):
    """A piece of work that is still open; a request with one is not resolved."""

    number: int
    title: str


class FieldMove(BaseModel):
    """A move of the street: from which statuses it starts, where it leads (null: it stays), and what it needs."""

    move: str
    starts: list[str]
    ends: str | None
    fields: list[str]
    needs: list[str]
    reasons: list[str]


class FieldJob(QueueRow):
    """A request as somebody on the street needs it, who may have no line there."""

    mine: bool
    yours_to_move: bool = Field(description="False where it belongs to a department that is not yours")
    evidence: bool = Field(description="Whether a picture of what was done is needed before it is resolved")
    photos: list[FieldPicture]
    pieces: list[FieldPiece]


class Today(BaseModel):
    """Today's jobs, what is due first before the others, and what may be done to them."""

    at: dt.datetime
    whose: Literal["mine", "department"]
    more: bool = Field(description="True where there are more than these")
    moves: list[FieldMove]
    jobs: list[FieldJob]


class JobReportBody(Input):
    """What the holder of a link says."""

    report: Literal["started", "done", "returned"]
    note: str | None = Field(default=None, max_length=4000, description="Needed where it is given back")
    media: tuple[uuid.UUID, ...] = Field(default=(), max_length=5)


class OnBehalfBody(FilingBody):
    """A report of somebody who called, wrote or came."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"channel": "phone", **FILING_EXAMPLE}]}
    )
    channel: Literal["phone", "counter", "letter", "email", "chat", "social", "inspection"] = Field(
        description="How it reached the city; inspection: staff saw it themselves"
    )
