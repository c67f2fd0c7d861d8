"""Pictures: sent before the report they belong to, shown afterwards to whoever may see them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.answers import json_answer
from api.dependencies import (
    ClientAddress,
    ClientSource,
    CurrentCity,
    FromProcess,
    LinkInHeader,
    Open,
    Resources,
    current_staff,
    session_token,
)
from api.error_responses import documented
from api.schemas import media as schemas
from city_config import City
from nagara.errors import InvalidInput, NotAPhoto, Refused
from nagara.permissions import Permission
from nagara.photos import keeping
from nagara.photos.addresses import Signed
from nagara.photos.checking import ACCEPTED
from nagara.photos.storage import Kind

router = APIRouter(tags=["photos"], dependencies=[Open])
Until = Annotated[
    int, Query(ge=0, le=2**53, description="From a signed address: seconds since 1970 until which it opens")
]
Key = Annotated[str, Query(max_length=100, description="From a signed address: its signature")]

Original = Annotated[
    bool,
    Query(
        description="As it came, before parts were hidden; for staff who may, and logged; others get it as it is"
    ),
]

PICTURE_HEADERS = {
    "Content-Disposition": 'inline; filename="photo.jpg"',
    "Cross-Origin-Resource-Policy": "same-site",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Authorization, Cookie",
}
FOR_ALL, FOR_ONE = "public, max-age=3600", "private, no-store"
"""An hour: what staff take back is gone from caches within it."""

UPLOAD_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": f"{ACCEPTED}; up to 12 MB"}
                },
            }
        }
    },
}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture"},
    304: {"description": "Unchanged"},
}


class _Asked(NamedTuple):
    """With what somebody asks for a picture."""

    token: str | None
    signed: Signed
    original: bool


@router.post(
    "/api/v1/cities/{city}/media",
    status_code=201,
    response_model=schemas.KeptPhoto,
    responses=documented(404, 413, 429),
    openapi_extra={"requestBody": UPLOAD_BODY},
    operation_id="upload_photo",
)
async def upload(city: CurrentCity, request: Request, process: FromProcess, source: ClientSource) -> Response:
    """Send a picture ahead of its report, which names its id in ``media`` within a day.

    What the camera wrote about place and time is read, offered in this answer, and not kept: ``position``
    and ``taken_at`` are null where it wrote nothing. The picture is re-encoded without any of it.
    """
    await process.limiter.count_all("media", source)
    content = await _file_of(request)
    prepared = await process.darkroom.develop(content, city.zone)
    id_ = await keeping.keep(process.pool, process.darkroom.store, city, prepared)
    origin = prepared.origin
    offered = {"lat": origin.lat, "lon": origin.lon} if origin.lat is not None else None
    return json_answer(
        {
            "id": str(id_),
            "position": offered,
            "taken_at": origin.taken_at,
            "width": prepared.width,
            "height": prepared.height,
            "bytes": len(prepared.picture),
        },
        201,
    )


@router.get(
    "/media/{city}/{id}",
    response_class=Response,
    responses=documented(404, 429) | PICTURE,
    operation_id="get_photo",
)
async def picture(
    city: CurrentCity,
    id: uuid.UUID,
    request: Request,
    process: FromProcess,
    address: ClientAddress,
    until: Until = 0,
    key: Key = "",
    nagara_link: LinkInHeader = None,
    original: Original = False,
) -> Response:
    """A picture, upright and at most 2048 pixels wide and high."""
    return await _shown(
        city,
        id,
        "picture",
        request,
        process,
        address,
        _Asked(nagara_link, Signed(until, key, dt.datetime.now(dt.UTC)), original),
    )


@router.get(
    "/media/{city}/{id}/thumbnail",
    response_class=Response,
    responses=documented(404, 429) | PICTURE,
    operation_id="get_photo_thumbnail",
)
async def thumbnail(
    city: CurrentCity,
    id: uuid.UUID,
    request: Request,
    process: FromProcess,
    address: ClientAddress,
    until: Until = 0,
    key: Key = "",
    nagara_link: LinkInHeader = None,
    original: Original = False,
) -> Response:
    """The same picture, at most 320 pixels wide and high."""
    return await _shown(
        city,
        id,
        "thumbnail",
        request,
        process,
        address,
        _Asked(nagara_link, Signed(until, key, dt.datetime.now(dt.UTC)), original),
    )


async def _shown(
    city: City,
    id_: uuid.UUID,
    kind: Kind,
    request: Request,
    process: Resources,
    address: str,
    asked: _Asked,
) -> Response:
    await process.limiter.count("read", address)
    viewer = await _viewer(city, request, process, asked)
    seen = await keeping.find(process.pool, city, id_, viewer, process.secret)
    tag = f'"{seen.sha256.hex()}-{kind}"'
    headers = PICTURE_HEADERS | {"ETag": tag, "Cache-Control": FOR_ALL if seen.public else FOR_ONE}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    content = await process.darkroom.store.read(city.id, seen.sha256, kind)
    return Response(content, media_type="image/jpeg", headers=headers)


async def _viewer(city: City, request: Request, process: Resources, asked: _Asked) -> keeping.Viewer:
    """Who asks: perhaps somebody signed in who works on the city's requests; nobody has to be."""
    anybody = keeping.Viewer(asked.token, asked.signed)
    try:
        account = await current_staff(await session_token(request), process)
    except Refused:
        return anybody
    if account.city_id != city.id or not account.may(Permission.VIEW_QUEUE):
        return anybody
    return anybody._replace(
        staff=True,
        privileged=account.may(Permission.VIEW_ORIGINAL),
        original=asked.original,
        username=account.sign_in_name,
    )


async def _file_of(request: Request) -> bytes:
    """The bytes of the one file of the form; its name and declared type mean nothing here."""
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                return await file.read()
    except HTTPException as error:
        raise InvalidInput(f"The form cannot be read: {error.detail}", field="file") from None
    except ClientDisconnect:  # nobody waits for the answer; it is no fault of ours either
        raise InvalidInput("The picture did not come whole.", field="file") from None
    raise NotAPhoto("Send the picture as the field 'file' of a form.", field="file", allowed=ACCEPTED)
