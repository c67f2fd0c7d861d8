"""The staff's side: see a request, work on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from sqlmodel import Session

from api.answers import json_answer
from api.dependencies import (
    FromProcess,
    StaffSession,
    Viewer,
    staff_city,
)
from api.error_responses import documented
from api.hot import HotRoute, QueueReader
from api.schemas import staff as staff_schemas
from city_config import City
from nagara.accounts import Account
from nagara.accounts.calling import Asked
from nagara.errors import OtherAccount
from nagara.field_work.moving_once import make_move_once
from nagara.lifecycle import read_move
from nagara.public.request_views import find_city
from nagara.staff import actions as staff_actions
from nagara.staff.views import detail_questions, detail_shown, opened_within
from nagara.tables import Request

router = APIRouter(prefix="/api/v1/staff", tags=["staff"], route_class=HotRoute)
moves = APIRouter(prefix="/api/v1/staff", tags=["staff"])
"""Apart, because its address takes any word: it serves what no other room does."""


@router.get(
    "/requests/{reference}",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404),
    operation_id="get_staff_request",
)
async def request(reference: str, caller: QueueReader) -> Response:
    """A request with its history, and the moves possible now; of the others it says why not."""

    def questions(staff: Account) -> Asked:
        city = staff_city(staff)
        return [(one, True) for one in detail_questions(city, find_city(reference)[1])]

    staff, found = await caller.answers(questions)
    return json_answer(detail_shown(staff_city(staff), staff, found, reference))


@moves.post(
    "/requests/{reference}/{move}",
    response_model=staff_schemas.MoveMade,
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
    idempotency_key: Annotated[
        str | None,
        Header(description="A move sent again with the same key is not made again; up to 200 characters"),
    ] = None,
    nagara_account: Annotated[
        str | None,
        Header(
            description="Whose move it is, as name@city: 409 if somebody else is signed in", max_length=200
        ),
    ] = None,
) -> Response:
    """Make a move: acknowledge, assign, start, ask, pause, resume, refer, resolve, decline, reopen, ...

    Answers with the request as it stands then; 409 with a sentence where the lifecycle does not allow it, where
    the request is no longer in the version that was named, where the key was used for something else, and where
    a move that a phone kept is somebody else's than who is signed in now.
    """
    city = staff_city(staff)
    if nagara_account is not None and nagara_account.strip().lower() != staff.sign_in_name:
        raise OtherAccount(
            "This move was kept for somebody else; they have to sign in to send it.", field="Nagara-Account"
        )
    details = staff_actions.Details(**(body.model_dump() if body else {}))
    key = (idempotency_key or "").strip() or None
    made = make_move_once(session, city, staff, reference, read_move(move), details, key)
    shown = opened_within(session, city, staff, made.row.reference)
    return json_answer(shown | {"made": {"version": made.version, "replayed": made.replayed}})


def detail(session: Session, city: City, staff: Account, row: Request) -> Response:
    """A request as its room answers with it, after whatever was done to it."""
    return json_answer(opened_within(session, city, staff, row.reference))
