"""What reviewers of network reports were told, and how their mails come."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.answers import json_answer
from api.dependencies import StaffSession, person_allowed
from api.error_responses import documented
from api.schemas import report_review as review_schemas
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.field_work.jobs import now_told
from nagara.permissions import Permission
from nagara.review import inbox
from nagara.tables import StaffAccount

router = APIRouter(prefix="/api/v1/network/review-notices", tags=["network"])
Reviewer = Annotated[Account, Depends(person_allowed(Permission.REVIEW_REPORT))]


@router.get(
    "",
    response_model=review_schemas.ReviewNotices,
    responses=documented(401, 403),
    operation_id="list_review_notices",
)
def notices(
    reviewer: Reviewer,
    session: StaffSession,
    before: Annotated[dt.datetime | None, Query(description="Older than this: `at` of the last item")] = None,
    unread: Annotated[bool, Query(description="Only what was not read")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What I was told of reports under review, newest first."""
    return json_answer(inbox.notices(session, reviewer, before=before, unread=unread, limit=limit))


@router.post(
    "/read",
    response_model=review_schemas.NoticesLeft,
    responses=documented(401, 403),
    operation_id="mark_review_notices_read",
)
def read(body: review_schemas.NoticesReadBody, reviewer: Reviewer, session: StaffSession) -> Response:
    """Mark as read; answers how much is left."""
    return json_answer({"unread": inbox.mark_read(session, reviewer, body.review, body.until)})


@router.get(
    "/choice",
    response_model=review_schemas.DigestChoice,
    responses=documented(401, 403),
    operation_id="get_review_notice_choice",
)
def choice(reviewer: Reviewer, session: StaffSession) -> Response:
    """How my mails come."""
    row = session.get(StaffAccount, (reviewer.city_id, reviewer.username))
    has_address = row is not None and bool(row.email)
    return json_answer({"digest": inbox.digest_of(session, reviewer), "email": has_address})


@router.put(
    "/choice",
    response_model=review_schemas.DigestChoice,
    responses=documented(401, 403),
    operation_id="set_review_notice_choice",
)
def choose(body: review_schemas.DigestBody, reviewer: Reviewer, session: StaffSession) -> Response:
    """Say how mails shall come; the inbox has everything at once in any case."""
    city = configuration().cities.get(reviewer.city_id)
    zone = city.timezone if city is not None else "UTC"
    inbox.choose_digest(session, reviewer, body.digest, zone, now_told(session))
    return choice(reviewer, session)
