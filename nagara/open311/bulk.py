"""Many requests as one CSV file: the columns of the GeoReport Bulk proposal, written as they are read.

Memory does not grow with the file; each part is a page of the list, from where the one before ended.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from nagara.batches.tables import harmless_everywhere
from nagara.database import Pool
from nagara.errors import InvalidInput
from nagara.open311.lists import FAR_AHEAD, ONE_SECOND, ListFilter, Page, Row, Window, list_requests
from nagara.open311.views import Reader, request_item

COLUMNS = (
    "service_request_id", "requested_datetime", "updated_datetime", "closed_datetime", "status",
    "status_description", "status_notes", "source", "service_name", "service_subtype", "description",
    "agency_responsible", "address", "lat", "long",
)  # fmt: skip
LONGEST_SPAN = dt.timedelta(days=366)
USUAL_SPAN = dt.timedelta(days=90)


def span(start: dt.datetime | None, end: dt.datetime | None, now: dt.datetime) -> Window:
    """The span of at most a year that two optional bounds mean; without any the last ninety days."""
    try:
        if start is None:
            start = (end or now) - USUAL_SPAN
        before = end.replace(microsecond=0) + ONE_SECOND if end else min(start + LONGEST_SPAN, FAR_AHEAD)
        if end is not None and end < start:
            raise InvalidInput("start_date is after end_date.", field="start_date")
        if before - start > LONGEST_SPAN + ONE_SECOND:
            raise InvalidInput("start_date to end_date is more than 366 days.", field="end_date")
    except OverflowError:
        raise InvalidInput("start_date or end_date is outside all calendars.", field="start_date") from None
    return Window(start.replace(microsecond=0), before)


async def pages(pool: Pool, reader: Reader, wanted: ListFilter) -> AsyncIterator[Page]:
    """One page after the other, to the end."""
    while True:
        page = await list_requests(pool, reader.city, wanted)
        yield page
        if page.next is None:
            return
        wanted = replace(wanted, after=page.next)


def csv_lines(reader: Reader, rows: Sequence[Row], *, head: bool) -> bytes:
    """Rows as RFC 4180 in UTF-8; ``head``: with the line of the names before them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if head:
        writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([harmless_everywhere(_text(value)) for value in _cells(reader, row)])
    return out.getvalue().encode()


def _cells(reader: Reader, row: Row) -> tuple[Any, ...]:
    item = request_item(reader, row)
    return (
        item["service_request_id"], item["requested_datetime"], item["updated_datetime"], row.closed_at,
        item["status"], row.status, item["status_notes"], row.channel, item["service_name"], None,
        item["description"], item["agency_responsible"], item["address"], item["lat"], item["long"],
    )  # fmt: skip


def _text(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else value
