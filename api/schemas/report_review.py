"""The review of network reports: where an edition stands, what is said of its figures, who holds which office."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
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
    created_at: dt.datetime
    updated_at: dt.datetime
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


class StepRefusal(BaseModel):
    """Why a move would be refused now."""

    code: str
    message: str
    field: str | None
    allowed: list[str] | None


class NextMove(BaseModel):
    """A move of the path."""

    move: str
    begins: list[str] = Field(description="Statuses in which it begins")
    leads_to: str
    offices: list[str] = Field(description="Who makes it")
    needs: list[str]
    may_have: list[str]
    refusal: StepRefusal | None = Field(description="What you would be told; null: you may make it")


class PrintedForm(BaseModel):
    """A form of the report at an address of its own; of a draft it bears a mark that says so."""

    name: str
    media_type: str
    url: str
    city: str | None = None
    language: str | None = None


class ReviewDetail(Review):
    """A review with its trail, the comments you may read, and the part of the report that is yours to see."""

    next: list[NextMove]
    whole: bool = Field(description="Whether the whole report is yours to see")
    comments_open: bool = Field(description="Whether you may comment now")
    answers_for_network: bool = Field(description="Whether you answer comments rather than make them")
    city_first_days: int = Field(description="Days that institutions have for comments at least")
    unanswered: int = Field(
        description="Comments of cities and countries without an answer; 0 for who sees a part"
    )
    steps: list[Step] = Field(description="For those who see the whole report")
    comments: list[Comment]
    content: dict[str, Any]
    forms: list[PrintedForm] = Field(description="Yours to read: of the whole report, or of your cities")


class StepBody(Input):
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


class EditionBody(Input):
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


class ReviewNotice(BaseModel):
    """What you were told of a review."""

    review: UUID
    occasion: str
    kind: str
    subject: str
    body: str
    language: str
    at: dt.datetime
    read_at: dt.datetime | None


class ReviewNotices(BaseModel):
    """What you were told, newest first."""

    items: list[ReviewNotice]
    unread: int
    more: bool


class NoticesReadBody(Input):
    """What you have read: of one review, or all up to a time."""

    review: UUID | None = None
    until: Moment | None = None


class NoticesLeft(BaseModel):
    """How much is left unread."""

    unread: int


class DigestChoice(BaseModel):
    """How mails come: one by one, or together in the morning of a day or of a Monday."""

    digest: Literal["none", "daily", "weekly"]
    email: bool = Field(description="Whether your account has an address")


class DigestBody(Input):
    """How mails shall come."""

    digest: Literal["none", "daily", "weekly"]
