"""Lists taken out as files: asked for, watched, fetched."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from api.answers import json_answer
from api.dependencies import FromProcess, StaffSession, allowed, staff_city
from api.error_responses import documented
from api.schemas import batches as schemas
from nagara.accounts import Account
from nagara.batches import exporting, jobs
from nagara.batches.files import MEDIA_TYPES, files, path_of
from nagara.errors import UnknownBatch
from nagara.permissions import Permission
from nagara.settings import settings

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

Exporter = Annotated[Account, Depends(allowed(Permission.EXPORT))]


@router.post(
    "/exports",
    status_code=202,
    response_model=schemas.ExportJob,
    responses=documented(401, 403, 404),
    operation_id="start_export",
)
async def start(body: schemas.ExportBody, staff: Exporter, process: FromProcess) -> Response:
    """Take the wanted requests out as a file: CSV, XLSX or GeoJSON. Who filed them is not in it."""
    staff_city(staff)
    id_ = await exporting.ask(process.pool, staff, body.filter, body.format)
    return json_answer(await asyncio.to_thread(jobs.look, staff, "export", id_), 202)


@router.get(
    "/exports/{id}",
    response_model=schemas.ExportJob,
    responses=documented(401, 403, 404),
    operation_id="get_export",
)
def look(id: uuid.UUID, staff: Exporter, session: StaffSession) -> Response:
    """How far an export of yours is."""
    return json_answer(jobs.shown(session, jobs.own(session, staff, "export", id)))


@router.get(
    "/exports/{id}/file",
    response_class=StreamingResponse,
    responses=documented(401, 403, 404)
    | {200: {"description": "The file", "content": {kind: {} for kind in MEDIA_TYPES.values()}}},
    operation_id="get_export_file",
)
async def file(id: uuid.UUID, staff: Exporter) -> Response:
    """The file of an export of yours, for a day."""
    city = staff_city(staff)
    job = await asyncio.to_thread(jobs.look, staff, "export", id)
    form: str = job["format"]
    if job["state"] != "done":
        raise UnknownBatch(f"There is no file: the export is {job['state']}.", field="id")
    parts = await files(settings()).read(path_of(city.id, id, form))
    name = f"nagara-{city.id}-{job['created_at'].astimezone(city.zone):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(parts, media_type=MEDIA_TYPES[form], headers=headers)
