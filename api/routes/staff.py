"""The staff's side: see a request, work on it."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Response
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
from api.schemas import staff as staff_schemas
from city_config import City
from nagara import staff_actions
from nagara.accounts import Account
from nagara.errors import UnknownRequest
from nagara.lifecycle import read_move
from nagara.request_views import find_city, staff_detail
from nagara.tables import Request

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])


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
    return detail(session, city, staff, row)


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
    return detail(session, city, staff, row)


def detail(session: Session, city: City, staff: Account, row: Request) -> Response:
    """A request as its room answers with it, after whatever was done to it."""
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return json_answer(staff_detail(session, city, staff, row, now))
