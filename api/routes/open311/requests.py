"""Requests as the public sees them: in lists, and one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from api.dependencies import ClientAddress, FromProcess, Resources
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
from api.routes.open311.stages import in_sandbox, on_both
from city_config import City
from nagara.errors import InvalidInput, NotFound, UnknownRequest, UnknownService
from nagara.ids import read_reference
from nagara.open311 import sandbox
from nagara.open311.lists import (
    ALWAYS,
    MOST_ROWS,
    ListFilter,
    Page,
    Row,
    find_requests,
    list_requests,
    read_place,
    window,
    write_place,
)
from nagara.open311.views import request_item
from nagara.settings import settings

router = APIRouter()
STATES = {"open": False, "closed": True}
LAST_PAGE = 1_000_000
EXAMPLE = "<service_requests><request>...</request></service_requests>"


@on_both(
    router,
    "GET",
    "/requests.{form}",
    "requests",
    response_model=list[document.Request],
    responses=document.answers("service_requests", EXAMPLE, 400, 404, 429),
    openapi_extra={"parameters": list(document.LIST_PARAMETERS)},
)
async def requests(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """A city's requests, newest first: of the last 90 days and at most 1,000 unless asked otherwise.

    ``Link`` leads to further pages; who asks for a ``page`` by its number gets ``X-Total-Count`` as well, up to
    10,000. Confidential requests, and those of a city that moderates, are absent.
    """
    form = asked_form(request.path_params["form"])
    given = of_query(request)
    city = jurisdiction(given)
    ids = given.listed("service_request_id")
    if len(ids) > MOST_ROWS:
        raise InvalidInput(f"service_request_id names {len(ids)} requests; at most {MOST_ROWS} are possible.")
    wanted = ListFilter(ALWAYS) if ids else asked_filter(given, city, dt.datetime.now(dt.UTC))
    extensions = flag(given, "extensions")
    await process.limiter.count("read", address)
    if ids:
        page = Page(await _named(request, process, city, ids, extensions), None)
    elif in_sandbox(request):
        page = _trial_page(city, await sandbox.trials(process.pool, city), wanted)
    else:
        page = await list_requests(process.pool, city, wanted, extensions)
    reader = reader_of(request, given, city)
    items = [request_item(reader, row, extensions, settings().public_url) for row in page.rows]
    headers = _links(request, given, wanted, page) | _total(page)
    return answer(form, "service_requests", items, headers=headers | language_headers(reader))


@on_both(
    router,
    "GET",
    "/requests/{service_request_id}.{form}",
    "request",
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
    rows = await _named(request, process, city, [asked], extensions)
    if not rows:
        raise UnknownRequest(f"service_request_id {asked[:40]!r} is not known in {city.id}.")
    reader = reader_of(request, given, city)
    items = [request_item(reader, rows[0], extensions, settings().public_url)]
    return answer(form, "service_requests", items, headers=language_headers(reader))


@on_both(
    router,
    "GET",
    "/tokens/{token}.{form}",
    "token",
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


def asked_filter(given: Given, city: City, now: dt.datetime) -> ListFilter:
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
        states_of(given),
        services_of(given, city),
        box(given),
        whole(given, "page", 1, LAST_PAGE),
        whole(given, "page_size", MOST_ROWS, MOST_ROWS),
        read_place(given.one("after")),
        counted=given.one("page") is not None and given.one("after") is None,
    )


def states_of(given: Given) -> tuple[bool, ...]:
    """Which of open and closed are asked for: ``closed`` or not."""
    names = [name.lower() for name in given.listed("status")] or list(STATES)
    for name in names:
        if name not in STATES:
            raise InvalidInput(f"status {name[:40]!r} is not possible; it is open or closed.", field="status")
    return tuple(STATES[name] for name in names)


def services_of(given: Given, city: City) -> tuple[str, ...] | None:
    """The known ones of the services that are asked for; None: all. Raise ``UnknownService`` if none is known."""
    codes = given.listed("service_code")
    known = tuple(code for code in codes if code in city.services_by_code)
    if codes and not known:
        raise UnknownService(f"service_code {', '.join(codes)[:80]!r} is not known in {city.id}.")
    return known or None


async def _named(
    request: Request, process: Resources, city: City, ids: Sequence[str], extensions: bool
) -> list[Row]:
    """The requests of these ids, as far as anybody may see them."""
    if in_sandbox(request):
        wanted = {id_.upper() for id_ in ids}
        return [row for row in await sandbox.trials(process.pool, city) if row.reference in wanted]
    references = [reference for text in ids if (reference := read_reference(text))]
    return await find_requests(process.pool, city, references, extensions)


def _trial_page(city: City, rows: Sequence[Row], wanted: ListFilter) -> Page:
    """A page of the sandbox's requests, which are few: pages are counted there."""
    found = sandbox.filtered(city, rows, wanted)
    begin = (wanted.page - 1) * wanted.page_size
    shown = found[begin : begin + wanted.page_size]
    more = len(found) > begin + wanted.page_size
    return Page(shown, sandbox.COUNTED if more else None, len(found) if wanted.counted else None)


def _total(page: Page) -> dict[str, str]:
    """How many requests all pages hold, for who counts them."""
    return {} if page.total is None else {"X-Total-Count": str(page.total)}


def _links(request: Request, given: Given, wanted: ListFilter, page: Page) -> dict[str, str]:
    """Where the neighbouring pages are (RFC 8288); a key that was in the address is not in theirs.

    The next one begins behind the last request of this one, whatever came in meanwhile.
    """
    kept = [
        (name, value)
        for name, values in given.values.items()
        if name not in ("page", "after", "api_key")
        for value in values
    ]
    base = settings().public_url.rstrip("/") + quote(request.scope["path"])

    def link(number: int, relation: str, *more: tuple[str, str]) -> str:
        return f'<{base}?{urlencode([*kept, ("page", number), *more])}>; rel="{relation}"'

    links = []
    if page.next is not None:
        place = () if page.next is sandbox.COUNTED else (("after", write_place(page.next)),)
        links.append(link(wanted.page + 1, "next", *place))
    if wanted.page > 1:
        links += [link(1, "first"), link(wanted.page - 1, "prev")]
    return {"Link": ", ".join(links)} if links else {}
