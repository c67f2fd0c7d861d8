"""Staff decide what the public sees, and read who filed a request; each read is logged."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.answers import json_answer
from api.dependencies import FromProcess, StaffSession, allowed, staff_city
from api.error_responses import documented
from api.routes.staff import detail
from api.schemas import media as media_schemas
from api.schemas import moderation as schemas
from api.schemas import staff as staff_schemas
from nagara.accounts import Account
from nagara.cities import city_of_reference
from nagara.errors import InvalidInput
from nagara.permissions import Permission
from nagara.photos import keeping
from nagara.public.request_views import named_district, named_service
from nagara.residents import contacts
from nagara.staff import moderation

router = APIRouter(prefix="/api/v1/staff", tags=["moderation"])

Moderator = Annotated[Account, Depends(allowed(Permission.MODERATE))]
ContactReader = Annotated[Account, Depends(allowed(Permission.VIEW_CONTACT))]
OriginalReader = Annotated[Account, Depends(allowed(Permission.VIEW_ORIGINAL))]
Auditor = Annotated[Account, Depends(allowed(Permission.VIEW_AUDIT))]
Administrator = Annotated[Account, Depends(allowed(Permission.ADMINISTER))]
Cursor = Annotated[str | None, Query(max_length=200)]
PRIVATE = {"Cache-Control": "no-store"}


@router.get(
    "/moderation",
    response_model=schemas.ModerationQueue,
    responses=documented(401, 403, 404),
    operation_id="get_moderation_queue",
)
async def queue(
    staff: Moderator,
    process: FromProcess,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What the public does not see before somebody releases it, what waits longest first."""
    city = staff_city(staff)
    page = await moderation.waiting(process.pool, city, _read_cursor(cursor), limit)
    found = [
        {
            **{name: row[name] for name in ("reference", "status", "description", "received_at", "waits")},
            "service": named_service(city, row["service_code"]),
            "district": named_district(city, row["district"]),
            "photos": keeping.for_staff(city, row["photos"], request_public=False),
        }
        for row in page.rows
    ]
    return json_answer(
        {"requests": found, "next_cursor": _cursor(page.next), "reasons": list(moderation.REASONS)}
    )


@router.post(
    "/requests/{reference}/publication",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404),
    operation_id="decide_publication",
)
def publish(
    reference: str,
    body: schemas.PublicationBody,
    staff: Moderator,
    session: StaffSession,
    process: FromProcess,
) -> Response:
    """Release a request to the public, hide it, or put another wording in place of the resident's.

    The first wording is kept for those who may see originals, for as long as the city says, then removed.
    """
    city = staff_city(staff)
    given = body.model_fields_set
    if not {"public", "description"} & given:
        raise InvalidInput("Nothing was decided.", field="public", allowed=["public", "description"])
    decision = moderation.Decision(body.reason, body.public, "public" in given, body.description)
    row = moderation.decide(session, city, staff, reference, decision, process.secret)
    return detail(session, city, staff, row)


@router.put(
    "/requests/{reference}/media/{id}",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404),
    operation_id="release_photo",
)
def release_photo(
    reference: str,
    id: uuid.UUID,
    body: media_schemas.ReleaseBody,
    staff: Moderator,
    session: StaffSession,
) -> Response:
    """Release a picture to the public, or take it back; caches may show it for an hour more."""
    city = staff_city(staff)
    row = moderation.release_photo(session, city, staff, reference, id, body.public)
    return detail(session, city, staff, row)


@router.post(
    "/requests/{reference}/media/{id}/redaction",
    response_model=staff_schemas.StaffRequest,
    responses=documented(401, 403, 404),
    operation_id="redact_photo",
)
def redact_photo(
    reference: str,
    id: uuid.UUID,
    body: schemas.RedactionBody,
    staff: Moderator,
    session: StaffSession,
    process: FromProcess,
) -> Response:
    """Hide parts of a picture from everybody; those who may see the original for as long as the city keeps it.

    The boxes take the place of those drawn before; none shows the picture as it came, but for what the detector
    found in it.
    """
    city = staff_city(staff)
    store = process.darkroom.store
    row = moderation.cover(session, store, city, staff, reference, id, body.boxes, body.keep_found)
    return detail(session, city, staff, row)


@router.post(
    "/requests/{reference}/contact",
    response_model=schemas.ContactShown,
    responses=documented(401, 403, 404),
    operation_id="read_contact",
)
def contact(
    reference: str, body: schemas.WhyBody, staff: ContactReader, session: StaffSession, process: FromProcess
) -> Response:
    """Who filed a request. The log keeps that you read it, when, and why."""
    found = contacts.read_contact(session, staff_city(staff), staff, reference, body.why, process.secret)
    return json_answer(found, 200, PRIVATE)


@router.post(
    "/requests/{reference}/original",
    response_model=schemas.OriginalWords,
    responses=documented(401, 403, 404),
    operation_id="read_original_words",
)
def original(
    reference: str, body: schemas.WhyBody, staff: OriginalReader, session: StaffSession, process: FromProcess
) -> Response:
    """The resident's words before they were reworded. The log keeps that you read them, when, and why."""
    city = staff_city(staff)
    found = contacts.read_original_words(session, city, staff, reference, body.why, process.secret)
    return json_answer(found, 200, PRIVATE)


@router.get(
    "/contact-reads",
    response_model=schemas.ContactReads,
    responses=documented(401, 403, 404),
    operation_id="list_contact_reads",
)
def contact_reads(
    staff: Auditor,
    session: StaffSession,
    username: Annotated[str | None, Query(max_length=100, description="dara@kh-pnh, or dara")] = None,
    reference: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Who read whose contact or original words, when and why; newest first."""
    known = city_of_reference(reference) if reference is not None else None
    stored = known[1] if known else reference
    wanted = contacts.ReadsWanted(username, stored, _read_id(cursor), limit)
    found = contacts.reads(session, staff_city(staff), wanted)
    more = str(found[limit - 1]["id"]) if len(found) > limit else None
    return json_answer({"reads": found[:limit], "next_cursor": more}, 200, PRIVATE)


@router.post(
    "/requests/{reference}/block",
    status_code=201,
    response_model=schemas.Blocks,
    responses=documented(401, 403, 404),
    operation_id="block_contact",
)
def block(
    reference: str, body: schemas.BlockBody, staff: Administrator, session: StaffSession, process: FromProcess
) -> Response:
    """Take no reports with the e-mail address and number of this request for some days; who, when, why is kept."""
    city = staff_city(staff)
    made = contacts.block(session, city, staff, reference, body.days, body.reason, process.secret)
    return json_answer({"blocks": made}, 201, PRIVATE)


@router.get(
    "/blocks", response_model=schemas.Blocks, responses=documented(401, 403, 404), operation_id="list_blocks"
)
def blocks(staff: Administrator, session: StaffSession) -> Response:
    """Contacts with which nothing is taken, newest first, those that ended among them."""
    return json_answer({"blocks": contacts.blocks(session, staff_city(staff))}, 200, PRIVATE)


@router.delete(
    "/blocks/{id}", status_code=204, responses=documented(401, 403, 404), operation_id="lift_block"
)
def lift(id: uuid.UUID, staff: Administrator, session: StaffSession) -> Response:
    """End a block before its time."""
    contacts.lift(session, staff_city(staff), staff, id)
    return Response(status_code=204)


def _cursor(last: tuple[dt.datetime, uuid.UUID] | None) -> str | None:
    """Where a page ended, as the next one's beginning."""
    if last is None:
        return None
    return base64.urlsafe_b64encode(f"{last[0].isoformat()} {last[1]}".encode()).decode()


def _read_cursor(text: str | None) -> tuple[dt.datetime, uuid.UUID] | None:
    if text is None:
        return None
    try:
        at, id_ = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
        return dt.datetime.fromisoformat(at), uuid.UUID(id_)
    except (ValueError, binascii.Error):
        raise _unknown_cursor() from None


def _read_id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text is not None else None
    except ValueError:
        raise _unknown_cursor() from None


def _unknown_cursor() -> InvalidInput:
    return InvalidInput("cursor is none of this list's.", field="cursor", allowed="next_cursor of a page")
