"""The review of network reports: where an edition stands, what is said of its figures, who holds which office."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.common import Input

Moment = Annotated[dt.datetime, Field(examples=["2027-01-01T00:00:00Z"])]


class Step(BaseModel):
    """A move that was made."""

    number: int
    at: dt.datetime
    actor: str
    office: str
    move: str
    from_status: str | None
    to_status: str
    report_id: UUID
    remarks: str | None
    details: dict[str, Any]


class Review(BaseModel):
    """An edition of a report on its path."""

    id: UUID
    report_id: UUID
    period: str
    edition: int
    corrects: UUID | None = Field(description="The review whose report this edition corrects")
    changes: str | None = Field(description="What it changes")
    status: str
    comments_until: dt.datetime | None
    embargo_until: dt.datetime | None
    version: int
    moves: list[str] = Field(description="What you could do now, by your offices")


class Reviews(BaseModel):
    """Reviews of which you may see at least a part, newest first."""

    reviews: list[Review]


class Comment(BaseModel):
    """What was said of a figure, or in answer to that."""

    id: UUID
    report_id: UUID
    city: str | None
    figure: str
    speaks_for: str = Field(description="A city, a country, or network")
    author: str
    text: str
    answers: UUID | None
    at: dt.datetime


class ReviewDetail(Review):
    """A review with its trail, the comments you may read, and the part of the report that is yours to see."""

    steps: list[Step] = Field(description="For those who see the whole report")
    comments: list[Comment]
    content: dict[str, Any]


class MoveBody(Input):
    """What comes with a move; which of it is needed stands in the table of the path."""

    remarks: Annotated[str | None, Field(max_length=4000)] = None
    comments_until: Moment | None = None
    embargo_until: Moment | None = None
    report_id: UUID | None = None


class CommentBody(Input):
    """What is said of a figure; with ``answers`` the figure is that of the comment."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    figure: Annotated[str, Field(max_length=64, description="Id of a figure, or all")] = "all"
    city: Annotated[str | None, Field(max_length=64)] = None
    answers: UUID | None = None


class CommentMade(BaseModel):
    """The comment's id."""

    id: UUID


class CorrectionBody(Input):
    """A new edition of what was published."""

    report_id: UUID
    changes: Annotated[str, Field(min_length=1, max_length=4000, description="Told with the edition")]


class AppointmentBody(Input):
    """An office for a time."""

    username: Annotated[str, Field(max_length=63)]
    office: Annotated[str, Field(max_length=20, examples=["chair"])]
    country: Annotated[str, Field(max_length=2, examples=["KH"])]
    valid_from: Moment
    valid_to: Moment


class Appointment(BaseModel):
    """Who holds which office for which country, and from when to when."""

    id: UUID
    username: str
    office: str
    country: str
    valid_from: dt.datetime
    valid_to: dt.datetime
    appointed_by: str
    appointed_at: dt.datetime
    ended_by: str | None
    ended_at: dt.datetime | None


class Appointments(BaseModel):
    """Every appointment there is or was, newest first."""

    appointments: list[Appointment]
