"""How the database is asked for what a filter wants.

Conditions name no value: those go beside them. All of them hold within one city, which row-level security
and the first condition of every statement see to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from nagara.cities import city_of
from nagara.filing.nearby import BANDS_PER_DEGREE
from nagara.public.publication import public_sql, public_values
from nagara.queue.area import Box, box_around
from nagara.queue.filters import QueueFilter, Worked

LATE: LiteralString = (
    "(r.resolve_by is not null and r.resolve_by < coalesce(r.closed_at, r.paused_at, clock_timestamp()))"
)
Values = dict[str, Any]
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

STATUS_AND_SERVICE = (*_LISTS["statuses"], *_LISTS["services"])

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
    select w.words like all (%(patterns)s::text[])
      from request_words w where w.city_id = r.city_id and w.request_id = r.id)"""
"""Needles are letters, marks and digits, so nothing in them means anything else to LIKE. A text that has them has all
their runs of letters; comparing those row by row would cost many times as much."""

_IN_BANDS: LiteralString = "r.near_band = any(%(bands)s::int[])"
_BETWEEN_BANDS: LiteralString = "r.near_band between %(first_band)s and %(last_band)s"
MOST_BANDS = 300
"""Bands of 222 m into which an index is entered one by one; of more, all between the first and the last are read."""

Condition = tuple[LiteralString, Values]


@dataclass(frozen=True, slots=True)
class Parts:
    """The conditions of a filter by kind, and the values of all of them."""

    columns: list[LiteralString]
    """The city's first, whether it is open, then whatever stands in the request's own row or beside it."""
    places: list[LiteralString]
    """Held against a request's position."""
    bands: list[LiteralString]
    """The same, far less exactly, as an index takes it: never without ``places``."""
    words: list[LiteralString]
    """Held against a request's text, row by row."""
    values: Values


def parts(city_id: str, worked: Worked) -> Parts:
    """The conditions of a filter."""
    wanted = worked.wanted
    columns: list[LiteralString] = ["r.city_id = %(city_id)s"]
    if wanted.only_open:
        columns.append("r.closed_at is null")
    found = Parts(columns, [], [], [], {"city_id": city_id})
    for into, conditions_of in (
        (found.columns, (*_of_columns(wanted), *_of_publication(city_id, wanted), *_of_others(worked))),
        (found.places, _of_places(worked)),
        (found.bands, _of_bands(worked)),
        (found.words, _of_words(worked)),
    ):
        for condition, values in conditions_of:
            into.append(condition)
            found.values.update(values)
    return found


def conditions(city_id: str, worked: Worked) -> tuple[list[LiteralString], Values]:
    """All conditions of a filter and their values; the first one is always the city."""
    found = parts(city_id, worked)
    return [*found.columns, *found.bands, *found.places, *found.words], found.values


def _of_columns(wanted: QueueFilter) -> Iterable[Condition]:
    for name, (one, several) in _LISTS.items():
        chosen = [str(value) for value in getattr(wanted, name)]
        if chosen and not (name == "statuses" and wanted.of_all_statuses):
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


def _of_bands(worked: Worked) -> Iterable[Condition]:
    """Bands in which everything lies that is in all the places."""
    boxes = _boxes(worked)
    if boxes:
        first = math.floor(max(box.south for box in boxes) * BANDS_PER_DEGREE)
        last = math.floor(min(box.north for box in boxes) * BANDS_PER_DEGREE)
        if last - first < MOST_BANDS:
            yield _IN_BANDS, {"bands": list(range(first, last + 1))}
        else:
            yield _BETWEEN_BANDS, {"first_band": first, "last_band": last}


def _boxes(worked: Worked) -> list[Box]:
    """The smallest box around each place."""
    wanted, near = worked.wanted, worked.around
    found = [wanted.bbox] if wanted.bbox is not None else []
    if wanted.area is not None:
        found.append(wanted.area.box)
    if near is not None:
        found.append(box_around(near.lat, near.lon, near.metres))
    return found


def _of_others(worked: Worked) -> Iterable[Condition]:
    if worked.wanted.same_reporter is not None:
        yield _SAME_REPORTER, {"same_reporter": worked.wanted.same_reporter}
    if worked.reference is not None:
        yield "r.reference = %(reference)s", {"reference": worked.reference}
    if worked.found is not None:
        yield "r.id = any(%(found)s)", {"found": worked.found}


def _of_words(worked: Worked) -> Iterable[Condition]:
    looked_for = worked.sought or worked.looked_for
    if looked_for is not None:
        yield _HAS_WORDS, {"patterns": [f"%{needle}%" for needle in looked_for.needles]}


def _box_values(prefix: str, box: Box) -> Values:
    names = ("west", "south", "east", "north")
    return {prefix + name: getattr(box, name) for name in names}
