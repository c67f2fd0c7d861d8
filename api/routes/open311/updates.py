"""Service request updates, both ways: what happened here, and what another system has to say of a request.

The form is mySociety's, in use between FixMyStreet and councils; the standard itself has none.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.dependencies import ClientAddress, FromProcess, Resources
from api.routes.open311 import update_document as document
from api.routes.open311.forms import answer
from api.routes.open311.parameters import (
    Given,
    asked_form,
    instant,
    jurisdiction,
    of_body,
    of_query,
    whole,
)
from api.routes.open311.partners import known_system, pictures_of, system_of
from api.routes.open311.services import language_headers, reader_of
from api.routes.open311.stages import in_sandbox, on_both
from city_config import City
from nagara.database import city_session
from nagara.errors import InvalidInput
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_KEY, check_text
from nagara.ids import read_reference
from nagara.open311 import sandbox
from nagara.open311.lists import MOST_ROWS
from nagara.open311.taking import Update, take
from nagara.open311.update_words import WORDS
from nagara.open311.updates import (
    After,
    Happened,
    UpdateFilter,
    list_updates,
    of_requests,
    read_after,
    span,
    update_item,
    write_after,
)
from nagara.rate_limits import Source
from nagara.settings import settings

router = APIRouter()
ROOT = "service_request_updates"


@on_both(
    router,
    "GET",
    "/servicerequestupdates.{form}",
    "updates",
    response_model=list[document.RequestUpdate],
    responses=document.answers(ROOT, document.EXAMPLE, 400, 403, 404, 429),
    openapi_extra={"parameters": list(document.LIST_PARAMETERS)},
)
async def updates(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """What happened to requests, by when each last changed: of the last day unless asked otherwise.

    With its api_key a system is also told of what it filed where the public is not. ``Link`` leads on;
    ``update_id`` tells what was seen before.
    """
    form = asked_form(request.path_params["form"])
    given = of_query(request)
    city = jurisdiction(given)
    wanted = _filter(given, dt.datetime.now(dt.UTC))
    await process.limiter.count("read", address)
    rows, after = await _listed(request, process, city, given, wanted)
    reader = reader_of(request, given, city)
    items = [update_item(reader, row, settings().public_url) for row in rows]
    return answer(form, ROOT, items, headers=_link(request, given, after) | language_headers(reader))


@on_both(
    router,
    "POST",
    "/servicerequestupdates.{form}",
    "take_update",
    response_model=list[document.Taken],
    responses=document.answers(ROOT, document.TAKEN_EXAMPLE, 400, 403, 404, 413, 429),
    openapi_extra={"parameters": list(document.POST_PARAMETERS), "requestBody": document.POST_BODY},
)
async def post_update(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """Say something of a request, as the system that filed it or that works on it.

    Taken once by ``update_id``: the same again gets the same answer and does nothing, another one under the
    same id is refused.
    """
    form = asked_form(request.path_params["form"])
    given = await of_body(request)
    city = jurisdiction(given)
    await process.limiter.count("read", address)
    system = await run_in_threadpool(system_of, city, given.shared("api_key"))
    stated = _stated(given)
    await process.limiter.count_all("file by system", Source(system), None)
    if in_sandbox(request):
        await sandbox.update_trial(process.pool, city, system, stated)
    else:
        pictures = await pictures_of(process, city, given, trying=False)
        await run_in_threadpool(_take, city, system, stated, pictures.kept, pictures.digests)
    return answer(form, ROOT, [{"update_id": stated.update_id, "account_id": None}])


def _take(
    city: City, system: str, stated: Update, media: tuple[uuid.UUID, ...], digests: tuple[str, ...]
) -> None:
    """One transaction."""
    with city_session(city.id) as session:
        take(session, city, system, replace(stated, media=media, media_digests=digests))


def _filter(given: Given, now: dt.datetime) -> UpdateFilter:
    """What is asked for; requests by their ids override every span."""
    ids = given.listed("service_request_id")
    if len(ids) > MOST_ROWS:
        raise InvalidInput(f"service_request_id names {len(ids)} requests; at most {MOST_ROWS} are possible.")
    size = whole(given, "page_size", MOST_ROWS, MOST_ROWS)
    after = read_after(given.one("after"))
    if ids:
        known = [reference for text in ids if (reference := read_reference(text))]
        return replace(of_requests(known or ids, now), page_size=size, after=after)
    happened = span(instant(given, "start_date"), instant(given, "end_date"), now)
    return UpdateFilter(happened, page_size=size, after=after)


async def _listed(
    request: Request, process: Resources, city: City, given: Given, wanted: UpdateFilter
) -> tuple[list[Happened], After | None]:
    """What happened; in the sandbox to trial requests, for anybody."""
    key = given.one("api_key")
    if not in_sandbox(request):
        system = await run_in_threadpool(known_system, city, key) if key else None
        return await list_updates(process.pool, city, replace(wanted, system=system))
    rows = sandbox.happened(await sandbox.trials(process.pool, city))
    ids = {id_.upper() for id_ in given.listed("service_request_id")}
    found = [
        row
        for row in rows
        if (row.reference in ids if ids else wanted.happened.start <= row.at < wanted.happened.before)
    ]
    return found[: wanted.page_size], None


def _stated(given: Given) -> Update:
    """The update that a form states; raise ``InvalidInput`` naming what is missing or wrong."""
    for name in ("service_request_id", "update_id", "status", "updated_datetime"):
        if given.one(name) is None:
            raise InvalidInput(f"{name} is missing.", field=name)
    at = instant(given, "updated_datetime")
    status = (given.one("status") or "").lower()
    if status not in WORDS:
        allowed = ", ".join(word.upper() for word in WORDS)
        raise InvalidInput(f"status {status[:40]!r} is not possible; it is one of {allowed}.", field="status")
    id_ = given.one("update_id") or ""
    description = given.text("description") or ""
    check_text("update_id", id_, MAX_KEY)
    check_text("description", description, MAX_DESCRIPTION)
    return Update(
        id_,
        given.one("service_request_id") or "",
        given.one("service_request_id_ext"),
        status,
        at or dt.datetime.now(dt.UTC),
        description,
    )


def _link(request: Request, given: Given, after: After | None) -> dict[str, str]:
    """Where the next page is; a key that was in the address is not in it."""
    if after is None:
        return {}
    kept = [
        (name, value)
        for name, values in given.values.items()
        if name not in ("after", "api_key")
        for value in values
    ]
    base = settings().public_url.rstrip("/") + quote(request.scope["path"])
    return {"Link": f'<{base}?{urlencode([*kept, ("after", write_after(after))])}>; rel="next"'}
