"""The staff's side: see the queue, work on a request."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from api.answers import json_answer
from api.dependencies import (
    FromProcess,
    StaffSession,
    Viewer,
    staff_city,
)
from api.error_responses import documented
from api.schemas import media as media_schemas
from api.schemas import staff as staff_schemas
from city_config import City
from nagara import staff_actions, work_queue
from nagara.accounts import Account
from nagara.errors import InvalidInput, UnknownCity, UnknownRequest
from nagara.lifecycle import Status, read_move
from nagara.photos import releasing
from nagara.request_views import find_city, queue_row, staff_detail
from nagara.tables import Request
from nagara.work_queue import QueueFilter

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])


@router.get(
    "/queue",
    response_model=staff_schemas.Queue,
    responses=documented(401, 403, 404),
    operation_id="get_queue",
)
async def queue(
    staff: Viewer,
    process: FromProcess,
    city: Annotated[
        str | None, Query(description="Your own city; another one does not exist for you")
    ] = None,
    status: Annotated[
        list[str] | None, Query(description="Repeated or comma-separated; default: all open")
    ] = None,
    department: str | None = None,
    service: str | None = None,
    district: str | None = None,
    assignee: str | None = None,
    unassigned: bool = False,
    due_before: dt.datetime | None = None,
    overdue: bool = False,
    escalated: bool = False,
    q: Annotated[
        str | None, Query(max_length=200, description="Part of description, address or reference")
    ] = None,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=work_queue.MAX_PAGE)] = 50,
    counts: Annotated[bool, Query(description="Count what is open, too; for a screen's first page")] = False,
) -> Response:
    """The city's requests, what is due next first; follow ``next_cursor`` for more."""
    own = staff_city(staff)
    if city is not None and city != own.id:
        raise UnknownCity(f"There is no city {city[:40]!r} for you.", field="city", allowed=[own.id])
    wanted = QueueFilter(
        statuses=_statuses(status),
        department=department,
        service=service,
        district=district,
        assignee=assignee,
        unassigned=unassigned,
        due_before=due_before,
        overdue=overdue,
        escalated=escalated,
        text=_searchable(q),
        bbox=_bbox(bbox),
        limit=limit,
        cursor=cursor,
    )
    page = await work_queue.page(process.pool, own.id, wanted, _end_of_day(own) if counts else None)
    content: dict[str, Any] = {
        "requests": [queue_row(own, row) for row in page.rows],
        "next_cursor": page.next_cursor,
    }
    if page.counts is not None:
        content["counts"] = page.counts
    return json_answer(content)


@router.get(
    "/requests/{reference}",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404),
    operation_id="get_staff_request",
)
def request(reference: str, staff: Viewer, session: StaffSession, process: FromProcess) -> Response:
    """A request with its history, and the moves possible now; of the others it says why not."""
    city = staff_city(staff)
    owner, stored = find_city(reference)
    query = select(Request).where(col(Request.city_id) == city.id, col(Request.reference) == stored)
    row = session.exec(query).first() if owner.id == city.id else None
    if row is None:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    return _detail(session, city, staff, row, process.secret)


@router.post(
    "/requests/{reference}/{move}",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404, 409),
    operation_id="make_move",
)
def make_move(
    reference: str,
    move: str,
    staff: Viewer,
    session: StaffSession,
    process: FromProcess,
    body: staff_schemas.MoveBody | None = None,
) -> Response:
    """Make a move: acknowledge, assign, start, ask, pause, resume, refer, resolve, decline, reopen, ...

    Answers with the request as it stands then; 409 with a sentence where the lifecycle does not allow it.
    """
    city = staff_city(staff)
    details = staff_actions.Details(**(body.model_dump() if body else {}))
    row = staff_actions.make_move(session, city, staff, reference, read_move(move), details)
    return _detail(session, city, staff, row, process.secret)


@router.put(
    "/requests/{reference}/media/{id}",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404),
    operation_id="release_photo",
)
def release_photo(
    reference: str,
    id: uuid.UUID,
    body: media_schemas.ReleaseBody,
    staff: Viewer,
    session: StaffSession,
    process: FromProcess,
) -> Response:
    """Release a picture to the public, or take it back; caches may show it for an hour more."""
    city = staff_city(staff)
    row = releasing.release(session, city, staff, reference, id, body.public)
    return _detail(session, city, staff, row, process.secret)


def _detail(session: Session, city: City, staff: Account, row: Request, secret: bytes) -> Response:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return json_answer(staff_detail(session, city, staff, row, secret, now))


def _statuses(given: list[str] | None) -> tuple[Status, ...]:
    names = [name.strip() for text in given or () for name in text.split(",") if name.strip()]
    known = {status.value for status in Status}
    for name in names:
        if name not in known:
            raise InvalidInput(f"{name[:40]!r} is not a status.", field="status", allowed=sorted(known))
    return tuple(Status(name) for name in names)


def _searchable(text: str | None) -> str | None:
    if text is not None and "\x00" in text:
        raise InvalidInput("q contains characters that are not text.", field="q")
    return text or None


def _bbox(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west, south, east, north = 1.0, 1.0, 0.0, 0.0
    if not (west <= east and south <= north):
        raise InvalidInput(
            "bbox is not a box of degrees.",
            field="bbox",
            allowed="west,south,east,north, for example 104.8,11.5,105,11.6",
        )
    return west, south, east, north


def _end_of_day(city: City) -> dt.datetime:
    """Midnight after the city's present day."""
    today = dt.datetime.now(city.zone).date()
    return dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), city.zone)
