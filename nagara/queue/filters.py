"""Which requests are wanted: what a filter can say, and how the database is asked for it.

Conditions name no value: those go beside them. All of them hold within one city, which row-level security
and the first condition of every statement see to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, LiteralString

from nagara.accounts import Account
from nagara.cities import city_of
from nagara.errors import InvalidInput
from nagara.lifecycle import CLOSED, Status
from nagara.public.publication import public_sql, public_values
from nagara.queue.area import Box, Polygon, box_around
from nagara.queue.words import Sought

LATE: LiteralString = (
    "(r.resolve_by is not null and r.resolve_by < coalesce(r.closed_at, r.paused_at, clock_timestamp()))"
)
USUAL_METRES = 250.0
PRIORITIES = ("urgent", "high", "normal", "low")
Values = dict[str, Any]


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


_LISTS: Mapping[str, tuple[LiteralString, LiteralString]] = {
    "departments": ("r.department = %(departments)s", "r.department = any(%(departments)s)"),
    "services": ("r.service_code = %(services)s", "r.service_code = any(%(services)s)"),
    "districts": ("r.district = %(districts)s", "r.district = any(%(districts)s)"),
    "network_codes": ("r.network_code = %(network_codes)s", "r.network_code = any(%(network_codes)s)"),
    "priorities": ("r.priority = %(priorities)s", "r.priority = any(%(priorities)s)"),
    "channels": ("r.channel = %(channels)s", "r.channel = any(%(channels)s)"),
    "languages": ("r.language = %(languages)s", "r.language = any(%(languages)s)"),
    "closing_reasons": (
        "r.closing_reason = %(closing_reasons)s",
        "r.closing_reason = any(%(closing_reasons)s)",
    ),
    "rules": ("r.rule = %(rules)s", "r.rule = any(%(rules)s)"),
    "sources": ("r.source = %(sources)s", "r.source = any(%(sources)s)"),
    "assignees": ("r.assignee = %(assignees)s", "r.assignee = any(%(assignees)s)"),
    "statuses": ("r.status = %(statuses)s", "r.status = any(%(statuses)s)"),
}
"""Conditions on one value, which an index answers in its order, and on several."""

_TIMES: Mapping[str, LiteralString] = {
    "due_from": "r.next_due_at >= %(due_from)s",
    "due_before": "r.next_due_at < %(due_before)s",
    "acknowledge_from": "r.acknowledge_by >= %(acknowledge_from)s",
    "acknowledge_to": "r.acknowledge_by < %(acknowledge_to)s",
    "respond_from": "r.respond_by >= %(respond_from)s",
    "respond_to": "r.respond_by < %(respond_to)s",
    "resolve_from": "r.resolve_by >= %(resolve_from)s",
    "resolve_to": "r.resolve_by < %(resolve_to)s",
    "acknowledged_from": "r.acknowledged_at >= %(acknowledged_from)s",
    "acknowledged_to": "r.acknowledged_at < %(acknowledged_to)s",
    "responded_from": "r.responded_at >= %(responded_from)s",
    "responded_to": "r.responded_at < %(responded_to)s",
    "closed_from": "r.closed_at >= %(closed_from)s",
    "closed_to": "r.closed_at < %(closed_to)s",
    "received_from": "r.received_at >= %(received_from)s",
    "received_to": "r.received_at < %(received_to)s",
    "updated_since": "r.updated_at >= %(updated_since)s",
}
_IN_BOX: LiteralString = "r.lon between %(west)s and %(east)s and r.lat between %(south)s and %(north)s"
_IN_AREA: LiteralString = (
    "r.lon between %(area_west)s and %(area_east)s and r.lat between %(area_south)s and %(area_north)s "
    "and %(area)s::polygon @> point(r.lon, r.lat)"
)
_NEAR: LiteralString = (
    "r.lon between %(near_west)s and %(near_east)s and r.lat between %(near_south)s and %(near_north)s "
    "and sqrt(power((r.lat - %(near_lat)s) * 111320.0, 2) "
    "+ power((r.lon - %(near_lon)s) * 111320.0 * cos(radians(%(near_lat)s)), 2)) <= %(metres)s"
)
_SENT_ON: LiteralString = """exists (
    select from external_request x
     where x.city_id = r.city_id and x.request_id = r.id
       and case when x.state = 'failed' or x.tell_error is not null then 'failed'
                when x.state in ('waiting', 'token') then 'waiting'
                when x.attention is not null then 'attention' else x.state end = any(%(sent_on)s))"""
"""Whether it could not be sent on, is still to go, is there, or they say something that moves nothing here."""

_SAME_REPORTER: LiteralString = """r.id = any(array(
    with known as materialized (
        select k.email_digest, k.phone_digest from request o
          join contact k on k.city_id = o.city_id and k.request_id = o.id
         where o.city_id = %(city_id)s and o.reference = %(same_reporter)s)
    select c.request_id from known
      join contact c on c.city_id = %(city_id)s and c.email_digest = known.email_digest
    union
    select c.request_id from known
      join contact c on c.city_id = %(city_id)s and c.phone_digest = known.phone_digest))"""
"""Who filed it is compared by keyed digests of the address; nobody sees it, and an empty answer says nothing."""

_HAS_WORDS: LiteralString = """(
    select w.grams @> %(grams)s::int[]
           and not exists (select from unnest(%(needles)s::text[]) as needle where strpos(w.words, needle) = 0)
      from request_words w where w.city_id = r.city_id and w.request_id = r.id)"""


def conditions(city_id: str, worked: Worked) -> tuple[list[LiteralString], Values]:
    """The conditions of a filter and their values; the first one is always the city."""
    wanted = worked.wanted
    found: list[LiteralString] = ["r.city_id = %(city_id)s"]
    values: Values = {"city_id": city_id}
    if wanted.only_open:
        found.append("r.closed_at is null")
    for condition, new in (
        *_of_columns(wanted),
        *_of_publication(city_id, wanted),
        *_of_places(worked),
        *_of_words(worked),
    ):
        found.append(condition)
        values |= new
    return found, values


Condition = tuple[LiteralString, Values]


def _of_columns(wanted: QueueFilter) -> Iterable[Condition]:
    for name, (one, several) in _LISTS.items():
        chosen = [str(value) for value in getattr(wanted, name)]
        if chosen:
            yield (one, {name: chosen[0]}) if len(chosen) == 1 else (several, {name: chosen})
    for name, condition in _TIMES.items():
        if (value := getattr(wanted, name)) is not None:
            yield condition, {name: value}
    if wanted.unassigned:
        yield "r.assignee is null", {}
    if wanted.overdue:
        yield "r.next_due_at < clock_timestamp()", {}
    if wanted.escalated:
        yield "(r.escalation_step > 0 or r.escalated_by_hand)", {}
    if wanted.steps:
        yield "r.escalation_step = any(%(steps)s::int[])", {"steps": list(wanted.steps)}
    if wanted.sent_on:
        yield _SENT_ON, {"sent_on": list(wanted.sent_on)}
    if wanted.confidential is not None:
        yield ("r.confidential" if wanted.confidential else "not r.confidential"), {}
    if wanted.late is not None:
        yield (LATE if wanted.late else "not " + LATE), {}


def _of_publication(city_id: str, wanted: QueueFilter) -> Iterable[Condition]:
    if wanted.public is not None:
        yield (public_sql() if wanted.public else "not " + public_sql()), public_values(city_of(city_id))


def _of_places(worked: Worked) -> Iterable[Condition]:
    wanted = worked.wanted
    if wanted.bbox is not None:
        yield _IN_BOX, _box_values("", wanted.bbox)
    if wanted.area is not None:
        yield _IN_AREA, _box_values("area_", wanted.area.box) | {"area": wanted.area.spelled}
    if worked.around is not None:
        near = worked.around
        box = box_around(near.lat, near.lon, near.metres)
        yield (
            _NEAR,
            _box_values("near_", box)
            | {
                "near_lat": near.lat,
                "near_lon": near.lon,
                "metres": near.metres,
            },
        )


def _of_words(worked: Worked) -> Iterable[Condition]:
    if worked.wanted.same_reporter is not None:
        yield _SAME_REPORTER, {"same_reporter": worked.wanted.same_reporter}
    if worked.reference is not None:
        yield "r.reference = %(reference)s", {"reference": worked.reference}
    if worked.found is not None:
        yield "r.id = any(%(found)s)", {"found": worked.found}
    elif worked.sought is not None:
        yield _HAS_WORDS, {"grams": list(worked.sought.grams), "needles": list(worked.sought.needles)}


def _box_values(prefix: str, box: Box) -> Values:
    names = ("west", "south", "east", "north")
    return {prefix + name: getattr(box, name) for name in names}
