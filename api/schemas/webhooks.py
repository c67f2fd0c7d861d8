"""Endpoints of other systems as administrators see them."""

from __future__ import annotations

import datetime as dt
import uuid

from pydantic import BaseModel, Field

from api.schemas.common import Input

URL = "https://reports.example.org/hooks/nagara"


class WebhookBody(Input):
    """An endpoint to be called."""

    label: str = Field(min_length=1, max_length=200, description="Whose it is")
    url: str = Field(min_length=8, max_length=2000, description="https, public", examples=[URL])
    events: list[str] | None = Field(
        default=None,
        max_length=100,
        description="Kinds of events it is told of; none: all",
        examples=[["filed"]],
    )


class WebhookChangeBody(Input):
    """What is to change; what is left out stays."""

    label: str | None = Field(default=None, min_length=1, max_length=200)
    url: str | None = Field(default=None, min_length=8, max_length=2000, examples=[URL])
    events: list[str] | None = Field(default=None, max_length=100, examples=[["resolved"]])
    active: bool | None = None


class RedeliverBody(Input):
    """What is to be sent once more."""

    webhook_id: str = Field(min_length=40, max_length=40, examples=["0" * 40])


class WebhookShown(BaseModel):
    """An endpoint; never its secret."""

    id: uuid.UUID
    label: str
    url: str
    events: list[str] | None = Field(description="None: all")
    active: bool
    ended_because: str | None = Field(description="Why it was switched off: it answered 410")
    previous_secret_until: dt.datetime | None = Field(description="Until when the secret before signs too")
    created_at: dt.datetime
    created_by: str


class Webhooks(BaseModel):
    """The city's endpoints, and the kinds of events there are."""

    webhooks: list[WebhookShown]
    events: list[str]


class WebhookMade(BaseModel):
    """An endpoint with its secret: shown this once."""

    webhook: WebhookShown
    secret: str = Field(description="whsec_…, for a library of Standard Webhooks")


class WebhookAttemptShown(BaseModel):
    """One call and what it came to."""

    id: uuid.UUID
    webhook_id: str = Field(description="The same at every attempt")
    event_type: str
    at: dt.datetime
    took_ms: int
    answer: str = Field(description="taken, the status, or the name of the fault", examples=["HTTP 503"])
    delivered: bool
    can_be_sent_again: bool = Field(description="Tests cannot; make a new one")


class WebhookAttempts(BaseModel):
    """The newest calls, kept for thirty days."""

    attempts: list[WebhookAttemptShown]
