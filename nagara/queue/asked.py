"""A filter as it is asked for, in an address, in the body of a job or as a saved one, and what it means.

Lists are comma-separated. Whatever a filter says, it says of the city of whoever asks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from city_config import City
from nagara.accounts import Account
from nagara.errors import InvalidInput
from nagara.ids import read_reference
from nagara.lifecycle import Status
from nagara.queue.area import MOST_METRES, read_box, read_polygon
from nagara.queue.filters import PRIORITIES, USUAL_METRES, QueueFilter, Sort, View, seen_by

MOST_CHOSEN = 200
LONGEST = 2000
ALL = "all"


def _joined(value: Any) -> Any:
    """Several parameters of one name, or a list in a body, as one comma-separated text."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value


def _given(value: Any) -> Any:
    """An empty text is nothing given: forms send the fields nobody filled in, too."""
    return None if value == "" else value


Chosen = Annotated[Annotated[str, Field(max_length=LONGEST)] | None, BeforeValidator(_joined)]
Moment = Annotated[dt.datetime | None, BeforeValidator(_given)]
Metres = Annotated[Annotated[float, Field(gt=0, le=MOST_METRES)] | None, BeforeValidator(_given)]
Flag = Annotated[bool, BeforeValidator(lambda value: value or False)]


MOMENTS = (
    "due_from", "due_before", "acknowledge_from", "acknowledge_to", "respond_from", "respond_to", "resolve_from",
    "resolve_to", "acknowledged_from", "acknowledged_to", "responded_from", "responded_to", "closed_from",
    "closed_to", "received_from", "received_to", "updated_since",
)  # fmt: skip
MOST_STEPS = 99
SENT_ON = ("failed", "waiting", "attention", "sent")


class AskedFilter(BaseModel):
    """Which requests are wanted; without anything, all that are open."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    LISTS: ClassVar = frozenset(
        {
            "status", "department", "service", "district", "network_code", "priority", "channel", "language",
            "escalation_step", "closing_reason", "rule", "source", "sent_on",
        }
    )  # fmt: skip
    """Fields that hold several values, so that one may also be named several times in an address."""

    view: Annotated[View | None, BeforeValidator(_given)] = Field(
        default=None, description="A list everybody needs; all of what is open"
    )
    status: Chosen = Field(default=None, description="Comma-separated; 'all' for all; default: all open")
    department: Chosen = None
    service: Chosen = None
    district: Chosen = None
    network_code: Chosen = None
    priority: Chosen = None
    channel: Chosen = None
    language: Chosen = Field(default=None, description="Comma-separated: in which language it was written")
    escalation_step: Chosen = Field(
        default=None, description="Comma-separated: how many rungs it has climbed; 0 is none"
    )
    closing_reason: Chosen = None
    rule: Chosen = Field(default=None, description="Comma-separated: the rule that routed it")
    source: Chosen = Field(default=None, description="Comma-separated: the system it was taken over from")
    sent_on: Chosen = Field(
        default=None,
        description="Comma-separated: how it stands at another body's back-end: failed (could not be sent or told), "
        "waiting, attention (what they say moves nothing here), sent",
    )
    assignee: str | None = Field(default=None, max_length=500)
    unassigned: Flag = False
    confidential: Annotated[bool | None, BeforeValidator(_given)] = None
    public: Annotated[bool | None, BeforeValidator(_given)] = Field(
        default=None, description="The public sees it now, or (false) does not"
    )
    due_from: Moment = Field(default=None, description="What is due next is due at or after this moment")
    due_before: Moment = None
    acknowledge_from: Moment = Field(default=None, description="To be acknowledged at or after this moment")
    acknowledge_to: Moment = Field(default=None, description="Before this moment; so do all that end in to")
    respond_from: Moment = None
    respond_to: Moment = None
    resolve_from: Moment = None
    resolve_to: Moment = None
    acknowledged_from: Moment = Field(default=None, description="Acknowledged at or after this moment")
    acknowledged_to: Moment = None
    responded_from: Moment = Field(default=None, description="First answered at or after this moment")
    responded_to: Moment = None
    closed_from: Moment = Field(default=None, description="Closed at or after this moment")
    closed_to: Moment = None
    received_from: Moment = None
    received_to: Moment = Field(default=None, description="Before this moment")
    updated_since: Moment = Field(
        default=None, description="Changed at or after this moment; for polling with status=all"
    )
    overdue: Flag = Field(default=False, description="The next due time has passed")
    escalated: Flag = False
    promise_late: Annotated[bool | None, BeforeValidator(_given)] = Field(
        default=None, description="The promise to resolve was missed, or (false) was not so far"
    )
    q: str | None = Field(
        default=None,
        max_length=200,
        description="A reference, or words of reference, description or address in any script, with or "
        "without blanks and tone marks",
    )
    bbox: str | None = Field(default=None, max_length=200, description="west,south,east,north in degrees")
    area: str | None = Field(
        default=None, max_length=40_000, description="A polygon: lon,lat;lon,lat;lon,lat"
    )
    near: str | None = Field(default=None, max_length=40, description="Around the request of this reference")
    metres: Metres = Field(default=None, description="How far around; 250 unless told")
    same_reporter: str | None = Field(
        default=None,
        max_length=40,
        description="Filed with the same address for answers as the request of this reference",
    )

    def meant(self, account: Account, city: City, now: dt.datetime) -> QueueFilter:
        """What it means for somebody at a moment; raises ``InvalidInput`` naming the wrong part."""
        wanted = QueueFilter(
            view=self.view,
            statuses=_statuses(self.status),
            departments=_chosen("department", self.department),
            services=_chosen("service", self.service),
            districts=_chosen("district", self.district),
            network_codes=_chosen("network_code", self.network_code),
            priorities=_priorities(self.priority),
            channels=_chosen("channel", self.channel),
            languages=_chosen("language", self.language),
            steps=_steps(self.escalation_step),
            closing_reasons=_chosen("closing_reason", self.closing_reason),
            rules=_chosen("rule", self.rule),
            sources=_chosen("source", self.source),
            sent_on=_sent_on(self.sent_on),
            assignees=(_text("assignee", self.assignee),) if self.assignee else (),
            unassigned=self.unassigned,
            confidential=self.confidential,
            public=self.public,
            overdue=self.overdue,
            escalated=self.escalated,
            late=self.promise_late,
            text=_text("q", self.q) if self.q else None,
            bbox=read_box(self.bbox) if self.bbox else None,
            area=read_polygon(self.area) if self.area else None,
            near=_reference("near", self.near),
            metres=self.metres or USUAL_METRES,
            same_reporter=_reference("same_reporter", self.same_reporter),
        )
        moments: dict[str, Any] = {name: _moment(getattr(self, name), city) for name in MOMENTS}
        wanted = replace(wanted, **moments)
        return replace(wanted, **_narrowed(wanted, seen_by(wanted, account, end_of_day(city, now))))


class AskedPage(AskedFilter):
    """A page of what is wanted, in an order."""

    city: str | None = Field(default=None, description="Your own city; another one does not exist for you")
    sort: Annotated[Sort | None, BeforeValidator(_given)] = Field(
        default=None, description="due unless told; with closed ones among them: received, the newest first"
    )
    order: Annotated[Literal["asc", "desc"] | None, BeforeValidator(_given)] = Field(
        default=None, description="due goes up unless told, all others down; priority down: urgent first"
    )
    cursor: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=200)
    counts: Flag = Field(default=False, description="The figures beside the views, too; for a first page")

    def meant(self, account: Account, city: City, now: dt.datetime) -> QueueFilter:
        """What it means, with order and place."""
        return replace(
            super().meant(account, city, now),
            sort=self.sort,
            descending=None if self.order is None else self.order == "desc",
            limit=self.limit,
            cursor=self.cursor or None,
        )


def end_of_day(city: City, now: dt.datetime) -> dt.datetime:
    """Midnight after the city's present day."""
    today = now.astimezone(city.zone).date()
    return dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), city.zone)


def _narrowed(wanted: QueueFilter, view: dict[str, Any]) -> dict[str, Any]:
    """A view's conditions beside those that were chosen: what both say must hold."""
    for name in ("departments", "statuses", "assignees"):
        chosen = getattr(wanted, name)
        if name in view and chosen:
            both = tuple(value for value in chosen if value in view[name])
            view[name] = both or ("",)  # nothing is in both, and no request has an empty one
    return view


def _text(name: str, text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput(f"{name} contains characters that are not text.", field=name, allowed="UTF-8 text")
    return text


def _chosen(name: str, text: str | None) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in _text(name, text or "").split(",") if part.strip()))
    if len(found) > MOST_CHOSEN:
        raise InvalidInput(f"{name} names {len(found)}.", field=name, allowed=f"at most {MOST_CHOSEN}")
    return found


def _statuses(text: str | None) -> tuple[Status, ...]:
    names = _chosen("status", text)
    if names == (ALL,):
        return tuple(Status)
    known = {status.value for status in Status}
    for name in names:
        if name not in known:
            allowed = [*sorted(known), ALL]
            raise InvalidInput(f"{name[:40]!r} is not a status.", field="status", allowed=allowed)
    return tuple(Status(name) for name in names)


def _priorities(text: str | None) -> tuple[str, ...]:
    names = _chosen("priority", text)
    for name in names:
        if name not in PRIORITIES:
            raise InvalidInput(f"{name[:40]!r} is not a priority.", field="priority", allowed=PRIORITIES)
    return names


def _sent_on(text: str | None) -> tuple[str, ...]:
    names = _chosen("sent_on", text)
    for name in names:
        if name not in SENT_ON:
            raise InvalidInput(f"{name[:40]!r} is no such state.", field="sent_on", allowed=SENT_ON)
    return names


def _steps(text: str | None) -> tuple[int, ...]:
    found = _chosen("escalation_step", text)
    for step in found:
        if not (step.isascii() and step.isdigit() and int(step) <= MOST_STEPS):
            raise InvalidInput(
                f"{step[:40]!r} is not a number of rungs.",
                field="escalation_step",
                allowed=f"0 to {MOST_STEPS}",
            )
    return tuple(map(int, found))


def _reference(name: str, text: str | None) -> str | None:
    """A reference as stored."""
    if not text:
        return None
    found = read_reference(text)
    if found is None:
        raise InvalidInput(f"{text[:40]!r} is not a reference.", field=name, allowed="such as PNH-7K3M9QX-C")
    return found


def _moment(given: dt.datetime | None, city: City) -> dt.datetime | None:
    """A moment; one without a zone is the city's local time."""
    return given.replace(tzinfo=city.zone) if given is not None and given.tzinfo is None else given
