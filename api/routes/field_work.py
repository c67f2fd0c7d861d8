"""Jobs and links of a request, for staff; and the page behind a link, for who does the work."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Open, StaffSession, Viewer, allowed, staff_city
from api.error_responses import documented
from api.routes.media import FOR_ONE, PICTURE, PICTURE_HEADERS
from api.schemas import field_work as schemas
from city_config import City
from nagara.accounts import Account
from nagara.changing import only_read
from nagara.cities import city_of
from nagara.database import city_session
from nagara.errors import UnknownCity, UnknownJob, UnknownPhoto
from nagara.field_work import job_links, jobs, today
from nagara.ids import secret_city
from nagara.lifecycle import CLOSED, Status
from nagara.permissions import Permission
from nagara.photos import keeping
from nagara.public.request_views import named_department, named_district, named_service
from nagara.settings import settings
from nagara.tables import Job, JobLink

router = APIRouter(prefix="/api/v1", tags=["field work"])
Worker = Annotated[Account, Depends(allowed(Permission.FIELD))]
Dispatcher = Annotated[Account, Depends(allowed(Permission.DISPATCH))]
_bearer = HTTPBearer(auto_error=False, description="The token of a job's link", scheme_name="job link")


async def job_token(held: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    """The token of a job's link, which the page takes from behind the # of its address."""
    if held is None or secret_city(held.credentials) is None:
        raise UnknownJob("This link is over, or never was one. Ask who sent it for a new one.")
    return held.credentials


JobToken = Annotated[str, Depends(job_token)]


@router.get(
    "/staff/today",
    response_model=schemas.Today,
    responses=documented(401, 403, 404),
    operation_id="get_today",
)
async def get_today(staff: Worker, process: FromProcess, whose: today.Whose = "mine") -> Response:
    """Today's jobs, with all that is needed to work on them without a line.

    ``mine``: every open one given to you; ``department``: what is due today in your departments.
    """
    city, now = staff_city(staff), dt.datetime.now(dt.UTC)
    return json_answer(await today.today(process.pool, city, staff, whose, now))


@router.get(
    "/staff/requests/{reference}/jobs",
    response_model=schemas.FieldWork,
    responses=documented(401, 403, 404),
    operation_id="list_jobs",
)
def list_jobs(reference: str, staff: Viewer, session: StaffSession) -> Response:
    """The jobs of a request and the links to them."""
    return json_answer(_field_work(session, staff_city(staff), reference))


@router.post(
    "/staff/requests/{reference}/jobs",
    status_code=201,
    response_model=schemas.FieldWork,
    responses=documented(401, 403, 404, 409),
    operation_id="add_job",
)
def add_job(reference: str, body: schemas.JobBody, staff: Dispatcher, session: StaffSession) -> Response:
    """Split one more job off a request, which is not resolved while one is open."""
    city = staff_city(staff)
    jobs.add(session, city, staff, reference, body.title, body.assignee)
    return json_answer(_field_work(session, city, reference), 201)


@router.post(
    "/staff/requests/{reference}/jobs/{number}",
    response_model=schemas.FieldWork,
    responses=documented(401, 403, 404),
    operation_id="finish_job",
)
def finish_job(
    reference: str, number: int, body: schemas.JobOutcomeBody, staff: Worker, session: StaffSession
) -> Response:
    """Mark a job as done or dropped; one that is finished already stays as it is."""
    city = staff_city(staff)
    jobs.finish(session, city, staff, reference, number, body.outcome, body.note)
    return json_answer(_field_work(session, city, reference))


@router.post(
    "/staff/requests/{reference}/job-links",
    status_code=201,
    response_model=schemas.HandedOut,
    responses=documented(401, 403, 404, 409),
    operation_id="hand_out_job",
)
def hand_out(reference: str, body: schemas.JobLinkBody, staff: Dispatcher, session: StaffSession) -> Response:
    """Make a link to a request or one of its jobs, for somebody without an account; it is shown this once."""
    city = staff_city(staff)
    handed = job_links.hand_out(
        session,
        city,
        staff,
        reference,
        body.contractor,
        job=body.job,
        instructions=body.instructions,
        valid=dt.timedelta(hours=body.hours),
    )
    content = {
        "url": f"{settings().public_url.rstrip('/')}/job/#{handed.token}",
        "expires_at": handed.link.expires_at,
        "link": _link(city, handed.link, body.job),
    }
    return json_answer(content, 201)


@router.delete(
    "/staff/requests/{reference}/job-links/{id}",
    status_code=204,
    responses=documented(401, 403, 404),
    operation_id="withdraw_job_link",
)
def withdraw(reference: str, id: uuid.UUID, staff: Dispatcher, session: StaffSession) -> Response:
    """End a link at once."""
    job_links.withdraw(session, staff_city(staff), staff, reference, id)
    return Response(status_code=204)


@router.get(
    "/job",
    response_model=schemas.JobPage,
    responses=documented(404, 429),
    dependencies=[Open],
    operation_id="get_job",
)
async def job(token: JobToken, process: FromProcess, address: ClientAddress) -> Response:
    """The work behind a link: where and what it is, never who reported it."""
    await process.limiter.count("read", address)
    return json_answer(await run_in_threadpool(_page, token, None))


@router.post(
    "/job",
    response_model=schemas.JobPage,
    responses=documented(404, 409, 429),
    dependencies=[Open],
    operation_id="report_job",
)
async def report_job(
    token: JobToken, body: schemas.JobReportBody, process: FromProcess, address: ClientAddress
) -> Response:
    """Say that the work was begun, done or is given back; said twice, it stands as it was said first."""
    await process.limiter.count("file", address)
    return json_answer(await run_in_threadpool(_page, token, body))


@router.get(
    "/job/media/{id}",
    response_class=Response,
    responses=documented(404, 429) | PICTURE,
    dependencies=[Open],
    operation_id="get_job_photo",
)
async def photo(id: uuid.UUID, token: JobToken, process: FromProcess, address: ClientAddress) -> Response:
    """A picture of the work, with whatever was hidden in it hidden."""
    await process.limiter.count("read", address)
    city = city_of(secret_city(token) or "")
    page = await run_in_threadpool(_page, token, None)
    if str(id) not in {shown["id"] for shown in page["photos"]}:
        raise UnknownPhoto("There is no such picture.", field="id")
    seen = await keeping.find(process.pool, city, id, keeping.Viewer(staff=True), process.secret)
    content = await process.darkroom.store.read(city.id, seen.sha256, "picture")
    return Response(content, media_type="image/jpeg", headers=PICTURE_HEADERS | {"Cache-Control": FOR_ONE})


def _page(token: str, said: schemas.JobReportBody | None) -> dict[str, Any]:
    """What a token shows, after what its holder said has been written down."""
    try:
        city = city_of(secret_city(token) or "")
    except UnknownCity:
        raise UnknownJob("This link is over, or never was one.") from None
    with city_session(city.id) as session:
        if said is None:
            opened = job_links.open_link(session, city, token)
        else:
            opened = job_links.report(session, city, token, said.report, said.note, said.media)
        return _shown(session, city, opened)


def _shown(session: Session, city: City, opened: job_links.Opened) -> dict[str, Any]:
    link, row, piece = opened.link, opened.request, opened.job
    service = city.services_by_code.get(row.service_code)
    photos = keeping.of_request(session, city, row, jobs.now_told(session))
    return {
        "city": city.id,
        "city_names": dict(city.names),
        "reference": row.reference,
        "service": named_service(city, row.service_code),
        "department": named_department(city, row.department),
        "title": piece.title if piece else None,
        "instructions": link.instructions,
        "description": row.description,
        "position": {"lat": row.lat, "lon": row.lon} if row.lat is not None else None,
        "address": row.address,
        "district": named_district(city, row.district),
        "resolve_by": row.resolve_by,
        "expires_at": link.expires_at,
        "open": Status(row.status) not in CLOSED,
        "evidence": bool(service and service.evidence),
        "started_at": link.started_at,
        "finished_at": link.finished_at,
        "outcome": link.outcome,
        "photos": [
            {
                "id": shown["id"],
                "url": f"/api/v1/job/media/{shown['id']}",
                "width": shown["width"],
                "height": shown["height"],
                "kind": shown["kind"],
            }
            for shown in photos
            if not shown["waits_for_hiding"]
        ],
    }


def _field_work(session: Session, city: City, reference: str) -> dict[str, Any]:
    row = only_read(session, city, reference)
    pieces = jobs.jobs_of(session, row)
    numbers: Mapping[uuid.UUID | None, int] = {piece.id: piece.number for piece in pieces}
    return {
        "jobs": [_job(piece) for piece in pieces],
        "links": [_link(city, link, numbers.get(link.job_id)) for link in job_links.links_of(session, row)],
    }


def _job(piece: Job) -> dict[str, Any]:
    return piece.model_dump(exclude={"city_id", "id", "request_id"})


def _link(city: City, link: JobLink, number: int | None) -> dict[str, Any]:
    body = city.contractors_by_code.get(link.contractor)
    hidden = {"city_id", "token_digest", "request_id", "job_id"}
    return link.model_dump(exclude=hidden) | {
        "id": str(link.id),
        "job": number,
        "contractor_names": dict(body.names) if body else None,
    }
