"""Which requests are wanted: what a filter can say, and what the views mean for somebody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nagara.accounts import Account
from nagara.errors import InvalidInput
from nagara.lifecycle import CLOSED, Status
from nagara.queue.area import Box, Polygon
from nagara.queue.words import Sought

USUAL_METRES = 250.0
PRIORITIES = ("urgent", "high", "normal", "low")


class View(StrEnum):
    """The lists everybody needs; all of what is open."""

    OPEN = "open"
    MINE = "mine"  # assigned to whoever asks
    DEPARTMENT = "department"  # of the departments of whoever asks
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"  # the next due time has passed
    DUE_TODAY = "due_today"  # due before the local day ends, overdue ones included
    ESCALATED = "escalated"
    WAITING = "waiting"  # for the resident's answer
    REFERRED = "referred"  # another body must act


class Sort(StrEnum):
    """What a list is ordered by."""

    DUE = "due"
    RECEIVED = "received"
    UPDATED = "updated"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Near:
    """Around a place."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which requests are wanted; nothing given means all that are open.

    ``near`` and ``same_reporter`` are references; ``nagara.queue.search`` works out what is behind the first
    and behind ``text``. ``assignees`` are the names one person may be called by.
    """

    view: View | None = None
    statuses: tuple[Status, ...] = ()
    departments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    network_codes: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    closing_reasons: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sent_on: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    unassigned: bool = False
    confidential: bool | None = None
    public: bool | None = None
    due_from: dt.datetime | None = None
    due_before: dt.datetime | None = None
    acknowledge_from: dt.datetime | None = None
    acknowledge_to: dt.datetime | None = None
    respond_from: dt.datetime | None = None
    respond_to: dt.datetime | None = None
    resolve_from: dt.datetime | None = None
    resolve_to: dt.datetime | None = None
    acknowledged_from: dt.datetime | None = None
    acknowledged_to: dt.datetime | None = None
    responded_from: dt.datetime | None = None
    responded_to: dt.datetime | None = None
    closed_from: dt.datetime | None = None
    closed_to: dt.datetime | None = None
    received_from: dt.datetime | None = None
    received_to: dt.datetime | None = None
    updated_since: dt.datetime | None = None
    overdue: bool = False
    escalated: bool = False
    late: bool | None = None
    text: str | None = None
    bbox: Box | None = None
    area: Polygon | None = None
    near: str | None = None
    metres: float = USUAL_METRES
    same_reporter: str | None = None
    sort: Sort | None = None
    descending: bool | None = None
    limit: int = 50
    cursor: str | None = None

    @property
    def of_all_statuses(self) -> bool:
        """Whether every status is chosen, so that none has to be looked at."""
        return len(set(self.statuses)) == len(Status)

    @property
    def only_open(self) -> bool:
        """Whether no closed request can match, so that the queue's own order and indexes serve."""
        if self.view is not None:
            return True
        if self.closing_reasons or self.closed_from or self.closed_to:
            return False
        return not any(status in CLOSED for status in self.statuses)


@dataclass(frozen=True, slots=True)
class Worked:
    """A filter with everything looked up that lies behind its words and references."""

    wanted: QueueFilter
    reference: str | None = None
    """The text is a whole reference."""
    looked_for: Sought | None = None
    """Words of which nobody knows how common they are: the page's own statement finds out."""
    sought: Sought | None = None
    """The words are common: each row is looked at on the way."""
    found: str | None = None
    """The words are rare: these are the ids of all requests that have them, as PostgreSQL writes an array."""
    around: Near | None = None


def seen_by(wanted: QueueFilter, account: Account, end_of_day: dt.datetime) -> dict[str, Any]:
    """What a view means for somebody, as changes of the filter's fields."""
    if wanted.view is View.DEPARTMENT and not account.departments:
        raise InvalidInput(
            "You belong to no department, so none is yours.",
            field="view",
            allowed=[view.value for view in View if view is not View.DEPARTMENT],
        )
    meant: Mapping[View, dict[str, Any]] = {
        View.MINE: {"assignees": names_of(account)},
        View.DEPARTMENT: {"departments": account.departments},
        View.UNASSIGNED: {"unassigned": True},
        View.OVERDUE: {"overdue": True},
        View.DUE_TODAY: {"due_before": min(filter(None, (end_of_day, wanted.due_before)))},
        View.ESCALATED: {"escalated": True},
        View.WAITING: {"statuses": (Status.WAITING_REPORTER,)},
        View.REFERRED: {"statuses": (Status.REFERRED,)},
    }
    return meant.get(wanted.view, {}) if wanted.view else {}


def names_of(account: Account) -> tuple[str, ...]:
    """What somebody is called where work is assigned to them."""
    return account.username, account.sign_in_name
