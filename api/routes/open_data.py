"""Open data: what is published, day by day, and the files themselves."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import StreamingResponse

from api.answers import json_answer
from api.conditional import asked_part, is_known
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.schemas import open_data as schemas
from api.small_pages import HTML, page, wants_html
from city_config import City
from nagara.batches.files import files
from nagara.cities import configuration
from nagara.database import app_connection
from nagara.errors import UnknownBatch, UnknownFile
from nagara.open_data import catalogue
from nagara.open_data.catalogue import Version
from nagara.open_data.dictionary import MEDIA_TYPES, REQUEST_FIELDS, table_schema
from nagara.open_data.publishing import path_of
from nagara.settings import settings

router = APIRouter(prefix="/open-data", tags=["open data"], dependencies=[Open])
FIVE_MINUTES = {"Cache-Control": "public, max-age=300", "Vary": "Accept"}
PAGES: dict[int | str, dict[str, Any]] = {200: {"content": {HTML: {}}}}
LD = "application/ld+json"


@router.get(
    "", response_model=schemas.OpenData, responses=documented() | PAGES, operation_id="list_open_data"
)
def listed(call: Request) -> Response:
    """Each city's newest files with checksums and licence; as JSON, or as a page."""
    html, known = wants_html(call), configuration()
    with app_connection() as connection:
        found = catalogue.newest(connection, known)
    shown = [catalogue.shown(known.cities[one.city_id], one, _base()) for one in found]
    if not html:
        content = {"cities": shown, "catalogue": f"{_base()}/catalog.jsonld"}
        return json_answer(content, 200, FIVE_MINUTES)
    rows = [
        {
            "City": (f"{_base()}/{one['city']}?f=html", one["names"].get("en", one["city"])),
            "Day": one["day"],
            "Requests": one["requests"],
            "Licence": (one["licence"]["url"], _licence(one["licence"])),
            **{name: (f["url"], _size(f["bytes"])) for f in one["files"] for name in [f["name"]]},
        }
        for one in shown
    ]
    text = (
        "What the public may see of residents' requests, made every night: without anybody's words, pictures or "
        "contacts, places on a grid of 100 m, times to the hour."
        if rows
        else "Nothing has been published yet; files are made every night."
    )
    return page(
        "Open data", text, {"": rows}, [(f"{_base()}/catalog.jsonld", "Catalogue (DCAT)")], FIVE_MINUTES
    )


@router.get(
    "/catalog.jsonld",
    response_class=Response,
    responses=documented()
    | {200: {"model": schemas.Catalogue, "content": {LD: {}}, "description": "The catalogue in DCAT 3"}},
    operation_id="get_open_data_catalogue",
)
def dcat() -> Response:
    """The same as a catalogue in DCAT 3, for portals that collect from many places."""
    known = configuration()
    with app_connection() as connection:
        found = catalogue.newest(connection, known)
    answer = json_answer(catalogue.dcat(known, found, _base()), 200, {"Cache-Control": "public, max-age=300"})
    answer.headers["Content-Type"] = LD
    return answer


@router.get(
    "/{city}",
    response_model=schemas.OpenDataOfCity,
    responses=documented(404) | PAGES,
    operation_id="list_open_data_of_city",
)
def of_city(city: CurrentCity, call: Request) -> Response:
    """All versions of a city that are kept, and what the columns of its files mean."""
    html = wants_html(call)
    shown = [catalogue.shown(city, one, _base()) for one in _versions(city)]
    if not html:
        content = {"city": city.id, "versions": shown, "dictionary": table_schema()}
        return json_answer(content, 200, FIVE_MINUTES)
    versions = [
        {"Day": one["day"], "Requests": one["requests"], "Licence": _licence(one["licence"])}
        | {file["name"]: (file["url"], _size(file["bytes"])) for file in one["files"]}
        for one in shown
    ]
    columns = [
        {"Column": field.name, "Type": field.kind, "Meaning": field.description} for field in REQUEST_FIELDS
    ]
    title = f"Open data of {city.name_in(city.names, 'en')}"
    tables = {"Versions": versions, "Columns": columns}
    return page(
        title, "Versions that are kept, the newest first.", tables, [(_base(), "All cities")], FIVE_MINUTES
    )


@router.get(
    "/{city}/{day}/{file}",
    response_class=StreamingResponse,
    responses=documented(404, 429)
    | {
        200: {
            "description": "The file",
            "content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()},
        },
        206: {"description": "The part of it that Range asked for"},
        304: {"description": "It is as it was"},
        416: {"description": "The part lies behind its end; Content-Range says how long it is"},
    },
    operation_id="get_open_data_file",
)
async def file(
    city: CurrentCity,
    day: Annotated[str, Path(max_length=20, description="A day of the list, or latest", examples=["latest"])],
    file: Annotated[str, Path(max_length=60, description="A name of the list", examples=["requests.csv"])],
    process: FromProcess,
    address: ClientAddress,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    wanted: Annotated[
        str | None, Header(alias="range", max_length=1000, description="One part: bytes=0-1023")
    ] = None,
    if_range: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """A file, streamed, or a part of it, as readers of Parquet over HTTP ask for; its ETag is its SHA-256."""
    await process.limiter.count("read", address)
    found = await asyncio.to_thread(_versions, city)
    version, kept = catalogue.file_of(found, day, file)
    tag = f'"{kept["sha256"]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300", "Accept-Ranges": "bytes"}
    if is_known(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    size = int(kept["bytes"])
    try:
        part = asked_part(wanted, if_range, tag, size)
    except ValueError:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    try:
        parts = await files(settings()).read(path_of(city.id, version.day, kept["name"]), part)
    except UnknownBatch as gone:
        raise UnknownFile("The file is not there any more.", field="file") from gone
    name = f"{city.id}-{version.day.isoformat()}-{kept['name']}"
    headers |= {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(part[1] - part[0] if part else size),
    }
    if part:
        headers |= {"Content-Range": f"bytes {part[0]}-{part[1] - 1}/{size}"}
    return StreamingResponse(parts, 206 if part else 200, headers, kept["media_type"])


def _versions(city: City) -> list[Version]:
    with app_connection() as connection:
        return catalogue.versions(connection, city)


def _base() -> str:
    return f"{settings().public_url.rstrip('/')}/open-data"


def _licence(stated: dict[str, object]) -> str:
    return (
        str(stated["id"])
        if stated["confirmed"]
        else f"{stated['id']} (proposed, not confirmed by the city yet)"
    )


def _size(number: int) -> str:
    return f"{number / 1_000_000:.1f} MB" if number >= 100_000 else f"{number / 1000:.1f} kB"
