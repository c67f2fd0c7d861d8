"""What staff are told and how they want it; what could not be sent, for supervisors."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from api.answers import json_answer
from api.dependencies import Administrator, PersonViewer, StaffSession, allowed, staff_city
from api.error_responses import documented
from api.schemas import staff_notices as schemas
from nagara.accounts import Account
from nagara.field_work.jobs import now_told
from nagara.notifications import previews as notice_previews
from nagara.notifications import staff_notices
from nagara.permissions import Permission

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])
Supervisor = Annotated[Account, Depends(allowed(Permission.SUPERVISE))]


@router.get(
    "/inbox", response_model=schemas.Inbox, responses=documented(401, 403, 404), operation_id="get_inbox"
)
def inbox(
    staff: PersonViewer,
    session: StaffSession,
    before: Annotated[dt.datetime | None, Query(description="Older than this: `at` of the last item")] = None,
    unread: Annotated[bool, Query(description="Only what was not read")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What I was told, newest first. The stream says ``inbox`` when something new is there."""
    staff_city(staff)
    return json_answer(staff_notices.inbox(session, staff, before=before, unread=unread, limit=limit))


@router.get(
    "/inbox/count",
    response_model=schemas.InboxCounts,
    responses=documented(401, 403, 404),
    operation_id="count_inbox",
)
def count(staff: PersonViewer, session: StaffSession) -> Response:
    """How much I have not read."""
    waiting, urgent = staff_notices.unread(session, staff)
    return json_answer({"unread": waiting, "unread_urgent": urgent})


@router.post(
    "/inbox/read",
    response_model=schemas.InboxCounts,
    responses=documented(401, 403, 404),
    operation_id="mark_inbox_read",
)
def read(body: schemas.ReadBody, staff: PersonViewer, session: StaffSession) -> Response:
    """Mark as read; answers what is left."""
    staff_notices.mark_read(session, staff, body.ids, body.until)
    return count(staff, session)


@router.get(
    "/notice-choices",
    response_model=schemas.NoticeChoices,
    responses=documented(401, 403, 404),
    operation_id="get_notice_choices",
)
def choices(staff: PersonViewer, session: StaffSession) -> Response:
    """How I am told: over which channels of what, when not, and whether by digest."""
    return json_answer(staff_notices.choices(session, staff_city(staff), staff))


@router.put(
    "/notice-choices",
    response_model=schemas.NoticeChoices,
    responses=documented(401, 403, 404),
    operation_id="set_notice_choices",
)
def choose(body: schemas.NoticeChoicesBody, staff: PersonViewer, session: StaffSession) -> Response:
    """Say how I want to be told. What may wake people comes at any hour and as a mail of its own."""
    city = staff_city(staff)
    quiet = (body.quiet.begins, body.quiet.ends) if body.quiet is not None else None
    staff_notices.choose(session, city, staff, body.channels, quiet, body.zone, body.digest)
    return json_answer(staff_notices.choices(session, city, staff))


@router.get(
    "/notices/failed",
    response_model=schemas.Undelivered,
    responses=documented(401, 403, 404),
    operation_id="get_failed_notices",
)
def failed(
    staff: Supervisor,
    session: StaffSession,
    channel: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Notices that were given up, newest first; what waits; destinations that are left alone for a while."""
    return json_answer(staff_notices.undelivered(session, staff_city(staff), channel, limit))


@router.get(
    "/notices/preview",
    response_model=schemas.NoticePreviews,
    responses=documented(401, 403, 404),
    operation_id="preview_notices",
)
def preview(
    staff: Administrator,
    session: StaffSession,
    audience: Annotated[Literal["resident", "staff"], Query()] = "resident",
    language: Annotated[str | None, Query(max_length=35, description="None: the city's first")] = None,
    service: Annotated[str | None, Query(max_length=64, description="None: the city's first")] = None,
) -> Response:
    """Every notice as it would be sent now, in the city's own words where it has some, with made-up values."""
    found = notice_previews.previews(staff_city(staff), now_told(session), audience, language, service)
    return json_answer({"notices": found})


@router.post(
    "/notices/resend",
    response_model=schemas.Resent,
    responses=documented(401, 403, 404),
    operation_id="resend_notices",
)
def resend(body: schemas.ResendBody, staff: Supervisor, session: StaffSession) -> Response:
    """Try notices that were given up once more, under the keys they had; all of them or none."""
    return json_answer({"resent": staff_notices.resend(session, staff_city(staff), body.ids)})
