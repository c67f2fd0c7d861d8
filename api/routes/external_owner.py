"""Requests at other bodies' back-ends: what stands there, and sending again what could not go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.answers import json_answer
from api.dependencies import StaffSession, Viewer, allowed, staff_city
from api.error_responses import documented
from api.schemas import external_owner as schemas
from nagara.accounts import Account
from nagara.external_owner.showing import links_of, send_again
from nagara.permissions import Permission

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

Dispatcher = Annotated[Account, Depends(allowed(Permission.DISPATCH))]


@router.get(
    "/requests/{reference}/external",
    response_model=schemas.ExternalLinks,
    responses=documented(401, 403, 404),
    operation_id="get_external_links",
)
def look(reference: str, staff: Viewer, session: StaffSession) -> Response:
    """The systems a request was sent on to, how it stands there, and why it could not be sent."""
    return json_answer({"owners": links_of(session, staff_city(staff), reference)})


@router.post(
    "/requests/{reference}/external/{owner}",
    response_model=schemas.ExternalLinks,
    responses=documented(401, 403, 404, 409),
    operation_id="send_on_again",
)
def again(
    reference: str,
    owner: Annotated[str, Path(description="Code of the external owner")],
    staff: Dispatcher,
    session: StaffSession,
    body: schemas.SendAgain | None = None,
) -> Response:
    """Send on again what could not be sent or told, or say under which number it is there; answers how it stands."""
    city = staff_city(staff)
    send_again(session, city, staff, reference, owner, body.their_id if body else None)
    session.flush()
    return json_answer({"owners": links_of(session, city, reference)})
