"""The work queue: rows, pages, figures beside the views, positions, saved filters."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Input, Named, Names, Promise
from nagara.queue.asked import AskedFilter
from nagara.queue.filters import Sort


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
    """What is in each view, counted up to ``counted_up_to``; no department of one's own: null."""

    open: int
    mine: int
    department: int | None
    unassigned: int
    overdue: int
    due_today: int
    escalated: int
    waiting: int
    referred: int
    counted_up_to: int = Field(description="A figure as large as this means: so many, or more")


class Ordered(BaseModel):
    """How a page is ordered: as asked, or by receipt where closed ones are among them, of which nothing is due."""

    sort: Sort
    order: Literal["asc", "desc"]


class Queue(BaseModel):
    """A page of the queue; ``counts`` only where asked for."""

    requests: list[QueueRow]
    next_cursor: str | None
    ordered: Ordered
    counts: QueueCounts | None = None


class QueuePosition(BaseModel):
    """Where a wanted request is."""

    reference: str
    lat: float
    lon: float
    status: str
    priority: str
    network_code: str
    version: int
    late: bool


class QueueCell(BaseModel):
    """How many wanted requests are around a place, where they are too many to show each."""

    lat: float
    lon: float
    count: int
    late_count: int


class Positions(BaseModel):
    """Each wanted request, or cells of many; not ``complete``: more are wanted than were looked at."""

    positions: list[QueuePosition]
    cells: list[QueueCell]
    complete: bool


class FilterBody(Input):
    """A filter to keep."""

    name: str = Field(min_length=1, max_length=80)
    filter: AskedFilter
    shared: Literal["none", "department", "city"] = "none"


class SavedFilter(BaseModel):
    """A filter somebody keeps; ``mine``: it may be changed."""

    id: uuid.UUID
    name: str
    filter: AskedFilter
    shared: Literal["none", "department", "city"]
    username: str
    mine: bool


class SavedFilters(BaseModel):
    """One's own filters, and those others share."""

    filters: list[SavedFilter]


class Person(BaseModel):
    """Somebody of the staff who looks at the request."""

    username: str
    display_name: str


class Presence(BaseModel):
    """Who looks at a request just now."""

    people: list[Person]
