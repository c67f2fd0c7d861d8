"""The wall of a command centre: one city in figures, and a hint whenever they may have changed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Depends, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.answers import json_answer
from api.dependencies import FromProcess, Token, allowed, staff_city
from api.error_responses import documented
from api.routes.live import SESSION_LOOKED_AT_EVERY_S, event_of, still_signed_in
from api.schemas import wall as schemas
from nagara.accounts import Account
from nagara.database import Pool
from nagara.network.wall import Boards
from nagara.permissions import Permission
from nagara.staff.live import Listener

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

WallViewer = Annotated[Account, Depends(allowed(Permission.VIEW_WALL))]
HINTS_GATHERED_FOR_S = 1.0
COUNTED_KINDS = ("filed", "changed", "catch_up")

_boards: WeakKeyDictionary[Pool, Boards] = WeakKeyDictionary()
"""One keeper for each process: its boards live as long as its connections."""


async def wall_screen(staff: WallViewer, process: FromProcess) -> AsyncIterator[Listener]:
    """The wall's place among the screens of its city, until the answer ends."""
    async with process.hub.listening(staff_city(staff).id, staff.username) as listener:
        yield listener


@router.get(
    "/wall", response_model=schemas.Wall, responses=documented(401, 403, 404), operation_id="get_wall"
)
async def wall(staff: WallViewer, process: FromProcess) -> Response:
    """What came in within 24 hours, what is due and overdue, where, and what is escalated: aggregates alone.

    Opened by who works for the city, or by a key of the scope ``wall``, which opens nothing else: a screen that
    hangs for months holds no person's session. Counted at most once in three seconds.
    """
    boards = _boards.setdefault(process.pool, Boards())
    return json_answer(await boards.board(process.pool, staff_city(staff), dt.datetime.now(dt.UTC)))


@router.get(
    "/wall/live",
    response_class=EventSourceResponse,
    responses=documented(401, 403, 404, 429),
    operation_id="follow_wall",
)
async def follow_wall(
    staff: WallViewer,
    listener: Annotated[Listener, Depends(wall_screen)],
    process: FromProcess,
    token: Token,
) -> AsyncIterable[ServerSentEvent]:
    """Hints that the wall may have changed, at most one a second: ``hello``, then ``news``. They name no request.

    A comment comes every 15 seconds; the stream ends with the session or key.
    """
    await process.hub.subscribed()
    yield event_of({"kind": "hello", "reference": None})
    while await still_signed_in(process, staff.city_id, token):
        until = asyncio.get_running_loop().time() + SESSION_LOOKED_AT_EVERY_S
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                news = await asyncio.wait_for(listener.waiting.get(), left)
            except TimeoutError:
                break
            if news["kind"] not in COUNTED_KINDS:
                continue
            await asyncio.sleep(HINTS_GATHERED_FOR_S)
            while not listener.waiting.empty():
                listener.waiting.get_nowait()
            yield event_of({"kind": "news", "reference": None})
