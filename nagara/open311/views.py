"""Requests and services as GeoReport v2 (Open311) shows them, and which requests it may show at all.

Everything but the two queries is pure. Keys of the returned trees are the standard's own names.

What the standard leaves open is decided here: every documented field is present, null where unknown; a
closed request's ``updated_datetime`` is its closing. Which requests exist here, and which of their words
are read, ``nagara.public.publication`` decides.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from city_config import City, Messages, Service
from city_config.services import StopNotice
from nagara import statements
from nagara.errors import InvalidInput
from nagara.event_log import PUBLIC_KINDS, EventKind
from nagara.lifecycle import CLOSED, Status
from nagara.photos.keeping import shown_to
from nagara.public import publication
from nagara.public.publication import (
    public_address,
    public_note,
    public_position,
    public_values,
    public_words,
)
from nagara.public.request_views import promise_shown

CHANNEL = publication.CHANNEL_OF_PUBLISHED_WORDS
LONGEST_SPAN = dt.timedelta(days=90)
MOST_ROWS = 1000
ONE_SECOND = dt.timedelta(seconds=1)
LONG_AGO = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
ADDRESS_ID = re.compile(r"(?s)(.*?)\s*\[address_id ([^\[\]]+)\]")
NOTE_TYPES: Mapping[str, str] = {
    EventKind.FILED: "submitted",
    EventKind.ACKNOWLEDGED: "opened",
    EventKind.RESOLVED: "closed",
    EventKind.DECLINED: "closed",
    EventKind.WITHDRAWN: "closed",
    EventKind.DUPLICATE_LINKED: "closed",
}
"""The four kinds of note that extended GeoReport knows; everything else that happens is ``activity``."""


_public_kinds = sorted(kind.value for kind in PUBLIC_KINDS)

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a city is shown: the language asked for (None: the city's first) and its texts."""

    city: City
    language: str | None
    messages: Messages

    def name(self, names: Mapping[str, str]) -> str:
        """A name in the reader's language, or the next best."""
        return self.city.name_in(names, self.language)


class Window(NamedTuple):
    """Instants from ``start`` to before ``before``."""

    start: dt.datetime = LONG_AGO
    before: dt.datetime = FAR_AHEAD


ALWAYS = Window()


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which requests are wanted; ``services`` None means all of them. ``page`` counts from 1."""

    received: Window
    updated: Window = ALWAYS
    closed: tuple[bool, ...] = (False, True)
    services: tuple[str, ...] | None = None
    bbox: tuple[float, float, float, float] | None = None
    page: int = 1
    page_size: int = MOST_ROWS


class Row(NamedTuple):
    """One request as the statement reads it."""

    reference: str
    status: str
    service_code: str
    network_code: str
    department: str
    district: str | None
    lat: float | None
    lon: float | None
    description: str
    address: str | None
    channel: str
    received_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    closing_reason: str | None
    status_note: str | None
    acknowledge_by: dt.datetime | None
    respond_by: dt.datetime | None
    resolve_by: dt.datetime | None
    promise_standard: str
    parent: str | None
    events: list[dict[str, Any]] | None
    photos: list[dict[str, Any]] | None


class Page(NamedTuple):
    """Rows, and whether there are more behind them."""

    rows: list[Row]
    more: bool


def window(
    start: dt.datetime | None, end: dt.datetime | None, now: dt.datetime, names: tuple[str, str]
) -> Window:
    """The span of at most ninety days that two optional bounds mean; both belong to it, to the second.

    Without bounds the last ninety days, open at its end, so that what was just filed is in it; from one
    bound alone, ninety days after or before it. Raises ``InvalidInput`` for a longer span or a reversed one.
    """
    start, end = (at and at.replace(microsecond=0) for at in (start, end))
    try:
        if start is not None and end is not None:
            if start > end:
                raise InvalidInput(f"{names[0]} is after {names[1]}.", field=names[0])
            if end - start > LONGEST_SPAN:
                raise InvalidInput(f"{names[0]} to {names[1]} is more than 90 days.", field=names[1])
            return Window(start, end + ONE_SECOND)
        if end is not None:
            return Window(end - LONGEST_SPAN, end + ONE_SECOND)
        if start is not None and start + LONGEST_SPAN < now:
            return Window(start, start + LONGEST_SPAN + ONE_SECOND)
        return Window(start or now.replace(microsecond=0) - LONGEST_SPAN)
    except OverflowError:
        raise InvalidInput(f"{names[0]} or {names[1]} is outside all calendars.", field=names[0]) from None


async def list_requests(
    connection: AsyncConnection[Any], city: City, wanted: ListFilter, extensions: bool = False
) -> Page:
    """What the public may see of a city's requests, newest first."""
    west, south, east, north = wanted.bbox or (None, None, None, None)
    values = public_values(city) | {
        "city_id": city.id,
        "received_from": wanted.received.start,
        "received_before": wanted.received.before,
        "updated_from": wanted.updated.start,
        "updated_before": wanted.updated.before,
        "statuses": [status.value for status in Status if (status in CLOSED) in wanted.closed],
        "services": list(wanted.services) if wanted.services is not None else None,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "limit": wanted.page_size + 1,
        "offset": (wanted.page - 1) * wanted.page_size,
    }
    rows = await _rows(connection, statements.GEOREPORT_LIST, values, extensions)
    return Page(rows[: wanted.page_size], len(rows) > wanted.page_size)


async def find_requests(
    connection: AsyncConnection[Any], city: City, references: Sequence[str], extensions: bool = False
) -> list[Row]:
    """Those of these references (as stored) that the public may see, newest first; the others are left out."""
    if not references:
        return []
    values = public_values(city) | {"city_id": city.id, "references": list(references)}
    return await _rows(connection, statements.GEOREPORT_BY_REFERENCE, values, extensions)


async def _rows(
    connection: AsyncConnection[Any], statement: Any, values: Mapping[str, Any], extensions: bool
) -> list[Row]:
    given = dict(values) | {"extensions": extensions, "public_kinds": _public_kinds}
    cursor = await connection.execute(statement, given, prepare=True)
    return [Row._make(row) for row in await cursor.fetchall()]


def is_acceptable(service: Service, day: dt.date) -> bool:
    """Whether a report is taken at all on a local day.

    The standard's list is of acceptable types of request, and has no field to say who else takes one: what is
    always refused, or taken elsewhere, is not in it. Requests filed while it was are shown as ever.
    """
    return service.holds_on(day) and service.stopped_by({}, day) is None


def service_item(reader: Reader, service: Service) -> Tree:
    """A line of the service list."""
    group = reader.city.groups.get(service.group)
    return {
        "service_code": service.code,
        "service_name": reader.name(service.names),
        "description": reader.name(service.description) if service.description else None,
        "metadata": bool(service.questions or service.stop_notices),
        "type": "realtime",
        "keywords": ",".join(word.replace(",", " ") for word in service.keywords) or None,
        "group": reader.name(group) if group else service.group,
    }


def service_definition(reader: Reader, service: Service, day: dt.date) -> Tree:
    """A service's notices of a local day and its questions; a list without any where it asks nothing.

    What ``variable`` false means is the standard's way to show a text that wants no answer.
    """
    attributes = [
        _notice(reader, order, notice)
        for order, notice in enumerate((n for n in service.stop_notices if n.holds_on(day)), 1)
    ]
    for order, question in enumerate(service.questions, len(attributes) + 1):
        attribute: Tree = {
            "variable": True,
            "code": question.code,
            "datatype": question.datatype,
            "required": question.required and not question.shown_when,
            "datatype_description": reader.name(question.hint) if question.hint else None,
            "order": order,
            "description": reader.name(question.names),
        }
        if question.choices:
            attribute["values"] = [{"key": c.key, "name": reader.name(c.names)} for c in question.choices]
        attributes.append(attribute)
    return {"service_code": service.code, "attributes": attributes}


def _notice(reader: Reader, order: int, notice: StopNotice) -> Tree:
    """A notice as a text among the questions, with the number to call where the city confirmed it."""
    words = " ".join(part for part in (reader.name(notice.notice), notice.shown_phone) if part)
    return {
        "variable": False,
        "code": f"notice-{order}",
        "datatype": "text",
        "required": False,
        "datatype_description": None,
        "order": order,
        "description": words,
    }


def request_item(reader: Reader, row: Row, extensions: bool = False, public_url: str = "") -> Tree:
    """A request as anybody may see it; ``public_url`` begins the addresses of its pictures."""
    city = reader.city
    service = city.services_by_code.get(row.service_code)
    department = city.departments_by_code.get(row.department)
    position = public_position(city, row.lat, row.lon, own=False)
    address, address_id = split_address(public_address(city, row.channel, row.address))
    photos = _photos(city, row, public_url)
    item: Tree = {
        "service_request_id": row.reference,
        "status": "closed" if Status(row.status) in CLOSED else "open",
        "status_notes": status_notes(reader, row),
        "service_name": reader.name(service.names) if service else row.service_code,
        "service_code": row.service_code,
        "description": public_words(city, row.channel, row.description),
        "agency_responsible": reader.name(department.names) if department else row.department,
        "service_notice": None,
        "requested_datetime": row.received_at,
        "updated_datetime": row.closed_at or row.updated_at,
        "expected_datetime": row.resolve_by,
        "address": address,
        "address_id": address_id,
        "zipcode": None,
        "lat": position["lat"] if position else None,
        "long": position["lon"] if position else None,
        "media_url": photos[0]["media_url"] if photos else None,
    }
    if extensions:
        item["extended_attributes"] = _extended(row) | {"photos": photos}
        item["notes"] = [_note(reader, event) for event in row.events or ()]
    return item


def status_notes(reader: Reader, row: Row) -> str:
    """Where the request stands, finer than open and closed, why it was closed, and what staff told of it."""
    statuses: Mapping[Any, str] = reader.messages.statuses
    reasons: Mapping[Any, str] = reader.messages.closing_reasons
    parts = [statuses.get(row.status, row.status)]
    if row.closing_reason:
        parts.append(reasons.get(row.closing_reason, row.closing_reason))
    if row.parent:
        parts.append(row.parent)
    if row.status_note:
        parts.append(row.status_note)
    return " – ".join(parts)


def _extended(row: Row) -> Tree:
    return {
        "channel": row.channel,
        "detailed_status": row.status,
        "network_code": row.network_code,
        "district": row.district,
        "duplicate": row.status == Status.DUPLICATE,
        "parent_service_request_id": row.parent,
        "promise": promise_shown(row.acknowledge_by, row.respond_by, row.resolve_by, row.promise_standard),
    }


def _photos(city: City, row: Row, public_url: str) -> list[Tree]:
    """The pictures anybody may see; requests that nobody may see never come here."""
    base = public_url.rstrip("/")
    return [
        {
            "media_url": f"{base}{photo['url']}",
            "thumbnail_url": f"{base}{photo['thumbnail_url']}",
            "width": photo["width"],
            "height": photo["height"],
            "kind": photo["kind"],
        }
        for photo in shown_to(city, row.photos or (), request_public=True)
    ]


def _note(reader: Reader, event: Mapping[str, Any]) -> Tree:
    statuses: Mapping[Any, str] = reader.messages.statuses
    reasons: Mapping[Any, str] = reader.messages.closing_reasons
    kind, reason = event["kind"], event["reason"]
    summary = statuses.get(event["status"]) or kind.replace("_", " ")
    told = [
        reasons.get(reason, reason) if reason else None,
        public_note(event["actor_kind"], event["note"], own=False),
    ]
    return {
        "datetime": dt.datetime.fromisoformat(event["at"]),
        "summary": summary,
        "description": " – ".join(part for part in told if part) or None,
        "type": NOTE_TYPES.get(kind, "activity"),
    }


def join_address(text: str | None, address_id: str | None) -> str | None:
    """One line of address from the standard's two: Nagara keeps no register that ids could point into."""
    if address_id is None:
        return text
    return f"{text or ''} [address_id {address_id}]".strip()


def split_address(address: str | None) -> tuple[str | None, str | None]:
    """The standard's two fields from the one line that ``join_address`` made."""
    found = ADDRESS_ID.fullmatch(address) if address else None
    if found is None:
        return address, None
    return found[1] or None, found[2]


def filed_notice(
    reader: Reader, department: str, resolve_by: dt.datetime | None, standard: str, media_not_fetched: bool
) -> str:
    """What the reporter is told at once, in English: who has it, by when, and what was not taken."""
    owner = reader.city.departments_by_code.get(department)
    name = reader.city.name_in(owner.names, "en") if owner else department
    told = [f"Sent to {name}."]
    if resolve_by is not None:
        until = f"{resolve_by.astimezone(reader.city.zone):%Y-%m-%d %H:%M} ({reader.city.timezone})"
        if standard == "reference":
            told.append(f"The city has published no promise; the usual time to deal with it ends {until}.")
        else:
            told.append(f"The promise is to deal with it by {until}.")
    if media_not_fetched:
        told.append("The picture behind media_url was not fetched; send the file itself.")
    return " ".join(told)
