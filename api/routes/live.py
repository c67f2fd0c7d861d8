"""What happens, told as it happens: server-sent events, and who else looks at a request."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

import psycopg
from fastapi import APIRouter, Depends, Header, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.answers import json_answer
from api.dependencies import FromProcess, PersonViewer, Token, Viewer, staff_city
from api.error_responses import documented
from api.schemas import queue as schemas
from nagara import accounts
from nagara.database import read_in_city
from nagara.errors import UnknownRequest
from nagara.ids import read_reference
from nagara.staff.live import CATCH_UP, Listener

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

SESSION_LOOKED_AT_EVERY_S = 30.0
RETRY_MS = 3000
EXISTS = "select 1 from request where city_id = %s and reference = %s"


async def screen(staff: Viewer, process: FromProcess) -> AsyncIterator[Listener]:
    """The caller's place among the screens of their city, until the answer ends."""
    city = staff_city(staff)
    async with process.hub.listening(city.id, staff.username) as listener:
        yield listener


@router.get(
    "/live",
    response_class=EventSourceResponse,
    responses=documented(401, 403, 404, 429),
    operation_id="follow_live",
)
async def follow(
    staff: Viewer,
    listener: Annotated[Listener, Depends(screen)],
    process: FromProcess,
    token: Token,
    last_event_id: Annotated[str | None, Header(description="The browser says it when it comes back")] = None,
) -> AsyncIterable[ServerSentEvent]:
    """News of the city's requests as server-sent events named ``changed``, ``filed``, ``presence``, ``inbox``.

    ``hello`` comes first, ``catch_up`` where something may have been missed: read the list again, or ask the
    queue with ``updated_since`` and ``status=all``. A comment comes every 15 seconds; the stream ends with the
    session.
    """
    await process.hub.subscribed()
    yield event_of({"kind": "hello", "reference": None})
    if last_event_id is not None:
        yield event_of(dict(CATCH_UP))
    while await still_signed_in(process, staff.city_id, token):
        until = asyncio.get_running_loop().time() + SESSION_LOOKED_AT_EVERY_S
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                news = await asyncio.wait_for(listener.waiting.get(), left)
            except TimeoutError:
                break
            yield event_of(news)


def event_of(news: dict[str, object]) -> ServerSentEvent:
    """A piece of news as an event of its kind, with the time as its id."""
    at = dt.datetime.now(dt.UTC)
    return ServerSentEvent(data=news, event=str(news["kind"]), id=at.isoformat(), retry=RETRY_MS)


async def still_signed_in(process: FromProcess, city_id: str, token: str) -> bool:
    """Whether the session lasts; a stream that is only open does not keep it from ending when it is idle."""
    try:
        return await accounts.is_signed_in(process.pool, city_id, token)
    except psycopg.OperationalError:
        return True  # the database is away for a moment; the next look tells


@router.put(
    "/requests/{reference}/presence",
    response_model=schemas.Presence,
    responses=documented(401, 403, 404),
    operation_id="come_to_request",
)
async def come(reference: str, staff: PersonViewer, process: FromProcess) -> Response:
    """Say that you look at a request; again every 20 seconds while you do. Answers who else does."""
    stored = await _known(process, staff_city(staff).id, reference)
    return json_answer({"people": await process.presence.come(staff, stored)})


@router.delete(
    "/requests/{reference}/presence",
    response_model=schemas.Presence,
    responses=documented(401, 403, 404),
    operation_id="leave_request",
)
async def leave(reference: str, staff: PersonViewer, process: FromProcess) -> Response:
    """Say that you look at it no longer."""
    stored = await _known(process, staff_city(staff).id, reference)
    return json_answer({"people": await process.presence.go(staff, stored)})


async def _known(process: FromProcess, city_id: str, reference: str) -> str:
    stored = read_reference(reference)
    [found] = await read_in_city(process.pool, city_id, (EXISTS, (city_id, stored)))
    if stored is None or not found:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    return stored
