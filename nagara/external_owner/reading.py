"""What is read of a request before it is sent: the row, whom it is of, its pictures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from city_config import City
from city_config.schema import ExternalOwner
from nagara.external_owner.forms import ToSend
from nagara.open311.client import File
from nagara.photos.keeping import shown_to
from nagara.photos.storage import media_store
from nagara.public.publication import Standing, is_public, is_searched
from nagara.sealing import unseal
from nagara.settings import settings

MOST_PICTURES = 5

REQUEST = """
select r.reference, r.service_code, r.lat, r.lon, r.address, r.description, r.answers, r.confidential,
       r.erased_at is not null, r.closed_at is not null, r.department, r.assignee, r.public, r.received_at,
       c.sealed,
       (select coalesce(max(seq), 0) from event e where e.city_id = r.city_id and e.request_id = r.id),
       (select e.actor from event e
         where e.city_id = r.city_id and e.request_id = r.id and e.seq = 1 and e.actor_kind = 'api_key'),
       clock_timestamp()
  from request r left join contact c on c.city_id = r.city_id and c.request_id = r.id
 where r.city_id = %s and r.id = %s
"""
PICTURES = """
select id, sha256, redacted_sha256, width, height, kind, public, searched from photo
 where city_id = %s and request_id = %s and kind = 'before' order by position limit %s
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A request as it stands when it is to be sent. ``events``: the number of its last event then."""

    request: ToSend
    closed: bool
    owners: tuple[str | None, ...]
    standing: Standing
    events: int
    filed_by: str | None
    """The label of the key it was filed with, if another system filed it."""
    now: dt.datetime


def read(connection: psycopg.Connection[Any], city: City, request_id: UUID) -> Known | None:
    """A request to be sent; None where there is none."""
    row = connection.execute(REQUEST, (city.id, request_id)).fetchone()
    if row is None:
        return None
    (
        reference, service, lat, lon, address, description, answers, confidential, erased, closed, department,
        assignee, public, received_at, sealed, events, filed_by, now,
    ) = row  # fmt: skip
    contact = unseal(settings().secret, city.id, bytes(sealed)) if sealed is not None else None
    request = ToSend(
        city.id, request_id, reference, service, lat, lon, address, description, answers or {}, confidential,
        erased, contact or {},
    )  # fmt: skip
    standing = Standing(service, confidential, public, received_at)
    return Known(request, closed, (department, assignee), standing, events, filed_by, now)


def pictures(
    connection: psycopg.Connection[Any], city: City, owner: ExternalOwner, known: Known
) -> tuple[tuple[str, ...], tuple[File, ...]]:
    """Addresses of pictures, or the files themselves, as the owner gets them: parts that are hidden stay hidden.

    Raises ``MediaUnavailable`` while the store does not answer.
    """
    wanted = owner.goes_along.photos
    if wanted == "none":
        return (), ()
    names = ("id", "sha256", "redacted_sha256", "width", "height", "kind", "public", "searched")
    rows = connection.execute(PICTURES, (city.id, known.request.id, MOST_PICTURES)).fetchall()
    found = [dict(zip(names, row, strict=True)) for row in rows]
    if wanted == "media_url":
        public = is_public(city, known.standing, known.now)
        base = settings().public_url.rstrip("/")
        return tuple(f"{base}{one['url']}" for one in shown_to(city, found, public)), ()
    store = media_store(settings())
    return (), tuple(
        File(
            f"photo{number}.jpg",
            store.read_now(city.id, bytes(one["redacted_sha256"] or one["sha256"]), "picture"),
        )
        for number, one in enumerate((one for one in found if is_searched(city, one["searched"])), 1)
    )
