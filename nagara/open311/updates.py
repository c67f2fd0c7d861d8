"""What happened to requests, as GeoReport's ``service requestupdates`` gives it to who harvests it.

The list goes by when a request last changed, and within a request by time: one that changes while somebody reads
comes again further on, so nothing is missed, and ``update_id`` tells what was seen before. A system that filed
a request is told of it with its own key even where the public is not.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from city_config import City
from nagara import statements
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.open311.lists import LONG_AGO, NO_ID, PUBLIC_KIND_NAMES, Window, window
from nagara.open311.update_words import word_for
from nagara.open311.views import Reader, pictures
from nagara.public.publication import public_note, public_values

USUAL_SPAN = dt.timedelta(hours=24)
"""Of a call that names no dates."""


class After(NamedTuple):
    """A place in the list: behind this update of a request that last changed then."""

    at: dt.datetime
    id: uuid.UUID
    seq: int


class Happened(NamedTuple):
    """One update as the statement reads it; ``public``: anybody may see its request."""

    reference: str
    seq: int
    kind: str
    at: dt.datetime
    status: str
    note: str | None
    reason: str | None
    actor_kind: str
    photos: list[dict[str, Any]] | None
    public: bool
    changed_at: dt.datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UpdateFilter:
    """Which updates are wanted: of a span, or of some requests; ``system`` is who asks with a key."""

    happened: Window
    references: tuple[str, ...] | None = None
    system: str | None = None
    page_size: int = 1000
    after: After | None = None


async def list_updates(pool: Pool, city: City, wanted: UpdateFilter) -> tuple[list[Happened], After | None]:
    """A page of updates, and where the next one begins; None where nothing is behind it."""
    after = wanted.after or After(wanted.happened.start, NO_ID, 0)
    values = public_values(city) | {
        "city_id": city.id,
        "start": wanted.happened.start,
        "until": wanted.happened.before,
        "references": list(wanted.references) if wanted.references is not None else None,
        "public_kinds": PUBLIC_KIND_NAMES,
        "system": wanted.system,
        "changed_from": after.at,
        "after_id": after.id,
        "after_seq": after.seq,
        "limit": wanted.page_size + 1,
    }
    [rows] = await read_in_city(pool, city.id, (statements.GEOREPORT_UPDATES, values), prepare=False)
    found = [Happened._make(row) for row in rows]
    shown = found[: wanted.page_size]
    last = shown[-1] if len(found) > wanted.page_size else None
    return shown, After(last.changed_at, last.id, last.seq) if last else None


def update_item(reader: Reader, row: Happened, public_url: str) -> dict[str, Any]:
    """An update as the form has it; its words are those staff meant for everybody."""
    reasons = reader.messages.closing_reasons
    parts = [
        reasons.get(row.reason, row.reason) if row.reason else None,  # type: ignore[call-overload]
        public_note(row.actor_kind, row.note, own=False),
    ]
    shown = pictures(reader.city, row.photos or (), public_url, row.public)
    return {
        "update_id": update_id(row.reference, row.seq),
        "service_request_id": row.reference,
        "status": word_for(row.status, row.reason),
        "updated_datetime": row.at,
        "description": " – ".join(part for part in parts if part) or "",
        "media_url": shown[0]["media_url"] if shown else None,
        "external_status_code": row.status,
        "customer_reference": None,
    }


def update_id(reference: str, seq: int) -> str:
    """The id of an update: a request's, and which of its events it is."""
    return f"{reference}.{seq}"


def span(start: dt.datetime | None, end: dt.datetime | None, now: dt.datetime) -> Window:
    """The span that both bounds mean, to the second; without any the last day. Raises ``InvalidInput``."""
    if (start is None) != (end is None):
        raise InvalidInput(
            "start_date and end_date belong together; one of them is missing.", field="start_date"
        )
    if start is None:
        start = now - USUAL_SPAN
        return Window(start.replace(microsecond=0), now + dt.timedelta(days=1))
    return window(start, end, now, ("start_date", "end_date"))


def of_requests(references: Sequence[str], now: dt.datetime) -> UpdateFilter:
    """Everything that happened to some requests, whenever it was."""
    return UpdateFilter(Window(LONG_AGO, now + dt.timedelta(days=1)), tuple(references))


def write_after(after: After) -> str:
    """A place as an address carries it."""
    return base64.urlsafe_b64encode(f"{after.at.isoformat()} {after.id} {after.seq}".encode()).decode()


def read_after(text: str | None) -> After | None:
    """The place an address carries; raise ``InvalidInput`` for what none of ours carried."""
    if text is None:
        return None
    try:
        at, id_, seq = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
        return After(dt.datetime.fromisoformat(at).astimezone(dt.UTC), uuid.UUID(id_), int(seq[:9]))
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidInput(
            "after is none of this list's places.", field="after", allowed="as in the Link header of a page"
        ) from None
