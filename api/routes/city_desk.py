"""What a city's own people write and declare, and what the city is configured to do."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlmodel import Session, col, select

from api.answers import json_answer
from api.dependencies import (
    Administrator,
    ClientAddress,
    CurrentCity,
    FromProcess,
    Open,
    StaffSession,
    Viewer,
    allowed,
    staff_city,
)
from api.error_responses import documented
from api.routes.requests import file_surely, filed_answer, filing_of
from api.schemas import city_desk as schemas
from api.schemas.field_work import OnBehalfBody
from api.schemas.filing import FiledOnBehalf
from city_config import City
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.errors import UnknownRequest
from nagara.field_work.jobs import now_told
from nagara.permissions import Permission
from nagara.public.request_views import find_city
from nagara.staff import announcements, configuration_view, reply_templates
from nagara.tables import Announcement, ReplyTemplate, Request

router = APIRouter(prefix="/api/v1", tags=["city desk"])
Announcer = Annotated[Account, Depends(allowed(Permission.ANNOUNCE))]
Clerk = Annotated[Account, Depends(allowed(Permission.FILE))]


@router.post(
    "/staff/requests",
    status_code=201,
    response_model=FiledOnBehalf,
    responses=documented(401, 403, 404, 409)
    | {200: {"model": FiledOnBehalf, "description": "Filed before under the same key"}},
    operation_id="file_on_behalf",
)
async def file_on_behalf(
    body: OnBehalfBody,
    staff: Clerk,
    process: FromProcess,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """File for somebody who called, wrote or came; the channel and who typed it are in the history.

    The resident is sent the private page at the contact that is given; whoever types it is told the reference.
    """
    city = staff_city(staff)
    filing = filing_of(
        body, idempotency_key, channel=body.channel, actor_kind="staff", actor=staff.sign_in_name
    )
    filed = await file_surely(process, city, filing)
    told = filed_answer(process, city, filed)
    shown = {name: told[name] for name in FiledOnBehalf.model_fields}
    return json_answer(shown, 200 if filed.replayed else 201)


@router.get(
    "/staff/templates",
    response_model=schemas.ReplyTemplates,
    responses=documented(401, 403, 404),
    operation_id="list_reply_templates",
)
def list_templates(
    staff: Viewer,
    session: StaffSession,
    move: Annotated[str | None, Query(max_length=40)] = None,
    service: Annotated[str | None, Query(max_length=64)] = None,
    language: Annotated[str | None, Query(max_length=35)] = None,
    reference: Annotated[str | None, Query(max_length=40, description="Fill the previews for it")] = None,
) -> Response:
    """The templates that fit, and those for any move or service; with a reference, filled for that request."""
    city = staff_city(staff)
    row = _request(session, city, reference) if reference else None
    found = reply_templates.offered(
        session,
        city,
        move=move,
        service_code=row.service_code if row and service is None else service,
        language=language,
    )
    return json_answer({"templates": [_template(city, one, row) for one in found]})


@router.post(
    "/staff/templates",
    status_code=201,
    response_model=schemas.ReplyTemplateShown,
    responses=documented(401, 403, 404, 409),
    operation_id="save_reply_template",
)
def save_template(body: schemas.ReplyTemplateBody, staff: Announcer, session: StaffSession) -> Response:
    """Add a template, or put a new wording in place of an old one."""
    city = staff_city(staff)
    row = reply_templates.save(session, city, staff, now_told(session), **body.model_dump())
    return json_answer(_template(city, row, None), 201)


@router.delete(
    "/staff/templates/{id}",
    status_code=204,
    responses=documented(401, 403, 404),
    operation_id="retire_reply_template",
)
def retire_template(id: uuid.UUID, staff: Announcer, session: StaffSession) -> Response:
    """Offer a template no longer."""
    reply_templates.retire(session, staff_city(staff), staff, now_told(session), id)
    return Response(status_code=204)


@router.get(
    "/cities/{city}/announcements",
    response_model=schemas.Announcements,
    responses=documented(404, 429),
    dependencies=[Open],
    operation_id="get_announcements",
)
async def announcements_now(city: CurrentCity, process: FromProcess, address: ClientAddress) -> Response:
    """What the city tells everybody at this moment, the gravest first."""
    await process.limiter.count("read", address)
    return json_answer({"announcements": await announcements.shown_now(process.pool, city)})


@router.get(
    "/staff/announcements",
    response_model=schemas.StaffAnnouncements,
    responses=documented(401, 403),
    operation_id="list_announcements",
)
def list_announcements(staff: Viewer, session: StaffSession) -> Response:
    """All announcements, past and to come."""
    found = announcements.announcements(session, staff_city(staff))
    return json_answer({"announcements": [_announcement(row) for row in found]})


@router.post(
    "/staff/announcements",
    status_code=201,
    response_model=schemas.StaffAnnouncement,
    responses=documented(401, 403),
    operation_id="announce",
)
def announce(body: schemas.AnnouncementBody, staff: Announcer, session: StaffSession) -> Response:
    """Put up an announcement."""
    row = announcements.announce(session, staff_city(staff), staff, now_told(session), **body.model_dump())
    return json_answer(_announcement(row), 201)


@router.delete(
    "/staff/announcements/{id}",
    status_code=204,
    responses=documented(401, 403, 404),
    operation_id="take_down_announcement",
)
def take_down(id: uuid.UUID, staff: Announcer, session: StaffSession) -> Response:
    """End an announcement at once."""
    announcements.take_down(session, staff_city(staff), id, now_told(session))
    return Response(status_code=204)


@router.get(
    "/staff/emergencies",
    response_model=schemas.Emergencies,
    responses=documented(401, 403),
    operation_id="list_emergencies",
)
def list_emergencies(staff: Viewer, session: StaffSession) -> Response:
    """All emergencies written down here."""
    found = announcements.emergencies(session, staff_city(staff))
    return json_answer({"emergencies": [row.model_dump(exclude={"city_id"}) for row in found]})


@router.post(
    "/staff/emergencies",
    status_code=201,
    response_model=schemas.EmergencyShown,
    responses=documented(401, 403),
    operation_id="declare_emergency",
)
def declare(body: schemas.EmergencyBody, staff: Announcer, session: StaffSession) -> Response:
    """Write down an emergency that an authority declared; it marks, and erases nothing."""
    row = announcements.declare(session, staff_city(staff), staff, now_told(session), **body.model_dump())
    return json_answer(row.model_dump(exclude={"city_id"}), 201)


@router.post(
    "/staff/emergencies/{id}/end",
    response_model=schemas.EmergencyShown,
    responses=documented(401, 403, 404),
    operation_id="end_emergency",
)
def end_emergency(
    id: uuid.UUID, body: schemas.EmergencyEndBody, staff: Announcer, session: StaffSession
) -> Response:
    """Say when an emergency ended."""
    city, now = staff_city(staff), now_told(session)
    row = announcements.end_emergency(session, city, staff, id, body.valid_to, now)
    return json_answer(row.model_dump(exclude={"city_id"}))


@router.get(
    "/staff/configuration",
    response_model=schemas.CityConfiguration,
    responses=documented(401, 403, 404),
    operation_id="get_configuration",
)
def city_configuration(
    staff: Administrator,
    session: StaffSession,
    since: Annotated[
        str | None, Query(max_length=100, description="A version's fingerprint to compare with")
    ] = None,
) -> Response:
    """What the city's files say, what their check says, and what changed since a version; the files rule."""
    return json_answer(configuration_view.view(session, configuration(), staff_city(staff), since))


def _request(session: Session, city: City, reference: str) -> Request:
    owner, stored = find_city(reference)
    query = select(Request).where(col(Request.city_id) == city.id, col(Request.reference) == stored)
    row = session.exec(query).first() if owner.id == city.id else None
    if row is None:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    return row


def _template(city: City, template: ReplyTemplate, row: Request | None) -> dict[str, Any]:
    preview = reply_templates.filled(city, template, row) if row else None
    return template.model_dump(exclude={"city_id", "retired_at"}) | {"preview": preview}


def _announcement(row: Announcement) -> dict[str, Any]:
    return row.model_dump(exclude={"city_id"})
