"""One move over many requests, as a job with a result for each, and its undoing."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.answers import json_answer
from api.dependencies import FromProcess, StaffSession, allowed, staff_city
from api.error_responses import documented
from api.schemas import batches as schemas
from nagara.accounts import Account
from nagara.batches import bulk, jobs
from nagara.batches.handover import hand_over
from nagara.lifecycle import read_move
from nagara.permissions import Permission
from nagara.staff.actions import Details

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

BulkMover = Annotated[Account, Depends(allowed(Permission.BULK))]
Supervisor = Annotated[Account, Depends(allowed(Permission.SUPERVISE))]


@router.post(
    "/bulk",
    status_code=202,
    response_model=schemas.BulkJob,
    responses=documented(401, 403, 404, 409),
    operation_id="start_bulk_move",
)
async def start(body: schemas.BulkBody, staff: BulkMover, process: FromProcess) -> Response:
    """Start a move over many requests; what became of each, the job says.

    Which ones is settled now: what fits the filter later is not moved. Each is moved by itself, and only if it
    did not change since this was asked.
    """
    city = staff_city(staff)
    details = Details(**body.details.model_dump())
    wanted = body.filter.meant(staff, city, dt.datetime.now(dt.UTC)) if body.filter else body.references or ()
    id_ = await bulk.choose(process.pool, staff, wanted, read_move(body.move), details, body.expected)
    return await _shown(staff, id_, 202)


@router.get(
    "/bulk/{id}",
    response_model=schemas.BulkJob,
    responses=documented(401, 403, 404),
    operation_id="get_bulk_move",
)
def look(id: uuid.UUID, staff: BulkMover, session: StaffSession) -> Response:
    """How far a bulk move of yours is, and what became of each request so far."""
    return json_answer(jobs.shown(session, jobs.own(session, staff, "bulk", id)))


@router.post(
    "/bulk/{id}/undo",
    status_code=202,
    response_model=schemas.BulkJob,
    responses=documented(401, 403, 404, 409),
    operation_id="undo_bulk_move",
)
async def undo(id: uuid.UUID, staff: BulkMover, process: FromProcess) -> Response:
    """Undo a bulk move of yours, where the lifecycle allows and nobody changed the request since."""
    return await _shown(staff, await bulk.undo(process.pool, staff, id), 202)


@router.post(
    "/handover",
    status_code=202,
    response_model=schemas.BulkJob,
    responses=documented(401, 403, 404),
    operation_id="hand_over_desk",
)
async def handover(body: schemas.HandoverBody, staff: Supervisor, process: FromProcess) -> Response:
    """Hand over somebody's desk: what is assigned to one goes to another, as a bulk move."""
    id_ = await hand_over(process.pool, staff, body.from_, body.to, body.filter, body.note)
    return await _shown(staff, id_, 202)


async def _shown(staff: Account, id_: uuid.UUID, status: int) -> Response:
    return json_answer(await asyncio.to_thread(jobs.look, staff, "bulk", id_), status)
