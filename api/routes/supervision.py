"""What supervisors look at, and which requests may be about the same."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.answers import json_answer
from api.dependencies import FromProcess, Viewer, allowed, staff_city
from api.error_responses import documented
from api.schemas import batches as schemas
from api.schemas import network as network_schemas
from nagara.accounts import Account
from nagara.database import read_in_city
from nagara.indicators.period import Period
from nagara.network import live_counts
from nagara.permissions import Permission
from nagara.queue.similar import similar
from nagara.queue.supervision import supervision

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

Supervisor = Annotated[Account, Depends(allowed(Permission.SUPERVISE))]


@router.get(
    "/supervision",
    response_model=schemas.Supervision,
    responses=documented(401, 403, 404),
    operation_id="get_supervision",
)
async def look(
    staff: Supervisor, process: FromProcess, hours: Annotated[int, Query(ge=1, le=168)] = 24
) -> Response:
    """Load and age by department and person, and what will be late within the next hours."""
    return json_answer(await supervision(process.pool, staff_city(staff), dt.datetime.now(dt.UTC), hours))


@router.get(
    "/counts",
    response_model=network_schemas.LiveCounts,
    responses=documented(401, 403, 404),
    operation_id="get_counts",
)
async def counts(
    staff: Supervisor,
    process: FromProcess,
    period: Annotated[
        str, Query(description="YYYY-MM or YYYY-MM..YYYY-MM", examples=["2026-01..2026-12"], max_length=40)
    ],
) -> Response:
    """How many requests came, are open and were closed by code and month, as it stands this moment."""
    asked, city = Period.parse(period), staff_city(staff)
    [rows] = await read_in_city(process.pool, city.id, live_counts.question([city], asked))
    return json_answer(live_counts.shown([city], asked, rows, dt.datetime.now(dt.UTC)))


@router.get(
    "/requests/{reference}/similar",
    response_model=schemas.SimilarRequests,
    responses=documented(401, 403, 404),
    operation_id="get_similar_requests",
)
async def look_alike(reference: str, staff: Viewer, process: FromProcess) -> Response:
    """Open requests that may be about the same, the likeliest first; a person decides."""
    return json_answer({"similar": await similar(process.pool, staff_city(staff), reference)})
