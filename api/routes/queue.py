"""The work queue: pages, figures, positions, saved filters."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.answers import json_answer
from api.dependencies import FromProcess, PersonViewer, StaffSession, Viewer, staff_city
from api.error_responses import documented
from api.hot import HotRoute, QueueReader
from api.schemas import queue as schemas
from city_config import City
from nagara.accounts import Account
from nagara.accounts.calling import Asked
from nagara.database import Pool, city_session
from nagara.errors import UnknownCity
from nagara.exchange import Rows
from nagara.queue import counts, pages, saved, search
from nagara.queue.asked import AskedFilter, AskedPage, end_of_day
from nagara.queue.positions import positions
from nagara.queue.rows import queue_lines
from nagara.tables import SavedFilter

router = APIRouter(prefix="/api/v1/staff", tags=["staff"], route_class=HotRoute)
kept = APIRouter(prefix="/api/v1/staff", tags=["staff"])
"""The filters somebody keeps, which are asked for now and then."""


@router.get(
    "/queue",
    response_model=schemas.Queue,
    responses=documented(401, 403, 404),
    operation_id="get_queue",
)
async def queue(caller: QueueReader, process: FromProcess, asked: Annotated[AskedPage, Query()]) -> Response:
    """The city's requests, what is due next first; follow ``next_cursor`` for more."""
    now = dt.datetime.now(dt.UTC)
    looked_up: Sequence[Rows] | None = None
    if asked.near or (asked.q and (asked.bbox or asked.area)):
        staff, looked_up = await caller.answers(
            lambda staff: [
                (one, True)
                for one in search.to_look_up(staff.city_id, asked.meant(staff, _own_city(staff, asked), now))
            ]
        )
        wanted = asked.meant(staff, _own_city(staff, asked), now)
        worked = await search.worked_out(process.pool, staff.city_id, wanted, looked_up)

    def questions(staff: Account) -> Asked:
        nonlocal worked
        own = _own_city(staff, asked)
        if looked_up is None:
            at_once = search.with_its_page(own.id, asked.meant(staff, own, now))
            assert at_once is not None  # noqa: S101 - whatever is looked up was
            worked = at_once
        found = [pages.question(own.id, worked)]
        if asked.counts:
            found.append((counts.question(staff, end_of_day(own, now)), True))
        if worked.looked_for is not None:
            found.append((search.waiting_here(own.id), True))
        return found

    staff, found = await caller.answers(questions)
    if worked.looked_for is not None and found[-1] == [(True,)]:
        await search.compute_waiting(process.pool, staff.city_id)
        staff, found = await caller.answers(questions)
    page = pages.page_of(found[0], worked.wanted)
    content: dict[str, Any] = {
        "requests": queue_lines(staff_city(staff), page.rows),
        "next_cursor": page.next_cursor,
        "ordered": {"sort": page.order.sort, "order": "desc" if page.order.descending else "asc"},
    }
    if asked.counts:
        content["counts"] = _limited(counts.shown(staff, found[1][0]))
    return json_answer(content)


def _own_city(staff: Account, asked: AskedPage) -> City:
    own = staff_city(staff)
    if asked.city is not None and asked.city != own.id:
        raise UnknownCity(f"There is no city {asked.city[:40]!r} for you.", field="city", allowed=[own.id])
    return own


@router.get(
    "/queue/counts",
    response_model=schemas.QueueCounts,
    responses=documented(401, 403, 404),
    operation_id="get_queue_counts",
)
async def queue_counts(caller: QueueReader) -> Response:
    """The figures beside the views."""
    now = dt.datetime.now(dt.UTC)

    def questions(staff: Account) -> Asked:
        return [(counts.question(staff, end_of_day(staff_city(staff), now)), True)]

    staff, [[row]] = await caller.answers(questions)
    return json_answer(_limited(counts.shown(staff, row)))


def _limited(counted: dict[str, int | None]) -> dict[str, Any]:
    return counted | {"counted_up_to": counts.COUNTED_UP_TO}


@router.get(
    "/queue/positions",
    response_model=schemas.Positions,
    responses=documented(401, 403, 404),
    operation_id="get_queue_positions",
)
async def queue_positions(
    caller: QueueReader, process: FromProcess, asked: Annotated[AskedFilter, Query()]
) -> Response:
    """Where the wanted requests are: each, or cells with their numbers where there are too many."""
    staff = await caller.account()
    own = staff_city(staff)
    wanted = asked.meant(staff, own, dt.datetime.now(dt.UTC))
    found = await positions(process.pool, own.id, await search.work_out(process.pool, own.id, wanted))
    return json_answer({"positions": found.single, "cells": found.cells, "complete": found.complete})


@kept.get(
    "/filters",
    response_model=schemas.SavedFilters,
    responses=documented(401, 403, 404),
    operation_id="get_filters",
)
def filters(staff: Viewer, session: StaffSession) -> Response:
    """Your own filters, and those that are shared with your departments or the city."""
    staff_city(staff)
    return json_answer({"filters": [_shown(staff, row) for row in saved.visible(session, staff)]})


@kept.post(
    "/filters",
    status_code=201,
    response_model=schemas.SavedFilter,
    responses=documented(401, 403, 404),
    operation_id="keep_filter",
)
async def keep_filter(body: schemas.FilterBody, staff: PersonViewer, process: FromProcess) -> Response:
    """Keep a filter under a name; sharing it city-wide is for who supervises, with a department for who works."""
    return json_answer(await _kept(process.pool, staff, body, None), 201)


@kept.put(
    "/filters/{id}",
    response_model=schemas.SavedFilter,
    responses=documented(401, 403, 404),
    operation_id="change_filter",
)
async def change_filter(
    id: uuid.UUID, body: schemas.FilterBody, staff: PersonViewer, process: FromProcess
) -> Response:
    """Change a filter of your own."""
    return json_answer(await _kept(process.pool, staff, body, id))


@kept.delete(
    "/filters/{id}",
    status_code=204,
    responses=documented(401, 403, 404),
    operation_id="delete_filter",
)
def delete_filter(id: uuid.UUID, staff: PersonViewer, session: StaffSession) -> Response:
    """Delete a filter of your own."""
    saved.forget(session, staff, id)
    return Response(status_code=204)


async def _kept(
    pool: Pool, staff: Account, body: schemas.FilterBody, id_: uuid.UUID | None
) -> dict[str, Any]:
    """Keep a filter; one that cannot be asked is not kept."""
    city = staff_city(staff)
    await search.work_out(pool, city.id, body.filter.meant(staff, city, dt.datetime.now(dt.UTC)))
    content = body.filter.model_dump(mode="json", exclude_defaults=True)

    def keep() -> dict[str, Any]:
        with city_session(city.id) as session:
            return _shown(staff, saved.keep(session, staff, body.name, content, body.shared, id_))

    return await asyncio.to_thread(keep)


def _shown(staff: Account, row: SavedFilter) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "filter": row.filter,
        "shared": row.shared,
        "username": row.username,
        "mine": row.username == staff.username,
    }
