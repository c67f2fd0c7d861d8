"""The rows of pictures: kept on arrival, attached to a request, shown to whoever may see them, removed.

A row stands before its bytes do, so that nothing lies in the store that no row knows of. Bytes are written
and removed under a lock of their content, since several rows may share them.
"""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from nagara import statements
from nagara.database import Pool, city_transaction, read_in_city
from nagara.errors import UnknownPhoto
from nagara.filing.handed_in import check_media
from nagara.filing.intake import refuse_unusable
from nagara.ids import resident_token, uuid7
from nagara.locks import NAMESPACE
from nagara.photos.addresses import Signed, opens, signed_query
from nagara.photos.checking import Prepared
from nagara.photos.storage import MediaStore
from nagara.public.publication import Standing, is_public, is_searched, photo_is_public, public_values
from nagara.tables import Photo, Request

UNATTACHED_AT_MOST = dt.timedelta(hours=24)
"""A phone without signal sends its pictures first and its report within the day, or not at all."""

CONTENT_LOCKS = NAMESPACE + 1

TAKE_UNATTACHED = """
delete from photo where (city_id, id) in (
    select city_id, id from photo where request_id is null and created_at < %s
     order by created_at limit %s for update skip locked)
returning city_id, sha256, redacted_sha256
"""
CONTENT_IN_USE = """
select exists (select from photo where city_id = %(city)s and sha256 = %(sha)s)
    or exists (select from photo where city_id = %(city)s and redacted_sha256 = %(sha)s)
"""
ONLY_HOLDER = "select pg_advisory_xact_lock(%s, hashtext(%s))"


class Seen(NamedTuple):
    """A picture somebody may see; ``public`` if anybody may see it as it is."""

    sha256: bytes
    public: bool


class Viewer(NamedTuple):
    """Who asks for a picture, besides anybody: with which private link, and what they may see as staff."""

    token: str | None = None
    signed: Signed | None = None
    """With which signed address."""
    staff: bool = False
    privileged: bool = False
    original: bool = False
    """Asks for the picture as it came; only for whoever is privileged."""
    username: str | None = None
    """Of staff, as they sign in: the log names who opened an original."""


ANYBODY = Viewer()


async def keep(pool: Pool, store: MediaStore, city: City, prepared: Prepared) -> uuid.UUID:
    """Keep a picture until a request takes it; returns its id, which nobody can guess."""
    id_ = uuid7()
    row = {
        "city_id": city.id,
        "id": id_,
        "sha256": prepared.sha256,
        "width": prepared.width,
        "height": prepared.height,
        "size": len(prepared.picture),
        "dhash": prepared.dhash,
    }
    async with city_transaction(pool, city.id) as connection:
        await connection.execute(statements.KEEP_PHOTO, row, prepare=True)
    async with city_transaction(pool, city.id) as connection:
        held = await connection.execute(
            statements.HOLD_PHOTO, (CONTENT_LOCKS, lock_name(city.id, prepared.sha256)), prepare=True
        )
        await held.fetchone()
        await store.write(city.id, prepared.sha256, prepared.picture, prepared.thumbnail)
    return id_


async def find(pool: Pool, city: City, photo_id: uuid.UUID, viewer: Viewer, secret: bytes) -> Seen:
    """A picture of a request, for whoever may see it; raise ``UnknownPhoto`` for all others.

    Its request's private link opens it, an address signed with that, and a session of the city's staff. Where
    the city hides anything in pictures, only the privileged see one before that has happened. A picture with
    hidden parts is shown as it came to the privileged who ask for that, and to nobody else; the log of reads
    names them before they get it.
    """
    values = public_values(city) | {"city_id": city.id, "id": photo_id}
    [found] = await read_in_city(pool, city.id, (statements.FIND_PHOTO, values))
    if found:
        sha256, redacted, released, searched, request_id, generation, request_public = found[0]
        public = photo_is_public(city, request_public, bool(released), searched)
        own = _holds_link(viewer, resident_token(secret, city.id, request_id, generation), photo_id)
        if viewer.privileged and (viewer.original or not is_searched(city, searched)):
            if viewer.original and (redacted is not None or not is_searched(city, searched)):
                await _log_original(pool, city, request_id, viewer)
            return Seen(bytes(sha256), public and redacted is None)
        if public or ((own or viewer.staff) and is_searched(city, searched)):
            return Seen(bytes(redacted or sha256), public)
    raise UnknownPhoto("There is no such picture.", field="id")


def _holds_link(viewer: Viewer, token: str, photo_id: uuid.UUID) -> bool:
    if viewer.token is not None and hmac.compare_digest(viewer.token.encode(), token.encode()):
        return True
    return viewer.signed is not None and opens(token, photo_id, viewer.signed)


async def _log_original(pool: Pool, city: City, request_id: uuid.UUID, viewer: Viewer) -> None:
    """An address of a picture carries no words, so the log has no reason for it but that it was a picture."""
    read = {"city_id": city.id, "id": uuid7(), "request_id": request_id, "username": viewer.username}
    async with city_transaction(pool, city.id) as connection:
        await connection.execute(statements.LOG_ORIGINAL_SEEN, read, prepare=True)


def shown(
    city: City,
    photos: Sequence[Mapping[str, Any]],
    token: str | None = None,
    now: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    """Pictures as answers list them; with the token of the private link and the time, addresses signed with it."""
    queries = (signed_query(token, photo["id"], now) if token and now else "" for photo in photos)
    return [
        {
            "id": str(photo["id"]),
            "url": f"/media/{city.id}/{photo['id']}{query}",
            "thumbnail_url": f"/media/{city.id}/{photo['id']}/thumbnail{query}",
            "width": photo["width"],
            "height": photo["height"],
            "kind": photo["kind"],
            "public": bool(photo["public"]),
        }
        for photo, query in zip(photos, queries, strict=True)
    ]


def shown_to(
    city: City,
    photos: Iterable[Mapping[str, Any]],
    request_public: bool,
    own_token: str | None = None,
    now: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    """Those of a request's pictures that anybody may see, or all of them for the holder of its token, as of now.

    A picture in which something has yet to be hidden is not listed for either.
    """
    judged = [
        {**photo, "public": photo_is_public(city, request_public, bool(photo["public"]), photo["searched"])}
        for photo in photos
        if is_searched(city, photo["searched"])
    ]
    return shown(city, [photo for photo in judged if own_token or photo["public"]], own_token, now)


def of_request(session: Session, city: City, row: Request, now: dt.datetime) -> list[dict[str, Any]]:
    """All pictures of a request, for staff; ``public`` says whether anybody may see them."""
    seen = is_public(city, Standing(row.service_code, row.confidential, row.public, row.received_at), now)
    query = (
        select(Photo)
        .where(col(Photo.city_id) == city.id, col(Photo.request_id) == row.id)
        .order_by(col(Photo.position))
    )
    found = [
        photo.model_dump() | {"redacted": photo.redacted_sha256 is not None}
        for photo in session.exec(query).all()
    ]
    return for_staff(city, found, seen)


def for_staff(city: City, photos: Iterable[Mapping[str, Any]], request_public: bool) -> list[dict[str, Any]]:
    """Pictures as staff see them listed: what is hidden in each, and what was decided about it."""
    return [
        item
        | {
            "released": bool(photo["public"]),
            "public": photo_is_public(city, request_public, bool(photo["public"]), photo["searched"]),
            "waits_for_hiding": not is_searched(city, photo["searched"]),
            "redacted": photo["redacted"],
            "found": photo["found"],
            "boxes": photo["boxes"],
        }
        for photo in photos
        for item in shown(city, [photo])
    ]


def attach_after(
    session: Session, city: City, row: Request, media: Sequence[uuid.UUID], kind: str = "after"
) -> None:
    """Attach waiting pictures to a request, as proof of what was done by default; raise ``PhotoNotUsable``.

    The caller has locked the request and owns the transaction.
    """
    check_media(media)
    waiting = session.exec(
        select(Photo)
        .where(col(Photo.city_id) == city.id, col(Photo.id).in_(list(media)), col(Photo.request_id).is_(None))
        .with_for_update()
    ).all()
    by_id = {photo.id: photo for photo in waiting}
    refuse_unusable(media, by_id)
    last = session.execute(
        select(func.coalesce(func.max(col(Photo.position)), 0)).where(
            col(Photo.city_id) == city.id, col(Photo.request_id) == row.id
        )
    ).scalar_one()
    for place, id_ in enumerate(media, int(last) + 1):
        photo = by_id[id_]
        photo.request_id, photo.position, photo.kind = row.id, place, kind
        session.add(photo)


def remove_unattached(
    connection: psycopg.Connection[Any], store: MediaStore, now: dt.datetime, most: int = 500
) -> int:
    """Remove pictures that no request took within a day, rows and bytes; returns how many.

    Rows and bytes go in one transaction: if the store does not answer, the rows stay and so does the work.
    """
    with connection.transaction():
        gone = connection.execute(TAKE_UNATTACHED, (now - UNATTACHED_AT_MOST, most)).fetchall()
        remove_unused(connection, store, gone)
    return len(gone)


def remove_unused(
    connection: psycopg.Connection[Any], store: MediaStore, contents: Iterable[Sequence[Any]]
) -> None:
    """Remove the bytes of each city and hash that no row names any more. Only inside a transaction.

    A hash of None is passed over. Contents are locked in order, so that two removals wait, not deadlock.
    """
    named = {(city_id, bytes(sha)) for city_id, *several in contents for sha in several if sha is not None}
    for city_id, sha256 in sorted(named):
        connection.execute(ONLY_HOLDER, (CONTENT_LOCKS, lock_name(city_id, sha256)))
        used = connection.execute(CONTENT_IN_USE, {"city": city_id, "sha": sha256}).fetchone()
        if used is not None and not used[0]:
            store.remove(city_id, sha256)


def lock_name(city_id: str, sha256: bytes) -> str:
    """What is locked while the bytes of a hash are written or removed."""
    return f"{city_id}/{sha256.hex()}"
