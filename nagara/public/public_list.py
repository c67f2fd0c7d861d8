"""A city's requests as anybody may see them: what the public page lists and its map shows.

Positions are those of the city's grid, and a box is held against them. A page ends with a cursor, so that the
ten-thousandth is as quick as the first and nothing is seen twice while new requests come in.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from city_config import City
from nagara import statements
from nagara.database import Pool, read_in_city
from nagara.errors import InvalidInput
from nagara.lifecycle import CLOSED, OPEN, Status
from nagara.photos.keeping import shown_to
from nagara.public.publication import public_position, public_values, public_words
from nagara.public.request_views import named_department, named_district, named_service

MAX_PAGE = 500
WORDS_FOR_STATUSES = {"open": OPEN, "closed": CLOSED}


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """Which requests are wanted, newest first; ``statuses`` and ``services`` None: all of them."""

    statuses: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    district: str | None = None
    since: dt.datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    cursor: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class PublicPage:
    """Requests as anybody may see them, and where the next page begins."""

    requests: list[dict[str, Any]]
    next_cursor: str | None


async def page(pool: Pool, city: City, wanted: PublicFilter) -> PublicPage:
    """A page of what anybody may see; raise ``InvalidInput`` for a cursor that is none."""
    before, before_id = _read_cursor(wanted.cursor)
    west, south, east, north = wanted.bbox or (None, None, None, None)
    values = public_values(city) | {
        "city_id": city.id,
        "statuses": list(wanted.statuses) if wanted.statuses is not None else None,
        "services": list(wanted.services) if wanted.services is not None else None,
        "district": wanted.district,
        "since": wanted.since,
        "before": before,
        "before_id": before_id,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "limit": wanted.limit + 1,
    }
    [rows] = await read_in_city(pool, city.id, (statements.PUBLIC_LIST, values))
    shown = [_shown(city, row) for row in rows[: wanted.limit]]
    last = rows[wanted.limit - 1] if len(rows) > wanted.limit else None
    return PublicPage(shown, _cursor(last[9], last[12]) if last else None)


def read_statuses(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Statuses by their names, ``open`` and ``closed`` meaning all of each; raise ``InvalidInput`` for others."""
    if not given:
        return None
    known = {status.value for status in Status}
    read: set[str] = set()
    for name in given:
        if name in WORDS_FOR_STATUSES:
            read |= {status.value for status in WORDS_FOR_STATUSES[name]}
        elif name in known:
            read.add(name)
        else:
            allowed = [*WORDS_FOR_STATUSES, *sorted(known)]
            raise InvalidInput(f"{name[:40]!r} is not a status.", field="status", allowed=allowed)
    return tuple(sorted(read))


def as_features(found: PublicPage) -> dict[str, Any]:
    """A page as GeoJSON (RFC 7946); a request without a position has no geometry."""
    features = [
        {
            "type": "Feature",
            "id": request["reference"],
            "geometry": {
                "type": "Point",
                "coordinates": [request["position"]["lon"], request["position"]["lat"]],
            }
            if request["position"]
            else None,
            "properties": {name: value for name, value in request.items() if name != "position"},
        }
        for request in found.requests
    ]
    return {"type": "FeatureCollection", "features": features, "next_cursor": found.next_cursor}


def _shown(city: City, row: tuple[Any, ...]) -> dict[str, Any]:
    (
        reference, status, service, department, district, lat, lon, channel, description, received, updated,
        closed, _id, photos,
    ) = row  # fmt: skip
    pictures = shown_to(city, photos or (), request_public=True)
    return {
        "reference": reference,
        "status": status,
        "open": closed is None,
        "service": named_service(city, service),
        "department": named_department(city, department),
        "district": named_district(city, district),
        "position": public_position(city, lat, lon, own=False),
        "description": public_words(city, channel, description),
        "received_at": received,
        "updated_at": updated,
        "closed_at": closed,
        "thumbnail_url": pictures[0]["thumbnail_url"] if pictures else None,
    }


def _cursor(at: dt.datetime, id_: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id_}".encode()).decode()


def _read_cursor(text: str | None) -> tuple[dt.datetime | None, uuid.UUID | None]:
    if text is None:
        return None, None
    try:
        at, id_ = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
        read = dt.datetime.fromisoformat(at).astimezone(dt.UTC), uuid.UUID(id_)
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidInput(
            "cursor is none of this list's.", field="cursor", allowed="next_cursor of a page"
        ) from None
    return read
