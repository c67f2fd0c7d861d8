"""Requests as the public sees them: in lists, and one by one."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from api.dependencies import ClientAddress, FromProcess
from api.routes.open311 import document
from api.routes.open311.forms import answer
from api.routes.open311.parameters import (
    Given,
    asked_form,
    box,
    flag,
    instant,
    jurisdiction,
    of_query,
    whole,
)
from api.routes.open311.services import language_headers, reader_of
from city_config import City
from nagara.database import city_transaction
from nagara.errors import InvalidInput, NotFound, UnknownRequest, UnknownService
from nagara.ids import read_reference
from nagara.open311.views import (
    ALWAYS,
    MOST_ROWS,
    ListFilter,
    Row,
    find_requests,
    list_requests,
    request_item,
    window,
)
from nagara.settings import settings

router = APIRouter()
STATES = {"open": False, "closed": True}
LAST_PAGE = 1_000_000
EXAMPLE = "<service_requests><request>...</request></service_requests>"


@router.get(
    "/v2/requests.{form}",
    operation_id="open311_requests",
    response_model=list[document.Request],
    responses=document.answers("service_requests", EXAMPLE, 400, 404, 429),
    openapi_extra={"parameters": list(document.LIST_PARAMETERS)},
)
async def requests(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """A city's requests, newest first: of the last 90 days and at most 1,000 unless asked otherwise.

    ``Link`` leads to further pages. Confidential requests, and those of a city that moderates, are absent.
    """
    form = asked_form(request.path_params["form"])
    given = of_query(request)
    city = jurisdiction(given)
    ids = given.listed("service_request_id")
    if len(ids) > MOST_ROWS:
        raise InvalidInput(f"service_request_id names {len(ids)} requests; at most {MOST_ROWS} are possible.")
    wanted = ListFilter(ALWAYS) if ids else _filter(given, city, dt.datetime.now(dt.UTC))
    extensions = flag(given, "extensions")
    await process.limiter.count("read", address)
    headers: dict[str, str] = {}
    async with city_transaction(process.pool, city.id) as connection:
        if ids:
            references = [reference for text in ids if (reference := read_reference(text))]
            rows: list[Row] = await find_requests(connection, city, references, extensions)
        else:
            rows, more = await list_requests(connection, city, wanted, extensions)
            headers = _links(request, given, wanted, more)
    reader = reader_of(request, given, city)
    items = [request_item(reader, row, extensions, settings().public_url) for row in rows]
    return answer(form, "service_requests", items, headers=headers | language_headers(reader))


@router.get(
    "/v2/requests/{service_request_id}.{form}",
    operation_id="open311_request",
    response_model=list[document.Request],
    responses=document.answers("service_requests", EXAMPLE, 400, 404, 429),
    openapi_extra={
        "parameters": [
            document.parameter("service_request_id", "The id that filing gave", where="path"),
            *document.COMMON,
            document.EXTENSIONS,
        ]
    },
)
async def one_request(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """One request, in a list of one."""
    form = asked_form(request.path_params["form"])
    given = of_query(request)
    city = jurisdiction(given)
    extensions = flag(given, "extensions")
    await process.limiter.count("read", address)
    asked = request.path_params["service_request_id"].strip()
    reference = read_reference(asked)
    rows: list[Row] = []
    if reference is not None:
        async with city_transaction(process.pool, city.id) as connection:
            rows = await find_requests(connection, city, [reference], extensions)
    if not rows:
        raise UnknownRequest(f"service_request_id {asked[:40]!r} is not known in {city.id}.")
    reader = reader_of(request, given, city)
    items = [request_item(reader, rows[0], extensions, settings().public_url)]
    return answer(form, "service_requests", items, headers=language_headers(reader))


@router.get(
    "/v2/tokens/{token}.{form}",
    operation_id="open311_token",
    response_model=list[document.Token],
    responses=document.answers("service_requests", EXAMPLE, 400, 404),
    openapi_extra={
        "parameters": [document.parameter("token", "Of a batch service", where="path"), *document.COMMON]
    },
)
async def token(request: Request) -> Response:
    """The request behind a token. Every service here gives the id at once, so that no token exists."""
    asked_form(request.path_params["form"])
    jurisdiction(of_query(request))
    asked = request.path_params["token"].strip()
    raise NotFound(f"token {asked[:40]!r} is not known; requests have their service_request_id at once.")


def _filter(given: Given, city: City, now: dt.datetime) -> ListFilter:
    """What is asked for. Bounds on the last change, where given, take the place of the default ninety days."""
    start, end = instant(given, "start_date"), instant(given, "end_date")
    after, before = instant(given, "updated_after"), instant(given, "updated_before")
    by_update = after is not None or before is not None
    updated = window(after, before, now, ("updated_after", "updated_before")) if by_update else ALWAYS
    dated = start is not None or end is not None or not by_update
    received = window(start, end, now, ("start_date", "end_date")) if dated else ALWAYS
    return ListFilter(
        received,
        updated,
        _states(given),
        _services(given, city),
        box(given),
        whole(given, "page", 1, LAST_PAGE),
        whole(given, "page_size", MOST_ROWS, MOST_ROWS),
    )


def _states(given: Given) -> tuple[bool, ...]:
    names = [name.lower() for name in given.listed("status")] or list(STATES)
    for name in names:
        if name not in STATES:
            raise InvalidInput(f"status {name[:40]!r} is not possible; it is open or closed.", field="status")
    return tuple(STATES[name] for name in names)


def _services(given: Given, city: City) -> tuple[str, ...] | None:
    codes = given.listed("service_code")
    known = tuple(code for code in codes if code in city.services_by_code)
    if codes and not known:
        raise UnknownService(f"service_code {', '.join(codes)[:80]!r} is not known in {city.id}.")
    return known or None


def _links(request: Request, given: Given, wanted: ListFilter, more: bool) -> dict[str, str]:
    """Where the neighbouring pages are (RFC 8288); a key that was in the address is not in theirs."""
    kept = [
        (name, value)
        for name, values in given.values.items()
        if name not in ("page", "api_key")
        for value in values
    ]
    base = settings().public_url.rstrip("/") + quote(request.scope["path"])

    def link(page: int, relation: str) -> str:
        return f'<{base}?{urlencode([*kept, ("page", page)])}>; rel="{relation}"'

    links = [link(wanted.page + 1, "next")] if more else []
    if wanted.page > 1:
        links += [link(1, "first"), link(wanted.page - 1, "prev")]
    return {"Link": ", ".join(links)} if links else {}
