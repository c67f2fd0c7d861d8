"""Which requests a GeoReport list holds: what was asked for, page by page, of what the public may see.

A page goes on where the one before ended, at the request it ended with, so that the thousandth costs what the
first does and nothing is missed while new requests come in. Who counts pages instead is taken to the page's
beginning within an index, and goes on from there.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from city_config import City
from nagara import statements
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.event_log import PUBLIC_KINDS
from nagara.lifecycle import CLOSED, Status
from nagara.public.publication import public_values

LONGEST_SPAN = dt.timedelta(days=90)
MOST_ROWS = 1000
MOST_PASSED = 100_000
"""So far behind may a page begin that is asked for by its number; the place of the one before leads further."""

MOST_COUNTED = 10_000
"""So many are counted for a list's total; where there are more, none is told: it would cost more than the page."""

ONE_SECOND = dt.timedelta(seconds=1)
LONG_AGO = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
NO_ID = uuid.UUID(int=0)
PUBLIC_KIND_NAMES = sorted(kind.value for kind in PUBLIC_KINDS)


class Window(NamedTuple):
    """Instants from ``start`` to before ``before``."""

    start: dt.datetime = LONG_AGO
    before: dt.datetime = FAR_AHEAD


ALWAYS = Window()


class Place(NamedTuple):
    """A place in a list: right behind the request of this time and id."""

    at: dt.datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which requests are wanted; ``services`` None means all of them.

    ``page`` counts from 1; where ``after`` says what came last, it is only a number to show. ``counted``: the
    caller wants to know how many there are in all.
    """

    received: Window
    updated: Window = ALWAYS
    closed: tuple[bool, ...] = (False, True)
    services: tuple[str, ...] | None = None
    bbox: tuple[float, float, float, float] | None = None
    page: int = 1
    page_size: int = MOST_ROWS
    after: Place | None = None
    counted: bool = False


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
    id: uuid.UUID = NO_ID


class Page(NamedTuple):
    """Rows, and where the page behind them begins; None where nothing is behind them.

    ``total``: how many there are on all pages, where that was asked for and there are not too many to count.
    """

    rows: list[Row]
    next: Place | None
    total: int | None = None


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


def write_place(place: Place) -> str:
    """A place as an address carries it."""
    return base64.urlsafe_b64encode(f"{place.at.isoformat()} {place.id}".encode()).decode()


def read_place(text: str | None) -> Place | None:
    """The place an address carries; raise ``InvalidInput`` for what none of ours carried."""
    if text is None:
        return None
    try:
        at, id_ = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
        return Place(dt.datetime.fromisoformat(at).astimezone(dt.UTC), uuid.UUID(id_))
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidInput(
            "after is none of this list's places.", field="after", allowed="as in the Link header of a page"
        ) from None


async def list_requests(pool: Pool, city: City, wanted: ListFilter, extensions: bool = False) -> Page:
    """A page of what the public may see of a city's requests, newest first.

    Raises ``InvalidInput`` for a page that is counted and begins behind more than ``MOST_PASSED``.
    """
    total = await _total(pool, city, wanted) if wanted.counted else None
    if wanted.page > 1 and wanted.after is None:
        begins = await _walk(pool, city, wanted)
        if begins is None:
            return Page([], None, total)
        if _passed(wanted) > MOST_PASSED:
            raise InvalidInput(
                f"page {wanted.page} begins behind more than {MOST_PASSED:,} requests.",
                field="page",
                allowed="follow the Link of a page, or ask for a shorter span of dates",
            )
        wanted = replace(wanted, after=begins)
    values = list_values(city, wanted, extensions)
    rows = await _rows(pool, city, statements.GEOREPORT_LIST, values, prepare=wanted.updated is ALWAYS)
    shown = rows[: wanted.page_size]
    more = len(rows) > wanted.page_size
    return Page(shown, Place(shown[-1].received_at, shown[-1].id) if more else None, total)


def list_values(city: City, wanted: ListFilter, extensions: bool = False) -> dict[str, Any]:
    """The values of the list's statement, and of the walk to a page's beginning."""
    west, south, east, north = wanted.bbox or (None, None, None, None)
    before = wanted.after or Place(wanted.received.before, NO_ID)
    return public_values(city) | {
        "city_id": city.id,
        "received_from": wanted.received.start,
        "received_before": wanted.received.before,
        "before": before.at,
        "before_id": before.id,
        "updated_from": wanted.updated.start,
        "updated_before": wanted.updated.before,
        "statuses": [status.value for status in Status if (status in CLOSED) in wanted.closed],
        "services": list(wanted.services) if wanted.services is not None else None,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "limit": wanted.page_size + 1,
        "passed": min(_passed(wanted), MOST_PASSED) - 1,
        "extensions": extensions,
        "public_kinds": PUBLIC_KIND_NAMES,
    }


def _passed(wanted: ListFilter) -> int:
    """How many requests come before a page that is counted."""
    return (wanted.page - 1) * wanted.page_size


async def find_requests(
    pool: Pool, city: City, references: Sequence[str], extensions: bool = False
) -> list[Row]:
    """Those of these references (as stored) that the public may see, newest first; the others are left out."""
    if not references:
        return []
    values = public_values(city) | {
        "city_id": city.id,
        "references": list(references),
        "extensions": extensions,
        "public_kinds": PUBLIC_KIND_NAMES,
    }
    return await _rows(pool, city, statements.GEOREPORT_BY_REFERENCE, values)


async def _walk(pool: Pool, city: City, wanted: ListFilter) -> Place | None:
    """Behind which request the page of this number begins, or one not so far behind; None where none is there."""
    statement = statements.GEOREPORT_WALK_IN_BOX if wanted.bbox else statements.GEOREPORT_WALK
    [rows] = await read_in_city(pool, city.id, (statement, list_values(city, wanted)))
    return Place(*rows[0]) if rows else None


async def _total(pool: Pool, city: City, wanted: ListFilter) -> int | None:
    """How many requests a list holds on all its pages; None where they are too many.

    Only where the index of the list answers it alone: not within a box, and not by the last change.
    """
    if wanted.bbox is not None or wanted.updated is not ALWAYS:
        return None
    values = list_values(city, replace(wanted, after=None)) | {"most": MOST_COUNTED + 1}
    [[(count,)]] = await read_in_city(pool, city.id, (statements.GEOREPORT_COUNT, values))
    return int(count) if count <= MOST_COUNTED else None


async def _rows(
    pool: Pool, city: City, statement: Any, values: Mapping[str, Any], prepare: bool = True
) -> list[Row]:
    [rows] = await read_in_city(pool, city.id, (statement, values), prepare=prepare)
    return [Row._make(row) for row in rows]
